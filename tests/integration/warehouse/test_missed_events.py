"""What the tables tell of missing events: silences, changes that no event told, and texts that are lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.webhook.coverage import DOWN, SILENT, TEXTS, UNANNOUNCED
from tests.integration.warehouse.receiver_desk import (
    WEEK,
    ReceiverDesk,
    chat_of,
    closed,
    local,
    started,
    usual_hour,
)

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

pytestmark = pytest.mark.usefixtures("without_marts")


@pytest.fixture
def receiver(desk: Desk) -> ReceiverDesk:
    return ReceiverDesk(desk)


def test_a_silence_where_many_events_usually_come_is_a_hole_and_ends_with_the_next_event(
    receiver: ReceiverDesk,
) -> None:
    receiver.hear(*usual_hour(60), started(1, 2), spans=[(-5 * WEEK, 40)], at=40)
    receiver.load(41)
    assert receiver.holes() == [("hole", 2, 40, SILENT)]

    receiver.poll(at=42)
    receiver.hear(started(2, 50), spans=[(-5 * WEEK, 55)], at=55)
    receiver.load(56)
    assert receiver.holes() == [("healed", 2, 42, SILENT), ("hole", 42, 50, SILENT)]

    receiver.poll(at=57)
    receiver.load(58)
    assert receiver.holes() == [("healed", 2, 50, SILENT)]


def test_no_silence_is_a_hole_where_few_events_come_at_that_hour(receiver: ReceiverDesk) -> None:
    receiver.hear(*usual_hour(30), started(1, 2), started(2, 40), spans=[(-5 * WEEK, 50)], at=50)
    receiver.load(51)
    assert receiver.holes() == []


def test_what_was_found_stays_when_its_time_is_examined_no_more(receiver: ReceiverDesk) -> None:
    receiver.hear(*usual_hour(60), started(1, 2), started(2, 40), spans=[(-5 * WEEK, 50)], at=50)
    receiver.poll(chat_of(1, opened=2), chat_of(3, opened=45), at=52)
    receiver.load(53)
    found = [("healed", 2, 40, SILENT), ("healed", 40, 50, UNANNOUNCED)]
    assert receiver.holes() == found
    for week in range(1, 7):
        minute = week * WEEK
        receiver.hear(started(100 + week, minute), spans=[(minute - 1, minute)], at=minute)
        receiver.load(minute + 1)
        assert [row for row in receiver.holes() if row[1] < 50] == found
    receiver.load(6 * WEEK + 2, rebuild=True)
    assert [row for row in receiver.holes() if row[1] < 50] == found


def test_a_silence_that_lasts_longer_than_is_examined_goes_on(receiver: ReceiverDesk) -> None:
    receiver.hear(*usual_hour(60), started(1, 2), spans=[(-5 * WEEK, 40)], at=40)
    receiver.load(41)
    for week in range(1, 7):
        receiver.hear(spans=[(-5 * WEEK, week * WEEK)], at=week * WEEK)
        receiver.load(week * WEEK + 1)
        assert receiver.holes() == [("hole", 2, week * WEEK, SILENT)]


def test_a_chat_that_no_event_told_of_is_a_hole_that_the_poll_heals_which_found_it(receiver: ReceiverDesk) -> None:
    receiver.hear(started(1, 1), started(2, 20), spans=[(0, 30)], at=30)
    receiver.poll(chat_of(1, opened=1), chat_of(2, opened=20), chat_of(3, opened=10), at=31)
    receiver.load(32)
    assert receiver.holes() == [("healed", 1, 20, UNANNOUNCED)]


def test_such_a_hole_ends_with_the_poll_where_no_event_came_before_it(receiver: ReceiverDesk) -> None:
    receiver.hear(started(1, 1), spans=[(0, 30)], at=30)
    receiver.poll(chat_of(1, opened=1), chat_of(3, opened=10), at=15, mode="incremental")
    receiver.load(32)
    assert receiver.holes() == [("healed", 1, 15, UNANNOUNCED)]


def test_a_change_that_was_read_by_no_poll_is_a_hole_until_the_next_one(receiver: ReceiverDesk) -> None:
    receiver.hear(started(1, 1), started(2, 20), spans=[(0, 30)], at=30)
    receiver.poll(chat_of(3, opened=10), at=31, mode="ids")
    receiver.load(32)
    assert receiver.holes() == [("hole", 1, 20, UNANNOUNCED)]
    receiver.poll(at=33, mode="incremental")
    receiver.load(34)
    assert receiver.holes() == [("healed", 1, 20, UNANNOUNCED)]


def test_a_late_event_makes_such_a_hole_vanish(receiver: ReceiverDesk) -> None:
    receiver.hear(started(1, 1), started(2, 20), spans=[(0, 30)], at=30)
    receiver.poll(chat_of(1, opened=1), chat_of(2, opened=20), chat_of(3, opened=10), at=31)
    receiver.load(32)
    receiver.hear(started(3, 33), spans=[(0, 34)], at=34)
    receiver.load(35)
    assert receiver.holes() == []


@pytest.mark.parametrize(
    ("opened", "is_hole"),
    [
        (0.5, False),  # before the first such event: it may not have been subscribed
        (28, True),
        (28.5, False),  # its event may be on the way
        (35, False),  # after the last heartbeat that was landed
    ],
)
def test_a_change_counts_as_missed_where_its_event_should_have_been_landed(
    receiver: ReceiverDesk, opened: float, is_hole: bool
) -> None:
    receiver.hear(started(1, 1), spans=[(0, 30)], at=30)
    receiver.poll(chat_of(1, opened=1), chat_of(3, opened=opened), at=36)
    receiver.load(37)
    assert [row[-1] for row in receiver.holes()] == [UNANNOUNCED] * is_hole


def test_a_closing_is_told_by_an_event_of_that_closing(receiver: ReceiverDesk) -> None:
    heard = [started(1, 1), closed(1, 10), started(2, 40), closed(2, 50)]
    receiver.hear(*heard, spans=[(0, 60)], at=60)
    receiver.poll(chat_of(1, opened=1, closed_at=10), chat_of(2, opened=40, closed_at=50), at=61)
    receiver.load(62)
    assert receiver.holes() == []
    again = chat_of(1, opened=1, closed_at=30)  # it was opened and closed again
    receiver.poll(again, chat_of(2, opened=40, closed_at=50), at=63)
    receiver.load(64)
    assert receiver.holes() == [("healed", 10, 40, UNANNOUNCED)]


def test_where_no_such_event_was_ever_heard_nothing_is_missed(receiver: ReceiverDesk) -> None:
    receiver.hear(*usual_hour(2, weeks=[1]), spans=[(-5 * WEEK, 60)], at=60)
    receiver.poll(chat_of(1, opened=1, closed_at=10), at=61)
    receiver.load(62)
    assert receiver.holes() == []


def message(number: int, chat: int, at: float) -> dict[str, Any]:
    return {"id": number, "chat": {"id": chat}, "text": "Bom dia", "sendAt": local(at)}


@pytest.mark.parametrize(
    ("chat", "is_lost"),
    [
        (chat_of(1, opened=1, agent=None), True),
        (chat_of(1, opened=1, agent=None) | {"situation": "auto"}, True),
        (chat_of(1, opened=1), False),
        (chat_of(1, opened=1, closed_at=4, agent=None), False),
        (chat_of(1, opened=1, closed_at=7, agent=None), True),
        (chat_of(1, opened=9, agent=None), False),
    ],
)
def test_a_hole_in_which_the_bot_had_a_chat_stays_one_for_its_texts(
    receiver: ReceiverDesk, chat: dict[str, Any], is_lost: bool
) -> None:
    receiver.hear(started(1, 1), closed(1, 4), closed(1, 7), spans=[(0, 5), (8, 12)], at=12)
    receiver.poll(chat, at=13)
    receiver.load(14)
    lost = [("hole", 5, 8, TEXTS)] * is_lost
    assert receiver.holes() == [("healed", 5, 8, DOWN), *lost]


def test_texts_that_the_api_gives_since_are_not_lost(receiver: ReceiverDesk) -> None:
    receiver.hear(started(1, 1), spans=[(0, 5), (8, 12)], at=12)
    receiver.poll(chat_of(1, opened=1, agent=None), at=13)
    receiver.desk.land([message(1, 1, 2)], resource="messages", minute=7)
    receiver.load(14)
    assert receiver.holes() == [("healed", 5, 8, DOWN), ("hole", 5, 8, TEXTS)]
    receiver.desk.land([message(1, 1, 2)], resource="messages", minute=15)
    receiver.load(16)
    assert receiver.holes() == [("healed", 5, 8, DOWN)]
    receiver.load(16, rebuild=True)
    assert receiver.holes() == [("healed", 5, 8, DOWN)]


def test_lost_texts_of_holes_that_are_examined_no_more_stay(receiver: ReceiverDesk) -> None:
    receiver.hear(started(1, 1), spans=[(0, 5), (8, 12)], at=12)
    receiver.poll(chat_of(1, opened=1, agent=None), at=13)
    receiver.load(14)
    receiver.hear(spans=[(8, 6 * WEEK)], at=6 * WEEK)
    receiver.load(6 * WEEK + 1)
    assert receiver.holes() == [("healed", 5, 8, DOWN), ("hole", 5, 8, TEXTS)]


def test_an_event_of_another_company_tells_nothing(desk: Desk) -> None:
    one, other = ReceiverDesk(desk), ReceiverDesk(desk, company_id=77)
    one.hear(started(1, 1), started(2, 20), spans=[(0, 30)], at=30)
    other.hear(started(9, 1), spans=[(0, 30)], at=30)
    for each in (one, other):
        each.poll(chat_of(2, opened=20), at=31)
    other.poll(chat_of(2, opened=20), chat_of(5, opened=25), at=32)
    one.load(33)
    assert one.holes() == []
    assert other.holes() == [("healed", 1, 30, UNANNOUNCED)]
