"""The driver: which requests are out at what time, and when they are cancelled."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest

from huggy_connector.model import Certificate
from huggy_connector.sweep import PageAnswer, PageRequest, drive

AT = datetime(2026, 1, 1, tzinfo=UTC)


class FixedWalk:
    """A walk that sends so many requests, and is finished after so many answers."""

    def __init__(self, asks: int, takes: int) -> None:
        self._left, self._takes, self.asked = asks, takes, 0

    def next_request(self) -> PageRequest | None:
        if self.asked == self._left or self.is_finished:
            return None
        self.asked += 1
        return PageRequest(page=self.asked, stream=self.asked)

    def receive(self, answer: PageAnswer) -> None:
        del answer
        self._takes -= 1

    @property
    def is_finished(self) -> bool:
        return self._takes <= 0

    @property
    def pages_expected(self) -> int | None:
        return None

    def certificate(self) -> Certificate:
        return Certificate(exact=True)

    def state(self) -> Mapping[str, Any]:
        return {}


def answer(request: PageRequest) -> PageAnswer:
    return PageAnswer(request, [], AT)


def test_the_next_page_is_requested_before_the_last_answer_is_yielded() -> None:
    walk = FixedWalk(3, 3)
    assert [walk.asked for _ in drive(walk, answer)] == [2, 3, 3]


def test_a_finished_walk_does_not_wait_for_requests_that_are_still_out() -> None:
    cancelled = Event()

    def fetch(request: PageRequest) -> PageAnswer:
        if request.page > 1:
            cancelled.wait()
        return answer(request)

    assert [answer.request.page for answer in drive(FixedWalk(3, 1), fetch, workers=3, cancel=cancelled.set)] == [1]
    assert cancelled.is_set()


@pytest.mark.parametrize(("workers", "is_cancelled"), [(1, False), (2, True)])
def test_an_error_is_raised_and_cancels_only_requests_that_are_out(workers: int, is_cancelled: bool) -> None:
    cancelled = Event()

    def fetch(request: PageRequest) -> PageAnswer:
        if request.page == 1:
            raise OSError("away")
        cancelled.wait()
        return answer(request)

    with pytest.raises(OSError, match="away"):
        list(drive(FixedWalk(workers, 9), fetch, workers=workers, cancel=cancelled.set))
    assert cancelled.is_set() == is_cancelled


def test_the_switch_interval_is_restored_at_the_end() -> None:
    usual = sys.getswitchinterval()
    during = [sys.getswitchinterval() for _ in drive(FixedWalk(1, 1), answer)]
    assert (during[0] < usual, sys.getswitchinterval()) == (True, usual)
