"""Companies share a file, not their damage: where one cannot be loaded, it stays as it is and the others go on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from huggy_connector.errors import CheckFailed, SnapshotDamaged
from huggy_connector.warehouse import meta, sql
from huggy_connector.warehouse.shape import COMPANY, Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Reason = SnapshotDamaged | CheckFailed
Stopped = Mapping[int, Reason]
"""Why a company cannot be loaded."""

_T = TypeVar("_T")


class _Stops(Exception):
    def __init__(self, company_id: int, reason: Reason) -> None:
        super().__init__()
        self.company_id, self.reason = company_id, reason


@contextmanager
def of_company(company_id: int) -> Iterator[None]:
    """Whatever is damaged or refused in this block stops this company, and no other."""
    try:
        yield
    except (SnapshotDamaged, CheckFailed) as reason:
        raise _Stops(company_id, reason) from reason


def company_by_company(attempt: Callable[[Stopped], _T]) -> tuple[_T, Stopped]:
    """What `attempt` returns without the companies that stopped it before, and these."""
    stopped: dict[int, Reason] = {}
    while True:
        try:
            return attempt(stopped), stopped
        except _Stops as error:
            stopped[error.company_id] = error.reason


def first(stopped: Stopped, among: Collection[int] | None = None) -> Reason | None:
    """The reason of the first company, `among` these, if any."""
    return next((stopped[company] for company in sorted(stopped) if among is None or company in among), None)


def sentences(stopped: Stopped) -> tuple[str, ...]:
    return tuple(f"Company {company} stays as it was. {stopped[company]}" for company in sorted(stopped))


def carry(connection: DuckDBPyConnection, live: Path, tables: Sequence[Table], companies: Collection[int]) -> None:
    """Copies all that the live file, which has the same layout, holds of these companies into the one in use."""
    among = ", ".join(map(str, companies))
    connection.execute(f"ATTACH {sql.text(str(live))} AS former (READ_ONLY)")
    for table in tables:
        if COMPANY.name in {column.name for column in table.columns} and table is not meta.FRESHNESS:
            connection.execute(
                f"INSERT INTO {table.sql} BY NAME FROM former.{table.sql} WHERE {COMPANY.name} IN ({among})"
            )
    connection.execute("DETACH former")
