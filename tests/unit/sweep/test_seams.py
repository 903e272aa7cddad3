"""A seam is open, pending, failed or closed, and remembers where the last row of its run was searched for."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from huggy_connector.sweep.moving.seams import MAX_PAGES_SEARCHED, Seam, SeamStatus

MOVES: dict[SeamStatus, Callable[[Seam], None]] = {
    SeamStatus.OPEN: Seam.reopen,
    SeamStatus.PENDING: lambda seam: seam.set_pending(since=7, till=9),
    SeamStatus.FAILED: Seam.fail,
    SeamStatus.CLOSED: Seam.close,
}


@pytest.mark.parametrize("status", MOVES)
def test_a_seam_that_changes_its_state_forgets_the_search_for_its_row(status: SeamStatus) -> None:
    seam = Seam()
    seam.continue_search(5, tick=3, is_lower=True)
    assert (seam.status, seam.next_page, seam.last_page_above, seam.pages_searched) == (SeamStatus.FAILED, 6, 5, 1)
    MOVES[status](seam)
    assert (seam.status, seam.next_page, seam.last_page_above, seam.pages_searched) == (status, None, -1, 0)


@pytest.mark.parametrize(
    ("readings", "pages"),
    [
        pytest.param([(5, True), (6, True)], [6, 7], id="lower each time"),
        pytest.param([(5, False), (4, False)], [4, 3], id="higher each time"),
        pytest.param([(5, None), (4, None)], [4, 3], id="nobody knows where, so it goes up"),
        pytest.param([(5, None), (4, True), (5, None)], [4, 5, 6], id="not above this page, so it goes down again"),
    ],
)
def test_a_search_goes_on_where_the_row_can_be(readings: list[tuple[int, bool | None]], pages: list[int]) -> None:
    seam, asked = Seam(), list[int | None]()
    for tick, (page, is_lower) in enumerate(readings):
        assert seam.continue_search(page, tick=tick, is_lower=is_lower)
        asked.append(seam.next_page)
        assert seam.searched_at == tick
    assert asked == pages


def test_a_search_is_given_up_after_its_last_page() -> None:
    seam = Seam()
    answers = [seam.continue_search(page, tick=page, is_lower=True) for page in range(MAX_PAGES_SEARCHED)]
    assert answers == [True] * (MAX_PAGES_SEARCHED - 1) + [False]
    seam.fail()
    assert seam.continue_search(0, tick=99, is_lower=True)


@pytest.mark.parametrize("status", MOVES)
def test_a_restored_seam_has_its_state_and_no_request_out(status: SeamStatus) -> None:
    seam = Seam()
    seam.set_pending(since=7, till=9, is_backward=True, upper_sent=8)
    if status is not SeamStatus.PENDING:
        MOVES[status](seam)
    seam.requests_out = 2
    restored = Seam.from_state(json.loads(json.dumps(seam.state())))
    assert restored.state() == [status.value, True, 7, 9, 8]
    assert (restored.status, restored.is_requested) == (status, False)


def test_a_pending_seam_that_is_set_anew_keeps_nothing_of_the_former_readings() -> None:
    seam = Seam()
    seam.set_pending(since=7, till=9, is_backward=True, upper_sent=8)
    seam.set_pending(since=20, till=30)
    assert (seam.is_backward, seam.since, seam.till, seam.upper_sent) == (False, 20, 30, 0)


def test_two_seams_in_the_same_state_are_not_the_same_seam() -> None:
    assert Seam() not in [Seam(), Seam()]


def test_a_seam_is_requested_until_all_its_requests_have_come_back() -> None:
    seam = Seam(requests_out=2)
    seam.requests_out -= 1
    assert seam.is_requested
    seam.requests_out -= 1
    assert not seam.is_requested
