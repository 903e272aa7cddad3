"""The report that lies beside the warehouse: where its files are, and what they say before anybody opens the page.

A server that shows them needs neither DuckDB nor the extra `report`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

from huggy_connector.report.look import Policy
from huggy_connector.report.words import LANGUAGES, Language

FORMAT = 1
"""Version of the JSON's layout."""

State: TypeAlias = Literal["ready", "no_folder", "no_report", "older_report"]


_SECTION = re.compile(rb'<section id="company-([0-9]+)">')


@dataclass(frozen=True, slots=True)
class Shown:
    """A file of the report: all companies whose figures are in it, and the policy of its pages."""

    content: bytes
    companies: frozenset[int]
    policy: Policy


@dataclass(frozen=True, slots=True)
class Beside:
    """The files of the report beside `warehouse`: `huggy.report.json`, `huggy.report.en.html` and so on."""

    warehouse: Path

    @classmethod
    def of(cls, warehouse: str | Path) -> Self:
        return cls(Path(warehouse).expanduser().absolute())

    @property
    def names(self) -> frozenset[str]:
        """Of all its files: they refer to one another by these."""
        return frozenset({self.data.name, *(self.page(language).name for language in LANGUAGES)})

    @property
    def data(self) -> Path:
        return self.warehouse.with_suffix(".report.json")

    def page(self, language: Language) -> Path:
        return self.warehouse.with_suffix(f".report.{language}.html")

    @property
    def version(self) -> int | None:
        """Of the warehouse that all of the files are of; None where one is missing or of another release."""
        ready = all(self.state(language) == "ready" for language in LANGUAGES)
        version = self._told().get("version") if ready else None
        return version if isinstance(version, int) else None

    def state(self, language: Language) -> State:
        """Whether the page can be shown. What is in it, such as that it is stale, it says itself."""
        try:
            if not self.warehouse.parent.is_dir():
                return "no_folder"
            there = self.page(language).is_file() and self.data.is_file()
        except OSError:  # a folder on the way may not be entered
            return "no_folder"
        if not there:
            return "no_report"
        told = self._told()
        return "ready" if told.get("format") == FORMAT and Policy.told(told.get("policy")) else "older_report"

    def shown(self, name: str) -> Shown | None:
        """One of the files, for a server; None where it is none of them, or cannot be shown."""
        if name not in self.names or any(self.state(language) != "ready" for language in LANGUAGES):
            return None
        told = self._told()
        policy = Policy.told(told.get("policy"))
        try:
            content = self.warehouse.with_name(name).read_bytes()
            companies = {int(each["company_id"]) for each in told["companies"]}
        except (OSError, KeyError, TypeError, ValueError):
            return None
        # A page is put in its place before the figures are: for a moment it has a company that they do not name yet.
        companies |= {int(number) for number in _SECTION.findall(content)}
        return None if policy is None else Shown(content, frozenset(companies), policy)

    def _told(self) -> dict[str, Any]:
        try:
            told = json.loads(self.data.read_bytes())
        except (OSError, ValueError):
            return {}
        return told if isinstance(told, dict) else {}
