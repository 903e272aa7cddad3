"""Who is forgotten is nowhere in the inbox, in whatever moment their events come; nor do they come back by a replay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.errors import InboxBusy, StoreAway
from huggy_connector.pipeline import Pipeline
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.serve.forgotten_people import ForgottenPeople
from huggy_connector.settings import Settings
from huggy_connector.storage import LocalStorage
from huggy_connector.webhook import Entry, Inbox, InboxReader, InboxUpkeep
from tests.events import COMPANY, chat_item, contact_item, event_row, message_item
from tests.integration.desks import settings_for
from tests.integration.pipeline.live_desks import received_now, receiver, rows_of

KEY = "a long random text that is a key"
NAME = "Maria Forgotten Silva"


@pytest.fixture
def desk() -> Iterator[Sandbox]:
    with Sandbox(Options(chats=40, contacts=10, days=10, limit=0, open_chats=5, quirks=False)) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, desk: Sandbox) -> Settings:
    return settings_for(desk, tmp_path, clock="host", hash_key=KEY, company_id=COMPANY)


def events_of(contact: int) -> list[dict[str, Any]]:
    """Events of the person: of the contact, of a chat, of a message."""
    who = {"id": contact, "name": NAME}
    return [
        event_row("updatedCustomer", contact_item(contact, name=NAME)),
        event_row("startedChat", chat_item(990_001, contact_id=contact, customer=who)),
        event_row("receivedAllMessage", message_item(7, chat_id=990_001, contact_id=contact, sender=who, customer=who)),
        event_row("closedChat", {**chat_item(990_001), "customer": None}),
    ]


def tell(inbox: Inbox, *rows: dict[str, Any]) -> None:
    inbox.append(*(Entry.of_row(COMPANY, received_now(row)) for row in rows))


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_forget_finds_a_person_whom_only_the_inbox_knows_and_leaves_no_byte(settings: Settings) -> None:
    pipeline = Pipeline(settings)
    pipeline.sync(["chats"], idempotency_key="test")
    with receiver(settings) as inbox:
        tell(inbox, *events_of(808_080), event_row("closedChat", chat_item(5, contact_id=9)))
    assert NAME.encode() in bytes_of(settings.inbox_folder)
    receipt = pipeline.forget(808_080)
    assert receipt.inbox_events == 4
    assert NAME.encode() not in bytes_of(settings.inbox_folder)
    with InboxReader.open(settings.inbox_folder) as reader:
        left = [
            (item.row["event"], item.row.get("contact_id"), "item" in item.row)
            for item in reader.items(COMPANY, after={})
        ]
    assert left == [
        ("startedChat", None, False),
        ("receivedAllMessage", None, False),
        ("closedChat", None, False),
        ("closedChat", 9, True),
    ]


def test_nowhere_after_it_nor_after_a_replay(settings: Settings, desk: Sandbox) -> None:
    contact = int(desk.truth("contacts")["ids"][0])
    pipeline = Pipeline(settings)
    with receiver(settings) as inbox:
        tell(inbox, *events_of(contact))
        pipeline.live_once()
        assert rows_of(settings, f"SELECT count(*) FROM events WHERE contact_id = {contact}") == [(3,)]
        pipeline.forget(contact)
        with InboxUpkeep.open(settings.inbox_folder) as upkeep:
            hour = timedelta(hours=1)
            now = datetime.now(UTC)
            upkeep.replay(now - hour, now + hour, now=now)
        pipeline.live_once()
    for table in ("events", "messages", "chats"):
        assert rows_of(
            settings, f"SELECT count(*) FROM {table} t WHERE contact_id = {contact} OR t::VARCHAR LIKE '%{NAME}%'"
        ) == [(0,)]
    assert NAME.encode() not in bytes_of(settings.inbox_folder)
    assert NAME.encode() not in bytes_of(Path(settings.landing))


@pytest.fixture
def people(settings: Settings) -> ForgottenPeople:
    """The list as a receiver knows it from its start."""
    Path(settings.landing).mkdir()
    people = ForgottenPeople(
        LocalStorage(settings.landing), key=KEY.encode(), monotonic=lambda: 0.0, note=lambda _: None
    )
    people.read(COMPANY)
    return people


def test_what_comes_after_the_erasure_is_reviewed_by_the_list_as_it_is_then(
    settings: Settings, people: ForgottenPeople
) -> None:
    with receiver(settings) as inbox:
        inbox.review = people.review
        tell(inbox, *events_of(808_080))
        Pipeline(settings).forget(808_080)
        tell(inbox, *events_of(808_080))  # decided about before the receiver read the new list
        tell(inbox, *events_of(808_080))
    assert NAME.encode() not in bytes_of(settings.inbox_folder)


def test_where_the_new_list_cannot_be_read_nothing_is_written(
    settings: Settings, people: ForgottenPeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise StoreAway("The store does not answer.")

    with receiver(settings) as inbox:
        inbox.review = people.review
        tell(inbox, *events_of(808_080))
        Pipeline(settings).forget(808_080)
        monkeypatch.setattr(people, "read", away)
        with pytest.raises(InboxBusy):
            tell(inbox, *events_of(808_080))
        monkeypatch.undo()
        tell(inbox, *events_of(808_080))
    assert NAME.encode() not in bytes_of(settings.inbox_folder)
