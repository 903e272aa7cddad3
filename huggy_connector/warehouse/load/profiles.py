"""Profiles the tables in `meta.profiles`: for each column its NULLs, its range and its most common values, in counts.

A profile reads a whole table. So a load makes one only of a table that has changed since its last profile, and at most
once in `PROFILE_EVERY`. No profile holds personal data: a column that is personal by the catalogue or by the default
privacy rules has counts alone, an id has no range, and no value is told that fewer than `ROWS_AT_LEAST` rows have.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from huggy_connector.catalogue import RESOURCES, Resource
from huggy_connector.privacy import PrivacyPolicy, mask_personal_data
from huggy_connector.privacy.rules import read_rules
from huggy_connector.warehouse.file.publish_log import insert_rows
from huggy_connector.warehouse.schema import meta, sql
from huggy_connector.warehouse.schema.table_spec import TableColumn
from huggy_connector.warehouse.schema.tables import table_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

PROFILE_EVERY = timedelta(hours=20)
"""The age from which a profile is made again, if its table has changed: so a daily load finds each one due."""
VALUES_AT_MOST = 20
"""The most common values that a profile tells of a column."""
ROWS_AT_LEAST = 5
"""The rows that a value needs to be told: a value of fewer may be the word of one person about another."""

_INSTANT = "TIMESTAMPTZ"
_WITH_RANGE = {"BIGINT", "INTEGER", "DATE", "TIMESTAMP", _INSTANT}
_WITH_VALUES = {"BOOLEAN", "INTEGER", "VARCHAR"}
_OWN_TEXTS = {"row_hash", "snapshot"}
"""Columns of ours whose values tell nothing."""
_EXAMPLE = "exemplo"
"""A text that no detector takes for personal data."""


def refresh_profiles(connection: DuckDBPyConnection, resources: Sequence[Resource], *, now: datetime) -> None:
    """Profile the tables that are due, by company. Call it after `audit.refresh_freshness`, in its transaction."""
    for resource in resources:
        if companies := _find_due_companies(connection, resource, now):
            rows = [each for company_id in companies for each in _profile_table(connection, resource, company_id)]
            connection.execute(
                f"DELETE FROM {meta.PROFILES.sql} WHERE resource = ? AND company_id IN (SELECT unnest(?))",
                [resource.name, companies],
            )
            insert_rows(connection, meta.PROFILES, [{**row, "profiled_at": now} for row in rows])


def _find_due_companies(connection: DuckDBPyConnection, resource: Resource, now: datetime) -> list[int]:
    """Return the companies whose rows changed since their last profile, if that is old enough or in the future."""
    found = connection.execute(
        f"SELECT company_id FROM {meta.FRESHNESS.sql} f LEFT JOIN ("
        " SELECT company_id, resource, max(profiled_at) AS last_at, max(rows) AS rows"
        f" FROM {meta.PROFILES.sql} GROUP BY ALL"
        ") p USING (company_id, resource)"
        " WHERE resource = $1 AND f.rows > 0 AND (last_at IS NULL OR last_at > $2"
        " OR (last_at < $3 AND (f.newest_fetched_at > last_at OR f.rows <> p.rows))) ORDER BY ALL",
        [resource.name, now, now - PROFILE_EVERY],
    ).fetchall()
    return [company_id for (company_id,) in found]


def _profile_table(connection: DuckDBPyConnection, resource: Resource, company_id: int) -> Iterator[dict[str, Any]]:
    """Yield a row of `meta.profiles` for each column of the table, but for `company_id`."""
    table = table_of(resource)
    columns = [each for each in table.columns if each.name != "company_id"]
    figures = ", ".join(figure for each in columns for figure in _figures_of(resource, each))
    source = f"{table.sql} WHERE company_id = {int(company_id)}"
    total, *counted = connection.execute(f"SELECT count(*), {figures} FROM {source}").fetchall()[0]
    for place, each in enumerate(columns):
        present, distinct, lowest, highest = counted[4 * place : 4 * place + 4]
        yield {
            "company_id": company_id,
            "resource": resource.name,
            "column_name": each.name,
            "rows": total,
            "nulls": total - present,
            "null_share": (total - present) / total,
            "distinct_values": distinct and min(distinct, present),
            "min_value": lowest,
            "max_value": highest,
            "common_values": _read_common_values(connection, source, each.name)
            if present and may_tell_values(resource, each)
            else None,
        }


def _figures_of(resource: Resource, column: TableColumn) -> tuple[str, str, str, str]:
    """Return the SQL of a column's count, its approximate distinct values, its lowest and its highest value."""
    name = sql.name(column.name)
    is_flat = column.type in _WITH_RANGE | _WITH_VALUES
    lowest = highest = "NULL::VARCHAR"
    if column.type in _WITH_RANGE and not is_id(resource, column.name) and not is_personal(resource, column.name):
        lowest, highest = (_as_text(f"{function}({name})", column.type) for function in ("min", "max"))
    return f"count({name})", f"approx_count_distinct({name})" if is_flat else "NULL::BIGINT", lowest, highest


def _as_text(value: str, column_type: str) -> str:
    """Return the SQL of a value as text. An instant is told in UTC, whatever the session's zone is."""
    if column_type == _INSTANT:
        return f"strftime({value} AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S') || '+00'"
    return f"CAST({value} AS VARCHAR)"


def _read_common_values(connection: DuckDBPyConnection, source: str, name: str) -> str:
    """Return the most common values with their rows, as JSON: `[{"value": "auto", "rows": 12}]`."""
    column = sql.name(name)
    found = connection.execute(
        f"SELECT CAST({column} AS VARCHAR) AS value, count(*) AS rows FROM {source} AND {column} IS NOT NULL"
        f" GROUP BY 1 HAVING count(*) >= {ROWS_AT_LEAST} ORDER BY rows DESC, value LIMIT {VALUES_AT_MOST}"
    ).fetchall()
    told = [{"value": mask_personal_data(value)[0], "rows": rows} for value, rows in found]
    return json.dumps(told, ensure_ascii=False)


def may_tell_values(resource: Resource, column: TableColumn) -> bool:
    """Return whether the common values of a column are told."""
    return (
        column.type in _WITH_VALUES
        and column.name not in _OWN_TEXTS
        and not is_id(resource, column.name)
        and not is_personal(resource, column.name)
    )


def is_id(resource: Resource, name: str) -> bool:
    """Return whether a column holds ids. The lowest id of a table is that of a record, or of a person."""
    return name in {resource.key, "id"} or name.endswith("_id")


def is_personal(resource: Resource, name: str) -> bool:
    """Return whether a column is personal by the catalogue, or dropped, masked or hashed by the default rules."""
    return name.removesuffix("_local") in _personal_columns(resource.name)


@cache
def _personal_columns(resource_name: str) -> frozenset[str]:
    resource, policy = RESOURCES.get(resource_name), PrivacyPolicy(read_rules(""))
    if resource is None:
        return frozenset()
    return frozenset(
        column.name
        for column in resource.columns
        if column.personal is not None
        or any(policy.apply(resource, row) != row for row in map(_nest_example, column.paths))
    )


def _nest_example(path: str) -> dict[str, Any]:
    row: Any = _EXAMPLE
    for key in reversed(path.split(".")):
        row = {key: row}
    return dict(row)
