"""The inbox becomes snapshots: each event once with all its deliveries, whenever a landing is killed."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as trials
from hypothesis import strategies as st

from huggy_connector.landing import Landing, Manifest
from huggy_connector.pipeline.live import inbox_landing
from huggy_connector.pipeline.live.inbox_landing import QUIET_PERIOD, InboxCursor, land_inbox
from huggy_connector.settings import Settings
from huggy_connector.storage import LocalStorage
from huggy_connector.webhook import Entry, Inbox, InboxReader, InboxUpkeep
from tests.events import COMPANY, message_item
from tests.events import event_row as row_of
from tests.integration.landing.conftest import DEAD_PROCESS, Killed, Mortal
from tests.integration.pipeline.live_desks import received_now

STEPS = 18
"""More than the steps of one landing of an inbox. A test checks that the last one comes after its end."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=str(tmp_path / "state"), landing=str(tmp_path / "landing"))


@pytest.fixture
def inbox(settings: Settings) -> Iterator[Inbox]:
    with Inbox.open(settings.inbox_folder, now=lambda: datetime.now(UTC)) as running:
        yield running


def tell(inbox: Inbox, *numbers: int) -> None:
    rows = [row_of("receivedAllMessage", message_item(number)) for number in numbers]
    inbox.append(*(Entry.of_row(COMPANY, received_now(row)) for row in rows))


def land(settings: Settings, landing: Landing | None = None, *, later: timedelta = timedelta()) -> tuple[Manifest, ...]:
    with InboxReader.open(settings.inbox_folder) as reader:
        return land_inbox(
            reader,
            landing or Landing.open(settings.landing),
            COMPANY,
            settings=settings,
            now=lambda: datetime.now(UTC) + later,
            note=lambda _: None,
        )


def tell_inbox_what_is_landed(settings: Settings) -> None:
    with InboxUpkeep.open(settings.inbox_folder) as upkeep, InboxReader.open(settings.inbox_folder) as reader:
        cursor = InboxCursor.read(Landing.open(settings.landing), COMPANY, reader.inbox_id, now=datetime.now(UTC))
        upkeep.prune({COMPANY: cursor.landed}, keep=timedelta(days=7), now=datetime.now(UTC))


def landed(settings: Settings) -> Counter[int]:
    """Return the deliveries of each message, over all snapshots."""
    landing, found = Landing.open(settings.landing), Counter[int]()
    for manifest in landing.snapshots(COMPANY, "events"):
        details = manifest.certificate.details
        assert details["received"] == details["kept"] + details["doubled"] + details["refused"]
        assert details["kept"] == manifest.rows == manifest.unique_ids
        for part in landing.parts(manifest):
            table = pq.read_table(part.path, columns=["message_id", "deliveries"]).to_pydict()
            for number, deliveries in zip(table["message_id"], table["deliveries"], strict=True):
                found[number] += deliveries
    return found


def test_each_event_is_landed_once_with_all_its_deliveries(settings: Settings, inbox: Inbox) -> None:
    tell(inbox, 1, 2, 1)
    land(settings)
    tell(inbox, 1, 3)
    (second,) = land(settings)
    assert (second.mode, second.rows, landed(settings)) == ("events", 2, Counter({1: 3, 2: 1, 3: 1}))
    assert land(settings) == ()


@pytest.mark.parametrize("at", range(STEPS))
def test_killed_at_any_step_the_next_landing_loses_and_doubles_nothing(
    settings: Settings, inbox: Inbox, at: int
) -> None:
    tell(inbox, 1, 2, 2)
    mortal = Mortal(Path(settings.landing), at=at)
    with suppress(Killed):
        land(settings, Landing(mortal, process=DEAD_PROCESS))
    tell(inbox, 2, 3)
    land(settings)
    assert landed(settings) == Counter({1: 1, 2: 3, 3: 1})
    assert at < STEPS - 1 or mortal.left > 0


