"""A data subject erased from events and from the messages that only events told of."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.errors import ConfigurationError
from huggy_connector.pipeline import Pipeline
from huggy_connector.settings import Settings
from tests.events import NOON, chat_item, contact_item, event_row, land_events, message_item

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

PERSON, CHAT, NAME = 800_001, 700_001, "Zuleica Quirino"
OF_THE_LOAD_ITSELF = (
    "meta.publishes",
    "meta.quality",
    "meta.restatements",
    "meta.loads",
    "meta.freshness",
    "meta.profiles",
)
CUSTOMER = {"id": PERSON, "name": NAME}
THEIRS = (
    event_row("startedChat", chat_item(CHAT, customer=CUSTOMER), second=1),
    event_row("closedChat", {"id": CHAT, "note": NAME}, second=2),
    event_row("receivedAllMessage", message_item(1, chat_id=CHAT, contact_id=PERSON, body=NAME), second=3),
    event_row("sentAllMessage", message_item(2, chat_id=CHAT, sender={"id": 7}, customer=CUSTOMER), second=4),
    event_row("updatedCustomer", contact_item(PERSON, name=NAME), second=5),
    event_row("unknown", {"who": [{"customer": CUSTOMER}]}, second=6),
    event_row("finishedAutomationFlow", {"chatID": CHAT, "context": {"nome": NAME}}, second=7),
)
OTHERS = (
    event_row("startedChat", chat_item(5), second=8),
    event_row("receivedAllMessage", message_item(3, chat_id=5), second=9),
    event_row("updatedCustomer", contact_item(800), second=10),
)


@pytest.fixture
def settings(desk: Desk) -> Settings:
    return Settings(
        landing=str(desk.root), warehouse=str(desk.warehouse), company_id=4242, hash_key="k" * 32, report=False
    )


def land(desk: Desk, *rows: dict[str, Any], minute: float = 0) -> None:
    desk.made.append(land_events(desk.landing, rows, now=NOON + timedelta(minutes=minute)))


def holding(desk: Desk) -> list[str]:
    """The tables, of all versions kept, and the snapshots that hold the person."""
    files = [desk.warehouse, *desk.folder.rglob("*.duckdb")]
    found = [
        f"{file.name} {name}"
        for file in dict.fromkeys(files)
        for name, rows in desk.tables(file=file).items()
        if NAME in repr(rows) or str(PERSON) in repr(rows)
    ]
    for manifest in desk.landing.snapshots(4242, "events"):
        rows = [row for part in desk.landing.parts(manifest) for batch in part.batches() for row in batch.to_pylist()]
        assert (len(rows), len({row["event_id"] for row in rows})) == (manifest.rows, manifest.unique_ids)
        found += [manifest.run_key] if NAME in repr(rows) or str(PERSON) in repr(rows) else []
    return found


@pytest.fixture
def filled(desk: Desk) -> Desk:
    land(desk, *THEIRS[:4], *OTHERS)
    desk.load()
    land(desk, *THEIRS, minute=5)
    desk.load()
    return desk


def test_a_person_is_found_in_events_and_messages_before_and_nowhere_after(filled: Desk, settings: Settings) -> None:
    held = holding(filled)
    assert {name.split()[-1] for name in held if ".duckdb" in name} == {"main.events", "main.messages"}
    assert sum("-events-" in name for name in held) == 2

    receipt = Pipeline(settings).forget(PERSON)

    assert holding(filled) == []
    assert (receipt.rows_removed, receipt.rows_changed) == (1, 10)
    assert filled.read("SELECT id FROM messages") == [(3,)]
    assert filled.read("SELECT event, item IS NULL FROM events ORDER BY received_at") == [
        ("startedChat", True),
        ("closedChat", True),
        ("receivedAllMessage", True),
        ("sentAllMessage", True),
        ("unknown", True),
        ("finishedAutomationFlow", True),
        ("startedChat", False),
        ("receivedAllMessage", False),
        ("updatedCustomer", False),
    ]
    assert filled.read("SELECT chat_id, agent_id, message_id FROM events WHERE event = 'sentAllMessage'") == [
        (CHAT, None, 2)
    ]


def test_a_rebuild_and_a_second_call_change_nothing_more(filled: Desk, settings: Settings) -> None:
    Pipeline(settings).forget(PERSON)
    erased = filled.tables(without=OF_THE_LOAD_ITSELF)
    loads = filled.read("SELECT run_key, fetched, kept, doubled, rejected FROM meta.loads ORDER BY ALL")

    again = Pipeline(settings).forget(PERSON)
    assert (again.rows_removed, again.rows_changed, again.warehouse_rows_removed) == (0, 0, 0)
    assert filled.tables(without=OF_THE_LOAD_ITSELF) == erased
    filled.load(rebuild=True)
    assert filled.tables(without=OF_THE_LOAD_ITSELF) == erased
    assert filled.read("SELECT run_key, fetched, kept, doubled, rejected FROM meta.loads ORDER BY ALL") == loads


@pytest.mark.parametrize("rebuild", [False, True])
def test_nobody_comes_back_with_a_snapshot_that_a_backup_brings_back(
    filled: Desk, settings: Settings, *, rebuild: bool
) -> None:
    run_key = filled.landing.snapshots(4242, "events")[-1].run_key
    snapshot = filled.root / "4242" / "events" / run_key
    shutil.copytree(snapshot, filled.folder / "backup")
    Pipeline(settings).forget(PERSON)
    erased = filled.tables(without=(*OF_THE_LOAD_ITSELF, "meta.snapshots"))
    shutil.rmtree(snapshot)
    shutil.copytree(filled.folder / "backup", snapshot)

    filled.load(rebuild=rebuild, hash_key=b"k" * 32)
    assert NAME not in repr(filled.tables())
    assert str(PERSON) not in repr(filled.tables())
    assert filled.tables(without=(*OF_THE_LOAD_ITSELF, "meta.snapshots")) == erased
    Pipeline(settings).forget_again()
    assert holding(filled) == []


def test_later_events_of_the_person_are_stripped_as_they_are_landed(filled: Desk, settings: Settings) -> None:
    from huggy_connector.catalogue.events import EVENTS
    from huggy_connector.privacy import SuppressionList

    Pipeline(settings).forget(PERSON)
    suppressed = SuppressionList.read(filled.landing.storage, 4242, key=b"k" * 32)
    later = [
        event_row("updatedCustomer", contact_item(PERSON, name=NAME, city="Recife"), second=50),
        event_row("receivedAllMessage", message_item(9, chat_id=CHAT, contact_id=PERSON, body=NAME), second=51),
    ]
    kept = suppressed.filter_rows(EVENTS, later)
    assert [row["event"] for row in kept] == ["receivedAllMessage"]
    assert NAME not in repr(kept)


def test_a_person_of_whom_only_events_tell_is_known(desk: Desk, settings: Settings) -> None:
    land(desk, event_row("unknown", {"customer": CUSTOMER}))
    with pytest.raises(ConfigurationError, match="knows a contact 5 of company 4242"):
        Pipeline(settings).forget(5)
    Pipeline(settings).forget(PERSON)
    assert desk.landing.snapshots(4242, "events")[0].rows == 1
    desk.load(hash_key=b"k" * 32)
    assert desk.read("SELECT item FROM events") == [(None,)]


@pytest.mark.parametrize("is_loaded", [False, True])
def test_chats_that_only_an_event_gives_to_the_person_are_theirs(
    desk: Desk, settings: Settings, *, is_loaded: bool
) -> None:
    land(desk, THEIRS[0])
    if is_loaded:
        desk.load()
    Pipeline(settings).forget(PERSON)
    desk.land([{"id": CHAT, "lastMessage": {"text": NAME}}], minute=30)
    desk.load(hash_key=b"k" * 32, rebuild=True)
    assert NAME not in repr(desk.tables())
