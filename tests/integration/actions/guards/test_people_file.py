"""Lists of consents and opt-outs as people write them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.actions.guards.people import ListedPerson, PeopleList, Person
from huggy_connector.actions.guards.people_file import read_people
from huggy_connector.errors import ConfigurationError
from huggy_connector.rows.phones import phone_forms

ZONE = ZoneInfo("America/Sao_Paulo")
ANA = ListedPerson(800001, frozenset(), datetime(2026, 11, 1, 3, tzinfo=UTC), "balcão")
RUI = ListedPerson(800002, frozenset(), None, "site")
TEXT = "contact_id;since;source\r\n800001;01/11/2026;balcão\r\n800002;;site\r\n"


def read(path: Path) -> PeopleList:
    return read_people(path, setting="HUGGY_CONSENT", zone=ZONE)


def people_of(content: bytes, folder: Path) -> list[ListedPerson]:
    path = folder / "people.csv"
    path.write_bytes(content)
    listed = read(path)
    return [line for number in (800001, 800002) for line in listed.find(Person(number))]


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode("utf-8"),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("latin-1"),
        TEXT.encode("utf-16"),
        TEXT.replace(";", ",").encode(),
        TEXT.replace(";", "\t").encode("utf-16"),
        TEXT.replace("\r\n", "\n").rstrip().encode(),
        TEXT.replace("\r\n", "\r").encode(),
        ("sep=;\r\n" + TEXT).encode("latin-1"),
        ("sep=;\r\n" + TEXT).encode("utf-8-sig"),
        TEXT.replace("source", 'source;"nota, outra"').encode(),
        TEXT.replace("contact_id", '"Contact ID"').replace("since", "Desde").replace("source", "ORIGEM").encode(),
        TEXT.replace("01/11/2026", "2026-11-01").encode(),
        TEXT.replace("01/11/2026", "1/11/2026 00:00").encode(),
        TEXT.replace("800001", "800.001").replace("800002", '"800002,0"').encode(),
        TEXT.replace("\r\n", ";;\r\n").encode(),
        (TEXT + ";;\r\n\r\n").encode(),
        TEXT.replace("800001", '="800001"'.replace('"', '""').join('""')).encode(),
    ],
)
def test_a_list_is_read_as_excel_and_others_write_it(content: bytes, tmp_path: Path) -> None:
    assert people_of(content, tmp_path) == [ANA, RUI]


def test_phones_and_emails_are_read_in_their_forms(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("Celular;Telefone;E-mail\n(11) 98765-4321;1133334444;UM@Example.com\n'+5511987650000;;\n")
    listed = read(path)
    asked = [phone_forms("1187654321"), phone_forms("551133334444"), {"um@example.com"}, phone_forms("11987650000")]
    assert [len(listed.find(Person(None, frozenset(each)))) for each in asked] == [1, 1, 1, 1]
    assert listed.has_addresses


@given(
    numbers=st.lists(st.integers(1, 2**63 - 1), max_size=5),
    source=st.text(st.characters(codec="cp1252", exclude_categories=["Cc", "Cf"]), max_size=12),
    delimiter=st.sampled_from(";,\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
@example(numbers=[800001], source='balc\u00e3o; "loja", 2', delimiter=";", encoding="cp1252", end="\r\n")
@example(numbers=[800001], source="\u20ac", delimiter="\t", encoding="utf-16", end="\r\n")
def test_nobody_is_lost_whatever_program_wrote_the_list(
    numbers: list[int], source: str, delimiter: str, encoding: str, end: str
) -> None:
    lines = io.StringIO()
    writer = csv.writer(lines, delimiter=delimiter, lineterminator=end)
    writer.writerows([["source", "contact_id"], *([source, number] for number in numbers)])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        path.write_bytes(lines.getvalue().encode(encoding))
        listed = read(path)
    assert listed.contact_ids == set(numbers)


def test_a_heading_alone_is_an_empty_list(tmp_path: Path) -> None:
    assert people_of(b"contact_id\n", tmp_path) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "is empty: write at least its heading"),
        ("\ufeff\r\n", "is empty: write at least its heading"),
        ("800001\n800002\n", "has no column contact_id, mobile, phone or email: give one of them in its first line"),
        ("id;nome\n1;Ana\n", "has no column contact_id, mobile, phone or email: give one of them in its first line"),
        ("phone;telefone\n1;2\n", "has the column phone twice"),
        ("contact_id;source\n1;a\n;b\n", "cannot be read in line 3: it names nobody"),
        ("contact_id\n1\nx\n", "cannot be read in line 3: contact_id is no whole number above 0"),
        ("contact_id\n0\n", "cannot be read in line 2: contact_id is no whole number above 0"),
        ("contact_id\n8.5\n", "cannot be read in line 2: contact_id is no whole number above 0"),
        (
            "mobile\n5,51199E+12\n",
            (
                "cannot be read in line 2: a spreadsheet cut the number in mobile: format the column as text, and save "
                "it again"
            ),
        ),
        (
            "mobile\n***4321\n",
            (
                "cannot be read in line 2: mobile is no phone number with its area code (the warehouse masks them: use "
                "contact_id)"
            ),
        ),
        (
            "email\nu***@example.com\n",
            "cannot be read in line 2: email is no e-mail address (the warehouse masks them: use contact_id)",
        ),
        ("contact_id;since\n1;ontem\n", "cannot be read in line 2: since is no day such as 30/11/2026 or 2026-11-30"),
        (
            "contact_id;since\n1;31/02/2026\n",
            "cannot be read in line 2: since is no day such as 30/11/2026 or 2026-11-30",
        ),
        ("contact_id\n1;2\n", "has more cells in line 2 than in its heading"),
        ('contact_id;source\n1;"a\n2;b\n', "is no CSV from line 3 on: look for a quote that is not closed"),
        ("PK\x03\x04", "is an Excel workbook: save it as CSV"),
        ("contact_id\n1\0\n", "is no text: save it as CSV UTF-8"),
    ],
)
def test_a_list_that_cannot_be_read_is_an_error_that_shows_nobody(content: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(content.encode())
    with pytest.raises(ConfigurationError) as caught:
        read(path)
    assert str(caught.value) == f"HUGGY_CONSENT {str(path)!r} {reason}."


def test_a_list_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path / "none.csv")
    assert str(caught.value) == (
        f"HUGGY_CONSENT {str(tmp_path / 'none.csv')!r} cannot be read (No such file or directory): give another file."
    )


def test_rows_of_a_query_are_read_by_the_names_of_their_columns() -> None:
    rows: list[dict[str, Any]] = [
        {"contact_id": 800001, "since": datetime(2026, 11, 1), "source": "balcão", "name": "Ana"},  # noqa: DTZ001
        {"contact_id": Decimal(800001), "since": date(2026, 11, 1), "source": "balcão", "name": None},
        {"contact_id": "800001", "since": datetime(2026, 11, 1, 3, tzinfo=UTC), "source": "balcão", "name": ""},
        {"contact_id": None, "since": None, "source": None, "name": "Rui"},
    ]
    with pytest.raises(ConfigurationError) as caught:
        read_people([*rows, {"contact_id": None, "source": "x"}], setting="HUGGY_OPT_OUT", zone=ZONE)
    assert str(caught.value) == "The query of HUGGY_OPT_OUT cannot be read in line 5: it names nobody."
    listed = read_people(rows, setting="HUGGY_OPT_OUT", zone=ZONE)
    assert listed.find(Person(800001)) == [ANA]


def test_a_query_without_a_column_of_people_is_refused_and_one_without_rows_is_an_empty_list() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_people([{"id": 1}], setting="HUGGY_OPT_OUT", zone=ZONE)
    assert str(caught.value) == (
        "The query of HUGGY_OPT_OUT has no column contact_id, mobile, phone or email: give one of them in its first "
        "line."
    )
    assert not read_people([], setting="HUGGY_OPT_OUT", zone=ZONE)
