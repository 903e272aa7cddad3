"""The upsert: of each id the row that counts is in the table, in whatever order snapshots are loaded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.warehouse import TableReport
from huggy_connector.warehouse.load.merge.upsert import UpsertCounts, restore_rows, upsert_winners

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from tests.integration.warehouse.conftest import Desk

pytestmark = pytest.mark.usefixtures("without_marts")

Chat = Callable[..., dict[str, Any]]

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_the_report_counts_new_changed_and_confirmed_rows(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1), chat(2), chat(3)])
    desk.load()
    desk.land([chat(1, situation="in_chat"), chat(2, unread=9), chat(4)])
    assert desk.load().tables["chats"] == TableReport(rows=4, changed=2, added=1, confirmed=1)


def test_an_older_version_that_is_loaded_later_does_not_win(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, updatedAt="2026-11-05 10:00:00", channel="new")], minute=1)
    desk.load()
    desk.land([chat(1, updatedAt="2026-11-04 10:00:00", channel="old")], minute=2)
    report = desk.load()
    assert desk.read("SELECT channel FROM chats") == [("new",)]
    assert report.tables["chats"] == TableReport(rows=1)


def test_the_last_fetched_row_of_one_version_wins(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, unread=5)], minute=20)
    desk.load()
    desk.land([chat(1, unread=1)], minute=10)
    desk.load()
    assert desk.read("SELECT unread FROM chats") == [(5,)]


def test_without_a_time_of_change_the_last_fetched_row_wins(desk: Desk) -> None:
    desk.land([{"id": 1, "name": "Nova"}], resource="contacts", minute=20)
    desk.land([{"id": 1, "name": "Velha"}], resource="contacts", minute=10)
    desk.load()
    assert desk.read("SELECT name FROM contacts") == [("Nova",)]


def test_the_counts_of_an_upsert_add_up(desk: Desk, chat: Chat, tables: DuckDBPyConnection) -> None:
    first = desk.land([chat(1), chat(2), chat(3), chat(3, channel="email"), chat(None)])
    assert upsert_winners(desk.stage(tables, first)) == UpsertCounts(added=3)
    second = desk.land([chat(1, unread=9), chat(2, channel="email"), chat(4)])
    assert upsert_winners(desk.stage(tables, second)) == UpsertCounts(added=1, changed=1, confirmed=1)
    assert upsert_winners(desk.stage(tables, second)) == UpsertCounts()
    assert upsert_winners(desk.stage(tables, desk.land([]))) == UpsertCounts()
    rows = tables.execute("SELECT id, unread, channel, snapshot = ? FROM chats ORDER BY id", [second.run_key])
    assert [(row[0], row[1], row[3]) for row in rows.fetchall()] == [
        (1, 9, True),
        (2, None, True),
        (3, None, False),
        (4, None, True),
    ]


def test_the_rows_of_another_company_stay_as_they_are(desk: Desk, chat: Chat, tables: DuckDBPyConnection) -> None:
    for company_id, channel in ((7, "seven"), (4242, "ours")):
        upsert_winners(desk.stage(tables, desk.land([chat(1, channel=channel)], company_id=company_id)))
    upsert_winners(desk.stage(tables, desk.land([chat(1, channel="later")])))
    assert tables.execute("SELECT company_id, channel FROM chats ORDER BY ALL").fetchall() == [
        (7, "seven"),
        (4242, "later"),
    ]


def test_any_listed_row_beats_one_that_was_only_embedded(desk: Desk, tables: DuckDBPyConnection) -> None:
    tables.execute(
        "INSERT INTO contacts (company_id, id, name, fetched_at, row_hash) VALUES (4242, 1, 'Embedded', ?, 'zz')",
        [NOON + timedelta(days=9)],
    )
    upsert_winners(desk.stage(tables, desk.land([{"id": 1, "name": "Listed"}], resource="contacts")))
    assert tables.execute("SELECT name FROM contacts").fetchall() == [("Listed",)]


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_a_row_was_seen_when_it_was_last_read_whichever_row_won(
    desk: Desk, chat: Chat, tables: DuckDBPyConnection, order: tuple[int, ...]
) -> None:
    landed = [
        desk.land([chat(1, channel="new", updatedAt="2026-11-05 10:00:00")], minute=1),
        desk.land([chat(1, channel="stale", updatedAt="2026-11-04 10:00:00")], minute=9),
        desk.land([chat(1, channel="new", updatedAt="2026-11-05 10:00:00")], minute=5),
    ]
    for number in order:
        upsert_winners(desk.stage(tables, landed[number]))
    assert tables.execute("SELECT channel, fetched_at, seen_at FROM chats").fetchall() == [
        ("new", NOON + timedelta(minutes=5), NOON + timedelta(minutes=9))
    ]


def test_a_restored_row_replaces_the_one_in_the_table_and_keeps_when_it_was_seen(
    desk: Desk, chat: Chat, tables: DuckDBPyConnection
) -> None:
    upsert_winners(desk.stage(tables, desk.land([chat(1, channel="now"), chat(2)], minute=9)))
    stage = desk.stage(tables, desk.land([chat(1, channel="once")], minute=1))
    tables.execute(
        "CREATE TEMP TABLE reread_rows AS SELECT * EXCLUDE (rejects, part, row), 'old' AS snapshot FROM stage_incoming"
    )
    restore_rows(stage)
    assert tables.execute("SELECT id, channel, snapshot = 'old', seen_at FROM chats ORDER BY id").fetchall() == [
        (1, "once", True, NOON + timedelta(minutes=9)),
        (2, "widget", False, NOON + timedelta(minutes=9)),
    ]


def test_a_row_that_is_known_by_its_chat_is_replaced_by_the_later_answer(
    desk: Desk, tables: DuckDBPyConnection
) -> None:
    def land(rate: Any, *, minute: float) -> UpsertCounts:
        rows = [{"chat": {"id": 1}, "answerKind": "read", "rate": rate}]
        return upsert_winners(desk.stage(tables, desk.land(rows, resource="feedbacks", minute=minute)))

    assert land(5, minute=1) == UpsertCounts(added=1)
    assert land("5", minute=2) == UpsertCounts(confirmed=1)
    assert land(2, minute=3) == UpsertCounts(changed=1)
    assert land(4, minute=1.5) == UpsertCounts()
    assert tables.execute("SELECT chat_id, rating FROM feedbacks").fetchall() == [(1, 2)]
