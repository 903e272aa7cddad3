"""The versions that changed are written again, with what changed between them."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.warehouse.load.merge import history_writer

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from tests.integration.warehouse.conftest import Desk

pytestmark = pytest.mark.usefixtures("without_marts")

Chat = Callable[..., dict[str, Any]]

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HISTORY = "SELECT * FROM history.chats ORDER BY company_id, id, valid_from"


def test_the_row_that_was_upserted_is_the_first_version_of_its_id(
    desk: Desk, chat: Chat, tables: DuckDBPyConnection
) -> None:
    desk.apply(tables, desk.land([chat(1, updatedAt=None), chat(2)], minute=1))
    desk.apply(tables, desk.land([chat(3)], minute=2))
    told = tables.execute(
        "SELECT id, channel, contact_id, created_at_local::VARCHAR, valid_from, valid_to, changed, last_seen_at,"
        " first_version_at, last_version_at FROM history.chats ORDER BY id"
    ).fetchall()
    changed_at = datetime(2026, 11, 2, 13, tzinfo=UTC)
    assert told == [
        (
            *(chat_id, "widget", chat_id, "2026-11-01 10:00:00", NOON + timedelta(minutes=minute)),
            *(None, None, None, version, None),
        )
        for chat_id, minute, version in ((1, 1, None), (2, 1, changed_at), (3, 2, changed_at))
    ]


def test_a_late_visit_splits_a_version_and_both_halves_have_their_values(
    desk: Desk, chat: Chat, tables: DuckDBPyConnection
) -> None:
    ends = [desk.land([chat(1, agents=[{"id": 7, "name": "d'água 🎈"}])], minute=minute) for minute in (1, 2, 4, 5)]
    desk.apply(tables, *ends)
    desk.apply(tables, desk.land([chat(1, channel="email", agents=[])], minute=3), loaded=ends)
    told = tables.execute(
        "SELECT channel, agents[1].name, changed, valid_from, valid_to, last_seen_at FROM history.chats"
        " ORDER BY valid_from"
    ).fetchall()
    at = {minute: NOON + timedelta(minutes=minute) for minute in range(6)}
    assert told == [
        ("widget", "d'água 🎈", None, at[1], at[3], at[2]),
        ("email", None, ["channel", "agents"], at[3], at[4], at[3]),
        ("widget", "d'água 🎈", ["channel", "agents"], at[4], None, None),
    ]


def test_the_versions_of_another_company_stay_as_they_are(desk: Desk, chat: Chat, tables: DuckDBPyConnection) -> None:
    for company_id in (7, 4242):
        desk.apply(tables, desk.land([chat(1)], company_id=company_id, minute=1))
    theirs = f"SELECT * FROM ({HISTORY}) WHERE company_id = 7"
    before = tables.execute(theirs).fetchall()
    desk.apply(tables, desk.land([chat(1, channel="email")], minute=2))
    assert tables.execute(theirs).fetchall() == before
    assert tables.execute("SELECT count(*) FROM history.chats").fetchall() == [(3,)]


@pytest.mark.parametrize("seed", range(3))
def test_versions_written_in_small_shares_are_those_written_at_once(
    desk: Desk, chat: Chat, tables: DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    dice = random.Random(seed)
    landed = [
        desk.land(
            [chat(chat_id, channel=dice.choice("ab"), unread=minute) for chat_id in dice.sample(range(20), 12)],
            minute=minute,
        )
        for minute in range(4)
    ]
    told = []
    for ids_at_once, keys_at_once in ((100_000, 2_000_000), (3, 2)):
        monkeypatch.setattr(history_writer, "IDS_AT_ONCE", ids_at_once)
        monkeypatch.setattr(history_writer, "KEYS_AT_ONCE", keys_at_once)
        tables.execute("BEGIN")
        for loaded, manifest in enumerate(landed):
            desk.apply(tables, manifest, loaded=landed[:loaded])
        told.append(tables.execute(HISTORY).fetchall())
        tables.execute("ROLLBACK")
    assert len(told[0]) > 30
    assert told[0] == told[1]


def test_a_version_says_what_changed_and_flicker_makes_none(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)])
    desk.land([chat(1, unread=5, lastMessage={"text": "x"}, updatedAt="2026-11-03 10:00:00")])
    desk.land([chat(1, situation="in_chat", closedAt="2026-11-03 11:00:00", updatedAt="2026-11-03 11:00:00")])
    desk.load()
    assert desk.read("SELECT situation, changed, valid_to IS NULL FROM history.chats ORDER BY valid_from") == [
        ("finishing", None, False),
        ("in_chat", ["situation", "closed_at"], True),
    ]
