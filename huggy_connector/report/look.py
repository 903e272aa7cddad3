"""Style and script of a page, and the policy under which a browser shows it.

The policy names both by their hashes, made of what this package holds: whatever the data brings into a page is not run,
and asks no other server for anything. Attributes named `style` stay allowed, for the drawings and the heat map are made
of them; they can neither run nor fetch anything.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any, Self

_HASH = re.compile(r"sha256-[A-Za-z0-9+/]{43}=")


@dataclass(frozen=True, slots=True)
class Policy:
    """The hashes of the style and of the script of a page; `script` is empty where it has none."""

    style: str
    script: str = ""

    @classmethod
    def of(cls, *, style: str, script: str = "") -> Self:
        return cls(_hash(style), _hash(script) if script else "")

    @classmethod
    def told(cls, hashes: Any) -> Self | None:
        """What `as_plain` told; None where it is no such thing."""
        parts = [hashes.get(each) for each in ("style", "script")] if isinstance(hashes, Mapping) else []
        match [each for each in parts if isinstance(each, str) and _HASH.fullmatch(each)]:
            case [style, script]:
                return cls(style, script)
        return None

    def as_plain(self) -> dict[str, str]:
        return {"style": self.style, "script": self.script}

    def in_page(self) -> str:
        """As the page itself says it, opened from a disk too."""
        scripts = f"script-src '{self.script}'; " if self.script else ""
        return (
            f"default-src 'none'; style-src-elem '{self.style}'; style-src-attr 'unsafe-inline'; {scripts}"
            "img-src data:; base-uri 'none'; form-action 'none'"
        )

    def in_header(self) -> str:
        """As a server says it: only its own pages may show this one in a frame, as Airflow does."""
        return f"{self.in_page()}; frame-ancestors 'self'"


NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
"""The policy of an answer that is no page."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the package holds of a page beside its template."""

    style: str
    script: str = ""

    @property
    def policy(self) -> Policy:
        return Policy.of(style=self.style, script=self.script)


@cache
def look_of_report() -> Look:
    from jinja2 import Environment, StrictUndefined

    from huggy_connector.report.charts import COLOURS

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return Look(environment.from_string(_text("page.css.j2")).render(colours=COLOURS), _text("page.js"))


@cache
def look_of_notice() -> Look:
    return Look(_text("notice.css"))


def _text(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
