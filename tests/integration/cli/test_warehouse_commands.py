"""status, query and report read a warehouse, for people or as one JSON object, and never change it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from huggy_connector.cli.warehouse_commands import MAX_LISTED_HOLES
from huggy_connector.pipeline import Pipeline
from huggy_connector.sandbox import Sandbox
from huggy_connector.warehouse import read_calendar
from huggy_connector.warehouse.marts.opening_hours import OpeningSpan
from tests.integration.conftest import Run
from tests.integration.desks import settings_for
from tests.integration.warehouse.conftest import Desk
from tests.integration.warehouse.receiver_desk import ReceiverDesk, started

Huggy = Callable[..., Run]
QUESTION = "SELECT id, name, id = 31 AS ours, NULL AS nothing FROM departments ORDER BY id"


@pytest.fixture(scope="module")
def loaded(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse of departments and agents."""
    settings = settings_for(sandbox, tmp_path_factory.mktemp("loaded"), clock="host")
    Pipeline(settings).sync(["departments", "agents"], idempotency_key="test")
    return Path(settings.warehouse)


@pytest.fixture
def warehouse(loaded: Path, monkeypatch: pytest.MonkeyPatch, huggy: Huggy) -> Iterator[Path]:
    """It is `huggy`'s, and must be the same after the test."""
    monkeypatch.setenv("HUGGY_WAREHOUSE", str(loaded))
    before = loaded.read_bytes()
    yield loaded
    assert loaded.read_bytes() == before


def test_status_says_how_fresh_each_table_is_and_what_landed_last(huggy: Huggy, warehouse: Path) -> None:
    done = huggy("status")
    told = json.loads(huggy("status", "--json", "--runs", "1").out)
    assert (done.code, done.err) == (0, "")
    assert done.out.index("Freshness") < done.out.index("Last landings") < done.out.index(f"{warehouse}: version 1, ")
    assert [(each["company_id"], each["table"], each["rows"]) for each in told["freshness"]] == [
        (4242, "agents", 25),
        (4242, "departments", 6),
    ]
    assert (len(told["last_runs"]), told["version"], told["warehouse"]) == (1, 1, str(warehouse))
    assert told["last_runs"][0]["run_key"] in done.out


