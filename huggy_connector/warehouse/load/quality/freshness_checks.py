"""The checks of times: how old the newest snapshots are, and whether the account's clock agrees with this host's."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import Resource
from huggy_connector.warehouse.load.quality.publish_checks import CheckFinding, CheckLevel, CheckSettings
from huggy_connector.warehouse.schema import meta
from huggy_connector.zones import find_matching_zones

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

OLD_AFTER = timedelta(days=2)
"""The age from which a newest snapshot is too old."""
SHORT_LIST_ROWS = 1_000
"""Rows up to which each sync reads a list without an order."""
CLOCK_OFF_MINUTES_AT_MOST = 10
"""Minutes that the account's clock may differ from this host's."""
AGREEING_SHARE_AT_LEAST = 0.8
"""The share of the new rows that must agree before a clock is called wrong."""


def check_freshness(
    connection: DuckDBPyConnection, resources: Sequence[Resource], *, checks: CheckSettings, now: datetime
) -> list[CheckFinding]:
    """Check the age of each table's newest snapshot, and what new rows say about the account's clock."""
    newest = _read_newest_snapshots(connection)
    return checks.with_levels(
        each
        for resource in resources
        for each in (
            *_check_age(resource, newest.get(resource.name, ()), now=now, sweep_days=checks.sweep_days),
            *_check_clocks(connection, resource),
        )
    )


def _read_newest_snapshots(connection: DuckDBPyConnection) -> dict[str, list[tuple[int, float, int | None]]]:
    """Return by resource, for each company: when the newest snapshot was begun, and the ids of the newest full one."""
    newest: dict[str, list[tuple[int, float, int | None]]] = {}
    for resource, *row in connection.execute(
        "SELECT resource, company_id, epoch(max(started_at)), max_by(unique_ids, run_key) FILTER (mode = 'full')"
        f" FROM {meta.SNAPSHOTS.sql} GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        newest.setdefault(resource, []).append((row[0], row[1], row[2]))
    return newest


def _check_age(
    resource: Resource, snapshots: Iterable[tuple[int, float, int | None]], *, now: datetime, sweep_days: float
) -> Iterator[CheckFinding]:
    """Check, per company, the age of the newest snapshot. A long list only read whole may be `sweep_days` older.

    Events have no age: whether their silence is odd, `meta.coverage` tells.
    """
    if not resource.is_listed:
        return
    is_swept = resource.paged and resource.parent is None and not resource.is_ordered
    for company_id, newest, ids in snapshots:
        hours = (now.timestamp() - newest) / 3600
        oldest = OLD_AFTER + timedelta(days=sweep_days if is_swept and (ids or 0) > SHORT_LIST_ROWS else 0)
        detail = f"company {company_id}: the newest snapshot was begun {hours:,.0f} hours ago"
        yield CheckFinding("fresh", resource.name, CheckLevel.WARN, hours * 3600 <= oldest.total_seconds(), detail)


def _check_clocks(connection: DuckDBPyConnection, resource: Resource) -> Iterator[CheckFinding]:
    """Check, per company, whether the new rows of the last incremental run have times at which they can have come."""
    if not resource.is_ordered or resource.parent is not None:
        return
    for company_id, started_at, zone, clock_json in connection.execute(
        "SELECT company_id, max(started_at), arg_max(timezone, run_key),"
        " arg_max(json_extract(certificate, '$.details.clock')::VARCHAR, run_key)"
        f" FROM {meta.SNAPSHOTS.sql} WHERE resource = ? AND mode = 'incremental'"
        " AND json_type(certificate, '$.details.clock') = 'OBJECT' GROUP BY ALL ORDER BY ALL",
        [resource.name],
    ).fetchall():
        clock = json.loads(clock_json)
        low, high = int(clock["from"]), int(clock["to"])
        is_clear = clock["agreeing"] >= AGREEING_SHARE_AT_LEAST * clock["rows"]
        agrees = not is_clear or (low <= CLOCK_OFF_MINUTES_AT_MOST and high >= -CLOCK_OFF_MINUTES_AT_MOST)
        fitting = find_matching_zones(ZoneInfo(zone), low=low, high=high, at=started_at)
        hint = f"; {fitting[0]} would fit" if fitting else ""
        relation = "ahead of" if low > 0 else "behind"
        detail = f"company {company_id}: the times of {clock['rows']:,} new rows agree with this host's clock"
        if not agrees:
            minutes = min(abs(low), abs(high))
            rows = f"{clock['agreeing']:,} of {clock['rows']:,} new rows"
            apart = f"{minutes:,} minutes {relation} this host's clock"
            detail = (
                f"company {company_id}: the times of {rows} are {apart}, read in {zone}: is HUGGY_TIMEZONE right{hint}?"
            )
        yield CheckFinding("clock_agrees", resource.name, CheckLevel.WARN, agrees, detail)
