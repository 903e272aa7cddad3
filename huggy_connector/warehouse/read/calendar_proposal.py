"""Says where the hours of a warehouse are from, and proposes hours from when agents took chats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse.marts.calendar import ALL, DeskPlace
from huggy_connector.warehouse.marts.opening_hours import WEEKDAYS
from huggy_connector.warehouse.marts.proposed_hours import Week, propose_week, share_inside
from huggy_connector.warehouse.read.queries import connect

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EVERYWHERE = DeskPlace()
PROPOSAL_DAYS = 90
"""The local days before the last landing whose takings count."""
PROPOSAL_TAKINGS_AT_LEAST = 100

_TAKINGS = (
    "FROM marts.chat_times AS t JOIN marts.as_of AS n USING (company_id)"
    " JOIN marts.calendar AS c ON c.calendar = t.calendar AND c.day = t.attended_at_local::DATE"
    " WHERE c.holiday IS NULL AND taken_in_hours IS NOT NULL AND c.day >= n.day - $days AND c.day < n.day"
    " AND t.calendar = coalesce($calendar, t.calendar) AND company_id = coalesce($company, company_id)"
    " AND department_id IS NOT DISTINCT FROM coalesce($department, department_id)"
    " AND channel IS NOT DISTINCT FROM coalesce($channel, channel)"
)


@dataclass(frozen=True, slots=True)
class CalendarProposal:
    """Opening hours that fit.

    - `place`: whose chats they are of; without an account, a department and a channel, of those that no desk takes
    - `week`: the spans by weekday, Monday first
    - `takings`: the chats that agents took on days without a holiday, `days` days up to `until`
    - `share_inside`, `share_inside_now`: how many of them lie inside these hours, and inside those in force; 0 to 1
    - `basis`: `file` or `default`: where the hours in force are from
    """

    place: DeskPlace
    week: Week
    takings: int
    days: int
    until: date
    share_inside: float
    share_inside_now: float
    basis: str

    def list_lines(self) -> Iterator[str]:
        """Yield the lines of a calendar file, or of one table of its [[desks]]."""
        command = " ".join(("huggy calendar propose", *self.place.options))
        yield (
            f"# Proposed by `{command}`: of {self.takings:,} chats that agents took in {self.days} days "
            f"up to {self.until},"
        )
        force = "the default calendar" if self.basis == "default" else "the calendar in force"
        shares = f"{self.share_inside:.0%} were taken inside these hours, and {self.share_inside_now:.0%}"
        yield f"# {shares} inside {force}."
        if self.place == EVERYWHERE:
            yield "[hours]"
        else:
            yield "[[desks]]"
            for key, value in asdict(self.place).items():
                if value is not None:
                    yield f"{key} = {json.dumps(value, ensure_ascii=False)}"
            yield "[desks.hours]"
        for weekday, spans in zip(WEEKDAYS, self.week, strict=True):
            yield f'{weekday} = "{", ".join(map(str, spans))}"'


def read_calendar_basis(connection: DuckDBPyConnection) -> str | None:
    """Return where the hours of the marts are from: `file` or `default`. None without marts, or with older ones."""
    if not _has_column(connection, "basis"):
        return None
    row = connection.execute("SELECT basis FROM marts.calendar LIMIT 1").fetchone()
    return None if row is None else str(row[0])


def _has_column(connection: DuckDBPyConnection, name: str) -> bool:
    known = connection.execute(
        "SELECT count(*) FROM duckdb_columns() WHERE database_name = current_database() AND schema_name = 'marts'"
        " AND table_name = 'calendar' AND column_name = $1",
        [name],
    ).fetchone()
    return known == (1,)


def propose_calendar(warehouse: str | Path, place: DeskPlace = EVERYWHERE) -> CalendarProposal:
    """Return hours that fit when agents took the chats of a place, or else those that no desk takes.

    It reads the live version.

    Raises what `connect` raises, and ConfigurationError if the marts are of an older release, or the chats too few.
    """
    with connect(warehouse) as connection:
        basis = read_calendar_basis(connection)
        if basis is None or not _has_column(connection, "calendar"):
            raise ConfigurationError("The warehouse has no chats, or marts of an older release: run `huggy sync`.")
        bounds = {"days": PROPOSAL_DAYS, "calendar": ALL if place == EVERYWHERE else None, **asdict(place)}
        rows = connection.execute(
            f"SELECT isodow(c.day), hour(attended_at_local), count(*), count(*) FILTER (taken_in_hours) {_TAKINGS}"
            " GROUP BY ALL",
            bounds,
        ).fetchall()
        first, until, calendar = connection.execute(
            f"SELECT min(c.day), max(n.day) - 1, mode(t.calendar ORDER BY t.calendar) {_TAKINGS}",
            bounds,
        ).fetchall()[0]
        days = connection.execute(
            "SELECT isodow(day), count(*) FROM marts.calendar WHERE holiday IS NULL AND day BETWEEN $1 AND $2"
            " AND calendar = $3 GROUP BY ALL",
            [first, until, calendar],
        ).fetchall()
    takings = {(weekday, hour): count for weekday, hour, count, _ in rows}
    total = sum(takings.values())
    if total < PROPOSAL_TAKINGS_AT_LEAST:
        whose = "" if place == EVERYWHERE else f" of {place}"
        raise ConfigurationError(
            f"Agents took {total:,} chats{whose} in the last {PROPOSAL_DAYS} days of the data, too few to propose "
            "hours: land more with `huggy backfill`, or write the calendar by hand."
        )
    week = propose_week(takings, dict(days))
    inside_now = sum(row[3] for row in rows) / total
    count_of_days = (until - first).days + 1
    return CalendarProposal(place, week, total, count_of_days, until, share_inside(takings, week), inside_now, basis)
