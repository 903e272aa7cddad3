"""One round over real HTTP and real files: the inbox is landed, what it touched is read again, both are loaded."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from huggy_connector.errors import InboxUnusable, ServerFailed
from huggy_connector.landing import Landing
from huggy_connector.pipeline import Pipeline
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.settings import Settings
from tests.events import COMPANY, chat_item, contact_item, event_row
from tests.integration.desks import settings_for
from tests.integration.pipeline.live_desks import closed, live_of, polled, receiver, rows_of, tell, truth_of


@pytest.fixture
def desk() -> Iterator[Sandbox]:
    with Sandbox(Options(chats=120, contacts=20, days=30, limit=0, open_chats=10, quirks=False)) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, desk: Sandbox) -> Settings:
    return settings_for(desk, tmp_path, clock="host")


def test_events_and_the_chats_that_they_touched_are_in_the_warehouse_after_one_round(
    settings: Settings, desk: Sandbox
) -> None:
    pipeline = polled(settings)
    with receiver(settings) as inbox:
        tell(inbox, event_row("startedChat", chat_item(1)))
        pipeline.live_once()  # the first round polls once, for what was before the receiver
        changed = desk.control(close=3)["closed"]
        before = desk.stats()["requests"]
        tell(inbox, *(closed(chat_id, second) for second, chat_id in enumerate(changed)), closed(changed[0]))
        report = pipeline.live_once()
    assert (report.received, report.kept, report.doubled, report.refused) == (4, 3, 1, 0)
    assert report.touched == {"chats": 3}
    assert [(each.resource, each.mode) for each in report.snapshots] == [("events", "events"), ("chats", "ids")]
    assert desk.stats()["requests"] - before == 2 + 3  # who the token is, what time it is there, and each chat once
    told = rows_of(settings, "SELECT chat_id, deliveries FROM events WHERE event = 'closedChat' ORDER BY ALL")
    assert told == sorted((chat_id, 2 if chat_id == changed[0] else 1) for chat_id in changed)
    ids = ", ".join(map(str, changed))
    assert dict(rows_of(settings, f"SELECT id, situation FROM chats WHERE id IN ({ids})")) == truth_of(desk, changed)


def test_a_second_round_without_news_sends_nothing_and_publishes_nothing(settings: Settings, desk: Sandbox) -> None:
    pipeline = polled(settings)
    with receiver(settings) as inbox:
        tell(inbox, closed(1))
        pipeline.live_once()
        version = rows_of(settings, "SELECT max(version) FROM meta.publishes")
        again = pipeline.live_once()
    assert (again.snapshots, again.touched, again.error) == ((), {}, None)
    assert rows_of(settings, "SELECT max(version) FROM meta.publishes") == version


def test_a_record_that_is_gone_becomes_a_tombstone(settings: Settings, desk: Sandbox) -> None:
    pipeline = polled(settings)
    (gone,) = desk.control(remove=1)["removed"]
    with receiver(settings) as inbox:
        tell(inbox, closed(gone))
        pipeline.live_once()
    assert rows_of(settings, f"SELECT deleted_grade FROM chats WHERE id = {gone}") == [("confirmed",)]


def test_contacts_are_read_again_by_their_own_events_only(settings: Settings, desk: Sandbox) -> None:
    pipeline = polled(settings)
    contact = desk.truth("contacts")["ids"][0]
    with receiver(settings) as inbox:
        tell(inbox, event_row("updatedCustomer", contact_item(contact)))
        report = pipeline.live_once()
    assert report.touched == {"contacts": 1}
    assert rows_of(settings, f"SELECT count(*) FROM contacts WHERE id = {contact} AND snapshot IS NOT NULL") == [(1,)]


def test_where_more_are_touched_than_an_incremental_run_has_pages_that_run_is_taken(
    settings: Settings, desk: Sandbox
) -> None:
    pipeline = polled(settings)
    pipeline.sync(["chats"], idempotency_key="again")  # an incremental run, of few pages
    chats = desk.truth("chats")["ids"]
    with receiver(settings) as inbox:
        tell(inbox, closed(chats[0]))
        pipeline.live_once()
        tell(inbox, *(closed(chat_id) for chat_id in chats[:60]))
        report = pipeline.live_once()
        assert pipeline.live_once().touched == {}
    assert [(each.resource, each.mode) for each in report.snapshots] == [("events", "events"), ("chats", "incremental")]


def test_where_the_api_fails_events_are_loaded_and_the_next_round_reads_what_they_touched(
    settings: Settings, desk: Sandbox
) -> None:
    pipeline = polled(settings)
    with receiver(settings) as inbox:
        tell(inbox, closed(1))
        pipeline.live_once()
        (changed,) = desk.control(close=1)["closed"]
        tell(inbox, closed(changed))
        desk.control(faults={"500": 1.0})
        report = pipeline.live_once()
        assert isinstance(report.error, ServerFailed)
        assert report.load is not None
        assert report.load.published
        desk.control(faults={})
        assert pipeline.live_once().touched == {"chats": 1}
    assert dict(rows_of(settings, f"SELECT id, situation FROM chats WHERE id = {changed}")) == truth_of(desk, [changed])


def test_sync_lands_the_inbox_first(settings: Settings, desk: Sandbox) -> None:
    polled(settings)
    with receiver(settings) as inbox:
        tell(inbox, closed(desk.truth("chats")["ids"][0]))
        report = Pipeline(settings).sync(["chats"], idempotency_key="test")
    assert [(each.resource, each.mode) for each in report.snapshots] == [
        ("events", "events"), ("chats", "ids"), ("chats", "incremental"),
    ]  # fmt: skip
    assert rows_of(settings, "SELECT count(*) FROM events") == [(1,)]


def test_a_first_sync_publishes_the_newest_days_first_though_events_wait(settings: Settings, desk: Sandbox) -> None:
    with receiver(settings) as inbox:
        tell(inbox, closed(int(desk.truth("chats")["ids"][0])))
        report = Pipeline(settings).sync(["chats"], idempotency_key="test")
        assert Pipeline(settings).live_once().touched == {}
    assert [(each.resource, each.mode) for each in report.snapshots] == [
        ("events", "events"), ("chats", "window"), ("chats", "full"),
    ]  # fmt: skip


def test_a_damaged_inbox_stops_no_sync_and_is_told_after_its_load(settings: Settings, desk: Sandbox) -> None:
    settings.inbox_folder.mkdir(parents=True)
    (settings.inbox_folder / "inbox.sqlite").write_bytes(b"no database" * 1_000)
    (settings.inbox_folder / "inbox.sqlite").chmod(0o600)
    with pytest.raises(InboxUnusable, match="is damaged or no inbox"):
        Pipeline(settings).sync(["chats"], idempotency_key="test")
    assert rows_of(settings, "SELECT count(*) FROM chats") == [(120,)]


def test_where_more_contacts_are_touched_than_their_list_has_pages_all_of_it_is_read(
    settings: Settings, desk: Sandbox
) -> None:
    pipeline = polled(settings)
    pipeline.sync(["contacts"], idempotency_key="test")
    contacts = desk.truth("contacts")["ids"]
    with receiver(settings) as inbox:
        tell(inbox, *(event_row("updatedCustomer", contact_item(number)) for number in contacts[:10]))
        report = pipeline.live_once()
        assert pipeline.live_once().touched == {}
    assert ("contacts", "full") in [(each.resource, each.mode) for each in report.snapshots]


def test_without_an_inbox_nothing_is_done(settings: Settings, desk: Sandbox) -> None:
    assert Pipeline(settings).land_events().snapshots == ()
    assert not live_of(settings).has_inbox()
    assert desk.stats()["requests"] == 0


def test_what_is_landed_leaves_the_inbox_after_its_days(settings: Settings, desk: Sandbox) -> None:
    pipeline = polled(settings.model_copy(update={"inbox_days": 0}))
    with receiver(settings) as inbox:
        tell(inbox, closed(1))
        pipeline.live_once()
        tell(inbox, closed(2))
        assert pipeline.live_once().kept == 1
    landing = Landing.open(settings.landing)
    assert [each.rows for each in landing.snapshots(COMPANY, "events")] == [1, 1]
