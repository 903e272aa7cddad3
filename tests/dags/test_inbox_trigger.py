"""The trigger fires for events that wait and for nothing else, and holds up no other trigger."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest

from huggy_connector.airflow.live.inbox_trigger import HuggyInboxTrigger
from huggy_connector.airflow.live.inbox_watch import Arrival, InboxWatch
from huggy_connector.airflow.versions import AIRFLOW
from huggy_connector.errors import InboxBusy
from tests.dags.inboxes import mark_as_landed, receiver, tell

PATIENCE = 300.0
Script = list[Arrival | Exception | None]
needs_acknowledgement = pytest.mark.skipif(AIRFLOW < (3, 3), reason="this Airflow acknowledges nothing")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """Where the inbox is that the environment of these tests names."""
    return tmp_path / "state" / "inbox"


def play(script: Script, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let the looks of a watch end as a script says; the last one is the last. Return the pauses between them."""
    pauses: list[float] = []
    left = iter(script)

    def look(self: InboxWatch, folder: Path) -> Arrival | None:
        result = next(left)
        if isinstance(result, Exception):
            raise result
        return result

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr(InboxWatch, "look", look)
    monkeypatch.setattr("huggy_connector.airflow.live.inbox_trigger.asyncio.sleep", sleep)
    return pauses


def run(work: Awaitable[Any]) -> Any:
    async def bounded() -> Any:
        return await asyncio.wait_for(work, PATIENCE)

    return asyncio.run(bounded())


async def take(stream: AsyncIterator[Any], count: int = 1) -> list[Any]:
    return [(await anext(stream)).payload for _ in range(count)]


def test_a_trigger_is_the_same_after_serialization() -> None:
    path, arguments = HuggyInboxTrigger("huggy_acme", 4242, look_every=5).serialize()
    assert arguments == {"huggy_conn_id": "huggy_acme", "company_id": 4242, "look_every": 5}
    assert resolve_name(path)(**arguments).serialize() == (path, arguments)
    assert path.startswith("huggy_connector.airflow.")


def test_an_event_has_counts_and_nothing_of_what_the_items_say(inbox: Path) -> None:
    with receiver(inbox) as open_inbox:
        tell(open_inbox, 1, 2)
        assert run(take(HuggyInboxTrigger().run())) == [{"waiting": 2, "newest_seq": 2}]


def test_the_connection_says_where_the_inbox_is(connect: Callable[..., None], tmp_path: Path) -> None:
    connect(password="any-token", extra={"inbox": str(tmp_path / "elsewhere")})
    with receiver(tmp_path / "elsewhere") as open_inbox:
        tell(open_inbox, 1)
        assert run(take(HuggyInboxTrigger().run())) == [{"waiting": 1, "newest_seq": 1}]


def test_it_fires_again_for_what_came_after_a_landing(inbox: Path) -> None:
    async def watch() -> list[Any]:
        events = HuggyInboxTrigger(look_every=0).run()
        with receiver(inbox) as open_inbox:
            tell(open_inbox, 1)
            fired = await take(events)
            mark_as_landed(inbox)
            tell(open_inbox, 2)
            return fired + await take(events)

    assert run(watch()) == [{"waiting": 1, "newest_seq": 1}, {"waiting": 1, "newest_seq": 2}]


def test_an_error_is_logged_once_and_waited_out_and_fires_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    busy = InboxBusy("Another process holds it.")
    pauses = play([busy, busy, OSError("secret"), None, busy, Arrival(1, 9)], monkeypatch)
    assert run(take(HuggyInboxTrigger(look_every=1.0).run())) == [{"waiting": 1, "newest_seq": 9}]
    assert pauses == [2.0, 4.0, 8.0, 1.0, 2.0]
    said = re.findall(
        r"The inbox cannot be watched; this is tried again: (OSError|Another process holds it\.)",
        capsys.readouterr().out,
    )
    assert said == [str(busy), "OSError", str(busy)]


