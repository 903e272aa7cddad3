"""Parts of the page that several sections have: tables with a file of the same rows, and tiles."""

from __future__ import annotations

import csv
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from io import StringIO
from typing import Any
from urllib.parse import quote

from huggy_connector.report.i18n import Translations, round_half_up
from huggy_connector.visible import escape_controls, escape_formula


class Kind(Enum):
    """What the values of a column are. None is an empty cell in each."""

    TEXT = "text"
    COUNT = "count"
    NUMBER = "number"
    """A number with two decimals."""
    MEAN = "mean"
    """A count, or a mean of counts."""
    CHANGE = "change"
    """A difference of counts, or of means of counts."""
    SHARE = "share"
    """A fraction of one."""
    POINTS = "points"
    """A difference of shares."""
    MINUTES = "minutes"
    """A duration in minutes. The page writes it in the unit that people use."""
    BUSINESS_MINUTES = "business minutes"
    """A duration in business minutes, of which a day has no fixed number."""
    MORE_MINUTES = "more minutes"
    """A difference of durations in minutes."""
    MORE_BUSINESS_MINUTES = "more business minutes"
    """A difference of durations in business minutes."""
    DAY = "day"
    """A day, or a text in its place, such as "Total"."""
    MOMENT = "moment"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its head, and what its values are."""

    head: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file inside the page: its name, and its content as the address of a link."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class ChartTable:
    """A table of texts, ready to show. The first cell of a row is its heading.

    `file` has the same rows, and those for which the page has no room; `more` says so. `words` are the places of the
    columns that hold words, not numbers.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    file: CsvFile | None = None
    more: str = ""
    words: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Tile:
    """One of the main numbers of the page. `verdict` is a word or two on it, such as "normal"; `change` its change."""

    label: str
    value: str
    note: str
    verdict: str = ""
    change: str = ""


def build_table(
    columns: Sequence[Column],
    rows: Iterable[Sequence[Any]],
    words: Translations,
    *,
    file_name: str = "",
    shown: int | None = None,
    total: int | None = None,
) -> ChartTable:
    """Return a table of these values. With a `file_name` it has a CSV of all rows, of which the page shows `shown`.

    `total` is how many rows there are in all, where `rows` are only the first of them.
    """
    rows = list(rows)
    total = len(rows) if total is None else total
    listed = rows if shown is None else rows[:shown]
    return ChartTable(
        tuple(column.head for column in columns),
        tuple(
            tuple(_format_cell(value, column.kind, words) for value, column in zip(row, columns, strict=True))
            for row in listed
        ),
        _build_file(file_name, columns, rows, words) if file_name else None,
        _say_what_is_left(len(listed), len(rows), total, words),
        frozenset(place for place, column in enumerate(columns) if column.kind is Kind.TEXT),
    )


def _say_what_is_left(listed: int, in_file: int, total: int, words: Translations) -> str:
    if total > in_file:
        return words["more_than_file"].format(
            shown=words.number(listed), total=words.number(total), file=words.number(in_file)
        )
    return words["more_in_file"].format(shown=words.number(listed), total=words.number(total)) if total > listed else ""


_FORMATS: Mapping[Kind, Callable[[Translations, Any], str]] = {
    Kind.TEXT: lambda _, value: escape_controls(str(value)),
    Kind.COUNT: Translations.number,
    Kind.NUMBER: Translations.number,
    Kind.MEAN: lambda words, value: words.number(value, 1),
    Kind.CHANGE: lambda words, value: words.change(value, 1),
    Kind.SHARE: Translations.share,
    Kind.POINTS: Translations.points,
    Kind.MINUTES: Translations.duration,
    Kind.BUSINESS_MINUTES: lambda words, value: words.duration(value, "business"),
    Kind.MORE_MINUTES: Translations.duration_change,
    Kind.MORE_BUSINESS_MINUTES: lambda words, value: words.duration_change(value, "business"),
    Kind.DAY: lambda words, value: value if isinstance(value, str) else words.day(value),
    Kind.MOMENT: Translations.moment,
}

_DURATIONS = {Kind.MINUTES, Kind.BUSINESS_MINUTES, Kind.MORE_MINUTES, Kind.MORE_BUSINESS_MINUTES}


def _format_cell(value: Any, kind: Kind, words: Translations) -> str:
    return "" if value is None else _FORMATS[kind](words, value)


def _build_file(name: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]], words: Translations) -> CsvFile:
    """Return the CSV that a double click opens in the language's Excel: no text in it is a formula."""
    stream, is_portuguese = StringIO(), words.language == "pt-BR"
    writer = csv.writer(stream, delimiter=";" if is_portuguese else ",", lineterminator="\r\n")
    writer.writerow([escape_formula(escape_controls(_head_in_file(column, words))) for column in columns])
    for row in rows:
        writer.writerow([_to_file_cell(value, is_portuguese=is_portuguese) for value in row])
    content = b64encode(stream.getvalue().encode("utf-8-sig")).decode()
    return CsvFile(name, f"data:text/csv;charset=utf-8;base64,{quote(content, safe='+/=')}")


def _head_in_file(column: Column, words: Translations) -> str:
    """Return the head with the unit, which the page writes into each cell."""
    if column.kind in _DURATIONS:
        return f"{column.head} ({words['minutes']})"
    return f"{column.head} (0-1)" if column.kind in {Kind.SHARE, Kind.POINTS} else column.head


def _to_file_cell(value: Any, *, is_portuguese: bool) -> str:
    match value:
        case None:
            return ""
        case float():
            number = format(round_half_up(value, 4).normalize(), "f")
            return number.replace(".", ",") if is_portuguese else number
        case int():
            return str(value)
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case date():
            return value.isoformat()
        case _:
            return escape_formula(escape_controls(str(value)))
