"""Reads how complete each table is: by the certificates of the snapshots in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import RESOURCES
from huggy_connector.model import Mode
from huggy_connector.warehouse.read.queries import UTC_ZONE, connect
from huggy_connector.warehouse.schema import meta, sql
from huggy_connector.warehouse.schema.tables import table_of


@dataclass(frozen=True, slots=True)
class TableCoverage:
    """How complete a table of one company is.

    `exact_full_at` is the start of its newest exact full snapshot, and `vouched_until` that of its newest exact full or
    incremental one. `missing_at_most` is the bound of its newest full snapshot: None if it has none, or there is no
    full snapshot (`has_full`). `oldest_created_at` is the creation of its oldest row.
    """

    company_id: int
    table: str
    has_full: bool
    exact_full_at: datetime | None
    vouched_until: datetime | None
    missing_at_most: int | None
    oldest_created_at: datetime | None


_COVERAGE = f"""
SELECT company_id, resource,
       count(*) FILTER (mode = '{Mode.FULL}') > 0,
       max(started_at) FILTER (mode = '{Mode.FULL}' AND exact),
       max(started_at) FILTER (mode IN ('{Mode.FULL}', '{Mode.INCREMENTAL}') AND exact),
       (list({{'at': started_at, 'most': CASE WHEN exact THEN 0 ELSE missing_at_most END}} ORDER BY started_at DESC)
           FILTER (mode = '{Mode.FULL}'))[1].most
FROM {meta.SNAPSHOTS.sql} GROUP BY ALL ORDER BY ALL
"""


def read_coverage(warehouse: str | Path, *, zone: ZoneInfo = UTC_ZONE) -> tuple[TableCoverage, ...]:
    """Return the coverage of each table. Instants come in `zone`. Raises what `connect` raises."""
    with connect(warehouse, zone=zone) as connection:
        oldest: dict[tuple[int, str], datetime | None] = {}
        for name, resource in RESOURCES.items():
            if resource.created is not None:
                rows = connection.execute(
                    f"SELECT company_id, min({sql.name(resource.created)}) FROM {table_of(resource).sql} GROUP BY ALL"
                ).fetchall()
                oldest |= {(company_id, name): created for company_id, created in rows}
        found = connection.execute(_COVERAGE).fetchall()
    return tuple(
        TableCoverage(company_id, name, has_full, exact_full_at, vouched_until, most, oldest.get((company_id, name)))
        for company_id, name, has_full, exact_full_at, vouched_until, most in found
    )
