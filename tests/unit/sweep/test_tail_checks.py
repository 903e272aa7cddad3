"""Checks for rows that left: when they are due, and which pages of the tail they read."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from huggy_connector.sweep.moving.departures import DepartureCount
from huggy_connector.sweep.moving.tail_checks import (
    CALM_INTERVAL,
    MAX_FAILURES,
    MAX_INTERVAL,
    MIN_INTERVAL,
    QUIET_INTERVAL,
    RETRY_INTERVAL,
    SLOW_INTERVAL,
    SLOW_PACE,
    TailChecks,
)
from tests.unit.sweep.moving_list import SIZE, make_page


def is_due(
    since: int,
    *,
    requests: int = 10_000,
    pushes: int = 0,
    departures: int = 0,
    pace: float = 0.0,
    pages_left: int = 5_000,
    are_bounds_loose: bool = False,
    failures: int = 0,
) -> bool:
    """Return whether a check is due so many requests after the last one."""
    checks = TailChecks(last_at=requests - since, _failures=failures)
    return checks.is_due(
        requests,
        DepartureCount(pushes=pushes, departures=departures),
        pushes_per_request=pace,
        pages_left=pages_left,
        are_bounds_loose=are_bounds_loose,
    )


@pytest.mark.parametrize(
    ("since", "moves"),
    [
        pytest.param(QUIET_INTERVAL, {}, id="nothing moves"),
        pytest.param(round(CALM_INTERVAL * 1.32), {"pushes": 1, "pace": SLOW_PACE}, id="rows come"),
        pytest.param(SLOW_INTERVAL, {"pushes": 1, "pace": SLOW_PACE / 2}, id="few rows come"),
        pytest.param(MIN_INTERVAL, {"departures": 100}, id="rows leave now and then"),
        pytest.param(MAX_INTERVAL, {"departures": 1}, id="one row left"),
        pytest.param(MAX_INTERVAL, {"departures": 251}, id="rows leave too fast for any check"),
        pytest.param(RETRY_INTERVAL, {"pushes": 1, "are_bounds_loose": True}, id="the last check left doubts"),
    ],
)
def test_a_check_is_due_after_so_many_requests(since: int, moves: dict[str, int]) -> None:
    assert [is_due(since - 1, **moves), is_due(since, **moves)] == [False, True]  # type: ignore[arg-type]


def test_checks_are_rarer_the_faster_rows_come() -> None:
    assert not is_due(5 * CALM_INTERVAL, pushes=9, pace=1.0)
    assert is_due(17 * CALM_INTERVAL, pushes=9, pace=1.0)


def test_no_check_is_due_near_the_end_of_a_list_that_stands_still() -> None:
    assert not is_due(9_999, pages_left=QUIET_INTERVAL // 2)
    assert is_due(9_999, pages_left=QUIET_INTERVAL // 2 + 1)


def test_doubts_bring_no_more_checks_after_many_without_a_result() -> None:
    assert not is_due(RETRY_INTERVAL, pushes=1, are_bounds_loose=True, failures=MAX_FAILURES)


def read_tail(length: int, page: int, *, counts: DepartureCount, size: int | None = SIZE) -> list[int]:
    """Return the pages that a check reads of a list of this length, from this page on."""
    checks, asked = TailChecks(), list[int]()
    checks.begin(100, page)
    while checks.next_page is not None:
        number = checks.next_page
        asked.append(number)
        rows = max(0, min(SIZE, length - number * SIZE))
        is_known = checks.receive(make_page(number, range(rows)), size, counts)
        assert is_known == (checks.next_page is None)
        assert len(asked) < 20
    return asked


@pytest.mark.parametrize(
    ("length", "page", "asked"),
    [
        pytest.param(205, 10, [10], id="the page is neither full nor empty"),
        pytest.param(200, 9, [9, 10], id="an empty page after a full one"),
        pytest.param(200, 10, [10, 9], id="a full page before an empty one"),
        pytest.param(205, 8, [8, 9, 10], id="the list has grown"),
        pytest.param(205, 13, [13, 12, 11, 10], id="the list has shrunk"),
        pytest.param(0, 3, [3, 2, 1, 0], id="all rows left"),
    ],
)
def test_the_tail_is_read_until_its_length_is_known(length: int, page: int, asked: Sequence[int]) -> None:
    assert read_tail(length, page, counts=DepartureCount()) == asked


def test_a_full_page_will_do_if_it_shows_that_no_row_can_have_left() -> None:
    counts = DepartureCount(_upper_bounds=[(1, 200)])
    assert read_tail(200, 9, counts=counts) == [9]
    assert read_tail(200, 8, counts=counts) == [8, 9]
    counts.arrivals = 1  # so the list should have 201 rows
    assert read_tail(200, 9, counts=counts) == [9, 10]


def test_a_page_of_unknown_size_ends_the_check() -> None:
    assert read_tail(400, 9, counts=DepartureCount(), size=None) == [9]


def test_a_new_check_forgets_the_pages_of_the_last_one() -> None:
    checks, counts = TailChecks(), DepartureCount()
    checks.begin(100, 9)
    assert not checks.receive(make_page(9, range(SIZE)), SIZE, counts)
    checks.begin(200, 10)
    assert not checks.receive(make_page(10, ()), SIZE, counts)
    assert (checks.next_page, checks.last_at) == (9, 200)


@pytest.mark.parametrize("pending_seams", [0, 200])
def test_seams_are_read_again_after_many_checks_in_sequence_without_a_result(pending_seams: int) -> None:
    patience = max(MAX_FAILURES, pending_seams // 4)
    checks = TailChecks()

    def fail(times: int) -> list[bool]:
        return [checks.should_reread_seams(has_tight_bounds=False, pending_seams=pending_seams) for _ in range(times)]

    assert not any(fail(patience - 1))
    assert not checks.should_reread_seams(has_tight_bounds=True, pending_seams=pending_seams)
    assert fail(2 * patience) == ([False] * (patience - 1) + [True]) * 2
