"""The formats of values in a query's result: Python, JSON, a printed table, a file, Excel.

A format has two parts: the expression that DuckDB selects for a column, and a function that converts the value in
Python. DuckDB writes as text what Python cannot fully hold: intervals of months, nanoseconds, `infinity`, maps with
lists as keys.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any, cast

from huggy_connector.visible import FORMULA_START
from huggy_connector.warehouse.schema import sql

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType

_FRACTIONS = {"float", "double", "decimal"}
_NUMBERS = _FRACTIONS | {
    *("tinyint", "smallint", "integer", "bigint", "hugeint"),
    *("utinyint", "usmallint", "uinteger", "ubigint", "uhugeint"),
}
_INSTANTS = {"timestamp", "timestamp with time zone", "timestamp_s", "timestamp_ms"}

_HUGE = {"hugeint", "uhugeint"}


@dataclass(frozen=True, slots=True)
class ValueFormat:
    """How values are selected and read: `select` returns SQL for a column and its type, `read` converts a value."""

    select: Callable[[str, DuckDBPyType], str]
    read: Callable[[Any, DuckDBPyType], Any] = lambda value, _: value


def _keep_column(column: str, _: DuckDBPyType) -> str:
    return column


def _select_json(column: str, _: DuckDBPyType) -> str:
    return f"to_json({column})"


def _select_text(column: str, duckdb_type: DuckDBPyType) -> str:
    if duckdb_type.id in _NUMBERS or duckdb_type.id == "boolean":
        return column
    if duckdb_type.id in _INSTANTS:
        return f"strftime({column}, '%Y-%m-%d %H:%M:%S')"
    return f"CAST({column} AS VARCHAR)"


def _select_for_excel(column: str, duckdb_type: DuckDBPyType) -> str:
    if duckdb_type.id in _FRACTIONS:
        finite = column if duckdb_type.id == "decimal" else f"CASE WHEN isfinite({column}) THEN {column} END"
        return f"replace(CAST({finite} AS VARCHAR), '.', ',')"
    shown = _select_text(column, duckdb_type)
    return shown if shown == column else f"regexp_replace({shown}, '^{FORMULA_START}', '''\\0')"


def _select_for_parquet(column: str, duckdb_type: DuckDBPyType) -> str:
    """Select a 128-bit integer, which Parquet lacks, as a DECIMAL of 38 digits: DuckDB would round it to a DOUBLE."""
    return f"CAST({column} AS {_exact_type(duckdb_type)})" if "HUGEINT" in str(duckdb_type) else column


def _exact_type(duckdb_type: DuckDBPyType) -> str:
    match duckdb_type.id:
        case huge if huge in _HUGE:
            return "DECIMAL(38,0)"
        case "list":
            return f"{_exact_type(_child_types(duckdb_type)[0][1])}[]"
        case "map":
            return f"MAP({', '.join(_exact_type(child) for _, child in _child_types(duckdb_type))})"
        case "struct" if all(name for name, _ in _child_types(duckdb_type)):
            fields = (f"{sql.name(name)} {_exact_type(child)}" for name, child in _child_types(duckdb_type))
            return f"STRUCT({', '.join(fields)})"
        case _:
            return str(duckdb_type)


def _read_json(text: str | None, duckdb_type: DuckDBPyType) -> Any:
    if text is None:
        return None
    value = json.loads(text, parse_constant=lambda _: None, parse_float=_parse_number, parse_int=_parse_integer)
    return _with_iso_times(value, duckdb_type)


def _parse_number(text: str) -> float | str | None:
    """Return None for an infinite number (1e999), and a text for one with more digits than a double holds."""
    number = float(text)
    if not isfinite(number):
        return None
    return number if Decimal(repr(number)) == Decimal(text) else text


def _parse_integer(text: str) -> int | str:
    try:
        return int(text)
    except ValueError:  # it has more digits than Python reads
        return text


def _with_iso_times(value: Any, duckdb_type: DuckDBPyType) -> Any:
    """Return the value with its times as in every `--json`: 2026-11-01T10:00:00-03:00."""
    match value, duckdb_type.id:
        case dict(), "struct" | "union":
            types = dict(_child_types(duckdb_type))
            return {name: _with_iso_times(item, types[name]) for name, item in value.items()}
        case dict(), "map":
            _, (_, value_type) = _child_types(duckdb_type)
            return {key: _with_iso_times(item, value_type) for key, item in value.items()}
        case list(), "tuple":
            return [
                _with_iso_times(item, child) for item, (_, child) in zip(value, _child_types(duckdb_type), strict=True)
            ]
        case list(), "list" | "array":
            return [_with_iso_times(item, _child_types(duckdb_type)[0][1]) for item in value]
        case str(), instant if instant in _INSTANTS:
            return _to_iso(value)
    return value


def _child_types(duckdb_type: DuckDBPyType) -> list[tuple[str, DuckDBPyType]]:
    return cast("list[tuple[str, DuckDBPyType]]", duckdb_type.children)


def _to_iso(text: str) -> str:
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:  # infinity, or a year outside of Python's range: keep DuckDB's text
        return text


PYTHON = ValueFormat(_keep_column)
"""Values of Python, as DuckDB's client returns them."""
JSON = ValueFormat(_select_json, _read_json)
"""Mappings, lists, texts, numbers, booleans, None: as in `.json` files, but with times in ISO 8601."""
TABLE = ValueFormat(_select_text)
"""Numbers and booleans of Python. All else is text, with times to the second."""
FILE = ValueFormat(_keep_column)
"""Values as DuckDB writes them into a CSV or JSON file."""
PARQUET = ValueFormat(_select_for_parquet)
EXCEL = ValueFormat(_select_for_excel)
"""No text is a formula: a text that begins like one gets an apostrophe before it. Times are in the reader's zone, to
the second and without an offset. NaN and infinity are empty.
"""