def test_status_shows_what_the_webhook_covers_where_there_is_one(
    huggy: Huggy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = ReceiverDesk(Desk(tmp_path))
    spans = [(3 * number, 3 * number + 1) for number in range(MAX_LISTED_HOLES + 3)]
    receiver.hear(started(1, 0.5), spans=spans, at=70)
    receiver.poll(at=10)
    receiver.load(71)
    monkeypatch.setenv("HUGGY_WAREHOUSE", str(receiver.desk.warehouse))
    monkeypatch.setenv("COLUMNS", "160")
    shown = [
        [cell.strip() for cell in line.split("│")[1:-1]] or line.strip()
        for line in huggy("status", "--timezone", "UTC").out.splitlines()
    ]
    first = shown.index("Coverage of the webhook") + 4
    assert shown[first : first + 2] == [
        ["4242", "covered", "2026-11-22 12:00:30", "2026-11-22 13:07:00", ""],
        ["4242", "hole", "2026-11-22 13:04:00", "2026-11-22 13:06:00", "the receiver was down"],
    ]
    assert shown[first + MAX_LISTED_HOLES + 1] == ["4242", "and 2 more", "", "", "see meta.coverage"]
    (told,) = json.loads(huggy("status", "--json", "--timezone", "UTC").out)["webhook"]
    assert (told["company_id"], told["covered_until"], len(told["holes"])) == (
        4242,
        "2026-11-22T13:07:00+00:00",
        MAX_LISTED_HOLES + 2,
    )
    assert told["holes"][-1] == {
        "from_at": "2026-11-22T12:01:00+00:00",
        "to_at": "2026-11-22T12:03:00+00:00",
        "reason": "the receiver was down",
        "is_healed": True,
    }


def test_times_are_in_the_zone_that_is_asked_for(huggy: Huggy, warehouse: Path) -> None:
    at = [
        json.loads(huggy("status", "--json", "--timezone", zone).out)["published_at"] for zone in ("UTC", "Asia/Tokyo")
    ]
    assert (at[0][-6:], at[1][-6:], at[0][:10] <= at[1][:10]) == ("+00:00", "+09:00", True)
    assert "(times in Asia/Tokyo)." in huggy("status", "--timezone", "Asia/Tokyo").out


def test_a_query_is_a_table_or_an_object_with_a_name_for_each_value(huggy: Huggy, warehouse: Path) -> None:
    shown = huggy("query", QUESTION)
    told = json.loads(huggy("query", QUESTION, "--json").out)
    assert (shown.code, shown.err, "│ 31 │ Comercial" in shown.out) == (0, "", True)
    assert (told["columns"], told["complete"], len(told["rows"])) == (["id", "name", "ours", "nothing"], True, 6)
    assert told["rows"][0] == {"id": 31, "name": "Comercial", "ours": True, "nothing": None}
    empty = json.loads(huggy("query", f"{QUESTION} LIMIT 0", "--json").out)
    assert empty == {"columns": told["columns"], "rows": [], "complete": True}


def test_a_wide_answer_is_a_table_unless_cards_are_asked_for(huggy: Huggy, warehouse: Path) -> None:
    question = f"SELECT {', '.join(f'id AS a_rather_long_name_{number}' for number in range(12))} FROM departments"
    table, cards = huggy("query", question), huggy("query", question, "--cards")
    assert ("a_rather_long_name_11" in table.out.splitlines()[1], table.out.count("Row ")) == (True, 0)
    assert ([line.strip() for line in cards.out.splitlines() if line.startswith("Row ")][-1], cards.err) == (
        "Row 6",
        "",
    )


def test_two_columns_of_one_name_keep_both_values_in_json(huggy: Huggy, warehouse: Path) -> None:
    assert json.loads(huggy("query", "SELECT 1 AS a, 2 AS a", "--json").out)["rows"] == [{"a": 1, "a_1": 2}]


@pytest.mark.parametrize(("limit", "complete"), [("5", False), ("6", True), ("100", True)])
def test_an_answer_that_is_cut_says_so(huggy: Huggy, warehouse: Path, limit: str, *, complete: bool) -> None:
    shown, told = huggy("query", QUESTION, "--limit", limit), huggy("query", QUESTION, "--limit", limit, "--json")
    assert json.loads(told.out)["complete"] is complete
    assert told.err == ""
    assert shown.err == ("" if complete else "The first 5 rows; --limit shows more, --out writes all to a file.\n")


def test_the_plan_of_a_query_is_drawn_line_by_line(huggy: Huggy, warehouse: Path) -> None:
    drawing = huggy("query", f"EXPLAIN {QUESTION}").out.splitlines()
    assert len(drawing) > 3
    assert not any("explain_key" in line or "\\n" in line for line in drawing)


def test_all_rows_go_to_a_file_whatever_the_limit(huggy: Huggy, warehouse: Path, tmp_path: Path) -> None:
    done = huggy("query", QUESTION, "--out", "all.csv", "--limit", "1")
    assert (done.out, done.err) == (f"6 rows written to {tmp_path / 'all.csv'}.\n", "")
    assert (tmp_path / "all.csv").read_text().splitlines()[1] == "31,Comercial,true,"
    told = json.loads(huggy("query", QUESTION, "--out", "all.json", "--json").out)
    assert told == {"rows": 6, "file": str(tmp_path / "all.json")}
    assert len(json.loads((tmp_path / "all.json").read_text())) == 6
    assert huggy("query", QUESTION, "--out", "all.xlsx").out == f"6 rows written to {tmp_path / 'all.xlsx'}.\n"
    assert huggy("query", "SELECT 1.5 AS a, '=1+1' AS b", "--out", "excel.csv", "--excel").code == 0
    assert (tmp_path / "excel.csv").read_text(encoding="utf-8-sig").splitlines() == ["a;b", "1,5;'=1+1"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("query", QUESTION, "--excel"), "--excel is about the file of --out: give one that ends in .csv."),
        (("query", QUESTION, "--out", "all.txt"), "'all.txt' does not say how to write it: end it in .csv, .json, "),
        (
            ("query", QUESTION, "--out", "s3://bucket/all.csv"),
            "Invalid value for '--out': 's3://bucket/all.csv' is no ",
        ),
        (("query", QUESTION, "--limit", "0"), "Invalid value for '--limit': 0 is not in the range x>=1."),
        (("query", "DELETE FROM departments"), ""),
        (("query", "SELECT nosuch FROM departments"), ""),
        (("status", "--runs", "0"), "Invalid value for '--runs': 0 is not in the range x>=1."),
        (("status", "--warehouse", "none.duckdb"), "There is no warehouse at "),
    ],
)
def test_a_wrong_question_is_one_sentence_and_writes_no_file(
    huggy: Huggy, warehouse: Path, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    done = huggy(*arguments)
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert done.err.startswith(f"huggy: {sentence}")
    assert [*tmp_path.iterdir()] == []


def test_report_writes_the_page_and_its_figures_and_says_where(huggy: Huggy, warehouse: Path, tmp_path: Path) -> None:
    told = json.loads(huggy("report", "--out", "desk.html", "--language", "pt-br", "--json").out)
    assert (told["page"], told["data"]) == (str(tmp_path / "desk.html"), str(tmp_path / "desk.json"))
    assert (told["state"], told["version"], {*told}) == ("empty", 1, {"page", "data", "state", "version", "notices"})
    assert 'lang="pt-BR"' in (tmp_path / "desk.html").read_text()
    assert huggy("report").out.splitlines()[-1] == f"{tmp_path / 'report.html'}: version 1 of {warehouse}."


def test_a_report_without_a_warehouse_fails_and_leaves_its_page_with_the_sentence(huggy: Huggy, tmp_path: Path) -> None:
    done = huggy("report", "--json")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("huggy: There is no warehouse ")
    assert (tmp_path / "report.html").is_file()


def test_calendar_propose_prints_a_calendar_that_a_load_takes(
    huggy: Huggy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path)
    days = [f"2026-11-{day:02}" for day in (9, 10, 11, 12, 13)]
    chats = [
        {
            "id": 10 * number + minute,
            "situation": "finishing",
            "createdAt": f"{days[number % 5]} {14 + number % 4}:0{minute}:00",
            "attendedAt": f"{days[number % 5]} {14 + number % 4}:3{minute}:00",
            "closedAt": f"{days[number % 5]} {14 + number % 4}:5{minute}:00",
            "updatedAt": f"{days[number % 5]} {14 + number % 4}:5{minute}:00",
        }
        for number in range(20)
        for minute in range(6)
    ]
    desk.land(chats)
    desk.load()
    monkeypatch.setenv("HUGGY_WAREHOUSE", str(desk.warehouse))
    done = huggy("calendar", "propose")
    assert (done.code, done.err) == (0, "")
    written = huggy("calendar", "propose", "--out", "calendar.toml")
    file = tmp_path / "calendar.toml"
    assert written.out == f"Hours proposed in {file}: look at them, and name the file in HUGGY_CALENDAR.\n"
    assert file.read_text() == done.out
    again = huggy("calendar", "propose", "--out", "calendar.toml")
    assert (again.code, again.out) == (2, "")
    assert again.err == f"huggy: {file} cannot be written (File exists): give the name of a new file.\n"
    assert read_calendar(str(tmp_path / "calendar.toml")).hours == ((OpeningSpan(14 * 60, 18 * 60),),) * 5 + ((),) * 2
    told = json.loads(huggy("calendar", "propose", "--json").out)
    assert (told["takings"], told["basis"], told["week"]["monday"], told["week"]["sunday"]) == (
        120,
        "default",
        "14:00-18:00",
        "",
    )
    assert "Business hours: the default calendar, 08:00-18:00 from Monday to Friday." in huggy("status").out


def test_a_calendar_is_not_proposed_from_too_few_chats(huggy: Huggy, warehouse: Path) -> None:
    done = huggy("calendar", "propose")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("huggy: Agents took 0 chats in the last 90 days of the data, too few to propose hours")
