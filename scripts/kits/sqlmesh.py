"""Renders the external models of a SQLMesh project: each table with its meaning, its columns and its key."""

from __future__ import annotations

from typing import Any

from huggy_connector.warehouse.schema.table_spec import TableSpec
from scripts.kits.facts import LISTED, SCHEMAS, explain, find_key, list_schema
from scripts.kits.writing import to_yaml

CATALOG = "huggy"
"""The name under which the project attaches the connector's file."""

_HEAD = """\
# Written by `python -m scripts.kits` from the catalogue. Do not edit it, and do not run `create_external_models`, which
# adds each table a second time.
"""


def render_external_models() -> str:
    """Return the whole file."""
    return _HEAD + to_yaml([_describe_table(table) for schema in SCHEMAS for table in list_schema(schema)])


def _describe_table(table: TableSpec) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": f"{CATALOG}.{table.schema}.{table.name}",
        "description": explain(table, "en"),
        "columns": {column.name: column.type for column in table.columns},
    }
    if key := find_key(table):
        audit = (
            "unique_combination_of_columns_non_blocking" if table.name in LISTED else "unique_combination_of_columns"
        )
        described["audits"] = [{"name": audit, "columns": f"[{', '.join(key)}]"}]
    return described
