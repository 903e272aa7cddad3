"""A data subject erased from history: what is left is what a rebuild from the landing gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.pipeline import Pipeline
from huggy_connector.settings import Settings

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]
PERSON = {"id": 800_001, "name": "Zuleica Quirino", "email": "zq@example.com"}
OF_THE_LOAD_ITSELF = (
    "meta.publishes",
    "meta.quality",
    "meta.restatements",
    "meta.loads",
    "meta.freshness",
    "meta.profiles",
)


@pytest.fixture
def settings(desk: Desk) -> Settings:
    return Settings(
        landing=str(desk.root), warehouse=str(desk.warehouse), company_id=4242, report=False, hash_key="k" * 32
    )


def theirs(chat: Chat, **values: Any) -> dict[str, Any]:
    return chat(1, contactId=str(PERSON["id"]), chatCustomer=PERSON, **values)


def test_versions_that_differed_only_in_the_data_subject_become_one(desk: Desk, chat: Chat, settings: Settings) -> None:
    nobody = chat(1, contactId=None, chatCustomer=None)
    for row in (theirs(chat), nobody, theirs(chat, channel="email"), theirs(chat, channel="email"), nobody):
        desk.land([row, chat(2)], mode="window")
        desk.load()
    assert desk.read("SELECT count(*) FROM history.chats WHERE id = 1") == [(4,)]
    Pipeline(settings).forget(800_001)
    assert desk.read("SELECT count(*) FROM meta.profiles") == [(0,)]  # the next load counts again
    told = "SELECT contact_id, channel, valid_from, valid_to, last_seen_at, changed FROM history.chats WHERE id = 1"
    first, third, fifth = (each.started_at for each in desk.made[::2])
    fourth, second = desk.made[3].started_at, desk.made[1].started_at
    assert desk.read(f"{told} ORDER BY valid_from") == [
        (None, "widget", first, third, second, None),
        (None, "email", third, fifth, fourth, ["channel"]),
        (None, "widget", fifth, None, None, ["channel"]),
    ]
    erased = desk.tables(without=OF_THE_LOAD_ITSELF)
    desk.load(rebuild=True)
    assert desk.tables(without=OF_THE_LOAD_ITSELF) == erased


def test_values_about_the_data_subject_in_unknown_tables_are_erased(desk: Desk, chat: Chat, settings: Settings) -> None:
    agents = [{"id": 7, "name": "Ana", "who": "Zuleica Quirino"}]
    desk.land([theirs(chat, agents=agents, agentId="Zuleica Quirino", situation={"by": "Zuleica Quirino"})])
    desk.land([chat(2, participants=[PERSON]), chat(3, contacts=[PERSON])], mode="incremental")
    desk.load()
    Pipeline(settings).forget(800_001)
    assert not [name for name, rows in desk.tables().items() if "Zuleica" in repr(rows)]
    raw = [row["raw"] for manifest in desk.landing.snapshots(4242, "chats") for row in rows_of(desk, manifest)]
    assert [text for text in raw if "Zuleica" in text] == []
    assert desk.read("SELECT agents[1].name FROM chats WHERE id = 1") == [("Ana",)]


def rows_of(desk: Desk, manifest: Any) -> list[dict[str, Any]]:
    return [
        row
        for part in desk.landing.parts(manifest)
        for batch in part.batches(["id", "raw"])
        for row in batch.to_pylist()
    ]


def test_landing_and_warehouse_erase_the_same_messages(desk: Desk, chat: Chat, settings: Settings) -> None:
    def message(number: int, **values: Any) -> dict[str, Any]:
        return {"id": number, "chat": {"id": 2}, "sendAt": "2026-11-20 10:00:00", "text": f"text {number}", **values}

    desk.land([chat(2)])
    desk.land([PERSON], resource="contacts")
    rows = [
        message(1, sender={"id": 800_001}, senderType="widget"),
        message(2, quoted={"sender": {"id": 800_001, "name": "Zuleica Quirino"}}),
        message(3, customer={"id": 5}, chat={"id": 2, "customer": {"id": "800001"}}),
        message(4, sender={"id": 800_001, "name": "An agent of this number"}, senderType="agent"),
    ]
    desk.land(rows, resource="messages", mode="window")
    desk.load()
    Pipeline(settings).forget(800_001)
    assert desk.read("SELECT id, text, sender_id FROM messages ORDER BY id") == [
        (1, None, None),
        (2, None, None),
        (3, None, None),
        (4, "text 4", 800_001),
    ]
    # The names of fields stay in meta.schema_changes: they tell of nobody.
    erased = desk.tables(without=(*OF_THE_LOAD_ITSELF, "meta.schema_changes"))
    desk.load(rebuild=True)
    assert desk.tables(without=(*OF_THE_LOAD_ITSELF, "meta.schema_changes")) == erased
    assert [path.name for path in desk.root.glob("*/.forgotten/begun-*")] == []
