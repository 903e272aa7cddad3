"""The checks of what clocks say: how young the newest snapshots are, and whether the account's clock agrees."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import Order, Resource
from huggy_connector.warehouse import meta
from huggy_connector.warehouse.quality import Checks, Finding, Level
from huggy_connector.zones import zones_that_fit

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

OLD_AFTER = timedelta(days=2)
SHORT_LIST = 1_000
"""Rows up to which a list without an order is read by each sync."""
CLOCK_OFF_AT_MOST = 10
"""Minutes by which the account's clock may differ from this host's."""
AGREEING_AT_LEAST = 0.8
"""Share of the new rows that must say so before a clock is called wrong."""


def check_ages(
    connection: DuckDBPyConnection, resources: Sequence[Resource], *, checks: Checks, now: datetime
) -> list[Finding]:
    """Whether the newest snapshot of each table is young, and what new rows say of the account's clock."""
    return checks.raised(
        each
        for resource in resources
        for each in (
            *_age(connection, resource, now=now, sweep_days=checks.sweep_days),
            *_clocks(connection, resource),
        )
    )


def _age(connection: DuckDBPyConnection, resource: Resource, *, now: datetime, sweep_days: float) -> Iterator[Finding]:
    """Per company: the newest snapshot is young. A long list that can only be read whole is so every `sweep_days`."""
    is_swept = resource.paged and resource.parent is None and resource.order is not Order.NEWEST_FIRST
    for company_id, newest, ids in connection.execute(
        f"SELECT company_id, epoch(max(started_at)), max_by(unique_ids, run_key) FILTER (mode = 'full')"
        f" FROM {meta.SNAPSHOTS.sql} WHERE resource = ? GROUP BY ALL ORDER BY ALL",
        [resource.name],
    ).fetchall():
        hours = (now.timestamp() - newest) / 3600
        oldest = OLD_AFTER + timedelta(days=sweep_days if is_swept and (ids or 0) > SHORT_LIST else 0)
        detail = f"company {company_id}: the newest snapshot was begun {hours:,.0f} hours ago"
        yield Finding("fresh", resource.name, Level.WARN, hours * 3600 <= oldest.total_seconds(), detail)


def _clocks(connection: DuckDBPyConnection, resource: Resource) -> Iterator[Finding]:
    """Per company: the rows that were new to the last incremental run say times at which they can have come."""
    if resource.order is not Order.NEWEST_FIRST or resource.parent is not None:
        return
    for company_id, started_at, zone, told in connection.execute(
        "SELECT company_id, max(started_at), arg_max(timezone, run_key),"
        " arg_max(json_extract(certificate, '$.details.clock')::VARCHAR, run_key)"
        f" FROM {meta.SNAPSHOTS.sql} WHERE resource = ? AND mode = 'incremental'"
        " AND json_type(certificate, '$.details.clock') = 'OBJECT' GROUP BY ALL ORDER BY ALL",
        [resource.name],
    ).fetchall():
        clock = json.loads(told)
        low, high = int(clock["from"]), int(clock["to"])
        is_told = clock["agreeing"] >= AGREEING_AT_LEAST * clock["rows"]
        agrees = not is_told or (low <= CLOCK_OFF_AT_MOST and high >= -CLOCK_OFF_AT_MOST)
        fitting = zones_that_fit(ZoneInfo(zone), low=low, high=high, at=started_at)
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
        yield Finding("clock_agrees", resource.name, Level.WARN, agrees, detail)
