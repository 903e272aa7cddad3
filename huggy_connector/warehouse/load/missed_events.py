"""Looks in the tables of a company for the times of which events are missing though a receiver was there.

It looks from a time on: of the time before, what former loads have found stays.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Self
from zoneinfo import ZoneInfo

from huggy_connector.api import CLOCK_TOLERANCE
from huggy_connector.catalogue import RESOURCES
from huggy_connector.warehouse.schema import sql
from huggy_connector.warehouse.schema.tables import table_of
from huggy_connector.webhook.coverage import (
    BASELINE_WEEKS,
    SILENT,
    TEXTS,
    UNANNOUNCED,
    BusyQuarter,
    CoverageSpan,
    Hole,
    find_silences,
    join_holes,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

GRACE: Final = timedelta(minutes=2)
"""How long an event may take: a change is only missed if the inbox was landed so long after it."""
TELLING_EVENTS: Final = {"created_at": ("startedChat", "createdChat"), "closed_at": ("closedChat",)}
"""The events that tell a time of a chat."""
TABLES: Final = ("chats", "events", "messages")
"""The tables that are looked into."""
_CHATS, _EVENTS, _MESSAGES = (table_of(RESOURCES[name]).sql for name in TABLES)


@dataclass(frozen=True, slots=True)
class EventTimes:
    """When the first and the last event of a company were received, and the first that tells each time of a chat."""

    first: datetime | None
    last: datetime | None
    first_telling: Mapping[str, datetime | None]

    @classmethod
    def read(cls, connection: DuckDBPyConnection, company_id: int) -> Self:
        """Read the times from the table of events."""
        telling = (f"min(received_at) FILTER (event IN ({_names(column)}))" for column in TELLING_EVENTS)
        first, last, *told = connection.execute(
            f"SELECT min(received_at), max(received_at), {', '.join(telling)} FROM {_EVENTS} WHERE company_id = ?",
            [company_id],
        ).fetchall()[0]
        return cls(first, last, dict(zip(TELLING_EVENTS, told, strict=True)))


@dataclass(frozen=True, slots=True)
class MissedEvents:
    """The search in the tables of one company. `found` are the holes of former loads, by reason."""

    connection: DuckDBPyConnection
    company_id: int
    zone: ZoneInfo
    since: datetime
    events: EventTimes
    found: Mapping[str, Sequence[Hole]]

    def find_silences(self, covered: Sequence[CoverageSpan]) -> tuple[Hole, ...]:
        """Return the times without an event in which many usually come."""
        if self.events.last is None:
            return ()
        since = min(self.since, self.events.last)  # the silence since the last event is not over yet
        quarters = self._fetch(
            f"SELECT min(received_at), max(received_at), count(*) FROM {_EVENTS} WHERE company_id = $company"
            f" AND received_at >= $first GROUP BY {_quarter('received_at')}",
            first=since - timedelta(weeks=BASELINE_WEEKS, days=1),
        )
        silences = find_silences((BusyQuarter(*row) for row in quarters), covered, zone=self.zone, since=since)
        return join_holes((*self._found_before(since, SILENT), *silences), reason=SILENT)

    def find_unannounced(self, covered: Sequence[CoverageSpan], polls: Sequence[datetime]) -> tuple[Hole, ...]:
        """Return the times between two events in which a chat began or was closed and no event told of it.

        They end with the first of the `polls` after the change: nothing says that events are missing since then.
        """
        starts, accounted = [span.start for span in covered], dict[datetime, CoverageSpan]()
        for at in {at for column in TELLING_EVENTS for at in self._find_untold(column)}:
            place = bisect_right(starts, at) - 1
            if place >= 0 and at + GRACE <= covered[place].end:
                accounted[at] = covered[place]
        holes = [*self._found_before(self.since, UNANNOUNCED)]
        for at, before, after in self._find_neighbours(accounted):
            span, place = accounted[at], bisect_left(polls, at)
            ends = [span.end, *polls[place : place + 1], *([] if after is None else [after])]
            holes.append(Hole(max(before or span.start, span.start), min(ends), UNANNOUNCED))
        return join_holes(holes, reason=UNANNOUNCED)

    def find_lost_texts(self, holes: Sequence[Hole]) -> Iterator[Hole]:
        """Yield those of these holes in which a bot had a chat whose messages nobody has read from the API since."""
        known = {*self.found.get(TEXTS, ())}
        yield from (hole for hole in holes if hole.end < self.since and hole in known)
        examined = [hole for hole in holes if hole.end >= self.since]
        if not examined:
            return
        lost = self._fetch(
            "WITH holes AS (SELECT unnest($starts::TIMESTAMPTZ[]) AS start, unnest($ends::TIMESTAMPTZ[]) AS until),"
            " bot AS (SELECT id, created_at, coalesce(closed_at, 'infinity') AS closed_at"
            f" FROM {_CHATS} WHERE company_id = $company AND (situation = 'auto' OR agent_id IS NULL)"
            " AND created_at <= $last AND coalesce(closed_at, 'infinity') >= $first),"
            f" read AS (SELECT chat_id, max(fetched_at) AS read_at FROM {_MESSAGES} SEMI JOIN bot ON bot.id = chat_id"
            " WHERE company_id = $company AND origin = 'api' AND fetched_at >= $first GROUP BY chat_id),"
            # Of many chats with the same end, the oldest tells as much as all of them: most are still open.
            " spans AS (SELECT min(created_at) AS created_at, closed_at, coalesce(read_at, '-infinity') AS read_at"
            " FROM bot LEFT JOIN read ON read.chat_id = bot.id GROUP BY ALL)"
            " SELECT DISTINCT h.start, h.until FROM holes h JOIN spans c ON c.created_at <= h.until"
            " AND c.closed_at >= h.start WHERE c.read_at < h.until",
            starts=[hole.start for hole in examined],
            ends=[hole.end for hole in examined],
            first=examined[0].start,
            last=max(hole.end for hole in examined),
        )
        yield from (Hole(start, end, TEXTS) for start, end in lost)

    def _found_before(self, time: datetime, reason: str) -> Iterator[Hole]:
        yield from (hole for hole in self.found.get(reason, ()) if hole.start < time)

    def _find_untold(self, column: str) -> Iterator[datetime]:
        """Yield this time of chats that the API gave, where no event told it though others of its kind are told."""
        names, first_told = _names(column), self.events.first_telling[column]
        if first_told is None:
            return
        # A chat can be closed more than once. The item's time is by the account's clock, as the chat's is.
        is_older = f"t.at < c.closed_at - to_seconds({CLOCK_TOLERANCE.total_seconds()})"
        for (at,) in self._fetch(
            f"WITH told AS (SELECT chat_id, max(greatest(received_at, occurred_at)) AS at FROM {_EVENTS}"
            f" WHERE company_id = $company AND event IN ({names}) AND received_at >= $since - INTERVAL 1 DAY"
            " AND chat_id IS NOT NULL GROUP BY chat_id)"
            f" SELECT DISTINCT c.{column} FROM {_CHATS} c LEFT JOIN told t ON t.chat_id = c.id"
            f" WHERE c.company_id = $company AND c.snapshot IS NOT NULL AND c.{column} >= $since"
            f" AND c.{column} > $first_told AND (t.chat_id IS NULL OR {column == 'closed_at'} AND {is_older})",
            since=self.since,
            first_told=first_told,
        ):
            yield at

    def _find_neighbours(
        self, times: Iterable[datetime]
    ) -> Sequence[tuple[datetime, datetime | None, datetime | None]]:
        """Return each time with when the last event before it and the first one after it were received."""
        if not (ordered := sorted(times)):
            return ()
        quarter, own = _quarter("received_at"), f"FROM {_EVENTS} WHERE company_id = $company"
        return self._fetch(
            # Most neighbours are in the same quarter of an hour. The ends of each quarter lead to the others.
            "WITH missed AS (SELECT unnest($times::TIMESTAMPTZ[]) AS missed_at),"
            f" ends AS (SELECT min(received_at) AS begins, max(received_at) AS until {own} GROUP BY {quarter}),"
            f" heard AS (SELECT received_at {own} AND {quarter} IN (SELECT {_quarter('missed_at')} FROM missed)"
            " UNION ALL SELECT begins FROM ends UNION ALL SELECT until FROM ends)"
            " SELECT missed_at, b.received_at, a.received_at FROM missed"
            " ASOF LEFT JOIN heard b ON missed_at > b.received_at ASOF LEFT JOIN heard a ON missed_at < a.received_at",
            times=ordered,
        )

    def _fetch(self, query: str, **values: object) -> list[tuple[Any, ...]]:
        return self.connection.execute(query, {"company": self.company_id, **values}).fetchall()


def _names(column: str) -> str:
    return ", ".join(map(sql.text, TELLING_EVENTS[column]))


def _quarter(time: str) -> str:
    """Return the SQL of the number of a time's quarter of an hour."""
    return f"(epoch_us({time}) // 900_000_000)"
