"""The configuration of Sphinx for both languages. What differs comes from the command line: see `__main__`."""

import logging
import re
from pathlib import Path
from typing import Any

from huggy_connector import __version__

project = "huggy_connector"
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]
templates_path = ["templates"]
locale_dirs = ["_locale"]  # `staging` copies it there, for Sphinx compiles it where it is
exclude_patterns = ["_files"]
language = "en"

nitpicky = True
nitpick_ignore_regex = [("py:.*", ".*")]  # types of Airflow, pydantic and Python itself: their sites are elsewhere
highlight_language = "text"
default_role = "code"  # in a docstring, `name` is code as in all our texts
suppress_warnings = ["misc.highlighting_failure"]  # dbt's SQL has braces
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
autodoc_inherit_docstrings = False  # what Airflow and pydantic say of theirs is not ours
python_use_unqualified_type_names = True
add_module_names = False

html_theme = "furo"
html_title = "huggy_connector"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_static_path = ["static"]
html_search_scorer = str(Path(__file__).with_name("scorer.js"))
html_css_files = ["site.css"]
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/language.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}


def setup(app: Any) -> None:
    """Take docstrings as plain words with code in backticks, and have Airflow say nothing while it is imported."""
    for name in ("airflow.configuration", "airflow.settings"):
        logging.getLogger(name).setLevel(logging.ERROR)  # they say where they read what, before Airflow reads its level
    app.connect("autodoc-process-docstring", lambda *given: escape_marks(given[-1]))


def escape_marks(lines: list[str]) -> None:
    """Escape what reStructuredText would take as a mark, outside code: `HUGGY_` is no link, `*` is no emphasis."""
    for number, line in enumerate(lines):
        parts = line.split("`")
        parts[::2] = [re.sub(r"(?<=\w)_(?!\w)|(?<=\S)\*|\*(?=\S)|\|", r"\\\g<0>", part) for part in parts[::2]]
        lines[number] = "`".join(parts)
