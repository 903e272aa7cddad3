"""The checks of times: how old the newest snapshots are, and whether the account's clock agrees with this host's."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.catalogue import RESOURCES
from huggy_connector.errors import CheckFailed
from huggy_connector.warehouse.file.publish_log import insert_rows
from huggy_connector.warehouse.load.quality.freshness_checks import check_freshness
from huggy_connector.warehouse.load.quality.publish_checks import CheckFinding, CheckLevel, CheckSettings
from huggy_connector.warehouse.schema import meta

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
CHATS = RESOURCES["chats"]


def fill(desk: Desk, chats: list[list[dict[str, Any]]]) -> None:
    desk.land([{"id": number} for number in range(100)], resource="contacts")
    desk.land([{"id": 7}], resource="agents")
    for rows in chats:
        desk.land(rows)


@pytest.mark.parametrize("loaded", [False, True], ids=["something is new", "nothing is new"])
def test_old_snapshots_warn(desk: Desk, chat: Chat, *, loaded: bool) -> None:
    desk.land([chat(1)])
    if loaded:
        desk.load()
    report = desk.load(now=lambda: datetime(2026, 11, 25, 12, tzinfo=UTC))
    assert (report.published, report.warnings) == (
        not loaded,
        ("chats: company 4242: the newest snapshot was begun 72 hours ago (fresh).",),
    )


def test_a_load_without_new_snapshots_stops_at_old_ones_if_set_to(desk: Desk, chat: Chat) -> None:
    fill(desk, [[chat(1)]])
    desk.load()
    later = {"now": lambda: datetime(2026, 11, 25, 12, tzinfo=UTC)}
    assert len(desk.load(**later).warnings) == 3
    with pytest.raises(CheckFailed, match="the newest snapshot was begun 72 hours ago"):
        desk.load(stop_on={"fresh"}, **later)


def test_a_long_list_that_can_only_be_read_whole_may_be_as_old_as_its_sweeps(desk: Desk) -> None:
    desk.land([{"id": number} for number in range(1_001)], resource="contacts")
    desk.land([{"id": number} for number in range(1_000)], resource="contacts", company_id=7)
    now = {"now": lambda: datetime(2026, 11, 25, 13, tzinfo=UTC)}
    assert desk.load(**now).warnings == ("contacts: company 7: the newest snapshot was begun 73 hours ago (fresh).",)
    assert len(desk.load(sweep_days=1, **now).warnings) == 2


def record(tables: DuckDBPyConnection, *rows: dict[str, Any]) -> None:
    """Record snapshots; each has what the others have, too."""
    known = {"company_id": 4242, "resource": "chats", "mode": "incremental", "timezone": "America/Sao_Paulo"}
    known |= {"certificate": "{}", "started_at": NOON, "run_key": "a", "unique_ids": 0}
    insert_rows(tables, meta.SNAPSHOTS, [known | row for row in rows])


def clock(low: int, high: int, *, rows: int = 10, agreeing: int = 10) -> str:
    return json.dumps({"details": {"clock": {"from": low, "to": high, "rows": rows, "agreeing": agreeing}}})


def found(tables: DuckDBPyConnection, check: str, **options: Any) -> list[CheckFinding]:
    settings = {"checks": CheckSettings(), "now": NOON, **options}
    return [each for each in check_freshness(tables, [CHATS], **settings) if each.check == check]


@pytest.mark.parametrize(("age", "passed"), [(timedelta(hours=48), True), (timedelta(hours=48, seconds=1), False)])
def test_the_newest_snapshot_of_any_mode_is_fresh_for_two_days(
    tables: DuckDBPyConnection, age: timedelta, *, passed: bool
) -> None:
    record(tables, {"started_at": NOON - timedelta(days=9), "mode": "full"}, {"started_at": NOON - age, "run_key": "b"})
    (finding,) = found(tables, "fresh")
    assert (finding.passed, finding.level, finding.detail) == (
        passed,
        CheckLevel.WARN,
        "company 4242: the newest snapshot was begun 48 hours ago",
    )


def test_each_company_is_checked_by_its_own_snapshots(tables: DuckDBPyConnection) -> None:
    record(tables, {"company_id": 7, "started_at": NOON - timedelta(days=3)}, {})
    assert [each.passed for each in found(tables, "fresh")] == [False, True]
    stopping = CheckSettings(frozenset({("chats", "fresh")}))
    assert {each.level for each in found(tables, "fresh", checks=stopping)} == {CheckLevel.STOP}


CLOCKS: dict[str, tuple[str, tuple[int, str, str] | None]] = {
    "it agrees": (clock(-3, 3), None),
    "ten minutes ahead": (clock(10, 30), None),
    "an hour behind": (clock(-65, -58), (10, "58 minutes behind", "; America/Manaus would fit")),
    "three hours ahead": (clock(178, 185), (10, "178 minutes ahead of", "; UTC would fit")),
    "as no zone is": (clock(30, 35), (10, "30 minutes ahead of", "")),
    "most rows say so": (clock(-65, -58, agreeing=8), (8, "58 minutes behind", "; America/Manaus would fit")),
    "too few rows say so": (clock(-65, -58, agreeing=7), None),
}


@pytest.mark.parametrize(("certificate", "wrong"), CLOCKS.values(), ids=CLOCKS)
def test_a_clock_that_most_new_rows_disprove_is_told_with_the_zone_that_would_fit(
    tables: DuckDBPyConnection, certificate: str, wrong: tuple[int, str, str] | None
) -> None:
    record(tables, {"certificate": certificate})
    (finding,) = found(tables, "clock_agrees")
    sentence = "the times of 10 new rows agree with this host's clock"
    if wrong:
        agreeing, apart, hint = wrong
        sentence = (
            f"the times of {agreeing} of 10 new rows are {apart} this host's clock, read in America/Sao_Paulo: is "
            f"HUGGY_TIMEZONE right{hint}?"
        )
    assert (finding.passed, finding.detail) == (not wrong, f"company 4242: {sentence}")


def test_the_last_incremental_run_that_saw_new_rows_counts(tables: DuckDBPyConnection) -> None:
    record(
        tables,
        {"run_key": "a", "certificate": clock(170, 180)},
        {"run_key": "b", "certificate": clock(0, 5)},
        {"run_key": "c", "certificate": '{"details": {"clock": null}}'},
        {"run_key": "d", "certificate": clock(170, 180), "mode": "full"},
    )
    assert [each.passed for each in found(tables, "clock_agrees")] == [True]


def test_where_no_new_row_was_seen_the_clock_is_not_checked(tables: DuckDBPyConnection) -> None:
    record(tables, {"certificate": "{}"}, {"run_key": "b", "certificate": '{"details": {}}'})
    assert found(tables, "clock_agrees") == []
