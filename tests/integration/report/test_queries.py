"""What is read for the report: each state of a warehouse, how fresh it is, and its companies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from huggy_connector.errors import WarehouseError, WarehouseUnusable
from huggy_connector.model import Certificate
from huggy_connector.report import ReportFigures, WrittenReport
from huggy_connector.report.queries import MAX_LISTED_RUNS, _translate_errors, read_figures, read_live_version
from huggy_connector.warehouse.file.paths import WarehousePaths
from huggy_connector.warehouse.marts.calendar import BusinessCalendar, ServiceTarget
from huggy_connector.webhook.coverage import DOWN
from tests.integration.warehouse.receiver_desk import ReceiverDesk, started

if TYPE_CHECKING:
    from tests.integration.report.conftest import Page
    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]
Write = Callable[..., WrittenReport]

TODAY = "2026-11-22 08:00:00"
ZONE = ZoneInfo("America/Sao_Paulo")
NOW = datetime(2026, 11, 22, 14, tzinfo=UTC)


def read(file: Path, *, requests_per_second: float = 20) -> ReportFigures:
    return read_figures(file, now=NOW, zone=ZONE, requests_per_second=requests_per_second)


def test_the_page_of_an_empty_warehouse_says_what_to_do(desk: Desk, write: Write, page: type[Page]) -> None:
    desk.land([])
    desk.load()
    report = write(desk)
    assert report.figures.state == "empty"
    assert "holds no chats yet: run huggy sync" in page(report).text


def test_chats_of_today_alone_have_no_complete_day_yet(desk_of_today: Desk, write: Write, page: type[Page]) -> None:
    report = write(desk_of_today)
    assert (report.figures.state, report.figures.companies[0].spans) == ("ready", ())
    assert "There is no complete day yet" in page(report).text


def test_a_snapshot_that_is_not_exact_says_how_much_may_be_missing(
    desk: Desk, chat: Chat, write: Write, page: type[Page]
) -> None:
    certificate = Certificate(exact=False, missing_at_most=1200)
    desk.land([chat(1, createdAt=TODAY)], exact=False, claim={"certificate": certificate})
    desk.load()
    freshness, runs = page(write(desk)).tables[-2:]
    assert (freshness[1][-1], runs[1][-1]) == ("no", "no: 1,200 rows may be missing")


@pytest.mark.parametrize(("hours", "stale"), [(26, False), (26.1, True)])
def test_the_data_is_stale_when_the_chats_were_not_read_for_26_hours(
    desk_of_today: Desk, write: Write, page: type[Page], hours: float, stale: bool
) -> None:
    report = write(desk_of_today, now=datetime(2026, 11, 22, 12, 1, tzinfo=UTC) + timedelta(hours=hours))
    warnings = [notice for notice in report.notices if "last read from Huggy on Nov 22, 2026, 09:01." in notice]
    assert len(warnings) == len(report.notices) == int(stale)
    notices = [attributes for _, attributes in page(report).tags if "data-fresh-until" in attributes]
    assert [("hidden" in each, each["data-fresh-until"]) for each in notices] == [
        (not stale, "2026-11-23T11:01:00-03:00")
    ]


def test_a_backfill_of_old_days_does_not_make_the_chats_fresh(desk_of_today: Desk, chat: Chat, write: Write) -> None:
    desk_of_today.land([chat(2)], mode="window", minute=600)
    desk_of_today.load(now=lambda: datetime(2026, 11, 23, tzinfo=UTC))
    company = write(desk_of_today).figures.companies[0]
    assert str(company.chats_read_at) == "2026-11-22 09:01:00-03:00"


def test_two_companies_each_have_a_section_of_their_own(desk: Desk, chat: Chat, write: Write, page: type[Page]) -> None:
    first, yesterday = "2026-11-20 10:00:00", "2026-11-21 10:00:00"
    desk.land([chat(1, createdAt=yesterday), chat(2, createdAt=yesterday), chat(3, createdAt=first)])
    desk.land([chat(1, createdAt=yesterday, channel="email"), chat(2, createdAt=first)], company_id=77)
    desk.load()
    report = write(desk)
    assert [(each.company_id, each.spans[0].totals.chats) for each in report.figures.companies] == [(77, 1), (4242, 2)]
    ids = [attributes.get("id") for tag, attributes in page(report).tags if tag == "section"]
    assert [each for each in ids if each] == ["company-77", "company-4242"]


def test_no_warehouse_and_an_empty_database_are_missing_and_are_not_made(tmp_path: Path) -> None:
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    for name in ("none.duckdb", "empty.duckdb"):
        figures = read(tmp_path / name)
        assert (figures.state, figures.warehouse, figures.version, figures.companies) == ("missing", name, None, ())
        assert str(figures.generated_at) == "2026-11-22 11:00:00-03:00"
        assert read_live_version(tmp_path / name) is None
    assert not (tmp_path / "none.duckdb").exists()


@pytest.mark.parametrize("ask", [read, read_live_version])
def test_a_file_of_another_program_is_refused(tmp_path: Path, ask: Callable[[Path], object]) -> None:
    file = tmp_path.resolve() / "other.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("CREATE TABLE mine AS SELECT 1 AS one")
    with pytest.raises(WarehouseUnusable) as raised:
        ask(file)
    assert str(raised.value) == f"{file} is a DuckDB file, but no warehouse of huggy-connector: give its path."


def test_the_live_version_is_that_of_the_last_load(desk_of_today: Desk, chat: Chat) -> None:
    assert read_live_version(desk_of_today.warehouse) == 1
    desk_of_today.land([chat(2)])
    desk_of_today.load()
    assert read_live_version(desk_of_today.warehouse) == read(desk_of_today.warehouse).version == 2


def test_what_duckdb_says_is_not_repeated_because_it_may_quote_a_value(tmp_path: Path) -> None:
    paths = WarehousePaths.at(tmp_path / "huggy.duckdb")
    with pytest.raises(WarehouseError) as raised, _translate_errors(paths):
        raise duckdb.ConversionException("Could not convert string 'Ana' to INT32")
    assert str(raised.value) == (
        f"DuckDB could not read {paths.live} for the report (ConversionException): run `huggy status`, and go back "
        "with `huggy rollback` where the file is damaged."
    )


def test_the_last_runs_are_listed_newest_first_with_their_share_of_the_budget(desk: Desk, chat: Chat) -> None:
    for number in range(MAX_LISTED_RUNS):
        desk.land([{"id": number, "name": "Ana"}], resource="agents", minute=number)
    at = desk.land([chat(1, createdAt=TODAY)], minute=50, claim={"requests": 300}).started_at
    desk.land([], minute=51, claim={"requests": 10, "finished_at": at + timedelta(minutes=1)})
    desk.load()
    runs = read(desk.warehouse).companies[0].landings
    assert len(runs) == MAX_LISTED_RUNS
    assert [(run.table, run.started_at.minute) for run in runs[:3]] == [("chats", 51), ("chats", 50), ("agents", 11)]
    # Half a minute, and a run of no time at all, which counts as one second.
    assert [run.share_of_budget for run in runs[1::-1]] == [300 / (20 * 30), 10 / 20]
    slower = read(desk.warehouse, requests_per_second=10).companies[0].landings
    assert slower[1].share_of_budget == 300 / (10 * 30)


def test_what_a_webhook_covers_is_read_of_each_company_that_has_one(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, createdAt=TODAY)])
    desk.land([chat(1, createdAt=TODAY)], company_id=77)
    ReceiverDesk(desk).hear(started(1, -20), spans=[(-30, -10), (-5, 9)], at=9)
    desk.load()
    without, company = read(desk.warehouse).companies
    assert (without.company_id, without.webhook) == (77, None)
    assert company.webhook is not None
    assert [str(each)[11:16] for each in (company.webhook.covered_since, company.webhook.covered_until)] == [
        "08:40",
        "09:09",
    ]
    assert [(each.reason, each.is_healed) for each in company.webhook.holes] == [(DOWN, True)]


def test_failed_checks_are_those_of_the_last_load(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, createdAt=None)])
    desk.load()
    assert read(desk.warehouse).failed_checks == ("chats: 1 rows have no created_at",)
    desk.land([chat(1, updatedAt="2026-11-03 10:00:00")])
    desk.load()
    assert read(desk.warehouse).failed_checks == ()


def test_targets_are_those_of_the_calendar_that_was_loaded(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)])
    desk.load(calendar=BusinessCalendar(targets=(ServiceTarget("queue_wait", 2.5, "calendar"),)))
    assert [(each.metric, each.minutes, each.clock) for each in read(desk.warehouse).targets] == [
        ("queue_wait", 2.5, "calendar")
    ]


def test_a_span_begins_after_the_day_of_the_first_chat_and_ends_before_that_of_the_last_landing(
    desk: Desk, chat: Chat
) -> None:
    # The hour is one of the desk's zone: 01:30 in UTC on the next day.
    days = ("2026-10-02 22:30:00", "2026-11-10 22:30:00", "2026-11-21 22:30:00", TODAY)
    desk.land([chat(number, createdAt=day) for number, day in enumerate(days, 1)])
    desk.load()
    short, long = read(desk.warehouse).companies[0].spans
    assert [(str(each.first), str(each.last), each.totals.chats) for each in (short, long)] == [
        ("2026-10-23", "2026-11-21", 2),
        ("2026-10-03", "2026-11-21", 2),
    ]
    assert [(str(each.day), each.chats) for each in short.channels] == [("2026-11-10", 1), ("2026-11-21", 1)]
    assert [(each.weekday, each.hour, each.chats, each.days) for each in short.hours if each.chats] == [
        (2, 22, 1, 4),
        (6, 22, 1, 5),
    ]
    assert len(short.hours) == 7 * 24
