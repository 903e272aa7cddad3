"""Reads which times the webhook covers, and where the holes are: from meta.coverage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from huggy_connector.warehouse.schema import meta
from huggy_connector.webhook.coverage import TEXTS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

HOLE_DAYS = 30
"""The days before the last publish whose holes are shown."""


@dataclass(frozen=True, slots=True)
class CoverageHole:
    """A time of which events may be missing. If it is `healed`, a poll has read since what they would have told."""

    from_at: datetime
    to_at: datetime
    reason: str
    is_healed: bool

    @property
    def can_be_healed(self) -> bool:
        """Whether the next poll heals it."""
        return not self.is_healed and self.reason != TEXTS


@dataclass(frozen=True, slots=True)
class WebhookCoverage:
    """What the webhook covers of one company: the first and the last time, and the holes of 30 days, newest first.

    Times are None until an event has come.
    """

    company_id: int
    covered_since: datetime | None
    covered_until: datetime | None
    holes: tuple[CoverageHole, ...]


def read_webhook_coverage(connection: DuckDBPyConnection, *, until: datetime) -> tuple[WebhookCoverage, ...]:
    """Return the coverage of each company that has a webhook, with the holes of `HOLE_DAYS` before a time.

    Empty for a file that an older release made.
    """
    import duckdb

    try:
        spans = connection.execute(
            "SELECT company_id, min(from_at) FILTER (kind = 'covered' AND reason = ''),"
            " max(to_at) FILTER (kind = 'covered' AND reason = '')"
            f" FROM {meta.COVERAGE.sql} WHERE source = 'webhook' GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    except duckdb.CatalogException:
        return ()
    holes = connection.execute(
        f"SELECT company_id, from_at, to_at, reason, kind = 'healed' FROM {meta.COVERAGE.sql}"
        " WHERE source = 'webhook' AND kind <> 'covered' AND to_at >= ? ORDER BY from_at DESC, to_at DESC, reason",
        [until - timedelta(days=HOLE_DAYS)],
    ).fetchall()
    return tuple(
        WebhookCoverage(
            company_id, since, last, tuple(CoverageHole(*hole) for company, *hole in holes if company == company_id)
        )
        for company_id, since, last in spans
    )
