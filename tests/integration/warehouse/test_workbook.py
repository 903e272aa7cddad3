"""A workbook holds every value as Excel can keep it: times are times, long numbers stay whole, no text is a formula."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import duckdb
import pytest

from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse.read.formats.value_formats import TABLE
from huggy_connector.warehouse.read.formats.workbook import MAX_COLUMNS, MAX_ROWS, MAX_TEXT, check_size, write_workbook
from huggy_connector.warehouse.schema import sql

SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def write(question: str, file: Path) -> int:
    """Write the answer of DuckDB to a question about no table."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'America/Sao_Paulo'")
        connection.execute(f"CREATE TEMP VIEW answer AS {question}")
        answer = connection.view("answer")
        cells = (TABLE.select(sql.name(name), kind) for name, kind in zip(answer.columns, answer.types, strict=True))
        rows = connection.execute(f"SELECT {', '.join(cells)} FROM answer").fetchall()
        return write_workbook(answer.columns, answer.types, rows, file, folder=file.parent)


def read_cells(file: Path) -> list[tuple[str, str, str, str]]:
    """Return place, kind, style and text of each cell, in order: kind `n` for a number, `s` for a text."""
    with zipfile.ZipFile(file) as archive:
        root = ET.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    return [
        (
            each.attrib["r"],
            {"inlineStr": "s"}.get(each.attrib.get("t", "n"), each.attrib.get("t", "n")),
            each.attrib.get("s", ""),
            "".join(part.text or "" for part in each.iter() if part.tag in {f"{SPREADSHEET}v", f"{SPREADSHEET}t"}),
        )
        for each in root.iter(f"{SPREADSHEET}c")
    ]


def values_of(file: Path) -> list[tuple[str, str]]:
    return [(kind, text) for place, kind, _, text in read_cells(file) if not re.fullmatch(r"[A-Z]+1", place)]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("42", ("n", "42")),
        ("-123456789012345", ("n", "-123456789012345")),
        ("1234567890123456", ("s", "1234567890123456")),
        ("170141183460469231731687303715884105727", ("s", "170141183460469231731687303715884105727")),
        ("1.25::DOUBLE", ("n", "1.25")),
        ("'NaN'::DOUBLE", None),
        ("'-Infinity'::DOUBLE", None),
        ("10.50::DECIMAL(10, 2)", ("n", "10.5")),
        ("1234567890123456.78::DECIMAL(20, 2)", ("s", "1234567890123456.78")),
        ("true", ("b", "1")),
        ("NULL::INTEGER", None),
        ("DATE '2026-11-01'", ("n", "46327")),
        ("DATE '1899-12-31'", ("s", "1899-12-31")),
        ("TIMESTAMPTZ '2026-11-01 15:00:00+00'", ("n", "46327.5")),
        ("TIMESTAMP '2026-11-01 12:00:00'", ("n", "46327.5")),
        ("TIMESTAMP 'infinity'", ("s", "infinity")),
        ("'=1+1'", ("s", "=1+1")),
        ("'+55 11 98888-7777'", ("s", "+55 11 98888-7777")),
        ("'https://a.b'", ("s", "https://a.b")),
        ("'São 😀'", ("s", "São 😀")),
        ("[1, 2]", ("s", "[1, 2]")),
        ("TIME '10:00:00'", ("s", "10:00:00")),
        ("'{\"a\": 1}'::JSON", ("s", '{"a": 1}')),
    ],
)
def test_a_value_becomes_the_cell_that_keeps_it(tmp_path: Path, value: str, cell: tuple[str, str] | None) -> None:
    assert write(f"SELECT {value} AS a", tmp_path / "a.xlsx") == 1
    assert values_of(tmp_path / "a.xlsx") == ([cell] if cell else [])


def test_rows_follow_a_bold_head_that_stays_in_view_and_can_be_filtered(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    assert write("SELECT * FROM (VALUES (1, '=a'), (2, NULL)) AS t (id, \"=x\")", file) == 2
    assert read_cells(file) == [
        ("A1", "s", "1", "id"),
        ("B1", "s", "1", "=x"),
        ("A2", "n", "", "1"),
        ("B2", "s", "", "=a"),
        ("A3", "n", "", "2"),
    ]
    with zipfile.ZipFile(file) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert ('<autoFilter ref="A1:B3"/>' in sheet, 'state="frozen"' in sheet, "<f>" in sheet) == (True, True, False)
    assert [*tmp_path.iterdir()] == [file]


def test_a_text_longer_than_a_cell_is_cut_with_dots(tmp_path: Path) -> None:
    write(f"SELECT repeat('a', {MAX_TEXT}) AS a, repeat('😀', {MAX_TEXT}) AS b", tmp_path / "a.xlsx")
    whole, cut = (text for _, text in values_of(tmp_path / "a.xlsx"))
    assert (len(whole), cut[-4:], len(cut.encode("utf-16-le")) // 2 <= MAX_TEXT) == (MAX_TEXT, "😀...", True)


def test_more_rows_or_columns_than_a_sheet_holds_are_refused() -> None:
    check_size(MAX_ROWS, MAX_COLUMNS)
    with pytest.raises(
        ConfigurationError, match=r"^The answer has 1,048,576 rows, and a sheet of Excel holds 1,048,575"
    ):
        check_size(MAX_ROWS + 1, 1)
    with pytest.raises(ConfigurationError, match=r"^A sheet of Excel holds 16,384 columns: "):
        check_size(1, MAX_COLUMNS + 1)


def test_a_disk_that_takes_nothing_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file or directory"):
        write_workbook(["a"], [duckdb.sqltype("INTEGER")], [(1,)], tmp_path / "no" / "a.xlsx", folder=tmp_path)
