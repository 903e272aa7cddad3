"""Writes meta.coverage: which times the webhook and the polls cover, where the holes are, and which are healed.

A hole is a time of which events may be missing: the receiver was down or answered 503, it was silent where many events
usually come, or a poll found changes that no event told. A poll that began after the hole, and is exact, heals it:
chats are then as the API has them. What people wrote while the bot had their chat comes by event alone. So there such a
hole stays beside the healed one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import EVENTS, RESOURCES
from huggy_connector.landing import Manifest
from huggy_connector.model import Mode
from huggy_connector.warehouse.file.publish_log import insert_rows
from huggy_connector.warehouse.schema import meta
from huggy_connector.warehouse.schema.tables import table_of
from huggy_connector.webhook.coverage import (
    FAILED,
    FAILING,
    TEXTS,
    UNANNOUNCED,
    UP,
    CoverageSpan,
    Hole,
    find_holes,
    find_open_hole,
    find_silences,
    join_covered,
    join_holes,
    parse_spans,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EXAMINED_PERIOD: Final = timedelta(days=35)
"""How far back silences and changes without an event are looked for. What was found before stays."""
GRACE: Final = timedelta(seconds=30)
"""How long an event may take: a change is only missed if it was read so long after it happened."""
_CHATS, _EVENTS, _MESSAGES = (table_of(RESOURCES[name]).sql for name in ("chats", "events", "messages"))


def read_spans(manifests: Iterable[Manifest]) -> dict[int, tuple[CoverageSpan, ...]]:
    """Return the spans that these snapshots of events tell, by company."""
    spans: dict[int, tuple[CoverageSpan, ...]] = {}
    for each in manifests:
        if each.resource == EVENTS.name:
            spans[each.company_id] = spans.get(each.company_id, ()) + parse_spans(each.state.get("spans", ()))
    return spans


def refresh_coverage(
    connection: DuckDBPyConnection,
    told: Mapping[int, Sequence[CoverageSpan]],
    zones: Mapping[int, ZoneInfo],
    *,
    now: datetime,
) -> None:
    """Write the coverage of each company that a receiver ever covered. `told` are the spans of new snapshots."""
    known = {
        company_id
        for (company_id,) in connection.execute(f"SELECT DISTINCT company_id FROM {meta.COVERAGE.sql}").fetchall()
    }
    for company_id in sorted(known | told.keys()):
        zone = zones.get(company_id) or ZoneInfo("UTC")
        coverage = _CompanyCoverage(connection, company_id, zone, now)
        rows = [*coverage.describe([*coverage.read_spans(), *told.get(company_id, ())])]
        connection.execute(f"DELETE FROM {meta.COVERAGE.sql} WHERE company_id = ?", [company_id])
        insert_rows(connection, meta.COVERAGE, rows)


class _CompanyCoverage:
    """The coverage of one company, as the file and new spans tell it."""

    def __init__(self, connection: DuckDBPyConnection, company_id: int, zone: ZoneInfo, now: datetime) -> None:
        self._connection, self._company_id, self._zone = connection, company_id, zone
        self._since, self._now = now - EXAMINED_PERIOD, now

    def read_spans(self) -> Iterator[CoverageSpan]:
        """Yield the spans that former loads wrote."""
        kinds = {"covered": UP, FAILED: FAILING}
        for kind, reason, start, end in self._fetch(
            f"SELECT kind, reason, from_at, to_at FROM {meta.COVERAGE.sql}"
            f" WHERE company_id = $company AND source = 'webhook' AND (kind = 'covered' OR reason = '{FAILED}')"
        ):
            yield CoverageSpan(start, end, kinds["covered" if kind == "covered" else reason])

    def describe(self, spans: Sequence[CoverageSpan]) -> Iterator[dict[str, Any]]:
        """Yield the rows of meta.coverage."""
        covered, polls = join_covered(spans), self._read_polls()
        for span in covered:
            yield self._row("webhook", "covered", span.start, span.end, "")
        holes = {*find_holes(spans), *self._read_old_holes(), *self._find_silences(covered)}
        holes |= {*self._find_unannounced(covered), *find_open_hole(covered, polls, now=self._now)}
        for hole in sorted(holes, key=lambda each: (each.start, each.end, each.reason)):
            is_healed = any(poll >= hole.end for poll in polls)
            yield self._row("webhook", "healed" if is_healed else "hole", hole.start, hole.end, hole.reason)
        for hole in join_holes(holes, reason=TEXTS):
            if self._lacks_texts(hole):
                yield self._row("webhook", "hole", hole.start, hole.end, TEXTS)
        if polls:
            yield self._row("poll", "covered", min(polls), max(polls), "")

    def _row(self, source: str, kind: str, start: datetime, end: datetime, reason: str) -> dict[str, Any]:
        return {
            "company_id": self._company_id,
            "source": source,
            "kind": kind,
            "from_at": start,
            "to_at": end,
            "reason": reason,
        }

    def _read_polls(self) -> list[datetime]:
        """Return when each exact poll of the chats began."""
        found = self._fetch(
            f"SELECT started_at FROM {meta.SNAPSHOTS.sql} WHERE company_id = $company AND resource = 'chats' AND exact"
            f" AND mode IN ('{Mode.FULL}', '{Mode.INCREMENTAL}')"
        )
        return [started_at for (started_at,) in found]

    def _read_old_holes(self) -> Iterator[Hole]:
        """Yield the silences and the changes without an event of the time that is not examined any more."""
        for row in self._fetch(
            f"SELECT from_at, to_at, reason FROM {meta.COVERAGE.sql} WHERE company_id = $company"
            f" AND source = 'webhook' AND kind <> 'covered' AND reason <> '{TEXTS}' AND to_at < $since"
        ):
            yield Hole(*row)

    def _find_silences(self, covered: Sequence[CoverageSpan]) -> Iterator[Hole]:
        """Yield the gaps between events in which many more would usually have come."""
        counts = self._fetch(
            f"SELECT date_trunc('hour', received_at_local), count(*) FROM {_EVENTS}"
            " WHERE company_id = $company AND received_at >= $since GROUP BY ALL"
        )
        gaps = self._fetch(
            "SELECT received_at, next_at FROM (SELECT received_at, lead(received_at) OVER (ORDER BY received_at) AS"
            f" next_at FROM {_EVENTS} WHERE company_id = $company AND received_at >= $since)"
            " WHERE next_at - received_at >= INTERVAL 15 MINUTE ORDER BY ALL"
        )
        yield from find_silences(gaps, dict(counts), covered, zone=self._zone)

    def _find_unannounced(self, covered: Sequence[CoverageSpan]) -> Iterator[Hole]:
        """Yield the times between two events in which a chat began or was closed and no event told of it."""
        found = list[Hole]()
        for column, events in (("created_at", ("startedChat", "createdChat")), ("closed_at", ("closedChat",))):
            names = ", ".join(f"'{name}'" for name in events)
            changes = self._fetch(
                f"WITH heard AS (SELECT received_at AS at, chat_id, event IN ({names}) AS is_told FROM {_EVENTS}"
                " WHERE company_id = $company),"
                f" missed AS (SELECT c.{column} AS at FROM {_CHATS} c WHERE c.company_id = $company"
                f" AND c.snapshot IS NOT NULL AND c.{column} >= $since"
                f" AND c.seen_at - c.{column} >= to_seconds($grace) AND EXISTS (FROM heard WHERE is_told)"
                " AND NOT EXISTS (FROM heard h WHERE h.is_told AND h.chat_id = c.id))"
                " SELECT m.at, before.at, after.at FROM missed m"
                " ASOF LEFT JOIN heard before ON m.at > before.at ASOF LEFT JOIN heard after ON m.at < after.at",
                grace=GRACE.total_seconds(),
            )
            for at, before, after in changes:
                span = next((each for each in covered if each.start <= at <= each.end), None)
                if span is not None:
                    start = max(before or span.start, span.start)
                    found.append(Hole(start, min(after or span.end, span.end), UNANNOUNCED))
        yield from join_holes(found, reason=UNANNOUNCED)

    def _lacks_texts(self, hole: Hole) -> bool:
        """Return whether the bot had a chat meanwhile whose messages nobody has read from the API since."""
        return bool(
            self._fetch(
                f"SELECT 1 FROM {_CHATS} c WHERE c.company_id = $company AND c.created_at <= $end"
                " AND coalesce(c.closed_at, 'infinity') >= $start AND (c.situation = 'auto' OR c.agent_id IS NULL)"
                f" AND NOT EXISTS (FROM {_MESSAGES} m WHERE m.company_id = $company AND m.chat_id = c.id"
                " AND m.origin = 'api' AND m.fetched_at >= $end) LIMIT 1",
                start=hole.start,
                end=hole.end,
            )
        )

    def _fetch(self, query: str, **values: object) -> list[tuple[Any, ...]]:
        given = {"company": self._company_id, "since": self._since, **values}
        used = {name: value for name, value in given.items() if f"${name}" in query}
        return self._connection.execute(query, used).fetchall()
