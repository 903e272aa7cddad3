"""Builds the site in `build/site`: English at its root, Portuguese in `pt-BR`. `python -m scripts.site [FOLDER]`.

Each language is built in a fork of this process, which has imported what both need: that takes a while.
"""

from __future__ import annotations

import gc
import importlib
import multiprocessing
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from scripts.site.pages import ROOT, TRANSLATED
from scripts.site.staging import stage

HERE = Path(__file__).parent
LANGUAGES = {
    "en": ("en", {"other_language": TRANSLATED, "other_root": f"{TRANSLATED}/", "other_name": "Português"}),
    TRANSLATED: ("pt_BR", {"other_language": "en", "other_root": "../", "other_name": "English"}),
}
"""Of each language: its name in Sphinx, and what the link to the other one needs."""
NEEDED_BY_BOTH = ("sphinx.cmd.build", "sphinx.ext.autodoc", "myst_parser.sphinx_ext", "furo")


def main(folder: Path) -> None:
    site, sources = folder / "site", folder / "sources"
    shutil.rmtree(site, ignore_errors=True)
    gc.disable()  # a quarter of the time: all that a language makes is needed until it is written
    # The reference of Python imports Airflow, which makes a folder for itself.
    os.environ.update(AIRFLOW_HOME=str(folder / "airflow"), AIRFLOW__LOGGING__LOGGING_LEVEL="ERROR")
    for name in NEEDED_BY_BOTH:
        importlib.import_module(name)
    for language, (locale, context) in LANGUAGES.items():
        stage(language, sources / language)
        out = site if language == "en" else site / language
        values = [part for name, value in context.items() for part in ("-A", f"{name}={value}")]
        options = ["--fail-on-warning", "--fresh-env", "--quiet", "-D", f"language={locale}", *values]
        places = ["--conf-dir", str(HERE), "--doctree-dir", str(folder / "doctrees" / language)]
        arguments = ["--builder", "html", *options, *places, str(sources / language), str(out)]
        build = multiprocessing.get_context("fork").Process(target=run_sphinx, args=(arguments,))
        build.start()
        build.join()
        if build.exitcode:
            sys.exit(f"The site in {language} has warnings: mend the pages that they name, and do this again.")
    print(f"The site is in {site}: open {site / 'index.html'}")


def run_sphinx(arguments: Sequence[str]) -> None:
    from sphinx.cmd.build import build_main

    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # there Airflow says what it reads; warnings are on the other stream
    sys.exit(build_main(arguments))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / "build")
