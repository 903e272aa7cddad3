"""Reads the profiles of a table that its loads left in `meta.profiles`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import RESOURCES
from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse.read.queries import UTC_ZONE, connect
from huggy_connector.warehouse.schema import meta
from huggy_connector.warehouse.schema.table_spec import TableSpec


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """What was counted of one column. `common_values` are (value, rows), the most common first."""

    column: str
    nulls: int
    null_share: float
    distinct_values: int | None
    min_value: str | None
    max_value: str | None
    common_values: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class TableProfile:
    """What was counted of a table of one company: its `rows`, and its columns in their order in the table."""

    company_id: int
    rows: int
    profiled_at: datetime
    columns: tuple[ColumnProfile, ...]


def read_profiles(warehouse: str | Path, table: TableSpec, *, zone: ZoneInfo = UTC_ZONE) -> tuple[TableProfile, ...]:
    """Return the profiles of a table, one a company, with their times in `zone`.

    Raises what `connect` raises, and ConfigurationError for a table that has no profile, or none yet.
    """
    if table.schema != "main" or table.name not in RESOURCES:
        raise ConfigurationError(
            f"Only tables of the API have a profile ({', '.join(RESOURCES)}): `huggy query "
            f'"SUMMARIZE {table.title}"` counts any other.'
        )
    with connect(warehouse, zone=zone) as connection:
        is_there = connection.execute(
            "SELECT count(*) > 0 FROM duckdb_tables() WHERE database_name = current_database()"
            " AND schema_name = 'meta' AND table_name = 'profiles'"
        ).fetchall()
        rows = (
            connection.execute(
                "SELECT company_id, rows, profiled_at, column_name, nulls, null_share, distinct_values, min_value,"
                f" max_value, common_values FROM {meta.PROFILES.sql} WHERE resource = ? ORDER BY company_id",
                [table.name],
            ).fetchall()
            if is_there == [(True,)]
            else []
        )
    if not rows:
        raise ConfigurationError(
            f"{table.title} has no profile yet: the next load that changes it makes one, and `huggy query "
            f'"SUMMARIZE {table.title}"` counts now.'
        )
    order = {column.name: place for place, column in enumerate(table.columns)}
    columns: dict[tuple[int, int, datetime], list[ColumnProfile]] = {}
    for company_id, total, profiled_at, name, nulls, share, distinct, lowest, highest, common in rows:
        values = tuple((each["value"], each["rows"]) for each in json.loads(common or "[]"))
        column = ColumnProfile(name, nulls, share, distinct, lowest, highest, values)
        columns.setdefault((company_id, total, profiled_at), []).append(column)
    return tuple(
        TableProfile(*key, tuple(sorted(found, key=lambda each: order.get(each.column, len(order)))))
        for key, found in columns.items()
    )
