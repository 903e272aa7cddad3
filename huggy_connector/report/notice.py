"""Small pages without figures: a sentence that says what to do, and what one task did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any

from huggy_connector.report.look import look_of_notice
from huggy_connector.report.words import Words
from huggy_connector.visible import visible


def notice(text: str, *, words: Words) -> str:
    """A page that says one thing."""
    return _rendered(words=words, text=text)


def task_page(facts: Mapping[str, Any], *, words: Words, link: str, manifest: str) -> str:
    """What a task returned, its names as programs meet them in XCom; `manifest` is JSON, or empty."""
    return _rendered(words=words, text="", facts=_lines(facts), link=link, manifest=manifest)


def choice_page(links: Mapping[str, str], *, words: Words) -> str:
    """Leads to one of several pages: name and address."""
    return _rendered(words=words, text="", links=links)


def _lines(facts: Mapping[str, Any], path: str = "") -> Iterable[tuple[str, str]]:
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from _lines(value, f"{path}{name}.")
        elif isinstance(value, list):
            yield f"{path}{name}", " ".join(visible(str(each)) for each in value) or "-"
        elif isinstance(value, bool):
            yield f"{path}{name}", str(value).lower()
        elif isinstance(value, int) and not name.endswith("_id"):
            yield f"{path}{name}", f"{value:,}"
        else:
            yield f"{path}{name}", "-" if value is None else visible(str(value))


def _rendered(**told: Any) -> str:
    from jinja2 import Environment, StrictUndefined

    template = resources.files(__package__).joinpath("notice.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(template).render({"look": look_of_notice(), "links": {}, **told})
