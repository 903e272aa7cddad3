"""The report of a load."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from huggy_connector.errors import CompanyStopped
from huggy_connector.warehouse.schema import meta

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class TableReport:
    """The counts of one table of one company: its `rows` now, and what the load did to them.

    `changed` rows are new or hold other tracked values than before. `added` of them are new. `confirmed` rows came
    again with the same values.
    """

    rows: int = 0
    changed: int = 0
    added: int = 0
    confirmed: int = 0

    def __add__(self, other: TableReport) -> TableReport:
        return TableReport(
            self.rows + other.rows,
            self.changed + other.changed,
            self.added + other.added,
            self.confirmed + other.confirmed,
        )


@dataclass(frozen=True, slots=True)
class LoadReport:
    """The report of a load. `published` is False if nothing was new: then not a byte of the file has changed.

    `companies` holds, by company and table, what the warehouse holds now. `snapshots` are the addresses of the
    snapshots just loaded. `skipped` snapshots were loaded before, `blocked` ones may not be loaded. `warnings` are
    sentences.
    """

    warehouse: str
    version: int
    published: bool
    companies: dict[int, dict[str, TableReport]]
    snapshots: tuple[str, ...] = ()
    skipped: int = 0
    warnings: tuple[str, ...] = ()
    blocked: int = 0

    @property
    def tables(self) -> dict[str, TableReport]:
        """The reports by table, over all companies."""
        total: dict[str, TableReport] = {}
        for reports in self.companies.values():
            for name, report in reports.items():
                total[name] = total.get(name, TableReport()) + report
        return total


def read_table_reports(
    connection: DuckDBPyConnection, done: dict[tuple[int, str], TableReport] | None = None
) -> dict[int, dict[str, TableReport]]:
    """Return the report of each table, by company: its rows now, and what the load did to it."""
    reports: dict[int, dict[str, TableReport]] = {}
    for company_id, resource, rows in connection.execute(
        f"SELECT company_id, resource, rows FROM {meta.FRESHNESS.sql} ORDER BY ALL"
    ).fetchall():
        report = (done or {}).get((company_id, resource), TableReport())
        reports.setdefault(company_id, {})[resource] = report + TableReport(rows=rows)
    return reports


def load_and_then(load: Callable[[], LoadReport], then: Callable[[], tuple[str, ...]]) -> LoadReport:
    """Call `load`, then `then`, also if the load stopped a company. Return the report with the warnings of both.

    Raise what `load` raises; CompanyStopped is raised after `then` was called.
    """
    try:
        report = load()
    except CompanyStopped as stopped:
        stopped.report = replace(stopped.report, warnings=(*stopped.report.warnings, *then()))
        raise
    return replace(report, warnings=(*report.warnings, *then()))
