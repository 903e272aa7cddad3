"""The queue before the inbox: what is put is taken once, in order; too much is refused; closed, it still gives all."""

from __future__ import annotations

import pytest

from huggy_connector.errors import InboxBusy
from huggy_connector.webhook.entries import Entry
from huggy_connector.webhook.work_queue import MAX_BATCH, MAX_PENDING, Work, WorkQueue


def work(*rows: str) -> Work:
    return Work([Entry(7, 0, row) for row in rows], lambda _: None)


def test_what_has_gathered_is_taken_at_once_and_in_order() -> None:
    queue, works = WorkQueue(), [work("a"), work("b", "c"), work()]
    for each in works:
        queue.put(each)
    assert queue.take() == works


def test_one_commit_takes_no_more_than_its_measure() -> None:
    queue = WorkQueue()
    for _ in range(3):
        queue.put(work(*["x"] * (MAX_BATCH // 2)))
    assert [len(queue.take()), len(queue.take())] == [2, 1]


def test_more_than_the_disk_can_keep_up_with_is_refused_until_it_has() -> None:
    queue = WorkQueue()
    queue.put(work("x" * MAX_PENDING))
    with pytest.raises(InboxBusy):
        queue.put(work("x"))
    queue.take()
    queue.put(work("x"))


def test_a_closed_queue_refuses_and_gives_what_it_has() -> None:
    queue, waiting = WorkQueue(), work("a")
    queue.put(waiting)
    queue.close()
    with pytest.raises(InboxBusy):
        queue.put(work("b"))
    assert [queue.take(), queue.take()] == [[waiting], []]
