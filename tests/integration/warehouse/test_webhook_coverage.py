"""meta.coverage: when the receiver was there, where it was not, and which holes a poll has healed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import duckdb
import pytest

from huggy_connector.catalogue import RESOURCES
from huggy_connector.model import Mode
from huggy_connector.warehouse import CoverageHole, WebhookCoverage, read_status
from huggy_connector.webhook.coverage import DOWN, FAILED, NOT_LANDED, TEXTS, UNPROVEN
from tests.events import NOON
from tests.integration.warehouse.receiver_desk import ReceiverDesk, chat_of, started

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.warehouse.conftest import Desk

pytestmark = pytest.mark.usefixtures("without_marts")


@pytest.fixture
def receiver(desk: Desk) -> ReceiverDesk:
    return ReceiverDesk(desk)


def test_a_receiver_that_was_down_leaves_a_hole_and_the_next_exact_poll_heals_it(receiver: ReceiverDesk) -> None:
    receiver.poll(chat_of(1, opened=-60), at=1)
    receiver.hear(started(1, 2), spans=[(0, 5)], at=5)
    receiver.hear(spans=[(8, 12)], at=12)
    receiver.load(13)
    covered = [("covered", 0, 2, UNPROVEN), ("covered", 2, 5, "")]
    assert receiver.coverage() == [*covered, ("hole", 5, 8, DOWN), ("covered", 8, 12, "")]

    receiver.poll(at=14, exact=False)
    receiver.poll(at=15, mode="window")
    receiver.load(16)
    assert receiver.holes() == [("hole", 5, 8, DOWN)]

    receiver.poll(at=17, mode="incremental")
    receiver.load(18)
    assert receiver.coverage() == [*covered, ("healed", 5, 8, DOWN), ("covered", 8, 12, "")]
    assert receiver.coverage(source="poll") == [("covered", 1, 17, "")]


def test_a_poll_that_began_before_the_end_of_a_hole_heals_only_what_was_before_it(receiver: ReceiverDesk) -> None:
    receiver.hear(started(1, 1), spans=[(0, 5)], at=5)
    receiver.hear(spans=[(9, 12)], at=12)
    receiver.poll(at=7)
    receiver.load(13)
    assert receiver.holes() == [("healed", 5, 7, DOWN), ("hole", 7, 9, DOWN)]
    receiver.poll(at=9)
    receiver.load(14)
    assert receiver.holes() == [("healed", 5, 9, DOWN)]


def test_a_time_of_503_is_a_hole_in_the_covered_time(receiver: ReceiverDesk) -> None:
    receiver.hear(started(1, 1), spans=[(0, 9), (3, 3.5, "failing"), (4, 4.5, "failing")], at=9)
    receiver.load(10)
    assert receiver.holes() == [("hole", 3, 4.5, FAILED)]
    receiver.hear(spans=[(0, 20), (15, 16, "failing")], at=20)
    receiver.poll(at=10)
    receiver.load(21)
    assert receiver.holes() == [("healed", 3, 4.5, FAILED), ("hole", 15, 16, FAILED)]


def test_while_a_receiver_is_gone_its_hole_grows_and_a_poll_heals_what_was_before_it(receiver: ReceiverDesk) -> None:
    receiver.hear(started(1, 1), spans=[(0, 5)], at=5)
    receiver.hear(at=30)
    receiver.load(31)
    assert receiver.holes() == [("hole", 5, 30, DOWN)]
    receiver.poll(at=40)
    receiver.hear(at=50)
    receiver.load(51)
    assert receiver.holes() == [("healed", 5, 40, DOWN), ("hole", 40, 50, DOWN)]
    receiver.hear(spans=[(60, 70)], at=70)
    receiver.load(71)
    assert receiver.holes() == [("healed", 5, 40, DOWN), ("hole", 40, 60, DOWN)]


def test_where_nobody_lands_the_inbox_any_more_that_is_a_hole_after_six_hours(receiver: ReceiverDesk) -> None:
    receiver.hear(started(1, 1), spans=[(0, 5)], at=5)
    receiver.poll(at=360)
    receiver.load(362)
    assert receiver.holes() == []
    receiver.poll(at=370)
    receiver.load(371)
    assert receiver.holes() == [("healed", 5, 370, NOT_LANDED), ("hole", 370, 371, NOT_LANDED)]
    receiver.hear(spans=[(0, 380)], at=380)
    receiver.load(381)
    assert receiver.holes() == []


def test_where_one_of_two_receivers_is_there_is_no_hole(receiver: ReceiverDesk) -> None:
    receiver.hear(started(1, 1), spans=[(0, 5), (8, 20)], at=20)
    receiver.hear(started(2, 7), spans=[(4, 9)], at=21)
    receiver.load(22)
    assert receiver.holes() == []


def test_each_company_has_its_own_coverage(desk: Desk) -> None:
    one, other = ReceiverDesk(desk), ReceiverDesk(desk, company_id=77)
    one.hear(started(1, 1), spans=[(0, 5), (8, 12)], at=12)
    other.hear(started(1, 9), spans=[(8, 12)], at=13)
    other.poll(chat_of(1, opened=9), at=14)
    desk.land([], company_id=5, minute=15)
    one.load(16)
    assert one.holes() == [("hole", 5, 8, DOWN)]
    assert other.coverage() == [("covered", 8, 9, UNPROVEN), ("covered", 9, 12, "")]
    assert ReceiverDesk(desk, company_id=5).coverage(source="poll") == []


def test_a_clock_that_ran_ahead_for_a_while_covers_nothing(receiver: ReceiverDesk) -> None:
    receiver.hear(started(1, 1), spans=[(0, 5), (1445, 1450)], at=10)
    receiver.hear(spans=[(12, 20)], at=20)
    receiver.load(21)
    assert receiver.holes() == [("hole", 5, 12, DOWN)]


def test_where_the_receivers_clock_is_behind_a_poll_must_begin_so_much_later(receiver: ReceiverDesk) -> None:
    late = [started(number, 1) | {"envelope_at": "2026-11-22T12:05:00+00:00"} for number in (1, 2)]  # 4 minutes
    receiver.hear(*late, spans=[(0, 5), (8, 12)], at=12)
    receiver.poll(at=11)
    receiver.load(20)
    assert receiver.holes() == [("healed", 5, 7, DOWN), ("hole", 7, 8, DOWN)]
    receiver.poll(at=12)
    receiver.load(21)
    assert receiver.holes() == [("healed", 5, 8, DOWN)]


def test_a_load_without_new_snapshots_publishes_nothing_because_of_coverage(receiver: ReceiverDesk) -> None:
    receiver.hear(started(1, 1), spans=[(0, 5)], at=5)
    receiver.load(6)
    assert receiver.desk.load(now=lambda: receiver.desk.made[-1].finished_at.replace(year=2027)).published is False
    assert receiver.holes() == []


def test_without_a_webhook_there_is_no_coverage(receiver: ReceiverDesk) -> None:
    receiver.poll(chat_of(1, opened=-9), at=1)
    receiver.load(2)
    assert receiver.desk.read("FROM meta.coverage") == []


def test_the_coverage_does_not_depend_on_the_order_of_loads_and_a_rebuild_gives_the_same(
    new_desk: Callable[[str], Desk],
) -> None:
    told, rebuilt = {}, {}
    for order in ((0, 1, 2, 3), (3, 1, 0, 2), (2, 3, 1, 0)):
        receiver = ReceiverDesk(new_desk("".join(map(str, order))))
        land = [
            lambda r=receiver: r.hear(started(1, 3), spans=[(0, 5)], at=5),
            lambda r=receiver: r.hear(started(2, 12), spans=[(0, 6), (9, 14), (11, 12, "failing")], at=14),
            lambda r=receiver: r.hear(spans=[(9, 15), (18, 20)], at=20),
            lambda r=receiver: r.poll(chat_of(1, opened=3), chat_of(3, opened=13), at=16),
        ]
        for place in order:
            land[place]()
            receiver.load(60)
        told[order] = receiver.coverage() + receiver.coverage(source="poll")
        receiver.load(60, rebuild=True)
        rebuilt[order] = receiver.coverage() + receiver.coverage(source="poll")
    assert {*map(tuple, (*told.values(), *rebuilt.values()))} == {tuple(told[0, 1, 2, 3])}
    assert ("healed", 6, 9, DOWN) in told[0, 1, 2, 3]


def test_a_stopped_company_keeps_its_coverage_in_a_rebuild(desk: Desk) -> None:
    one, other = ReceiverDesk(desk), ReceiverDesk(desk, company_id=77)
    one.hear(started(1, 1), spans=[(0, 5), (8, 12)], at=12)
    other.hear(started(1, 1), spans=[(0, 5), (9, 12)], at=12)
    one.load(13)
    part = next((desk.root / "77").rglob("part-*.parquet"))
    part.write_bytes(part.read_bytes()[:-1])
    one.load(14, rebuild=True, concerns=[4242])
    assert (one.holes(), other.holes()) == ([("hole", 5, 8, DOWN)], [("hole", 5, 9, DOWN)])


def test_a_file_without_the_tables_that_are_looked_into_has_no_coverage(receiver: ReceiverDesk) -> None:
    receiver.hear(started(1, 1), spans=[(0, 5)], at=5)
    receiver.load(6, resources=[RESOURCES["events"]])
    assert receiver.desk.read("SELECT count(*) FROM events") == [(1,)]
    assert receiver.coverage() == []
    assert Mode.EVENTS in {manifest.mode for manifest in receiver.desk.made}


def test_the_status_tells_what_is_covered_and_the_holes_of_30_days_newest_first(receiver: ReceiverDesk) -> None:
    day = 24 * 60
    receiver.hear(started(1, 2), spans=[(0, 5), (8, 20 * day), (20 * day + 1, 31 * day)], at=31 * day)
    receiver.hear(spans=[(31 * day + 4, 40 * day)], at=40 * day)
    receiver.poll(chat_of(1, opened=1, agent=None), at=21 * day)
    receiver.load(40 * day + 1)
    minutes = {name: NOON + timedelta(minutes=at) for name, at in (("first", 2), ("last", 40 * day))}

    def hole(start: float, end: float, reason: str, *, is_healed: bool) -> CoverageHole:
        return CoverageHole(NOON + timedelta(minutes=start), NOON + timedelta(minutes=end), reason, is_healed=is_healed)

    status = read_status(receiver.desk.warehouse)
    assert status.webhook == (
        WebhookCoverage(
            4242,
            minutes["first"],
            minutes["last"],
            (
                hole(31 * day, 31 * day + 4, TEXTS, is_healed=False),
                hole(31 * day, 31 * day + 4, DOWN, is_healed=False),
                hole(20 * day, 20 * day + 1, TEXTS, is_healed=False),
                hole(20 * day, 20 * day + 1, DOWN, is_healed=True),
            ),
        ),
    )
    assert [each.can_be_healed for each in status.webhook[0].holes] == [False, True, False, False]


def test_the_status_of_a_receiver_that_heard_nothing_covers_no_time(receiver: ReceiverDesk) -> None:
    receiver.hear(spans=[(0, 5)], at=5)
    receiver.load(6)
    assert read_status(receiver.desk.warehouse).webhook == (WebhookCoverage(4242, None, None, ()),)


def test_a_file_of_a_release_without_coverage_has_a_status(receiver: ReceiverDesk) -> None:
    receiver.load(6)
    with duckdb.connect(str(receiver.desk.warehouse)) as connection:
        connection.execute("DROP TABLE meta.coverage")
    assert read_status(receiver.desk.warehouse).webhook == ()
