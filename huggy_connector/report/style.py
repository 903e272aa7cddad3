"""The style and the script of a page, and its content security policy.

The policy allows both by their hashes, computed from the files of this package. So a browser runs nothing that the data
brings into a page, and asks no other server for anything. Attributes named `style` are allowed: the charts and the heat
map need them, and they can neither run nor fetch anything.
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
class ContentSecurityPolicy:
    """The content security policy of a page: the hashes of its style and of its script (empty without a script)."""

    style: str
    script: str = ""

    @classmethod
    def for_texts(cls, *, style: str, script: str = "") -> Self:
        """Return the policy of a page with this style and this script."""
        return cls(_hash_text(style), _hash_text(script) if script else "")

    @classmethod
    def from_json(cls, value: Any) -> Self | None:
        """Return the policy that `to_json` wrote. Return None for any other value."""
        hashes = [value.get(name) for name in ("style", "script")] if isinstance(value, Mapping) else []
        match [text for text in hashes if isinstance(text, str) and _HASH.fullmatch(text)]:
            case [style, script]:
                return cls(style, script)
        return None

    def to_json(self) -> dict[str, str]:
        """Return the two hashes by name."""
        return {"style": self.style, "script": self.script}

    def for_page(self) -> str:
        """Return the policy for the page's own `meta` element, which also holds when it is opened from disk."""
        scripts = f"script-src '{self.script}'; " if self.script else ""
        return (
            f"default-src 'none'; style-src-elem '{self.style}'; style-src-attr 'unsafe-inline'; {scripts}"
            "img-src data:; base-uri 'none'; form-action 'none'"
        )

    def for_header(self) -> str:
        """Return the policy for a server's header: only its own pages may show this one in a frame, as Airflow does."""
        return f"{self.for_page()}; frame-ancestors 'self'"


DENY_ALL_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
"""The policy of a response that is no page."""


@dataclass(frozen=True, slots=True)
class PageStyle:
    """The style and the script of a page, as the package has them next to its template."""

    style: str
    script: str = ""

    @property
    def policy(self) -> ContentSecurityPolicy:
        return ContentSecurityPolicy.for_texts(style=self.style, script=self.script)


@cache
def load_report_style() -> PageStyle:
    from jinja2 import Environment, StrictUndefined

    from huggy_connector.report.charts import COLOURS

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return PageStyle(
        environment.from_string(_read_resource("page.css.j2")).render(colours=COLOURS), _read_resource("page.js")
    )


@cache
def load_notice_style() -> PageStyle:
    return PageStyle(_read_resource("notice.css"))


def _read_resource(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _hash_text(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
