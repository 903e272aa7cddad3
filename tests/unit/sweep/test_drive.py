"""What the driver promises beside the pages: what is out when, and when what is out is called back."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest

from huggy_connector.sweep import Ask, Certificate, Page, drive

AT = datetime(2026, 1, 1, tzinfo=UTC)


class Some:
    """Asks for so many pages, and is done when it took so many."""

    def __init__(self, asks: int, takes: int) -> None:
        self._left, self._takes, self.asked = asks, takes, 0

    def next_ask(self) -> Ask | None:
        if self.asked == self._left or self.finished:
            return None
        self.asked += 1
        return Ask(page=self.asked, stream=self.asked)

    def take(self, page: Page) -> None:
        del page
        self._takes -= 1

    @property
    def finished(self) -> bool:
        return self._takes <= 0

    @property
    def pages_expected(self) -> int | None:
        return None

    def certificate(self) -> Certificate:
        return Certificate(exact=True)

    def state(self) -> Mapping[str, Any]:
        return {}


def answered(ask: Ask) -> Page:
    return Page(ask, [], AT)


def test_the_next_page_is_asked_for_before_the_last_one_is_handed_over() -> None:
    walk = Some(3, 3)
    assert [walk.asked for _ in drive(walk, answered)] == [2, 3, 3]


def test_a_walk_that_is_done_waits_for_nothing_that_is_still_out() -> None:
    called_back = Event()

    def fetch(ask: Ask) -> Page:
        if ask.page > 1:
            called_back.wait()
        return answered(ask)

    assert [page.ask.page for page in drive(Some(3, 1), fetch, workers=3, cancel=called_back.set)] == [1]
    assert called_back.is_set()


@pytest.mark.parametrize(("workers", "is_called_back"), [(1, False), (2, True)])
def test_an_error_is_raised_and_calls_back_only_what_is_out(workers: int, is_called_back: bool) -> None:
    called_back = Event()

    def fetch(ask: Ask) -> Page:
        if ask.page == 1:
            raise OSError("away")
        called_back.wait()
        return answered(ask)

    with pytest.raises(OSError, match="away"):
        list(drive(Some(workers, 9), fetch, workers=workers, cancel=called_back.set))
    assert called_back.is_set() == is_called_back


def test_threads_change_as_fast_as_before_when_it_is_over() -> None:
    usual = sys.getswitchinterval()
    during = [sys.getswitchinterval() for _ in drive(Some(1, 1), answered)]
    assert (during[0] < usual, sys.getswitchinterval()) == (True, usual)
