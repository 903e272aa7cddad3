"""The figures of the morning are those of the marts: yesterday, who waits, departments, agents, by company."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.report import WrittenReport, write_report
from huggy_connector.report.morning.figures import MorningFigures
from huggy_connector.warehouse import query
from tests.integration.report.conftest import SOON, ZONE
from tests.integration.warehouse.conftest import Desk

if TYPE_CHECKING:
    from tests.integration.report.conftest import Page

YESTERDAY = "2026-11-21"


def opened(number: int, at: str, **others: Any) -> dict[str, Any]:
    """Return a chat, which by default waits in the queue of department 31."""
    return {
        "id": number,
        "channel": "widget",
        "situation": "wait_for_chat",
        "departmentId": 31,
        "agentId": "",
        "createdAt": at,
        "updatedAt": at,
        "attendedAt": "",
        "closedAt": "",
        "chatCustomer": {"id": 5000 + number, "name": f"=Cliente {number}"},
        **others,
    }


def answered(number: int, at: str, minutes: int, **others: Any) -> dict[str, Any]:
    """Return a chat that agent 7 answered after so many minutes and closed at once."""
    hour, start = at[:13], int(at[14:16])
    moment = f"{hour}:{start + minutes:02}:00"
    return opened(
        number,
        at,
        **{
            "situation": "finishing",
            "agentId": 7,
            "attendedAt": moment,
            "closedAt": moment,
            "updatedAt": moment,
            **others,
        },
    )


@pytest.fixture(scope="module")
def morning_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk over six weeks: two chats on each Saturday before, five on the last one, which is yesterday."""
    desk = Desk(tmp_path_factory.mktemp("morning"))
    rows = [answered(1, "2026-10-10 09:00:00", 5)]
    for number, day in enumerate(("10-24", "10-31", "11-07", "11-14"), start=1):
        rows += [answered(10 * number + place, f"2026-{day} 09:00:00", 10) for place in range(2)]
    rows += [
        answered(100, f"{YESTERDAY} 10:00:00", 5),
        answered(101, f"{YESTERDAY} 10:00:00", 10, departmentId=32),
        opened(102, f"{YESTERDAY} 11:00:00"),
        opened(103, f"{YESTERDAY} 12:00:00", departmentId=32, situation="queue_v2"),
        opened(104, f"{YESTERDAY} 12:30:00", situation="in_chat", agentId=8),
        opened(105, "2026-11-22 08:00:00", departmentId=""),
    ]
    desk.land(rows)
    desk.land([answered(1, "2026-10-10 09:00:00", 5)], company_id=77)
    desk.land([{"id": 31, "name": "Suporte"}, {"id": 32, "name": "+Vendas"}], resource="departments")
    desk.land([{"id": 7, "name": "Ana"}], resource="agents")
    desk.load()
    return desk


@pytest.fixture(scope="module")
def report(morning_desk: Desk) -> WrittenReport:
    out = morning_desk.folder / "morning.html"
    names = {4242: "Clínica <Norte>"}
    return write_report(
        morning_desk.warehouse, out, now=SOON, zone=ZONE, requests_per_second=20, language="en", names=names
    )


@pytest.fixture(scope="module")
def morning(report: WrittenReport) -> MorningFigures:
    found = next(each for each in report.figures.companies if each.company_id == 4242).morning
    assert found is not None
    return found


def test_yesterday_stands_beside_the_same_weekdays_as_in_the_mart(morning_desk: Desk, morning: MorningFigures) -> None:
    opened_then = morning.yesterday.find("opened")
    assert opened_then is not None
    assert (str(morning.yesterday.last), opened_then.value, opened_then.mean, opened_then.change) == (
        YESTERDAY,
        5,
        2,
        3,
    )
    rows = query(
        morning_desk.warehouse,
        "SELECT figure, unit, value, mean, lowest, highest, change, change_rate, compared_days FROM marts.days_compared"
        " WHERE company_id = 4242 AND days_ago = 1 ORDER BY figure",
    ).rows
    told = [tuple(getattr(each, name) for name in each.__slots__) for each in morning.yesterday.figures]
    assert sorted(told, key=lambda row: row[0]) == list(rows)


def test_who_waits_is_named_longest_first_and_what_nobody_knows_is_apart(morning: MorningFigures) -> None:
    assert [(each.chat_id, each.contact, each.department, each.minutes) for each in morning.waiting] == [
        (102, "=Cliente 102", "Suporte", 1321.0),
        (105, "=Cliente 105", None, 61.0),
    ]
    has = morning.open
    assert (has.total, has.waiting, has.with_agent, has.with_bot, has.unknown) == (4, 2, 1, 0, 1)


def test_departments_and_agents_are_those_of_yesterday_with_their_names(morning: MorningFigures) -> None:
    assert [
        (each.name, each.yesterday.value("opened"), each.waiting, each.longest_minutes) for each in morning.departments
    ] == [("Suporte", 3, 1, 1321.0), ("+Vendas", 2, 0, None), (None, None, 1, 61.0)]
    assert [(each.agent_id, each.name, each.chats, each.open_now) for each in morning.agents] == [
        (7, "Ana", 2, 0),
        (8, None, 1, 1),
    ]


def test_a_company_without_a_whole_day_has_no_morning_and_a_name_stays_text(
    report: WrittenReport, page: type[Page], morning: MorningFigures
) -> None:
    other = next(each for each in report.figures.companies if each.company_id == 77)
    assert other.name is None
    shown = page(report).text
    assert "Clínica &lt;Norte&gt;" in shown
    assert "Company 77" in shown


def test_the_json_has_the_morning(report: WrittenReport, morning: MorningFigures) -> None:
    data = json.loads(Path(report.data).read_text(encoding="utf-8"))
    company = next(each for each in data["companies"] if each["company_id"] == 4242)
    assert company["name"] == "Clínica <Norte>"
    assert company["morning"]["yesterday"]["first"] == YESTERDAY
    assert [each["chat_id"] for each in company["morning"]["waiting"]] == [102, 105]
    assert len(company["morning"]["yesterday"]["figures"]) == len(morning.yesterday.figures) == 17


def test_the_files_in_the_page_have_no_formula(report: WrittenReport, page: type[Page]) -> None:
    from base64 import b64decode

    contents = [
        b64decode(str(attributes["href"]).split(",", 1)[1]).decode("utf-8-sig")
        for tag, attributes in page(report).tags
        if tag == "a" and attributes.get("download")
    ]
    text = "\n".join(contents)
    assert ("'=Cliente 102" in text, "'+Vendas" in text) == (True, True)
    assert [line for line in text.splitlines() if line.startswith(("=", "+", "@"))] == []
