"""Reads the lists of consents and opt-outs: a CSV file as Excel and others write it, or the rows of a query.

Columns: `contact_id`, or `mobile`, `phone`, `email`; and, if known, `since` and `source`. Portuguese names of them are
known too. Excel in Brazil writes semicolons and latin-1, or UTF-8 with a byte order mark. A line that cannot be read is
an error that names its number and never what it holds: a list with a hole would let a row through.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from huggy_connector.actions.guards.people import PHONE_KEYS, ListedPerson, PeopleList
from huggy_connector.catalogue import IDS
from huggy_connector.errors import ConfigurationError
from huggy_connector.rows.phones import phone_forms

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "contact_id": ("contactid", "contatoid", "iddocontato", "idcontato", "idcontact"),
    "mobile": ("mobile", "celular", "whatsapp", "mobilephone"),
    "phone": ("phone", "telefone", "fone", "tel", "telephone"),
    "email": ("email", "emailaddress", "correio"),
    "since": ("since", "desde", "data", "date", "datadoaceite"),
    "source": ("source", "origem", "fonte"),
}
_COLUMN_OF: Final = {name: column for column, names in _NAMES.items() for name in names}
_PERSON_COLUMNS: Final = ("contact_id", *PHONE_KEYS, "email")
_ID: Final = re.compile(r"([0-9]{1,19}|[0-9]{1,3}(?:\.[0-9]{3})+)(?:[.,]0+)?", re.ASCII)
_CUT: Final = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+", re.ASCII)
"""A long number as a spreadsheet shows it: its last digits are gone."""
_EXCEL_TEXT: Final = re.compile(r'=?"(.*)"', re.DOTALL)
_BRAZILIAN_DAY: Final = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(.*)", re.ASCII | re.DOTALL)
_TOO_FEW: Final = "has no column contact_id, mobile, phone or email: give one of them in its first line"


class _Unreadable(Exception):
    """A value or a line that cannot be read. Its text says why, and what to do."""


def read_people(source: Path | Iterable[Mapping[str, Any]], *, setting: str, zone: ZoneInfo) -> PeopleList:
    """Return the people of a CSV file, or of the rows of a query by the names of their columns.

    `setting` is HUGGY_CONSENT or HUGGY_OPT_OUT, for errors. Times without a zone are the account's, in `zone`. Raises
    ConfigurationError in one sentence.
    """
    place = f"{setting} {str(source)!r}" if isinstance(source, Path) else f"The query of {setting}"
    try:
        lines = _read_lines(source) if isinstance(source, Path) else _name_columns(source)
        return PeopleList(_read_people(lines, zone))
    except _Unreadable as error:
        raise ConfigurationError(f"{place} {error}.") from None


def _read_people(lines: Iterable[tuple[int, Mapping[str, Any]]], zone: ZoneInfo) -> Iterator[ListedPerson]:
    for number, values in lines:
        if any(_clean(value) for value in values.values()):
            try:
                yield _read_person(values, zone)
            except _Unreadable as error:
                raise _Unreadable(f"cannot be read in line {number}: {error}") from None


def _read_person(values: Mapping[str, Any], zone: ZoneInfo) -> ListedPerson:
    texts = {column: _clean(values.get(column)) for column in (*_PERSON_COLUMNS, "since", "source")}
    if not any(texts[column] for column in _PERSON_COLUMNS):
        raise _Unreadable("it names nobody")
    addresses = {form for column in PHONE_KEYS if texts[column] for form in _read_phone(texts[column], column)}
    if texts["email"]:
        if not re.fullmatch(r"[^\s@*]+@[^\s@*]+", texts["email"]):
            raise _Unreadable("email is no e-mail address (the warehouse masks them: use contact_id)")
        addresses.add(texts["email"].casefold())
    contact_id = _read_id(texts["contact_id"]) if texts["contact_id"] else None
    return ListedPerson(contact_id, frozenset(addresses), _read_since(values.get("since"), zone), texts["source"])


def _clean(value: Any) -> str:
    """Return a value as text, without what a spreadsheet puts around it so that it stays one."""
    if value is None:
        return ""
    if isinstance(value, float | Decimal) and value == value // 1:
        value = int(value)
    text = unicodedata.normalize("NFKC", str(value)).strip().strip("\u200b\u200e\u200f\ufeff").strip()
    if match := _EXCEL_TEXT.fullmatch(text):
        text = match[1].strip()
    return text.removeprefix("'")


def _refuse_cut(text: str, column: str) -> None:
    if _CUT.fullmatch(text):
        raise _Unreadable(f"a spreadsheet cut the number in {column}: format the column as text, and save it again")


def _read_id(text: str) -> int:
    _refuse_cut(text, "contact_id")
    match = _ID.fullmatch(text)
    number = int(match[1].replace(".", "")) if match else 0
    if number not in IDS:
        raise _Unreadable("contact_id is no whole number above 0")
    return number


def _read_phone(text: str, column: str) -> frozenset[str]:
    _refuse_cut(text, column)
    forms = phone_forms(re.sub(r"[.,]0$", "", text) if re.fullmatch(r"[0-9]+[.,]0", text, re.ASCII) else text)
    if not forms:
        raise _Unreadable(f"{column} is no phone number with its area code (the warehouse masks them: use contact_id)")
    return forms


def _read_since(value: Any, zone: ZoneInfo) -> datetime | None:
    """Return the start of a listing as an instant: a time, a day, or a text as Brazil or ISO writes it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=zone).astimezone(UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), zone).astimezone(UTC)
    if not (text := _clean(value)):
        return None
    if match := _BRAZILIAN_DAY.fullmatch(text):
        text = f"{match[3]}-{int(match[2]):02d}-{int(match[1]):02d}{match[4]}"
    try:
        moment = datetime.fromisoformat(re.sub(r" (\d):", r" 0\1:", text))
    except ValueError:
        raise _Unreadable("since is no day such as 30/11/2026 or 2026-11-30") from None
    return _read_since(moment, zone)


