"""Renders small pages without figures: a message, the result of a task, and a choice of pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any

from huggy_connector.report.i18n import Translations
from huggy_connector.report.style import load_notice_style
from huggy_connector.visible import escape_controls


def render_notice(text: str, *, words: Translations) -> str:
    """Return a page with one message."""
    return _render(words=words, text=text)


def render_task_page(facts: Mapping[str, Any], *, words: Translations, link: str, manifest: str) -> str:
    """Return a page with the result of a task under the names that XCom has. `manifest` is JSON, or empty."""
    return _render(words=words, text="", facts=_flatten_facts(facts), link=link, manifest=manifest)


def render_choice_page(links: Mapping[str, str], *, words: Translations) -> str:
    """Return a page with links to other pages: `links` has names and addresses."""
    return _render(words=words, text="", links=links)


def _flatten_facts(facts: Mapping[str, Any], path: str = "") -> Iterable[tuple[str, str]]:
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from _flatten_facts(value, f"{path}{name}.")
        elif isinstance(value, list):
            yield f"{path}{name}", " ".join(escape_controls(str(item)) for item in value) or "-"
        elif isinstance(value, bool):
            yield f"{path}{name}", str(value).lower()
        elif isinstance(value, int) and not name.endswith("_id"):
            yield f"{path}{name}", f"{value:,}"
        else:
            yield f"{path}{name}", "-" if value is None else escape_controls(str(value))


def _render(**variables: Any) -> str:
    from jinja2 import Environment, StrictUndefined

    template = resources.files(__package__).joinpath("notice.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(template).render({"look": load_notice_style(), "links": {}, **variables})
