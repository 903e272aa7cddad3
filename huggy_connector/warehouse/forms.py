"""How the values of an answer are handed on: as Python's, as JSON's, as texts of a table, to a file, to Excel.

A form is what DuckDB selects for a column, and what is made of it here. DuckDB writes what Python knows only in part:
intervals of months, nanoseconds, `infinity`, maps whose keys are lists.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any, cast

from huggy_connector.warehouse import sql

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType as Kind

_FRACTIONS = {"float", "double", "decimal"}
_NUMBERS = _FRACTIONS | {
    *("tinyint", "smallint", "integer", "bigint", "hugeint"),
    *("utinyint", "usmallint", "uinteger", "ubigint", "uhugeint"),
}
_INSTANTS = {"timestamp", "timestamp with time zone", "timestamp_s", "timestamp_ms"}

_FORMULA = r"[=+\-@\t\r\n＝＋－＠]"  # noqa: RUF001 -- Excel takes the wide ones too
_HUGE = {"hugeint", "uhugeint"}


@dataclass(frozen=True, slots=True)
class Form:
    """`select` makes an expression of a column's and its type; `read` makes the value of what DuckDB gives for it."""

    select: Callable[[str, Kind], str]
    read: Callable[[Any, Kind], Any] = lambda value, _: value


def _as_it_is(column: str, _: Kind) -> str:
    return column


def _json(column: str, _: Kind) -> str:
    return f"to_json({column})"


def _shown(column: str, kind: Kind) -> str:
    if kind.id in _NUMBERS or kind.id == "boolean":
        return column
    if kind.id in _INSTANTS:
        return f"strftime({column}, '%Y-%m-%d %H:%M:%S')"
    return f"CAST({column} AS VARCHAR)"


def _in_excel(column: str, kind: Kind) -> str:
    if kind.id in _FRACTIONS:
        finite = column if kind.id == "decimal" else f"CASE WHEN isfinite({column}) THEN {column} END"
        return f"replace(CAST({finite} AS VARCHAR), '.', ',')"
    shown = _shown(column, kind)
    return shown if shown == column else f"regexp_replace({shown}, '^{_FORMULA}', '''\\0')"


def _in_parquet(column: str, kind: Kind) -> str:
    """Parquet has no integer of 128 bits: DuckDB would round to a DOUBLE what fits in a DECIMAL of 38 digits."""
    return f"CAST({column} AS {_exact(kind)})" if "HUGEINT" in str(kind) else column


def _exact(kind: Kind) -> str:
    match kind.id:
        case huge if huge in _HUGE:
            return "DECIMAL(38,0)"
        case "list":
            return f"{_exact(_parts(kind)[0][1])}[]"
        case "map":
            return f"MAP({', '.join(_exact(part) for _, part in _parts(kind))})"
        case "struct" if all(name for name, _ in _parts(kind)):
            return f"STRUCT({', '.join(f'{sql.name(name)} {_exact(part)}' for name, part in _parts(kind))})"
        case _:
            return str(kind)


def name_in_excel(name: str) -> str:
    """A column's name, which may come from the data where the question is a PIVOT."""
    return f"'{name}" if re.match(_FORMULA, name) else name


def _read_json(text: str | None, kind: Kind) -> Any:
    if text is None:
        return None
    value = json.loads(text, parse_constant=lambda _: None, parse_float=_number, parse_int=_integer)
    return _with_iso_times(value, kind)


def _number(text: str) -> float | str | None:
    """None for what is none (1e999). Digits that a double cannot hold stay, in a text."""
    number = float(text)
    if not isfinite(number):
        return None
    return number if Decimal(repr(number)) == Decimal(text) else text


def _integer(text: str) -> int | str:
    try:
        return int(text)
    except ValueError:  # of more digits than Python reads
        return text


def _with_iso_times(value: Any, kind: Kind) -> Any:
    """The value, its times written as every `--json` writes them: 2026-11-01T10:00:00-03:00."""
    match value, kind.id:
        case dict(), "struct" | "union":
            kinds = dict(_parts(kind))
            return {name: _with_iso_times(each, kinds[name]) for name, each in value.items()}
        case dict(), "map":
            _, (_, of_values) = _parts(kind)
            return {key: _with_iso_times(each, of_values) for key, each in value.items()}
        case list(), "tuple":
            return [_with_iso_times(each, part) for each, (_, part) in zip(value, _parts(kind), strict=True)]
        case list(), "list" | "array":
            return [_with_iso_times(each, _parts(kind)[0][1]) for each in value]
        case str(), instant if instant in _INSTANTS:
            return _iso(value)
    return value


def _parts(kind: Kind) -> list[tuple[str, Kind]]:
    return cast("list[tuple[str, Kind]]", kind.children)


def _iso(text: str) -> str:
    try:
        return datetime.fromisoformat(text).isoformat()
    except ValueError:  # infinity, and years that Python does not know: as DuckDB writes them
        return text


PYTHON = Form(_as_it_is)
"""Values of Python, as DuckDB's client makes them."""
JSON = Form(_json, _read_json)
"""Mappings, lists, texts, numbers, booleans, None: what `.json` files hold, but for ISO times."""
TABLE = Form(_shown)
"""Numbers and booleans of Python; all else a text, times to the second."""
FILE = Form(_as_it_is)
"""As DuckDB writes it into a CSV or JSON file."""
PARQUET = Form(_in_parquet)
EXCEL = Form(_in_excel)
"""No text is a formula: one that begins as formulas do has an apostrophe before it. Times are in the reader's zone, to
the second and without an offset; what is no number is empty.
"""
