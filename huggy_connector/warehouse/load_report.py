"""What a load tells of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from huggy_connector.errors import CompanyStopped


@dataclass(frozen=True, slots=True)
class TableReport:
    """One table of one company. `rows` are those in it now; what the load did to it is in the other counts.

    `changed` rows are new or hold other tracked values than before; `added` of them are new; `confirmed` rows came
    again as they were.
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
    """What a load did. `published` is False where nothing was new: then not a byte of the file has changed.

    `companies` holds, by company and table, what is in the warehouse now; `snapshots` the addresses of those just
    loaded, `skipped` how many were loaded before, `blocked` how many may not be; `warnings` are sentences of the checks
    that warn.
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
        """By table, over all companies."""
        total: dict[str, TableReport] = {}
        for held in self.companies.values():
            for name, report in held.items():
                total[name] = total.get(name, TableReport()) + report
        return total


def followed_by(load: Callable[[], LoadReport], then: Callable[[], tuple[str, ...]]) -> LoadReport:
    """The report of a load, with what `then` warns of, which is done also where a company was stopped.

    Raises what `load` raises; CompanyStopped once that is done.
    """
    try:
        report = load()
    except CompanyStopped as stopped:
        stopped.report = replace(stopped.report, warnings=(*stopped.report.warnings, *then()))
        raise
    return replace(report, warnings=(*report.warnings, *then()))
