"""The table of events: one row an event, in whatever order and in however many snapshots its deliveries came."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huggy_connector.errors import CheckFailed
from huggy_connector.warehouse import LoadReport
from tests.events import NOON, chat_item, contact_item, event_row, land_events, message_item
from tests.integration.warehouse.conftest import Desk
from tests.sizes import FULL

pytestmark = pytest.mark.usefixtures("without_marts")

STARTED = event_row("startedChat", chat_item(700), second=1)
AGAIN = STARTED | {"received_at": (NOON + timedelta(seconds=9)).isoformat(), "deliveries": 3}
SAME_IN_ALL_ORDERS = (
    "meta.publishes",
    "meta.loads",
    "meta.quality",
    "meta.restatements",
    "meta.profiles",
    "meta.freshness",
)


def land(desk: Desk, *rows: dict[str, Any], minute: float = 0, **options: Any) -> None:
    desk.made.append(land_events(desk.landing, rows, now=NOON + timedelta(minutes=minute), **options))


def counts(desk: Desk) -> list[tuple[Any, ...]]:
    return desk.read("SELECT event_id, deliveries, received_at::VARCHAR FROM events ORDER BY ALL")


def test_an_event_is_one_row_with_its_ids_and_its_item(desk: Desk) -> None:
    land(desk, STARTED, event_row("closedChat", chat_item(700, closed_at="2026-11-22 09:30:00"), second=60))
    desk.load()

    assert desk.read(
        "SELECT event, item_id, chat_id, contact_id, situation, occurred_at::VARCHAR, occurred_at_local::VARCHAR,"
        " received_at::VARCHAR, deliveries, item->>'$.customer.name', snapshot = 'x' FROM events ORDER BY received_at"
    ) == [
        (
            *("startedChat", 700, 700, 800, "auto", "2026-11-22 12:00:01+00", "2026-11-22 09:00:01"),
            *("2026-11-22 12:00:01+00", 1, "Cliente Um", False),
        ),
        (
            *("closedChat", 700, 700, 800, "auto", "2026-11-22 12:30:00+00", "2026-11-22 09:30:00"),
            *("2026-11-22 12:01:00+00", 1, "Cliente Um", False),
        ),
    ]


@pytest.mark.parametrize("is_reversed", [False, True])
def test_deliveries_add_up_over_snapshots_and_the_first_received_row_counts(desk: Desk, *, is_reversed: bool) -> None:
    first, second = (STARTED, AGAIN)[:: -1 if is_reversed else 1]
    land(desk, first)
    desk.load()
    land(desk, second, minute=5)
    report = desk.load()

    assert counts(desk) == [(STARTED["event_id"], 4, "2026-11-22 12:00:01+00")]
    assert report.tables["events"].rows == 1
    assert (report.tables["events"].added, report.tables["events"].confirmed) == (0, 1)


def test_a_second_load_of_the_same_snapshots_changes_nothing(desk: Desk) -> None:
    land(desk, STARTED, AGAIN)
    desk.load()
    before = desk.warehouse.read_bytes()

    assert not desk.load().published
    assert desk.warehouse.read_bytes() == before


def test_of_two_rows_at_one_instant_that_of_the_earlier_snapshot_counts(desk: Desk) -> None:
    for minute, name in ((5, "later"), (0, "earlier")):
        land(desk, STARTED | {"item": {"name": name}}, minute=minute)
        desk.load()

    assert desk.read("SELECT item->>'$.name', deliveries FROM events") == [("earlier", 2)]


def test_a_row_without_a_time_of_receipt_counts_last_and_one_without_deliveries_counts_once(desk: Desk) -> None:
    unread = {name: value for name, value in STARTED.items() if name not in {"received_at", "deliveries"}}
    land(desk, unread | {"item": {"name": "unread"}})
    desk.load()
    land(desk, STARTED, minute=5)
    desk.load()

    assert counts(desk) == [(STARTED["event_id"], 2, "2026-11-22 12:00:01+00")]


def test_what_a_snapshot_of_events_holds_is_in_the_audit_with_its_certificate(desk: Desk) -> None:
    land(
        desk, STARTED, AGAIN, {**event_row("x", 1), "event_id": None}, event_row("leftQueue", None, occurred_at="soon")
    )
    desk.load()

    assert desk.read("SELECT fetched, kept, doubled, rejected FROM meta.loads") == [(3, 2, 0, 1)]
    assert desk.read(
        "SELECT mode, exact, certificate->>'$.scope', certificate->>'$.details.received' FROM meta.snapshots"
    ) == [("events", True, "inbox", "6")]
    assert desk.read("SELECT id, column_name, reason FROM meta.rejects ORDER BY ALL") == [
        (None, "event_id", "missing"),
        (None, "occurred_at", "not a time"),
    ]
    assert desk.read("SELECT resource, rows FROM meta.freshness") == [("events", 2)]


def test_an_unknown_event_whose_item_is_no_object_is_kept(desk: Desk) -> None:
    for item in ("text", 3, [1, {"a": 2}], None, True):
        land(desk, event_row("nobodyKnowsThis", item), minute=len(desk.made))
    desk.load()

    found = desk.read("SELECT item::VARCHAR FROM events ORDER BY ALL")
    assert found == [('"text"',), ("3",), ('[1,{"a":2}]',), ("true",), (None,)]


def test_events_of_two_companies_with_one_id_are_two_rows(desk: Desk) -> None:
    land(desk, STARTED)
    land(desk, STARTED, company_id=77)
    desk.load()
    assert desk.read("SELECT company_id, event_id, deliveries FROM events ORDER BY ALL") == [
        (77, STARTED["event_id"], 1),
        (4242, STARTED["event_id"], 1),
    ]


def test_rows_that_repeat_a_key_stop_the_load(desk: Desk, tables: Any) -> None:
    from huggy_connector.catalogue import RESOURCES
    from huggy_connector.warehouse.load.quality import publish_checks

    tables.execute("INSERT INTO events BY NAME SELECT 1 AS company_id, 'a' AS event_id FROM range(2)")
    findings = publish_checks.check_tables(tables, [RESOURCES["events"]], checks=publish_checks.CheckSettings())
    with pytest.raises(CheckFailed, match="events: 1 rows repeat the id of another"):
        publish_checks.raise_if_stopped(findings)


def test_an_old_newest_snapshot_of_events_is_no_warning(desk: Desk) -> None:
    land(desk, STARTED)
    later = NOON + timedelta(days=9)
    assert desk.load(now=lambda: later).warnings == ()


def test_a_rebuilt_file_has_the_same_events_and_messages(desk: Desk) -> None:
    land(desk, STARTED, event_row("receivedAllMessage", message_item(1)), event_row("updatedCustomer", contact_item(8)))
    land(desk, AGAIN, event_row("receivedMessage", message_item(1), second=4), minute=3)
    desk.load()
    before = desk.tables(without=SAME_IN_ALL_ORDERS)
    desk.load(rebuild=True)

    assert desk.tables(without=SAME_IN_ALL_ORDERS) == before
    assert len(before["main.events"]) == 4


def test_a_compacted_landing_gives_the_same_file(desk: Desk) -> None:
    for minute in range(3):
        land(desk, AGAIN, event_row("receivedAllMessage", message_item(minute)), minute=minute)
    desk.load()
    before = desk.tables(without=SAME_IN_ALL_ORDERS)
    landing = desk.landing
    snapshots = ((manifest, landing.parts(manifest)) for manifest in landing.snapshots(4242, "events"))
    pack = landing.packs.write(4242, "events", snapshots, now=lambda: NOON)
    assert pack is not None
    desk.load(rebuild=True)

    assert desk.tables(without=SAME_IN_ALL_ORDERS) == before


BODIES = st.sampled_from(["um", "dois"])
TOLD = st.one_of(
    st.builds(
        lambda name, number, body, read: (name, message_item(number, body=body, read_at=read)),
        st.sampled_from(["receivedAllMessage", "receivedMessage", "sentAllMessage"]),
        st.integers(1, 3),
        BODIES,
        st.sampled_from(["", "2026-11-22 09:05:00"]),
    ),
    st.builds(
        lambda name, number: (name, chat_item(number)),
        st.sampled_from(["startedChat", "leftQueue"]),
        st.integers(700, 701),
    ),
    st.builds(lambda number: ("updatedCustomer", contact_item(number)), st.integers(800, 801)),
)
LISTED = st.sets(st.integers(1, 3), max_size=2)


@settings(
    max_examples=15 if FULL else 3, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(st.data())
def test_any_order_and_any_partition_of_the_deliveries_gives_the_same_events_and_messages(
    new_desk: Callable[[str], Desk], data: st.DataObject
) -> None:
    told = data.draw(st.lists(TOLD, min_size=1, max_size=8))
    deliveries = [event_row(name, item, second=second) for second, (name, item) in enumerate(told)]
    listed = data.draw(LISTED)
    found = []
    for _ in range(2):
        order = data.draw(st.permutations(range(len(deliveries))))
        cuts = [0, *sorted(data.draw(st.sets(st.integers(1, len(deliveries)), max_size=3))), len(deliveries)]
        parts = [order[start:end] for start, end in pairwise(cuts) if start < end]
        listed_at = data.draw(st.integers(0, len(parts)))
        found.append(_load_in_parts(new_desk, deliveries, parts, listed, listed_at, data))
    assert found[0] == found[1]


_numbers = iter(range(10**9))


def _load_in_parts(
    new_desk: Callable[[str], Desk],
    deliveries: list[dict[str, Any]],
    parts: list[list[int]],
    listed: set[int],
    listed_at: int,
    data: st.DataObject,
) -> list[list[tuple[Any, ...]]]:
    desk = new_desk(f"order{next(_numbers)}")
    for place in range(len(parts) + 1):
        if place == listed_at and listed:
            rows = [{"id": number, "text": "da API", "chat": {"id": 1}, "senderType": "agent"} for number in listed]
            desk.land(rows, resource="messages", mode="window", minute=7, run_key="20261122T120700Z-window-00000007")
        if place < len(parts):
            land(desk, *(deliveries[number] for number in sorted(parts[place])), minute=place)
        loads: bool = data.draw(st.booleans())
        if desk.made and loads:
            desk.load()
    desk.load(rebuild=data.draw(st.booleans()))
    return [
        desk.read("SELECT * EXCLUDE (snapshot, fetched_at) REPLACE (item::VARCHAR AS item) FROM events ORDER BY ALL"),
        desk.read("SELECT * REPLACE (extra::VARCHAR AS extra, file::VARCHAR AS file) FROM messages ORDER BY ALL"),
    ]


def test_the_report_counts_what_is_new(desk: Desk) -> None:
    land(desk, STARTED, event_row("leftQueue", chat_item(1)))
    report: LoadReport = desk.load()
    assert (report.tables["events"].added, report.tables["events"].changed) == (2, 2)
