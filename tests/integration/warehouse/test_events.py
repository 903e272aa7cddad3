"""The table of events: one row an event, in whatever order and in however many snapshots its deliveries came."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.events import NOON, chat_item, contact_item, event_row, land_events, message_item
from tests.integration.warehouse.conftest import Desk

STARTED = event_row("startedChat", chat_item(700), second=1)


def land(desk: Desk, *rows: dict[str, Any], minute: float = 0, **options: Any) -> None:
    desk.made.append(land_events(desk.landing, rows, now=NOON + timedelta(minutes=minute), **options))


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
