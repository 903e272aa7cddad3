"""Chats of desks with a calendar of their own: their figures, told a second time in Python, minute by minute."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse import BusinessCalendar, read_calendar
from huggy_connector.warehouse.marts.calendar import DeskPlace
from huggy_connector.warehouse.marts.opening_hours import WEEKDAYS
from huggy_connector.warehouse.read.calendar_proposal import propose_calendar
from tests.integration.warehouse.test_calendar_checks import EVENINGS, fits, work

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]
NIGHT = "\n".join(f'hours.{name} = "22:00-06:00"' for name in WEEKDAYS)
FILE = f"""
country = ""
[targets.first_response]
minutes = 15
[[desks]]
company = 4242
hours.saturday = "09:00-13:00"
[[desks]]
channel = "email"
targets.first_response.minutes = 60
[[desks]]
department = 31
{NIGHT}
[[desks]]
company = 4242
department = 32
channel = "email"
targets.first_response.clock = "calendar"
[[desks]]
company = 77
department = 32
outside_hours = "met"
[[desks]]
channel = "emial"
closed = []
"""


@dataclass(frozen=True)
class Rules:
    """What counts for a chat."""

    calendar: str
    days: dict[int, tuple[int, int]]
    """The minutes of each weekday; more than 1,440 is the next day."""
    minutes: int
    clock: str = "business"
    outside: str = "apart"


OFFICE = dict.fromkeys(range(5), (480, 1080))
SATURDAYS, NIGHTS = OFFICE | {5: (540, 780)}, dict.fromkeys(range(7), (1320, 1800))


def rules_of(company: int, department: int | None, channel: str | None) -> Rules:
    """What FILE says, read by a person from the top of the ranks."""
    if (company, department, channel) == (4242, 32, "email"):
        return Rules("company 4242, department 32, channel email", SATURDAYS, 60, clock="calendar")
    if (company, department) == (77, 32):
        return Rules("company 77, department 32", OFFICE, 15, outside="met")
    if department == 31:
        return Rules("department 31", NIGHTS, 15)
    if channel == "email":
        return Rules("channel email", OFFICE, 60)
    return Rules("company 4242", SATURDAYS, 15) if company == 4242 else Rules("all", OFFICE, 15)


def is_open_at(rules: Rules, minute: datetime) -> bool:
    for back in (0, 1):
        day = minute - timedelta(days=back)
        opens, closes = rules.days.get(day.weekday(), (0, 0))
        if opens <= minute.hour * 60 + minute.minute + 1440 * back < closes:
            return True
    return False


def business(rules: Rules, begin: datetime, end: datetime) -> int:
    """The business seconds from one whole minute to another."""
    minutes = round((end - begin) / timedelta(minutes=1))
    return 60 * sum(is_open_at(rules, begin + timedelta(minutes=number)) for number in range(minutes))


@dataclass(frozen=True)
class ToldChat:
    """A chat as it is landed. Without `taken` nobody answered it, without `closed` it is open."""

    company: int
    department: int | None
    channel: str | None
    opened: datetime
    taken: datetime | None
    closed: datetime | None

    @property
    def rules(self) -> Rules:
        return rules_of(self.company, self.department, self.channel)

    def as_sent(self, chat: Chat, number: int) -> dict[str, Any]:
        is_waiting = self.taken is None and self.closed is None
        return chat(
            number,
            situation="wait_for_chat" if is_waiting else "finishing" if self.closed else "in_chat",
            agentId=None if is_waiting else 7,
            agents=[],
            departmentId=self.department,
            channel=self.channel,
            createdAt=str(self.opened),
            attendedAt=str(self.taken or ""),
            closedAt=str(self.closed or ""),
        )

    def verdict(self, now: datetime) -> str:
        end = self.taken or self.closed or now
        by_business, by_clock = business(self.rules, self.opened, end), (end - self.opened).total_seconds()
        counted = by_business if self.rules.clock == "business" else by_clock
        is_waiting = self.taken is None and self.closed is None
        has_time = by_clock > 0 or not is_open_at(self.rules, self.opened)
        if (
            (self.rules.clock, self.rules.outside, by_business) == ("business", "apart", 0)
            and not is_waiting
            and has_time
        ):
            return "outside_hours"
        if counted > 60 * self.rules.minutes:
            return "missed"
        return "met" if self.taken else "pending" if is_waiting else "cancelled"


@pytest.fixture(scope="module")
def chats() -> dict[int, ToldChat]:
    chance, told = Random(54), {}
    for number in range(1, 201):
        opened = datetime(2026, 11, 19, 12) + timedelta(minutes=chance.randrange(3600))  # noqa: DTZ001
        taken = opened + timedelta(minutes=chance.choice((0, 5, 12, 40, 55, 300)))
        closed = taken + timedelta(minutes=chance.randrange(90))
        told[number] = ToldChat(
            chance.choice((4242, 77)),
            chance.choice((None, 31, 32)),
            chance.choice((None, "widget", "email")),
            opened,
            taken if chance.random() < 0.7 else None,
            closed if chance.random() < 0.7 else None,
        )
    return told


@pytest.fixture(scope="module")
def calendar(tmp_path_factory: pytest.TempPathFactory) -> BusinessCalendar:
    file = tmp_path_factory.mktemp("calendar") / "calendar.toml"
    file.write_text(FILE)
    return read_calendar(str(file))


@pytest.fixture(scope="module")
def desk(
    tmp_path_factory: pytest.TempPathFactory,
    desk_type: type[Desk],
    chat: Chat,
    chats: dict[int, ToldChat],
    calendar: BusinessCalendar,
) -> Desk:
    """Two accounts, read at 09:00 and at 09:30 of a Sunday."""
    made = desk_type(tmp_path_factory.mktemp("desk"))
    for minute, company in ((0, 4242), (30, 77)):
        rows = [told.as_sent(chat, number) for number, told in chats.items() if told.company == company]
        made.land(rows, company_id=company, minute=minute)
    made.load(calendar=calendar)
    return made


def moments(desk: Desk) -> dict[int, datetime]:
    return dict(desk.read("SELECT company_id, as_of_local FROM marts.as_of"))


def test_each_chat_counts_by_the_calendar_of_its_desk(desk: Desk, chats: dict[int, ToldChat]) -> None:
    found = desk.read(
        "SELECT chat_id, calendar, taken_business_seconds, resolution_business_seconds, opened_in_hours, taken_in_hours"
        " FROM marts.chat_times ORDER BY ALL"
    )
    assert found == [
        (
            number,
            (rules := told.rules).calendar,
            business(rules, told.opened, told.taken) if told.taken else None,
            business(rules, told.opened, told.closed) if told.closed else None,
            is_open_at(rules, told.opened),
            is_open_at(rules, told.taken) if told.taken else None,
        )
        for number, told in chats.items()
    ]
    assert Counter(row[1] for row in found).keys() == {
        *("all", "channel email", "company 4242", "company 4242, department 32, channel email"),
        *("company 77, department 32", "department 31"),
    }


def test_an_open_chat_ages_by_the_calendar_of_its_desk(desk: Desk, chats: dict[int, ToldChat]) -> None:
    now = moments(desk)
    assert dict(desk.read("SELECT chat_id, age_business_minutes FROM marts.open_now")) == {
        number: business(told.rules, told.opened, now[told.company]) / 60
        for number, told in chats.items()
        if told.closed is None
    }


def test_each_chat_is_judged_by_the_target_of_its_desk(desk: Desk, chats: dict[int, ToldChat]) -> None:
    now = moments(desk)
    verdicts = ("met", "missed", "pending", "cancelled", "outside_hours")
    for condition, counted in (("true", [*chats.values()]), ("agent_id = 7", [t for t in chats.values() if t.taken])):
        columns = ", ".join(f"sum({name})::BIGINT" for name in verdicts)
        found = desk.read(f"SELECT company_id, {columns} FROM marts.sla_by_day WHERE {condition} GROUP BY 1 ORDER BY 1")
        told = Counter((each.company, each.verdict(now[each.company])) for each in counted)
        if condition == "true":
            assert found == [(company, *(told[company, name] for name in verdicts)) for company in (77, 4242)]
            assert all(sum(told[company, name] for company in (77, 4242)) for name in verdicts)
    assert desk.read("SELECT sum(met), sum(missed) FROM marts.agent_performance") == desk.read(
        "SELECT sum(met), sum(missed) FROM marts.sla_by_day WHERE agent_id = 7"
    )


def test_the_desks_of_an_account_are_listed_with_their_days_and_targets(desk: Desk) -> None:
    assert desk.read("SELECT calendar, department_id, channel FROM marts.desks WHERE company_id = 77 ORDER BY ALL") == [
        ("all", None, None),
        ("channel email", None, "email"),
        ("channel emial", None, "emial"),
        ("company 77, department 32", 32, None),
        ("department 31", 31, None),
    ]
    assert desk.read("SELECT calendar, minutes, clock, outside_hours FROM marts.targets WHERE calendar LIKE 'c%'") == [
        ("company 4242", 15.0, "business", "apart"),
        ("channel email", 60.0, "business", "apart"),
        ("channel emial", 15.0, "business", "apart"),
        ("company 77, department 32", 15.0, "business", "met"),
        ("company 4242, department 32, channel email", 60.0, "calendar", "apart"),
    ]
    saturday = "SELECT calendar, hours FROM marts.calendar WHERE day = '2026-11-21' AND hours IS NOT NULL ORDER BY 1"
    assert desk.read(saturday) == [
        ("company 4242", "09:00-13:00"),
        ("company 4242, department 32, channel email", "09:00-13:00"),
        ("department 31", "22:00-06:00"),
    ]
    # The business time of an account is by its own table, of 4242; 77 has none.
    assert desk.read(
        "SELECT n.company_id, b.calendar FROM marts.as_of AS n JOIN marts.desks AS b USING (company_id)"
        " WHERE b.business_seconds_before = n.business_seconds_before AND b.department_id IS NULL AND b.channel IS NULL"
        " ORDER BY ALL"
    ) == [(77, "all"), (4242, "company 4242")]


def test_a_desk_of_no_chat_is_told_with_the_channels_that_there_are(desk: Desk) -> None:
    assert desk.read("SELECT passed, detail FROM meta.quality WHERE check_name = 'desks_found'") == [
        (
            False,
            "1 of 6 desks of HUGGY_CALENDAR are of no chat: channel emial; the chats are of the channels email, widget",
        )
    ]


def test_the_views_by_day_have_no_row_twice(desk: Desk, chats: dict[int, ToldChat]) -> None:
    assert desk.read("SELECT sum(chats), max(days) FROM marts.load_by_hour") == [(len(chats), 1)]
    assert desk.read("SELECT sum(chats) FROM marts.sla_by_day") == [(len(chats),)]
    assert desk.read("SELECT sum(opened) FROM marts.backlog_by_day") == [(len(chats),)]
    assert desk.read("SELECT count(*), count(DISTINCT (company_id, chat_id)) FROM marts.open_now") == [
        (count := sum(told.closed is None for told in chats.values()), count)
    ]


def test_a_chat_that_moves_to_another_department_counts_by_its_calendar(
    new_desk: Callable[[str], Desk], chat: Chat, calendar: BusinessCalendar
) -> None:
    moved, night = new_desk("moved"), {"createdAt": "2026-11-17 23:00:00", "attendedAt": "2026-11-17 23:20:00"}
    moved.land([chat(1, departmentId=32, **night)])
    moved.load(calendar=calendar)
    moved.land([chat(1, departmentId=31, updatedAt="2026-11-20 10:00:00", **night)])
    moved.load(calendar=calendar)
    times = "SELECT calendar, taken_business_seconds FROM marts.chat_times"
    assert moved.read(times) == [("department 31", 1200)]
    assert moved.load(calendar=calendar).published is False
    assert moved.load(calendar=replace(calendar, desks=())).published is True
    assert moved.read(times) == [("all", 0)]


def test_hours_are_proposed_for_the_chats_of_a_place_as_a_table_of_the_file(
    new_desk: Callable[[str], Desk], chat: Chat, tmp_path: Path
) -> None:
    desk = new_desk("evenings")
    work(desk, chat, late=90, departmentId=31)
    desk.load(calendar=EVENINGS)
    file = tmp_path / "calendar.toml"
    office = read_one(file, "[[desks]]\ndepartment = 31\nclosed = []")
    proposal = propose_calendar(desk.warehouse, office.desks[0].place)
    lines = [*proposal.list_lines()]
    assert lines[0].startswith("# Proposed by `huggy calendar propose --department 31`: of 120 chats that agents took")
    assert lines[2:6] == ["[[desks]]", "department = 31", "[desks.hours]", 'monday = "16:00-24:00"']
    calendar = read_one(file, "\n".join(lines))
    assert calendar.desks[0].calendar.hours == EVENINGS.hours

    desk.load(calendar=office)
    ((_, passed, told),) = fits(desk)
    assert passed is False
    assert told.startswith("company 4242, department 31: agents took 75% of 120 chats of the last 90 days outside the")
    assert told.endswith("leave out: `huggy calendar propose --department 31` proposes hours that fit")
    desk.load(calendar=calendar)
    assert fits(desk)[0][1] is True
    for elsewhere, whose in ((DeskPlace(), ""), (DeskPlace(channel="email"), " of channel email")):
        with pytest.raises(ConfigurationError, match=rf"^Agents took 0 chats{whose} in the last 90 days"):
            propose_calendar(desk.warehouse, elsewhere)


def read_one(file: Path, text: str) -> BusinessCalendar:
    file.write_text(text)
    return read_calendar(str(file))
