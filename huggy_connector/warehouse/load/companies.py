"""Companies share a file, not their damage: one that cannot be loaded keeps its rows, and the others are loaded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from huggy_connector.errors import CheckFailed, SnapshotDamaged
from huggy_connector.warehouse.load.actions import copy_actions
from huggy_connector.warehouse.marts.past.restatements import copy_restatements
from huggy_connector.warehouse.schema import meta, sql
from huggy_connector.warehouse.schema.meta_actions import ACTIONS
from huggy_connector.warehouse.schema.meta_restatements import PUBLISHED_FIGURES, RESTATEMENTS
from huggy_connector.warehouse.schema.table_spec import COMPANY, TableSpec

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

StopReason = SnapshotDamaged | CheckFailed
StoppedCompanies = Mapping[int, StopReason]
"""By company id, why it cannot be loaded."""

_CARRIED_APART = frozenset({meta.FRESHNESS, ACTIONS, PUBLISHED_FIGURES, RESTATEMENTS})
"""Tables that a rebuild makes anew, or copies of all companies."""

_T = TypeVar("_T")


class _StoppedCompany(Exception):
    def __init__(self, company_id: int, reason: StopReason) -> None:
        super().__init__()
        self.company_id, self.reason = company_id, reason


@contextmanager
def isolate_company(company_id: int) -> Iterator[None]:
    """Stop this company, and no other, if the block finds damage or fails a check."""
    try:
        yield
    except (SnapshotDamaged, CheckFailed) as reason:
        raise _StoppedCompany(company_id, reason) from reason


def retry_without_stopped(attempt: Callable[[StoppedCompanies], _T]) -> tuple[_T, StoppedCompanies]:
    """Call `attempt` again, without the companies that stopped it, until it succeeds.

    Return its result and the companies that were stopped. `attempt` gets the companies to leave out.
    """
    stopped: dict[int, StopReason] = {}
    while True:
        try:
            return attempt(stopped), stopped
        except _StoppedCompany as error:
            stopped[error.company_id] = error.reason


def first_reason(stopped: StoppedCompanies, companies: Collection[int] | None = None) -> StopReason | None:
    """Return the reason of the stopped company with the lowest id, among these `companies` if they are given."""
    return next((stopped[company] for company in sorted(stopped) if companies is None or company in companies), None)


def stop_sentences(stopped: StoppedCompanies) -> tuple[str, ...]:
    """Return a sentence for each stopped company."""
    return tuple(f"Company {company} stays as it was. {stopped[company]}" for company in sorted(stopped))


def copy_records(connection: DuckDBPyConnection, live: Path) -> None:
    """Copy what no landing tells from the live file into one that is made anew: actions, and what was published."""
    copy_actions(connection, live)
    copy_restatements(connection, live)


def carry_over(
    connection: DuckDBPyConnection, live: Path, tables: Sequence[TableSpec], companies: Collection[int]
) -> None:
    """Copy all rows of these companies from the live file, which has the same layout, into the file in use."""
    company_list = ", ".join(map(str, companies))
    connection.execute(f"ATTACH {sql.text(str(live))} AS former (READ_ONLY)")
    for table in tables:
        if COMPANY.name in {each.name for each in table.columns} and table not in _CARRIED_APART:
            connection.execute(
                f"INSERT INTO {table.sql} BY NAME FROM former.{table.sql} WHERE {COMPANY.name} IN ({company_list})"
            )
    connection.execute("DETACH former")
