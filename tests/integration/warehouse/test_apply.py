"""The new snapshots of a table of a company are applied: rows, history, deletes, audit and checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.catalogue import RESOURCES, Column, Scalar, Text
from huggy_connector.errors import CheckFailed
from huggy_connector.warehouse.load.merge.upsert import UpsertCounts
from huggy_connector.warehouse.load.quality.publish_checks import CheckSettings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]

CHATS = RESOURCES["chats"]
OF_THE_LOAD_ITSELF = (
    "meta.publishes",
    "meta.quality",
    "meta.restatements",
    "meta.loads",
    "meta.freshness",
    "meta.profiles",
)


def test_rows_and_tombstones_of_a_batch_are_applied_together(
    desk: Desk, chat: Chat, tables: DuckDBPyConnection
) -> None:
    rows = desk.land([chat(1), chat(2), chat(3, unread="x")])
    gone = desk.land([{"id": 2}, {"id": 9}], mode="tombstones")
    changed, findings = desk.apply(tables, gone, rows)
    assert changed == UpsertCounts(added=3)
    assert tables.execute("SELECT id, deleted_grade FROM chats ORDER BY id").fetchall() == [
        (1, None),
        (2, "confirmed"),
        (3, None),
    ]
    assert tables.execute("SELECT count(*) FROM history.chats").fetchall() == [(3,)]
    assert tables.execute("SELECT run_key, fetched FROM meta.loads ORDER BY run_key").fetchall() == [
        (rows.run_key, 3),
        (gone.run_key, 2),
    ]
    assert [(each.check, each.detail) for each in findings if each.check in {"rows_add_up", "values_readable"}] == [
        ("values_readable", "1 values of 3 rows could not be read, see meta.rejects"),
        ("rows_add_up", "0 rows before, 3 new, 3 after"),
    ]


def test_a_table_without_history_has_rows_only(desk: Desk, tables: DuckDBPyConnection) -> None:
    message = {"id": 1, "chat": {"id": 5}, "sendAt": "2026-11-02 08:20:00"}
    changed, findings = desk.apply(tables, desk.land([message], resource="messages", mode="window"))
    assert changed == UpsertCounts(added=1)
    assert tables.execute("SELECT id, chat_id FROM messages").fetchall() == [(1, 5)]
    assert {each.check for each in findings} == {"snapshots_add_up", "values_readable", "rows_add_up"}


def test_only_the_rows_of_this_company_are_counted(desk: Desk, chat: Chat, tables: DuckDBPyConnection) -> None:
    desk.apply(tables, desk.land([chat(1), chat(2)], company_id=7))
    _, findings = desk.apply(tables, desk.land([chat(1)]))
    assert [each.detail for each in findings if each.check == "rows_add_up"] == ["0 rows before, 1 new, 1 after"]


@pytest.mark.parametrize("check", ["no_drift", "values_readable"])
def test_a_check_stops_the_batch_only_if_it_is_set_to(
    desk: Desk, chat: Chat, tables: DuckDBPyConnection, check: str
) -> None:
    manifest = desk.land([chat(1, novo=1, unread="x")])
    stopping = CheckSettings(frozenset({("chats", check)}))
    tables.execute("BEGIN")
    with pytest.raises(CheckFailed, match=rf"^Nothing was published, .*\({check}\)\.$"):
        desk.apply(tables, manifest, checks=stopping)
    tables.execute("ROLLBACK")
    _, findings = desk.apply(tables, manifest, checks=CheckSettings(frozenset({("agents", check)})))
    assert "no_drift" not in {each.check for each in findings}
    assert {each.level for each in findings if each.check == "values_readable"} == {"warn"}


def test_history_does_not_depend_on_the_order_after_a_promotion(desk: Desk, chat: Chat) -> None:
    promoted = replace(
        CHATS, columns=(*CHATS.columns, Column("novo", Scalar.VARCHAR, ("novo",), Text("New.", "Novo.")))
    )
    tables = [promoted, *(each for each in RESOURCES.values() if each is not CHATS)]
    for minute in (1, 2, 4, 5):
        desk.land([chat(1, channel="email", novo="z")], minute=minute, mode="window")
    desk.load()
    desk.load(resources=tables, rebuild=True)
    desk.land([chat(1, channel="widget", novo="z")], minute=3, mode="window")
    desk.land([chat(1, channel="email", novo="z")], minute=6, mode="window")
    desk.load(resources=tables)
    grown = desk.tables(without=OF_THE_LOAD_ITSELF)
    desk.load(resources=tables, rebuild=True)
    assert desk.tables(without=OF_THE_LOAD_ITSELF) == grown
    assert desk.read("SELECT channel, novo, changed FROM history.chats ORDER BY valid_from") == [
        ("email", "z", None),
        ("widget", "z", ["channel"]),
        ("email", "z", ["channel"]),
    ]
    assert desk.read("SELECT extra FROM chats") == [(None,)]


def test_a_row_without_a_time_is_read_again_once_the_row_that_beat_it_is_stale(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, updatedAt=None, channel="undated", unread=7)], minute=2)
    desk.land([chat(1, updatedAt="2026-11-05 10:00:00", channel="beats it")], minute=3)
    desk.load()
    desk.land([chat(1, updatedAt="2026-11-05 11:00:00", channel="newest")], minute=1)
    desk.load()
    read = "SELECT channel, unread, seen_at - fetched_at FROM chats"
    assert desk.read(read) == [("undated", 7, timedelta(minutes=1))]
    assert desk.read("SELECT channel FROM history.chats ORDER BY valid_from") == [("newest",), ("undated",)]