def test_a_pause_never_grows_beyond_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = play([*[InboxBusy("")] * 9, Arrival(1, 1)], monkeypatch)
    run(take(HuggyInboxTrigger().run()))
    assert max(pauses) == pauses[-1] == 60.0


def test_a_wrong_connection_fires_nothing_and_is_looked_up_again(
    connect: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = play([Arrival(1, 1)], monkeypatch)
    find = HuggyInboxTrigger._find_folder

    def find_after_the_connection_was_made(self: HuggyInboxTrigger) -> Path:
        if pauses:
            connect("huggy_acme", password="any-token")
        return find(self)

    monkeypatch.setattr(HuggyInboxTrigger, "_find_folder", find_after_the_connection_was_made)
    assert run(take(HuggyInboxTrigger("huggy_acme").run())) == [{"waiting": 1, "newest_seq": 1}]
    assert pauses == [2.0]


def test_the_event_loop_goes_on_while_a_look_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def watch() -> list[Any]:
        loop, goes_on = asyncio.get_running_loop(), threading.Event()

        def look(self: InboxWatch, folder: Path) -> Arrival:
            loop.call_soon_threadsafe(goes_on.set)
            assert goes_on.wait(PATIENCE)  # in vain if this held up the loop
            return Arrival(1, 1)

        monkeypatch.setattr(InboxWatch, "look", look)
        return await take(HuggyInboxTrigger().run())

    assert run(watch()) == [{"waiting": 1, "newest_seq": 1}]


@needs_acknowledgement
@pytest.mark.parametrize("is_stored", [True, False])
def test_from_3_3_what_airflow_could_not_store_is_told_again(
    inbox: Path, *, is_stored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.triggers.shared_stream import AdvanceItem, AdvanceOutcome

    outcome = AdvanceOutcome(acked=1, failed=0) if is_stored else AdvanceOutcome(acked=0, failed=1)

    async def watch() -> bool:
        _, arguments = HuggyInboxTrigger(look_every=0).serialize()
        producer = HuggyInboxTrigger.create_shared_stream_producer(arguments)
        stream = producer.open_stream()
        first, payload = await anext(stream)
        await producer.advance([AdvanceItem(payload, outcome)])
        looks = 0
        look = InboxWatch.look

        def look_and_count(self: InboxWatch, folder: Path) -> Arrival | None:
            nonlocal looks
            looks += 1
            return look(self, folder) if looks < 5 else Arrival(0, 0)

        monkeypatch.setattr(InboxWatch, "look", look_and_count)
        second, _ = await anext(stream)
        return bool(second == first)

    with receiver(inbox) as open_inbox:
        tell(open_inbox, 1)
        assert run(watch()) is not is_stored


@needs_acknowledgement
def test_airflows_own_manager_of_streams_acknowledges_an_event_when_it_is_stored(inbox: Path) -> None:
    from airflow.triggers.shared_stream import SharedStreamManager

    trigger = HuggyInboxTrigger(look_every=0)
    key = trigger.shared_stream_key()
    assert key is not None

    async def watch() -> list[Any]:
        manager = SharedStreamManager()
        events = trigger.filter_shared_stream(manager.subscribe(trigger_id=1, trigger=trigger, key=key))
        fired = await take(events)
        stored = manager.bind_pending_event(trigger_id=1, key=key)
        assert stored is not None
        manager.confirm_persisted([stored])
        mark_as_landed(inbox)
        tell(open_inbox, 2, 3)
        fired += await take(events)
        await manager.stop_all()
        return fired

    with receiver(inbox) as open_inbox:
        tell(open_inbox, 1)
        assert run(watch()) == [{"waiting": 1, "newest_seq": 1}, {"waiting": 2, "newest_seq": 3}]


def test_triggers_of_other_companies_or_connections_share_no_stream() -> None:
    triggers = [HuggyInboxTrigger(), HuggyInboxTrigger(company_id=4242), HuggyInboxTrigger("huggy_acme")]
    assert len({each.shared_stream_key() for each in triggers}) == 3
    assert HuggyInboxTrigger().shared_stream_key() == triggers[0].shared_stream_key()
