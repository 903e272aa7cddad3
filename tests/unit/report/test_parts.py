"""Tables with a file of their rows: texts of the language on the page, numbers in the file, and no formula in it."""

from __future__ import annotations

import csv
from base64 import b64decode
from datetime import date, datetime
from io import StringIO
from typing import Any

import pytest

from huggy_connector.report.i18n import Translations
from huggy_connector.report.parts import ChartTable, Column, CsvFile, Kind, build_table

EN, PT = Translations("en"), Translations("pt-BR")
COLUMNS = (
    Column("Contact", Kind.TEXT),
    Column("Wait", Kind.MINUTES),
    Column("In time", Kind.SHARE),
    Column("Day", Kind.DAY),
    Column("Opened", Kind.MOMENT),
)
ROW = ("Ana", 150.456, 0.7466, date(2026, 11, 24), datetime(2026, 11, 24, 7, 5))  # noqa: DTZ001 -- a local time


def read_csv(file: CsvFile | None, delimiter: str = ",") -> list[list[str]]:
    """Return the cells of a file inside the page."""
    assert file is not None
    content = b64decode(file.address.removeprefix("data:text/csv;charset=utf-8;base64,"))
    assert content.startswith(b"\xef\xbb\xbf")
    return [*csv.reader(StringIO(content.decode("utf-8-sig")), delimiter=delimiter)]


def build(*rows: tuple[Any, ...], words: Translations = EN, **others: Any) -> ChartTable:
    return build_table(COLUMNS, rows, words, file_name="huggy-waiting.csv", **others)


def test_a_table_has_texts_of_the_language_and_its_file_the_numbers() -> None:
    table = build(ROW)
    assert table.rows == (("Ana", "2.5\u00a0h", "74.7%", "Tue, Nov 24, 2026", "Nov 24, 2026, 07:05"),)
    assert (table.words, table.more) == (frozenset({0}), "")
    assert read_csv(table.file) == [
        ["Contact", "Wait (minutes)", "In time (0-1)", "Day", "Opened"],
        ["Ana", "150.456", "0.7466", "2026-11-24", "2026-11-24 07:05:00"],
    ]


def test_a_file_in_portuguese_opens_in_excel_in_brazil() -> None:
    table = build(ROW, words=PT)
    assert table.rows[0][1:3] == ("2,5\u00a0h", "74,7%")
    assert read_csv(table.file, ";")[1][:3] == ["Ana", "150,456", "0,7466"]


@pytest.mark.parametrize("text", ["=1+1", "+55 11 99999", "-cmd", "@SUM(A1)", "\t=1", "＝1", '=HYPERLINK("x")'])
def test_no_text_of_the_data_is_a_formula_in_the_file(text: str) -> None:
    table = build((text, None, None, None, None))
    (_, (cell, *others)) = read_csv(table.file)
    assert (cell[0] in "'\\", others) == (True, [""] * 4)
    (head, _) = read_csv(build_table([Column(text, Kind.COUNT)], [(-5,)], EN, file_name="x.csv").file)
    assert head[0][0] in "'\\"


def test_a_negative_number_stays_a_number_in_the_file() -> None:
    table = build_table([Column("Change", Kind.CHANGE)], [(-27.5,), (-3,)], EN, file_name="x.csv")
    assert (table.rows, read_csv(table.file)[1:]) == ((("-27.5",), ("-3",)), [["-27.5"], ["-3"]])


@pytest.mark.parametrize(
    ("shown", "total", "more"),
    [
        (None, None, ""),
        (3, None, ""),
        (2, None, "2 of 3: all are in the CSV."),
        (2, 1500, "2 of 1,500: the CSV has the first 3."),
    ],
)
def test_a_table_says_what_it_does_not_show(shown: int | None, total: int | None, more: str) -> None:
    table = build(ROW, ROW, ROW, shown=shown, total=total)
    assert (len(table.rows), table.more, len(read_csv(table.file))) == (shown or 3, more, 4)


def test_control_characters_are_shown_escaped_on_the_page_and_in_the_file() -> None:
    table = build(("\x1b[31mAna\n", None, None, "Total", None))
    assert (table.rows[0][0], table.rows[0][3]) == (r"\x1b[31mAna\n", "Total")
    assert read_csv(table.file)[1][0] == r"\x1b[31mAna\n"


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (Kind.COUNT, 1500, "1,500"),
        (Kind.NUMBER, 2.675, "2.68"),
        (Kind.MEAN, 239.25, "239.3"),
        (Kind.POINTS, -0.1305, "-13.1\u00a0points"),
        (Kind.MORE_MINUTES, 0.43, "+25.8\u00a0s"),
    ],
)
def test_each_kind_of_value_is_written_in_its_way(kind: Kind, value: float, text: str) -> None:
    assert build_table([Column("", kind)], [(value,), (None,)], EN).rows == ((text,), ("",))