def _read_lines(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield the lines of a CSV file below its heading, with their numbers. Raises _Unreadable."""
    text = _decode(path)
    first, _, rest = text.partition("\n")
    hint = re.fullmatch(r"sep=(.)\s*", first, re.IGNORECASE)
    before = 1 if hint else 0
    text = rest if hint else text
    heading = text.partition("\n")[0]
    delimiter = hint[1] if hint else max(";,\t|", key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = _read_heading(next(reader, []))
        for cells in reader:
            if any(cell.strip() for cell in cells[len(columns) :]):
                raise _Unreadable(f"has more cells in line {before + reader.line_num} than in its heading")
            yield before + reader.line_num, dict(_pair(columns, cells))
    except csv.Error:
        raise _Unreadable(
            f"is no CSV from line {before + reader.line_num} on: look for a quote that is not closed"
        ) from None


def _decode(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _Unreadable(f"cannot be read ({error.strerror}): give another file") from None
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise _Unreadable("is an Excel workbook: save it as CSV")
    if not content.strip(b"\xef\xbb\xbf \r\n\t"):
        raise _Unreadable("is empty: write at least its heading")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: Sequence[str] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp1252", "latin-1")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise _Unreadable("is no text: save it as CSV UTF-8")


def _read_heading(cells: Sequence[str]) -> list[str | None]:
    columns = [_COLUMN_OF.get(_fold(cell)) for cell in cells]
    named = [column for column in columns if column is not None]
    if not set(named) & set(_PERSON_COLUMNS):
        raise _Unreadable(_TOO_FEW)
    if twice := next((column for column in named if named.count(column) > 1), None):
        raise _Unreadable(f"has the column {twice} twice")
    return columns


def _pair(columns: Sequence[str | None], cells: Sequence[str]) -> Iterator[tuple[str, str]]:
    return ((column, cell) for column, cell in zip(columns, cells, strict=False) if column is not None)


def _name_columns(rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, row in enumerate(rows, start=1):
        columns = _read_heading(list(row))
        yield number, {column: value for column, value in zip(columns, row.values(), strict=True) if column is not None}


def _fold(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(each for each in plain if each.isalnum() and not unicodedata.combining(each))
