"""The tables of desks in a calendar file: what each inherits, and how a wrong one is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse import BusinessCalendar, read_calendar
from huggy_connector.warehouse.marts.calendar import DeskPlace, ServiceTarget
from huggy_connector.warehouse.marts.opening_hours import OpeningSpan

SALES, NIGHT = DeskPlace(department=31), (OpeningSpan(1320, 1800),)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "calendar.toml"


def read(file: Path, text: str) -> dict[DeskPlace, BusinessCalendar]:
    file.write_text(text)
    return {desk.place: desk.calendar for desk in read_calendar(str(file)).desks}


def test_a_desk_inherits_from_the_top_what_it_leaves_out(file: Path) -> None:
    text = (
        'subdivision = "SP"\nclosed = [2026-12-24]\noutside_hours = "met"\nhours.saturday = "09:00-13:00"\n'
        "[targets]\nfirst_response = {minutes = 10, clock = 'calendar'}\nhandling = {minutes = 30}\n"
        "[[desks]]\ndepartment = 31\nhours.sunday = '22:00-06:00'\n"
        "targets = {first_response = {minutes = 5}, resolution = {minutes = 90}, handling = false}\n"
    )
    desk = read(file, text)[SALES]
    top = read_calendar(str(file))
    assert desk == replace(
        top,
        desks=(),
        hours=(*top.hours[:6], NIGHT),
        targets=(ServiceTarget("first_response", 5, "calendar"), ServiceTarget("resolution", 90, "business")),
    )
    assert top.hours[5] == (OpeningSpan(540, 780),)


def test_a_desk_inherits_from_the_tables_that_hold_its_place_the_department_before_the_channel(file: Path) -> None:
    text = (
        "[[desks]]\ncompany = 7\ndepartment = 31\nchannel = 'email'\noutside_hours = 'met'\n"
        "[[desks]]\nchannel = 'email'\ntargets.first_response.minutes = 60\nhours.sunday = '10:00-12:00'\n"
        "[[desks]]\ndepartment = 31\ntargets.first_response.clock = 'calendar'\nhours.sunday = '22:00-06:00'\n"
        "[[desks]]\ncompany = 7\nclosed = [2026-12-31]\n"
        "[[desks]]\ncompany = 8\nclosed = [2026-12-30]\n"
        "[[desks]]\ncompany = 7\ndepartment = 32\ntargets.resolution.minutes = 1\n"
    )
    desks = read(file, text)
    whole = desks[DeskPlace(7, 31, "email")]
    assert (whole.outside_hours, whole.closed, whole.hours[6]) == ("met", (date(2026, 12, 31),), NIGHT)
    assert whole.targets[0] == ServiceTarget("first_response", 60, "calendar")
    assert desks[SALES].targets[0] == ServiceTarget("first_response", 15, "calendar")  # no company, no channel
    assert desks[SALES].closed == ()
    assert desks[DeskPlace(7, 32)].closed == (date(2026, 12, 31),)
    assert desks[DeskPlace(7, 32)].targets[1] == ServiceTarget("resolution", 1, "business")


def test_another_country_begins_without_the_state_that_it_would_inherit(file: Path) -> None:
    desks = read(
        file, 'subdivision = "SP"\n[[desks]]\ncompany = 7\ncountry = "PT"\n[[desks]]\nchannel = "x"\nclosed = []'
    )
    assert (desks[DeskPlace(7)].country, desks[DeskPlace(7)].subdivision) == ("PT", None)
    assert desks[DeskPlace(channel="x")].subdivision == "SP"


def test_desks_change_the_fingerprint_and_their_order_does_not(file: Path) -> None:
    one, other = "[[desks]]\ndepartment = 31\nclosed = []\n", "[[desks]]\nchannel = 'x'\nclosed = []\n"
    prints = []
    for text in (one + other, other + one, one, ""):
        file.write_text(text)
        prints.append(read_calendar(str(file)).fingerprint)
    assert prints[0] == prints[1]
    assert len(set(prints)) == 3


def test_calendars_with_the_same_hours_share_their_opening_whatever_their_targets(file: Path) -> None:
    desks = read(
        file,
        "[[desks]]\ndepartment = 31\ntargets = {resolution = false}\noutside_hours = 'met'\n"
        "[[desks]]\ndepartment = 32\nclosed = [2026-12-24]\n",
    )
    assert desks[SALES].opening == BusinessCalendar().opening != desks[DeskPlace(department=32)].opening


def test_the_higher_place_is_of_a_department_then_of_a_channel_then_of_a_company() -> None:
    places = [
        DeskPlace(company=1),
        DeskPlace(channel="a"),
        DeskPlace(1, channel="a"),
        DeskPlace(department=3),
        DeskPlace(1, 3),
        DeskPlace(department=3, channel="a"),
        DeskPlace(1, 3, "a"),
    ]
    assert sorted(places, key=lambda place: place.rank) == places
    assert str(places[-1]) == "company 1, department 3, channel a"
    assert places[-1].options == ("--company 1", "--department 3", "--channel a")
    assert DeskPlace(channel="it's").options == ("--channel 'it'\"'\"'s'",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("desks = 3", r"desks must be tables, each under a line \[\[desks\]\] with two brackets"),
        ("[desks]\ndepartment = 31", r"desks must be tables, each under a line \[\[desks\]\] with two brackets"),
        ("desks = [31]", r"table 1 of \[\[desks\]\]: it must be a table such as"),
        ("[[desks]]", r"table 1 of \[\[desks\]\]: it has no company, department or channel: give one"),
        ("[[desks]]\nhours.monday = ''", r"table 1 of \[\[desks\]\]: it has no company, department or channel"),
        ("[[desks]]\ndepartment = 31", r"table 1 of \[\[desks\]\]: it sets nothing for department 31: give one of"),
        ("[[desks]]\nchannel = 'x'\n[desks.hours]", r"table 1 of \[\[desks\]\]: it sets nothing for channel x"),
        ("[[desks]]\ndepartments = 31", r"table 1 of \[\[desks\]\]: there is no departments: choose from company"),
        ("[[desks]]\ndepartment = 31\ndesks = []", r"there is no desks: choose from company, department, channel"),
        ("[[desks]]\ncompany = '/srv/huggy'\nclosed = []", "company must be its id in Huggy, .* is '/srv/huggy'"),
        ("[[desks]]\ncompany = '4242'\nclosed = []", "company must be its id in Huggy, a number such as 4242, and is"),
        ("[[desks]]\ncompany = true\nclosed = []", "company must be its id in Huggy"),
        ("[[desks]]\ncompany = 9223372036854775808\nclosed = []", "company must be its id in Huggy"),
        ("[[desks]]\ndepartment = 'Sales'\nclosed = []", "department must be its id in Huggy, .* is 'Sales'"),
        ("[[desks]]\ndepartment = 0\nclosed = []", "department must be its id in Huggy"),
        ("[[desks]]\nchannel = ' '\nclosed = []", r"channel must be a text such as 'whatsapp', as in chats\.channel"),
        ("[[desks]]\nchannel = ['a', 'b']\nclosed = []", "channel must be a text such as 'whatsapp'"),
        (
            "desks = [{channel = 'x', closed = []}, {department = 3, closed = []}, {channel = ' x ', closed = []}]",
            r"tables 1 and 3 of \[\[desks\]\] are both for channel x: make one table of them",
        ),
        (
            "[[desks]]\nchannel = 'x'\nclosed = []\n[[desks]]\ndepartment = 31\ntargets.speed.minutes = 1",
            r"table 2 of \[\[desks\]\] \(department 31\): there is no targets\.speed: choose from queue_wait",
        ),
        ("[[desks]]\ndepartment = 31\ntargets.handling = true", r"targets\.handling must be a table"),
        (
            "[[desks]]\ndepartment = 31\ntargets.handling.clock = 'business'",
            r"handling\.minutes must be a number above",
        ),
        ("[[desks]]\ndepartment = 31\nhours.mon = ''", r"\(department 31\): there is no hours\.mon"),
        (
            "[[desks]]\ndepartment = 31\nhours.sunday = '22:00-09:00'",
            r"\(department 31\): hours\.sunday has 22:00-09:00",
        ),
        (
            "[[desks]]\ndepartment = 31\nsubdivision = 'ZZ'",
            r"\(department 31\): country 'BR' with subdivision 'ZZ' has",
        ),
        ("[[desks]]\ndepartment = 31\noutside_hours = 1", r"\(department 31\): outside_hours must be apart or met"),
    ],
)
def test_a_wrong_table_is_refused_in_one_sentence(file: Path, text: str, reason: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=rf"^The calendar '.*calendar\.toml': .*{reason}.*\.$"):
        read_calendar(str(file))
