"""The files of the report next to the warehouse: their paths, their state, and their content for a server.

A server that shows them needs neither DuckDB nor the extra `report`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

from huggy_connector.report.i18n import LANGUAGES, Language
from huggy_connector.report.style import ContentSecurityPolicy

FORMAT = 2
"""Version of the JSON's layout."""

State: TypeAlias = Literal["ready", "no_folder", "no_report", "older_report"]


_SECTION = re.compile(rb'<section id="company-([0-9]+)">')


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file of the report, with all companies whose figures it has, and the policy of its pages."""

    content: bytes
    companies: frozenset[int]
    policy: ContentSecurityPolicy


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """The files of the report next to `warehouse`: `huggy.report.json`, `huggy.report.en.html` and so on."""

    warehouse: Path

    @classmethod
    def for_warehouse(cls, warehouse: str | Path) -> Self:
        """Return the files that belong to a warehouse, whether they exist or not."""
        return cls(Path(warehouse).expanduser().absolute())

    @property
    def names(self) -> frozenset[str]:
        """The names of all files. The pages link to one another by them."""
        return frozenset({self.data_path.name, *(self.page_path(language).name for language in LANGUAGES)})

    @property
    def data_path(self) -> Path:
        """The path of the figures as JSON."""
        return self.warehouse.with_suffix(".report.json")

    def page_path(self, language: Language) -> Path:
        """Return the path of the page in one language."""
        return self.warehouse.with_suffix(f".report.{language}.html")

    @property
    def version(self) -> int | None:
        """The version of the warehouse that the report shows. None if a file is missing or of another release."""
        is_ready = all(self.state(language) == "ready" for language in LANGUAGES)
        version = self._read_data().get("version") if is_ready else None
        return version if isinstance(version, int) else None

    def state(self, language: Language) -> State:
        """Return whether the page can be shown, or why not. A page itself says if its figures are stale."""
        try:
            if not self.warehouse.parent.is_dir():
                return "no_folder"
            exists = self.page_path(language).is_file() and self.data_path.is_file()
        except OSError:  # this process may not enter a folder of the path
            return "no_folder"
        if not exists:
            return "no_report"
        data = self._read_data()
        if data.get("format") == FORMAT and ContentSecurityPolicy.from_json(data.get("policy")):
            return "ready"
        return "older_report"

    def read(self, name: str) -> ReportFile | None:
        """Return a file for a server, or None if the name is not one of them or the report is not ready."""
        if name not in self.names or any(self.state(language) != "ready" for language in LANGUAGES):
            return None
        data = self._read_data()
        policy = ContentSecurityPolicy.from_json(data.get("policy"))
        try:
            content = self.warehouse.with_name(name).read_bytes()
            companies = {int(company["company_id"]) for company in data["companies"]}
        except (OSError, KeyError, TypeError, ValueError):
            return None
        # A page is written before the figures: for a moment it may have a company that they do not name yet.
        companies |= {int(number) for number in _SECTION.findall(content)}
        return None if policy is None else ReportFile(content, frozenset(companies), policy)

    def _read_data(self) -> dict[str, Any]:
        """Return the figures as JSON has them, or an empty mapping if they are missing or damaged."""
        try:
            data = json.loads(self.data_path.read_bytes())
        except (OSError, ValueError):
            return {}
        return data if isinstance(data, dict) else {}
