"""The business calendar: what a file sets, what it leaves as it is, and how a wrong one is refused."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse import BusinessCalendar, read_calendar
from huggy_connector.warehouse.marts import calendar
from huggy_connector.warehouse.marts.calendar import ServiceTarget
from huggy_connector.warehouse.marts.opening_hours import OpeningSpan

OFFICE = (OpeningSpan(480, 1080),)
ZUMBI = date(2026, 11, 20)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "calendar.toml"


def test_a_calendar_file_sets_hours_days_and_targets(file: Path) -> None:
    file.write_text(
        'subdivision = "SP"\nclosed = [2026-12-24]\n[hours]\nsaturday = "22:00-06:00"\nfriday = ""\n'
        '[targets.handling]\nminutes = 30\nclock = "calendar"\n',
        encoding="utf-8-sig",  # as Notepad saves it
    )
    read = read_calendar(str(file))
    assert read.targets == (ServiceTarget("handling", 30, "calendar"),)
    assert read.hours == (OFFICE, OFFICE, OFFICE, OFFICE, (), (OpeningSpan(1320, 1800),), ())
    assert read.closed == (date(2026, 12, 24),)
    assert {day.isoformat() for day in read.holidays(2026, 2026)} >= {"2026-07-09", "2026-11-20"}


@pytest.mark.parametrize("text", [None, "", "# Nothing is set.\n", "[hours]\n", 'country = "BR"\nsubdivision = ""\n'])
def test_what_a_file_does_not_set_is_the_default_of_an_office_in_brazil(file: Path, text: str | None) -> None:
    if text is not None:
        file.write_text(text)
    assert read_calendar(None if text is None else str(file)) == BusinessCalendar(
        country="BR",
        subdivision=None,
        closed=(),
        hours=(OFFICE,) * 5 + ((),) * 2,
        targets=(ServiceTarget("first_response", 15, "business"), ServiceTarget("resolution", 480, "business")),
    )


def test_a_calendar_says_whether_it_is_from_a_file_and_how_chats_outside_its_hours_count(file: Path) -> None:
    assert (read_calendar(None).basis, read_calendar(None).outside_hours) == ("default", "apart")
    file.write_text('outside_hours = "met"\n')
    assert (read_calendar(str(file)).basis, read_calendar(str(file)).outside_hours) == ("file", "met")


def test_a_table_of_targets_replaces_the_default_ones_even_if_it_is_empty(file: Path) -> None:
    file.write_text("[targets]\n")
    assert read_calendar(str(file)).targets == ()


def test_the_order_of_days_and_targets_in_a_file_does_not_matter(file: Path) -> None:
    file.write_text(
        "closed = [2026-12-31, 2026-12-24, 2026-12-31]\n[targets]\nresolution = {minutes = 2}\n"
        "queue_wait = {minutes = 0.5}\n"
    )
    other = file.with_name("other.toml")
    other.write_text(
        "closed = [2026-12-24, 2026-12-31]\n[targets]\nqueue_wait = {minutes = 0.5}\n"
        'resolution = {clock = "business", minutes = 2.0}\n'
    )
    one = read_calendar(str(file))
    assert one.closed == (date(2026, 12, 24), date(2026, 12, 31))
    assert [target.metric for target in one.targets] == ["queue_wait", "resolution"]
    assert one.fingerprint == read_calendar(str(other)).fingerprint


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = ", "is no TOML"),
        ("opening = 1", r"there is no opening: choose from country"),
        ('hours = "all"', "hours must be a table"),
        ("targets = 3", "targets must be a table"),
        ("[hours]\nmonday = 8", r'hours\.monday must be a text such as "08:00-12:00, 13:00-18:00"'),
        ('[hours]\nmonday = "8h-18h"', r"hours\.monday has '8h-18h', which is no span"),
        ('[hours]\nmonday = "18:00-09:00"', r"goes on into the 08:00-18:00 of hours\.tuesday"),
        ("[hours]\nmon = 8", r"there is no hours\.mon"),
        ('closed = ["24/12"]', r"closed must be a list of days such as \[2026-12-24\]"),
        ("closed = [2026-12-24T10:00:00]", r"closed must be a list of days such as \[2026-12-24\]"),
        ("closed = 2026-12-24", r"closed must be a list of days such as \[2026-12-24\]"),
        ('country = "XX"', "country 'XX' has no known holidays"),
        ('subdivision = "ZZ"', "country 'BR' with subdivision 'ZZ' has no known holidays"),
        ('subdivision = ["SP"]', r"country 'BR' with subdivision \['SP'\] has no known holidays"),
        ("country = 5", "country must be a text such as 'BR'"),
        ("country = []", "country must be a text such as 'BR'"),
        ("x = 1" + 5_000 * "0", "is no TOML: a number is too long"),
        ("x = " + 5_000 * "[", "is no TOML"),
        ("[targets.speed]\nminutes = 1", r"there is no targets\.speed"),
        ("[targets.handling]\nhours = 1", r"there is no targets\.handling\.hours: choose from minutes, clock"),
        ("[targets]\nhandling = 30", r"targets\.handling must be a table"),
        ("[targets.handling]", r"targets\.handling\.minutes must be a number above 0"),
        ("[targets.handling]\nminutes = 0", r"targets\.handling\.minutes must be a number above 0"),
        ("[targets.handling]\nminutes = inf", r"targets\.handling\.minutes must be a number above 0"),
        ("[targets.handling]\nminutes = nan", r"targets\.handling\.minutes must be a number above 0"),
        ("[targets.handling]\nminutes = 1" + 400 * "0", "must be a number above 0, and at most 5,256,000"),
        ("[targets.handling]\nminutes = true", r"targets\.handling\.minutes must be a number above 0"),
        ('[targets.handling]\nminutes = "30"', r"targets\.handling\.minutes must be a number above 0"),
        ('outside_hours = "missed"', "outside_hours must be apart or met"),
        ('[targets.handling]\nminutes = 1\nclock = "wall"', r"targets\.handling\.clock must be business or calendar"),
    ],
)
def test_a_wrong_calendar_is_refused_in_one_sentence(file: Path, text: str, reason: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=rf"^The calendar '.*calendar\.toml'.*{reason}.*\.$"):
        read_calendar(str(file))


def test_a_calendar_that_is_not_in_utf_8_is_no_toml(file: Path) -> None:
    file.write_bytes('country = "São Tomé"'.encode("latin-1"))
    with pytest.raises(ConfigurationError, match=r"^The calendar '.*calendar\.toml' is no TOML: 'utf-8' codec"):
        read_calendar(str(file))


@pytest.mark.parametrize(("name", "reason"), [("none.toml", "No such file or directory"), (".", "Is a directory")])
def test_a_calendar_that_cannot_be_read_is_told(file: Path, name: str, reason: str) -> None:
    path = os.path.normpath(file.parent / name)
    with pytest.raises(ConfigurationError) as raised:
        read_calendar(path)
    assert str(raised.value) == f"The calendar {path!r} cannot be read ({reason}): give another file."


@pytest.mark.parametrize("language", ["en_US", "pt_BR", "C"])
def test_holidays_have_the_names_of_their_country_whatever_the_language_of_the_host(
    monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LANG"):
        monkeypatch.setenv(name, language)
    assert BusinessCalendar().holidays(2026, 2026)[ZUMBI] == "Dia Nacional de Zumbi e da Consciência Negra"


def test_holidays_are_those_of_all_years_from_the_first_to_the_last() -> None:
    found = BusinessCalendar().holidays(2024, 2026)
    assert [date(year, 12, 25) in found for year in range(2023, 2028)] == [False, True, True, True, False]


def test_without_a_country_there_are_no_holidays() -> None:
    assert BusinessCalendar(country="").holidays(2026, 2026) == {}


@pytest.mark.parametrize(
    "other",
    [
        BusinessCalendar(country="PT"),
        BusinessCalendar(subdivision="SP"),
        BusinessCalendar(closed=(ZUMBI,)),
        BusinessCalendar(hours=(OFFICE,) * 6 + ((),)),
        BusinessCalendar(targets=()),
        BusinessCalendar(outside_hours="met"),
        BusinessCalendar(basis="file"),
        BusinessCalendar(targets=(ServiceTarget("first_response", 15, "calendar"), BusinessCalendar().targets[1])),
    ],
)
def test_each_field_of_a_calendar_is_in_its_fingerprint(other: BusinessCalendar) -> None:
    assert other.fingerprint != BusinessCalendar().fingerprint == replace(BusinessCalendar()).fingerprint


def test_other_holidays_of_a_new_release_of_the_library_are_in_the_fingerprint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = BusinessCalendar().fingerprint
    monkeypatch.setattr(calendar, "_holidays_version", lambda: "999.9")
    assert BusinessCalendar().fingerprint != before
