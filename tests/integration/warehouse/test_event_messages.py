"""Messages that an event told of are rows of `messages` until the API gives them."""

from datetime import timedelta
from typing import Any

import duckdb
import pytest

from huggy_connector.privacy import PrivacyPolicy
from huggy_connector.settings import Settings
from tests.events import NOON, event_row, land_events, message_item
from tests.integration.warehouse.conftest import Desk

KEPT = PrivacyPolicy.from_settings(Settings.resolve(explicit={"privacy": "text=keep, file=keep"}, environ={}))


def land(desk: Desk, *rows: dict[str, Any], minute: float = 0, **options: Any) -> None:
    desk.made.append(land_events(desk.landing, rows, now=NOON + timedelta(minutes=minute), **options))


def told(number: int, *, second: float = 0, event: str = "receivedAllMessage", **fields: Any) -> dict[str, Any]:
    return event_row(event, message_item(number, **fields), second=second)


def texts(desk: Desk) -> list[tuple[Any, ...]]:
    return desk.read("SELECT id, text, origin FROM messages ORDER BY ALL")


def test_a_told_message_has_the_columns_of_the_catalogue(desk: Desk) -> None:
    land(desk, told(9, file={"url": "https://cdn.example/a.png"}, is_internal="1", read_at="2026-11-22 09:02:00"))
    desk.load()

    assert desk.read(
        "SELECT company_id, id, chat_id, contact_id, sender_id, sender_type, receiver_id, receiver_type, text,"
        " file->>'$.url', channel, is_internal, is_email, sent_at::VARCHAR, sent_at_local::VARCHAR, read_at::VARCHAR,"
        " extra, fetched_at, snapshot, origin FROM messages"
    ) == [
        (
            *(4242, 9, 700, 800, 800, "whatsapp-enterprise", None, "agent", "Bom dia 9", "https://cdn.example/a.png"),
            *("whatsapp-enterprise", True, False, "2026-11-22 12:01:00+00", "2026-11-22 09:01:00"),
            *("2026-11-22 12:02:00+00", None, None, None, "webhook"),
        )
    ]


def test_both_spellings_of_a_message_give_the_same_row(desk: Desk) -> None:
    camel = {
        "id": "9",
        "text": "Oi",
        "isInternal": False,
        "isEmail": True,
        "sender": {"id": "800"},
        "senderType": "widget",
        "receiverType": "agent",
        "chat": {"id": "700"},
        "customer": {"id": "800"},
        "sendAt": "2026-11-22 09:01:00",
    }
    snake = {
        "id": 9,
        "body": "Oi",
        "is_internal": 0,
        "is_email": 1,
        "sender": {"id": 800},
        "sender_type": "widget",
        "receiver_type": "agent",
        "chat": {"id": 700, "customer": {"id": 800}},
        "send_at": "2026-11-22 09:01:00",
    }
    rows = []
    for number, item in enumerate((camel, snake)):
        land(desk, event_row("sentAllMessage", item), minute=number, company_id=number + 1)
    desk.load()
    rows = desk.read("SELECT * EXCLUDE (company_id) FROM messages ORDER BY company_id")
    assert rows[0] == rows[1]


@pytest.mark.parametrize("order", [("event", "list"), ("list", "event")])
@pytest.mark.parametrize("loads", [1, 2])
def test_a_row_of_the_api_wins_whichever_came_first(desk: Desk, order: tuple[str, ...], loads: int) -> None:
    for number, what in enumerate(order):
        if what == "event":
            land(desk, told(9, second=50), told(10), minute=number)
        else:
            desk.land([{"id": 9, "text": "da API"}], resource="messages", minute=number, mode="window")
        if loads == 2:
            desk.load()
    desk.load()
    expected = [(9, "da API", "api"), (10, "Bom dia 10", "webhook")]

    assert texts(desk) == expected
    desk.load(rebuild=True)
    assert texts(desk) == expected
    assert desk.read("SELECT message_id, count(*) FROM message_speakers GROUP BY ALL HAVING count(*) > 1") == []


def test_the_newest_event_about_a_message_counts(desk: Desk) -> None:
    land(desk, told(9, body="novo", second=60))
    land(desk, told(9, body="velho", second=5), minute=3)
    desk.load()
    assert texts(desk) == [(9, "novo", "webhook")]
    land(desk, told(9, body="mais novo", second=61, event="receivedMessage"), minute=4)
    desk.load()
    assert texts(desk) == [(9, "mais novo", "webhook")]


def test_what_is_no_message_or_names_none_makes_no_row(desk: Desk) -> None:
    land(
        desk,
        event_row("receivedAllMessage", "text"),
        event_row("receivedAllMessage", {"body": "sem id"}),
        event_row("unknownMessage", message_item(4)),
        event_row("receivedAllMessage", message_item(5, send_at="soon")),
    )
    desk.load()
    assert desk.read("SELECT id, sent_at, text FROM messages") == [(5, None, "Bom dia 5")]


def test_a_told_message_alone_does_not_say_that_the_chat_was_read(desk: Desk, chat: Any) -> None:
    desk.land([chat(700, attendedAt="2026-11-01 10:05:00")])
    land(desk, told(9))
    desk.load()
    assert desk.read("SELECT chat_id, has_messages FROM marts.chat_times") == [(700, False)]


def test_messages_of_a_file_of_a_former_release_are_of_the_api(desk: Desk) -> None:
    desk.land([{"id": 1, "text": "Oi"}], resource="messages", mode="window")
    desk.load()
    with duckdb.connect(str(desk.warehouse)) as connection:
        connection.execute("ALTER TABLE messages DROP COLUMN origin")
        connection.execute("DROP TABLE events")
        connection.execute("DROP TABLE meta.coverage")
    land(desk, told(2))
    desk.load()

    assert texts(desk) == [(1, "Oi", "api"), (2, "Bom dia 2", "webhook")]
    assert desk.read("SELECT * FROM meta.coverage") == []
    desk.land([{"id": 3, "text": "Oi"}], resource="messages", mode="window")
    desk.load()
    assert texts(desk)[-1] == (3, "Oi", "api")


def test_more_messages_than_one_batch_are_all_there(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggy_connector.warehouse.load.merge.event_messages._ROWS_PER_BATCH", 2)
    land(desk, *(told(number) for number in range(1, 6)))
    desk.load()
    assert [row[0] for row in texts(desk)] == [1, 2, 3, 4, 5]


def test_a_rebuild_under_other_rules_masks_items_and_messages_anew(desk: Desk) -> None:
    land(desk, told(9), event_row("updatedCustomer", {"id": 8, "name": "Ana", "email": "ana@example.com"}))
    desk.load()
    strict = PrivacyPolicy.from_settings(Settings.resolve(explicit={"privacy": "name=drop"}, environ={}))
    desk.load(rebuild=True, policy=strict)

    assert desk.read("SELECT item->>'$.email', item->>'$.name', item->>'$.body' FROM events ORDER BY event") == [
        (None, None, None),
        ("a***@example.com", None, None),
    ]
    assert desk.read("SELECT text, contact_id FROM messages") == [(None, 800)]
    again = desk.tables(
        without=("meta.publishes", "meta.loads", "meta.quality", "meta.restatements", "meta.profiles", "meta.freshness")
    )
    desk.load(rebuild=True, policy=strict)
    assert (
        desk.tables(
            without=(
                "meta.publishes",
                "meta.loads",
                "meta.quality",
                "meta.restatements",
                "meta.profiles",
                "meta.freshness",
            )
        )
        == again
    )
