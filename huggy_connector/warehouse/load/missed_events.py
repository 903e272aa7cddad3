"""Looks in the tables of a company for the times of which events are missing though a receiver was there.

It looks from a time on: of the time before, what former loads have found stays.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from huggy_connector.api import CLOCK_TOLERANCE
from huggy_connector.catalogue import RESOURCES
from huggy_connector.warehouse.schema import sql
from huggy_connector.warehouse.schema.tables import table_of
from huggy_connector.warehouse.schema.temp_tables import MISSED_BOT_CHATS
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
class MissedEvents:
    """The search in the tables of one company. `found` are the holes of former loads, by reason."""

    connection: DuckDBPyConnection
    company_id: int
    zone: ZoneInfo
    since: datetime
    found: Mapping[str, Sequence[Hole]]

    def find_silences(self, covered: Sequence[CoverageSpan], *, last_event: datetime | None) -> tuple[Hole, ...]:
        """Return the times without an event in which many usually come."""
        if last_event is None:
            return ()
        since = min(self.since, last_event)  # the silence since the last event is not over yet
        quarters = self._fetch(
            f"SELECT min(received_at), max(received_at), count(*) FROM {_EVENTS} WHERE company_id = $company"
            " AND received_at >= $first GROUP BY epoch_us(received_at) // 900_000_000",
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
        self._fetch(
            f"CREATE OR REPLACE TEMP TABLE {MISSED_BOT_CHATS} AS"
            " WITH bot AS (SELECT id, created_at, coalesce(closed_at, 'infinity') AS closed_at"
            f" FROM {_CHATS} WHERE company_id = $company AND (situation = 'auto' OR agent_id IS NULL)"
            " AND created_at <= $last AND coalesce(closed_at, 'infinity') >= $first),"
            f" read AS (SELECT chat_id, max(fetched_at) AS read_at FROM {_MESSAGES} SEMI JOIN bot ON bot.id = chat_id"
            " WHERE company_id = $company AND origin = 'api' AND fetched_at >= $first GROUP BY chat_id)"
            " SELECT created_at, closed_at, read_at FROM bot LEFT JOIN read ON read.chat_id = bot.id",
            first=examined[0].start,
            last=max(hole.end for hole in examined),
        )
        for hole in examined:
            if self.connection.execute(
                f"SELECT 1 FROM {MISSED_BOT_CHATS} WHERE created_at <= $last AND closed_at >= $first"
                " AND (read_at IS NULL OR read_at < $last) LIMIT 1",
                {"first": hole.start, "last": hole.end},
            ).fetchone():
                yield hole

    def _found_before(self, time: datetime, reason: str) -> Iterator[Hole]:
        yield from (hole for hole in self.found.get(reason, ()) if hole.start < time)

    def _find_untold(self, column: str) -> Iterator[datetime]:
        """Yield this time of chats that the API gave, where no event told it though others of its kind are told."""
        names = ", ".join(map(sql.text, TELLING_EVENTS[column]))
        ((first_told,),) = self._fetch(
            f"SELECT min(received_at) FROM {_EVENTS} WHERE company_id = $company AND event IN ({names})"
        )
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
        ordered = sorted(times)
        if not ordered:
            return ()
        return self._fetch(
            f"WITH heard AS (SELECT received_at AS at FROM {_EVENTS} WHERE company_id = $company"
            " AND received_at IS NOT NULL), missed AS (SELECT unnest($times::TIMESTAMPTZ[]) AS at)"
            " SELECT m.at, before.at, after.at FROM missed m ASOF LEFT JOIN heard before ON m.at > before.at"
            " ASOF LEFT JOIN heard after ON m.at < after.at",
            times=ordered,
        )

    def _fetch(self, query: str, **values: object) -> list[tuple[Any, ...]]:
        return self.connection.execute(query, {"company": self.company_id, **values}).fetchall()