@given(st.lists(st.one_of(st.integers(1, 4), st.sampled_from(["land", "restart", "replay"])), max_size=25))
@example([1, 2, "land", 1, "restart", 1, "land", "land", 3])
@example([1, 1, "land", "replay", "replay", 1, "replay", "land"])
@trials(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_however_landings_restarts_and_events_interleave_each_event_is_there(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int | str]
) -> None:
    folder = tmp_path_factory.mktemp("inbox")
    settings = Settings(state=str(folder / "state"), landing=str(folder / "landing"))
    told = Counter[int]()
    inbox = Inbox.open(settings.inbox_folder, now=lambda: datetime.now(UTC))
    for step in steps:
        match step:
            case "land":
                land(settings)
                tell_inbox_what_is_landed(settings)
            case "restart":
                inbox.close()
                inbox = Inbox.open(settings.inbox_folder, now=lambda: datetime.now(UTC))
            case "replay":
                with InboxUpkeep.open(settings.inbox_folder) as upkeep:
                    hour = timedelta(hours=1)
                    upkeep.replay(datetime.now(UTC) - hour, datetime.now(UTC) + hour, now=datetime.now(UTC))
            case int():
                tell(inbox, step)
                told[step] += 1
    land(settings)
    inbox.close()
    assert landed(settings) == told


def test_a_batch_holds_no_more_items_than_fit_into_memory(
    settings: Settings, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_landing, "MAX_ITEMS", 3)
    tell(inbox, 1, 2, 3, 1, 2, 3, 4)
    manifests = land(settings)
    assert [each.certificate.details["received"] for each in manifests] == [3, 3, 1]
    assert landed(settings) == Counter({1: 2, 2: 2, 3: 2, 4: 1})


def test_refusals_are_counted_once(settings: Settings, inbox: Inbox) -> None:
    def refuse() -> None:
        inbox.append(Entry.of_refusal(COMPANY, b"{", reason="no JSON", received_at=datetime.now(UTC)))

    refuse()
    tell(inbox, 1)
    refuse()
    (first,) = land(settings)
    refuse()
    (second,) = land(settings)
    assert [each.certificate.details["refused"] for each in (first, second)] == [2, 1]
    assert land(settings) == ()


def test_where_nothing_came_a_snapshot_says_from_time_to_time_that_the_receiver_was_there(
    settings: Settings, inbox: Inbox
) -> None:
    (first,) = land(settings)
    assert (first.rows, land(settings)) == (0, ())
    inbox.beat()
    (second,) = land(settings, later=QUIET_PERIOD)
    ends = [each.state["spans"][-1]["to"] for each in (first, second)]
    assert ends == sorted(set(ends))


def test_an_inbox_that_was_brought_back_from_a_copy_loses_nothing_that_comes_then(
    settings: Settings, inbox: Inbox, tmp_path: Path
) -> None:
    tell(inbox, 1)
    inbox.close()
    file = settings.inbox_folder / "inbox.sqlite"
    copy = file.read_bytes()
    with Inbox.open(settings.inbox_folder, now=lambda: datetime.now(UTC)) as later:
        tell(later, 2, 3)
    land(settings)
    file.write_bytes(copy)
    with Inbox.open(settings.inbox_folder, now=lambda: datetime.now(UTC)) as again:
        tell(again, 4)
    land(settings)
    assert landed(settings) == Counter({1: 1, 2: 1, 3: 1, 4: 1})


def test_two_inboxes_share_a_landing(settings: Settings, inbox: Inbox, tmp_path: Path) -> None:
    other = settings.model_copy(update={"state": str(tmp_path / "other host")})
    tell(inbox, 1)
    with Inbox.open(other.inbox_folder, now=lambda: datetime.now(UTC)) as second:
        tell(second, 1, 2)
        land(settings)
        land(other)
    assert landed(settings) == Counter({1: 2, 2: 1})
    assert (land(settings), land(other)) == ((), ())


def test_no_row_is_masked_twice(tmp_path: Path) -> None:
    settings = Settings(state=str(tmp_path / "state"), landing=str(tmp_path / "landing"), privacy="body=mask")
    row = row_of("receivedAllMessage", message_item(1)) | {"item": {"id": 1, "body": "B*** D***"}}
    with Inbox.open(settings.inbox_folder, now=lambda: datetime.now(UTC)) as inbox:
        inbox.append(Entry.of_row(COMPANY, received_now(row)))
        (manifest,) = land(settings)
    landing = Landing(LocalStorage(settings.landing))
    (part,) = landing.parts(manifest)
    assert json.loads(pq.read_table(part.path, columns=["item"])["item"][0].as_py()) == row["item"]
