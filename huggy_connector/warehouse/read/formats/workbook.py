"""Writes the rows of a query as an Excel workbook (.xlsx) with one sheet. No text is a formula, however it begins.

Rows are streamed: XlsxWriter keeps one of them in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huggy_connector.errors import ConfigurationError

if TYPE_CHECKING:
    from duckdb.sqltypes import DuckDBPyType
    from xlsxwriter import Workbook

MAX_ROWS = 1_048_575
"""The rows that a sheet holds below its head."""
MAX_COLUMNS = 16_384
MAX_TEXT = 32_767
"""The characters that a cell holds."""
EXACT_DIGITS = 15
"""The digits of a number that Excel keeps."""
FIRST_YEAR = 1900
"""The first year of Excel's calendar."""

_DATE_WIDTH, _TIME_WIDTH, _NUMBER_WIDTH, _TEXT_WIDTH, _MAX_NAME_WIDTH = 11, 19, 12, 24, 40
_FILTER_WIDTH = 3
"""The button of the filter, beside a name."""


def check_size(rows: int, columns: int) -> None:
    """Raise ConfigurationError for more rows or columns than a sheet holds."""
    if rows > MAX_ROWS:
        raise ConfigurationError(
            f"The answer has {rows:,} rows, and a sheet of Excel holds {MAX_ROWS:,}: ask for fewer, or write .parquet."
        )
    if columns > MAX_COLUMNS:
        raise ConfigurationError(f"A sheet of Excel holds {MAX_COLUMNS:,} columns: ask for fewer, or write .parquet.")


def write_workbook(
    columns: Sequence[str], types: Sequence[DuckDBPyType], rows: Iterable[Sequence[Any]], file: Path, *, folder: Path
) -> int:
    """Write rows in the format `value_formats.TABLE` to `file`, and return how many. Parts lie in `folder` meanwhile.

    Times are cells of date and time. Numbers of more than 15 digits, and times before 1900, are text, because Excel
    would change them. NaN and infinity are empty. Raises OSError. Call `check_size` before.
    """
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError

    workbook = Workbook(file, {"constant_memory": True, "tmpdir": str(folder), "use_zip64": True})
    try:
        count = _write_sheet(workbook, columns, types, rows)
        workbook.close()
    except Exception as error:
        workbook.filename = str(folder / "given-up.xlsx")
        with suppress(Exception):
            workbook.close()  # it closes its parts
        if isinstance(error, FileCreateError):
            raise next(each for each in (*error.args, OSError()) if isinstance(each, OSError)) from None
        raise
    return count


def _write_sheet(
    workbook: Workbook, columns: Sequence[str], types: Sequence[DuckDBPyType], rows: Iterable[Sequence[Any]]
) -> int:
    sheet, head = workbook.add_worksheet("huggy"), workbook.add_format({"bold": True})
    date_format, time_format = (workbook.add_format({"num_format": f"yyyy-mm-dd{each}"}) for each in ("", " hh:mm:ss"))
    for place, (name, duckdb_type) in enumerate(zip(columns, types, strict=True)):
        sheet.set_column(place, place, max(_width_of(duckdb_type), min(len(name) + _FILTER_WIDTH, _MAX_NAME_WIDTH)))
        sheet.write_string(0, place, _cut(name), head)
    sheet.freeze_panes(1, 0)
    readers, count = [_reader_of(duckdb_type) for duckdb_type in types], 0
    for count, row in enumerate(rows, start=1):
        for place, (value, read) in enumerate(zip(row, readers, strict=True)):
            match read(value):
                case None:
                    pass
                case bool() as truth:
                    sheet.write_boolean(count, place, truth)
                case datetime() as time:
                    sheet.write_datetime(count, place, time, time_format)
                case date() as day:
                    sheet.write_datetime(count, place, day, date_format)
                case str() as text:
                    sheet.write_string(count, place, _cut(text))
                case number:
                    sheet.write_number(count, place, number)
    sheet.autofilter(0, 0, count, len(columns) - 1)
    return count


def _width_of(duckdb_type: DuckDBPyType) -> int:
    if duckdb_type.id == "date":
        return _DATE_WIDTH
    if duckdb_type.id.startswith("timestamp"):
        return _TIME_WIDTH
    return _TEXT_WIDTH if duckdb_type.id in {"varchar", "json"} else _NUMBER_WIDTH


def _reader_of(duckdb_type: DuckDBPyType) -> Callable[[Any], Any]:
    """Return the function that makes a cell of a value of this type."""
    if duckdb_type.id == "date":
        return lambda value: _read_time(value, date.fromisoformat)
    if duckdb_type.id.startswith("timestamp"):
        return lambda value: _read_time(value, datetime.fromisoformat)
    return _read_value


def _read_time(text: str | None, read: Callable[[str], date]) -> date | str | None:
    """Return the time in a text; the text where Excel or Python knows no such time."""
    try:
        time = None if text is None else read(text)
    except ValueError:
        return text
    return text if time is not None and time.year < FIRST_YEAR else time


def _read_value(value: Any) -> Any:
    match value:
        case float():
            return value if isfinite(value) else None
        case Decimal():
            return str(value) if len(value.as_tuple().digits) > EXACT_DIGITS else float(value)
        case int() if not isinstance(value, bool):
            return str(value) if len(str(abs(value))) > EXACT_DIGITS else value
        case _:
            return value


def _cut(text: str) -> str:
    """Return the text as a cell can hold it. Excel counts in units of UTF-16."""
    if len(text.encode("utf-16-le")) // 2 <= MAX_TEXT:
        return text
    return text.encode("utf-16-le")[: 2 * (MAX_TEXT - 3)].decode("utf-16-le", "ignore") + "..."
