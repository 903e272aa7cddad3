"""A check of the head reads down to a row that stood still, and says whether a row can have crossed it unread."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from huggy_connector.sweep.moving.departures import DepartureCount
from huggy_connector.sweep.moving.head_checks import (
    MAX_INCONCLUSIVE,
    MIN_WEIGHT,
    PUSHES_PER_CHECK,
    HeadCheck,
    HeadChecks,
)
from tests.unit.sweep.moving_list import SIZE, make_page


def counts_from(newest: int) -> DepartureCount:
    """Return counts whose last check showed the page below `newest`."""
    counts = DepartureCount()
    counts.start(make_page(0, range(newest, newest - SIZE, -1)))
    return counts


def check_head(newest: Callable[[int], int], *, most: int = 100) -> tuple[HeadCheck, list[int]]:
    """Check a list that `newest` had told of 100 at the check before.

    Its ids fall by one from row to row, and `newest` is the first of them at the nth request. Return the check and its
    pages.
    """
    checks, counts, asked = HeadChecks(), counts_from(100), list[int]()
    while len(asked) < most:
        number = checks.next_page
        first = newest(len(asked)) - number * SIZE
        asked.append(number)
        check = checks.receive(make_page(number, range(first, first - SIZE, -1), sent=len(asked)), counts)
        if check is not None:
            return check, asked
    raise AssertionError("The check does not end.")


@pytest.mark.parametrize("arrivals", [0, 1, SIZE - 1])
def test_a_check_is_one_page_if_this_page_shows_a_row_that_stood_still(arrivals: int) -> None:
    check, asked = check_head(lambda _: 100 + arrivals)
    assert (asked, check.is_conclusive, len(check.pages)) == ([0], True, 1)


def test_pages_that_share_a_row_need_not_be_read_upwards() -> None:
    check, asked = check_head(lambda request: 100 + 25 + request)
    assert (asked, check.is_conclusive) == ([0, 1], True)


def test_pages_that_share_no_row_are_read_again_upwards_and_are_conclusive_if_the_head_is_unchanged() -> None:
    check, asked = check_head(lambda _: 100 + 45)
    assert (asked, check.is_conclusive) == ([0, 1, 2, 1, 0], True)
    assert [page.number for page in check.pages] == [0, 1, 2]
    assert check.pages[0].sent > check.pages[1].sent > check.pages[2].sent


def test_a_check_whose_head_moved_while_it_was_read_upwards_starts_again() -> None:
    check, asked = check_head(lambda request: 145 + (request > 3))
    assert (asked, check.is_conclusive) == ([0, 1, 2, 1, 0, 0, 1, 2, 1, 0], True)


def test_after_three_new_starts_a_check_ends_although_it_is_not_conclusive() -> None:
    check, asked = check_head(lambda request: 145 + request // 4)
    assert not check.is_conclusive
    assert asked.count(0) == 2 * (1 + MAX_INCONCLUSIVE)


def test_the_same_ids_in_another_order_are_another_head() -> None:
    checks, counts = HeadChecks(), counts_from(100)
    upper, lower = [*range(140, 120, -1)], range(120, 100, -1)
    joining = [*range(100, 80, -1)]
    pages: Sequence[tuple[int, Sequence[int]]] = [(0, upper), (1, lower), (2, joining), (1, lower), (0, upper[::-1])]
    assert [checks.receive(make_page(*page), counts) for page in pages] == [None] * 5
    assert checks.next_page == 0


def test_an_empty_page_ends_a_check_that_is_not_conclusive() -> None:
    checks, counts = HeadChecks(), counts_from(100)
    for _ in range(MAX_INCONCLUSIVE):
        assert checks.receive(make_page(0, ()), counts) is None
    check = checks.receive(make_page(0, ()), counts)
    assert check is not None
    assert not check.is_conclusive


def test_a_row_that_jumped_is_no_row_that_stood_still() -> None:
    checks, counts = HeadChecks(), counts_from(100)
    assert checks.receive(make_page(0, range(100, 80, -1), version="1"), counts) is None
    assert checks.next_page == 1


def test_the_way_down_is_known_until_the_check_turns_upwards() -> None:
    checks, counts = HeadChecks(), counts_from(100)
    first, second = make_page(0, range(140, 120, -1)), make_page(1, range(120, 90, -1))
    ways = [checks.last_page_down]
    for page in (first, second):
        checks.receive(page, counts)
        ways.append(checks.last_page_down)
    assert (ways, checks.next_page) == ([None, first, None], 0)
    checks.finish()
    assert (checks.is_wanted, checks.last_page_down, checks.next_page) == (False, None, 0)


def test_the_next_check_comes_when_a_few_rows_have_probably_come() -> None:
    checks = HeadChecks()
    assert not checks.is_due(10_000)
    checks.finish(pushes=35, requests=MIN_WEIGHT + 50)
    pace = 35 / (2 * MIN_WEIGHT + 50)
    assert checks.pushes_per_request == pytest.approx(pace) == 0.5
    pause = round(PUSHES_PER_CHECK / pace)
    assert [checks.is_due(60 + pause - 1), checks.is_due(60 + pause)] == [False, True]
    checks.finish(pushes=0, requests=60 + 10**6)
    assert not checks.is_due(60 + 10**6 + 100 * pause)


def test_a_check_that_is_given_up_leaves_the_pace_as_it_was() -> None:
    checks = HeadChecks()
    checks.finish(pushes=35, requests=MIN_WEIGHT + 50)
    checks.finish()
    assert checks.pushes_per_request == pytest.approx(0.5)


def test_the_pace_of_the_first_requests_counts_for_less_the_more_requests_came_since() -> None:
    checks = HeadChecks()
    for requests in range(100, 1_000, 100):
        checks.finish(pushes=25, requests=requests)
    assert 0.24 < checks.pushes_per_request < 0.25
