"""Where a page is placed in the chain of runs, and what its seams prove."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from huggy_connector.sweep.moving.departures import DepartureCount
from huggy_connector.sweep.moving.end_search import PageSize
from huggy_connector.sweep.moving.run_chain import PageReading, Run, RunChain
from huggy_connector.sweep.moving.seams import MAX_PAGES_SEARCHED, SeamStatus
from huggy_connector.sweep.moving.stitching import MAX_EMPTY_PAGES, RunStitcher
from tests.unit.sweep.moving_list import make_page

ROWS = 4
"""Rows of a full page in these tests."""


def page(number: int, *, sent: int = 0, newest: int = 100, rows: int = ROWS) -> PageReading:
    """Return a page of a list whose ids fall by one from row to row."""
    first = newest - number * ROWS
    return make_page(number, range(first, first - rows, -1), sent=sent)


def make_stitcher(*pages: PageReading, size: int | None = ROWS) -> RunStitcher:
    """Return a stitcher with a run for each page."""
    stitcher = RunStitcher(RunChain(), DepartureCount(), PageSize(size))
    for index, each in enumerate(pages):
        stitcher.place_apart(each, index)
    return stitcher


def paths(stitcher: RunStitcher) -> list[list[int]]:
    """Return the page numbers of each run."""
    return [[each.number for each in run.pages] for run in stitcher.chain.runs]


def statuses(stitcher: RunStitcher) -> list[str]:
    return [seam.status.value for seam in stitcher.chain.seams()]


def below(stitcher: RunStitcher, upper: PageReading, lower: PageReading) -> Run:
    """Place `lower` below the run that ends with `upper`."""
    run = next(run for run in stitcher.chain.runs if run.bottom is upper)
    return stitcher.place_below(lower, run, upper)


# The head.


def test_a_head_that_meets_nothing_starts_a_run_above_all_others() -> None:
    stitcher = make_stitcher(page(5))
    stitcher.place_head(page(0))
    assert paths(stitcher) == [[0], [5]]


def test_a_head_joins_the_run_that_it_meets_and_the_runs_above_it_are_dropped() -> None:
    stitcher = make_stitcher(page(0), page(5), page(9))
    stitcher.place_head(make_page(0, (200, 79, 78, 77), sent=5))
    assert paths(stitcher) == [[0, 5], [9]]


def test_a_search_for_the_last_row_of_the_run_at_the_head_goes_on_below_the_new_head() -> None:
    stitcher = make_stitcher(page(0))
    stitcher.chain.runs[0].seam.continue_search(1, tick=3, is_lower=False)
    stitcher.place_head(page(0, newest=102, sent=5))
    assert (paths(stitcher), stitcher.chain.runs[0].seam.next_page) == ([[0, 0]], 1)


# Forward seams: a page that was read right after the page above it.


def test_two_pages_with_a_common_row_are_one_run() -> None:
    upper = page(0)
    stitcher = make_stitcher(upper)
    run = below(stitcher, upper, page(1, newest=101, sent=2))
    assert (paths(stitcher), run.seam.status) == ([[0, 1]], SeamStatus.OPEN)


def test_two_pages_whose_only_common_row_moved_are_not_one_run() -> None:
    upper = make_page(0, (9, 8, 7, 6))
    stitcher = make_stitcher(upper)
    below(stitcher, upper, make_page(1, (6, 5, 4, 3), sent=2, version="1"))
    assert (paths(stitcher), statuses(stitcher)) == ([[0], [1]], ["pending", "open"])


def read_two_pages(*, rows_then: int, rows_now: int, arrivals: int = 0) -> RunStitcher:
    """Read pages 0 and 1 without a common row, after and before a reading of the length, and check the head."""
    upper = page(0, sent=10)
    stitcher = make_stitcher(upper)
    counts = stitcher.counts
    counts.start(page(0))
    counts.note_length(page(rows_then // ROWS, rows=rows_then % ROWS, sent=2), ROWS, arrivals=0, era=0)
    below(stitcher, upper, page(1, sent=12))
    counts.note_length(page(rows_now // ROWS, rows=rows_now % ROWS, sent=14), ROWS, arrivals=0, era=0)
    head = page(0, newest=100 + arrivals, sent=16)
    counts.note_new_ids(range(101, 101 + arrivals), 17)
    counts.finish_check([head], is_conclusive=True)
    assert statuses(stitcher) == ["pending", "open"]
    stitcher.settle_pending_seams(head)
    return stitcher


def test_a_seam_is_proven_if_no_row_left_meanwhile() -> None:
    stitcher = read_two_pages(rows_then=10, rows_now=10)
    assert (paths(stitcher), statuses(stitcher), stitcher.repairs) == ([[0, 1]], ["open"], 0)


@pytest.mark.parametrize(("rows_now", "arrivals"), [(9, 0), (9, 1), (6, 0)])
def test_a_seam_that_lost_a_row_is_not_believed(rows_now: int, arrivals: int) -> None:
    stitcher = read_two_pages(rows_then=10, rows_now=rows_now, arrivals=arrivals)
    assert (paths(stitcher), statuses(stitcher), stitcher.repairs) == ([[0], [1]], ["failed", "open"], 1)


def test_a_row_that_came_and_hides_a_departure_in_the_length_does_not_prove_the_seam() -> None:
    stitcher = read_two_pages(rows_then=10, rows_now=10, arrivals=1)
    assert (paths(stitcher), statuses(stitcher)) == ([[0], [1]], ["pending", "open"])


def test_a_page_that_is_not_full_leaves_a_gap_below_it() -> None:
    upper = page(0, rows=ROWS - 1)
    stitcher = make_stitcher(upper)
    below(stitcher, upper, page(1, sent=2))
    assert (statuses(stitcher), stitcher.repairs) == (["failed", "open"], 1)


def test_a_page_below_that_meets_a_lower_run_bypasses_the_runs_between_them() -> None:
    upper = page(0)
    stitcher = make_stitcher(upper, page(5), page(9))
    run = below(stitcher, upper, make_page(1, (95, 94, 64, 63), sent=2))
    assert (paths(stitcher), statuses(stitcher), run.bottom) == ([[0], [1, 9]], ["pending", "open"], upper)


def test_new_rows_that_push_the_rows_of_a_run_down_by_more_than_a_page_take_the_stream_back_up() -> None:
    upper = page(1)
    stitcher = make_stitcher(page(0), upper, page(9))
    seam = stitcher.chain.runs[1].seam
    run = below(stitcher, upper, page(2, newest=108, sent=2))
    assert (paths(stitcher), run.seam is seam, statuses(stitcher)) == ([[0, 2], [9]], True, ["open", "open"])


# The end of the list.


@pytest.mark.parametrize(
    ("number", "rows", "is_requested", "status"),
    [
        pytest.param(4, 3, False, "closed", id="the last page has room for more rows"),
        pytest.param(5, 3, False, "open", id="another page lies between"),
        pytest.param(4, ROWS, False, "open", id="the last page is full"),
        pytest.param(4, 3, True, "open", id="a request is out that reads on below"),
    ],
)
def test_an_empty_page_that_comes_after_the_last_one_ends_the_list(
    number: int, rows: int, is_requested: bool, status: str
) -> None:
    stitcher = make_stitcher(page(0), page(3, rows=rows))
    stitcher.chain.runs[-1].seam.requests_out = int(is_requested)
    end = page(number, rows=0, sent=4)
    stitcher.note_empty_page(end)
    stitcher.place_end_below_last_run(end)
    assert statuses(stitcher)[-1] == status


@pytest.mark.parametrize(
    ("number", "sent", "bound_at", "rows", "status"),
    [
        pytest.param(4, 9, 2, ROWS, "pending", id="right below, and no row can have left uncounted since"),
        pytest.param(5, 9, 2, ROWS, "open", id="another page lies between"),
        pytest.param(4, 5, 2, ROWS, "open", id="requested before the page above had come"),
        pytest.param(4, 9, 8, ROWS, "open", id="the length was not known when the page above was read"),
        pytest.param(4, 9, 2, ROWS - 1, "open", id="the page above has room for more rows"),
    ],
)
def test_a_page_apart_that_follows_another_one_needs_not_be_read_again(
    number: int, sent: int, bound_at: int, rows: int, status: str
) -> None:
    stitcher = make_stitcher(page(0), page(3, sent=5, rows=rows))
    stitcher.counts._upper_bounds.append((bound_at, 40))
    stitcher.place_apart(page(number, sent=sent), 2)
    assert statuses(stitcher) == ["open", status, "open"]


@pytest.mark.parametrize(
    ("rows", "is_uneven", "status"),
    [
        pytest.param(ROWS - 1, False, "closed", id="the last page has room for more rows"),
        pytest.param(ROWS, False, "pending", id="the last page is full"),
        pytest.param(ROWS - 1, True, "failed", id="pages are uneven"),
    ],
)
def test_an_empty_page_ends_the_list(rows: int, is_uneven: bool, status: str) -> None:
    last = page(3, rows=rows)
    stitcher = make_stitcher(last, page(9))
    stitcher.page_size.is_uneven = is_uneven
    below(stitcher, last, page(4, rows=0, sent=2))
    assert (paths(stitcher), statuses(stitcher)) == ([[3]], [status])


def test_a_last_page_below_which_an_empty_one_is_known_closes_the_chain() -> None:
    stitcher = make_stitcher(page(2))
    stitcher.note_empty_page(page(4, rows=0))
    below(stitcher, stitcher.chain.runs[0].bottom, page(3, newest=101, rows=2, sent=2))
    assert (paths(stitcher), statuses(stitcher)) == ([[2, 3]], ["closed"])


def test_the_latest_empty_pages_are_remembered_until_a_page_below_them_holds_rows() -> None:
    stitcher = make_stitcher()
    for number in (1, *range(10, 10 + MAX_EMPTY_PAGES), 11):
        stitcher.note_empty_page(page(number, rows=0))
    assert [*stitcher.empty_pages] == [10, *range(12, 10 + MAX_EMPTY_PAGES), 11]
    stitcher.note_filled_page(page(12))
    assert [*stitcher.empty_pages] == list(range(13, 10 + MAX_EMPTY_PAGES))


# Backward seams: a page that was read after the page below it.


def read_upwards() -> RunStitcher:
    """Return a stitcher whose page 4 was read after page 5, without a common row."""
    stitcher = make_stitcher(page(0), page(5, sent=2))
    stitcher.counts.start(page(0))
    stitcher.place_above(page(4, sent=6), 1)
    assert (paths(stitcher), statuses(stitcher)) == ([[0], [4], [5]], ["open", "pending", "open"])
    return stitcher


def test_a_page_read_upwards_is_proven_if_the_head_stands_still() -> None:
    stitcher = read_upwards()
    head = page(0, sent=8)
    stitcher.counts.finish_check([head], is_conclusive=True)
    stitcher.settle_pending_seams(head)
    assert (paths(stitcher), stitcher.repairs) == ([[0], [4, 5]], 0)


def test_a_page_read_upwards_is_not_believed_if_a_row_came_meanwhile() -> None:
    stitcher = read_upwards()
    head = page(0, sent=8, newest=101)
    stitcher.counts.finish_check([head], is_conclusive=True)
    stitcher.settle_pending_seams(head)
    assert (paths(stitcher), statuses(stitcher)) == ([[0], [4], [5]], ["open", "failed", "open"])
    assert stitcher.repairs == 1


@pytest.mark.parametrize(
    "upper",
    [page(3, sent=6), page(4, rows=0, sent=6), page(4, rows=ROWS - 1, sent=6), page(4, sent=2)],
    ids=["another number", "empty", "not full", "requested before the page below it had come"],
)
def test_a_page_that_cannot_be_the_one_above_a_run_is_not_placed(upper: PageReading) -> None:
    stitcher = make_stitcher(page(0), page(5, sent=2))
    stitcher.place_above(upper, 1)
    assert paths(stitcher) == [[0], [5]]


@pytest.mark.parametrize(
    ("known", "sent", "moves", "number"),
    [
        pytest.param([1], 2, [0], 1, id="the head stands still"),
        pytest.param([], 2, [0], 1, id="page 1 is empty"),
        pytest.param([2], 2, [0], None, id="page 1 is not known"),
        pytest.param([1], 2, [1, 0], None, id="a row came since page 1 was read"),
        pytest.param([1], 20, [1], None, id="another row will probably come"),
        pytest.param([1], 20, [1, 0], 1, id="a row came before page 1 was read, and none since"),
    ],
)
def test_page_1_is_next_to_the_head_if_the_next_reading_of_page_0_can_prove_it(
    known: Sequence[int], sent: int, moves: Sequence[int], number: int | None
) -> None:
    stitcher = make_stitcher(page(0), *(page(each, sent=sent) for each in known))
    stitcher.note_empty_page(page(1, rows=0, sent=sent))
    stitcher.counts.start(page(0))
    for check in range(len(moves)):
        head = page(0, newest=100 + sum(moves[: check + 1]), sent=4 + 2 * check)
        stitcher.counts.finish_check([head], is_conclusive=True)
    found = stitcher.page_next_to_head()
    assert (None if found is None else found.number) == number


# The search for the last row of a run.


def test_a_page_without_the_last_row_of_a_run_makes_the_search_go_on() -> None:
    upper = page(3)
    stitcher = make_stitcher(page(0), upper)
    run = below(stitcher, upper, page(7, sent=2))
    assert (run.seam.status, run.seam.next_page, paths(stitcher)) == (SeamStatus.FAILED, 6, [[0], [3]])


def test_a_run_whose_last_row_is_found_nowhere_is_dropped_and_read_again_from_above() -> None:
    upper = page(3)
    stitcher = make_stitcher(page(0), upper, page(20))
    stitcher.chain.runs[0].seam.fail()
    for tick in range(MAX_PAGES_SEARCHED):
        run = below(stitcher, upper, make_page(9, (-1,), sent=2 * tick))
    assert (paths(stitcher), statuses(stitcher)) == ([[0], [20]], ["open", "open"])
    assert run is stitcher.chain.runs[0]


# Pages from anywhere.


def test_a_page_from_anywhere_starts_a_run_only_where_there_is_room() -> None:
    stitcher = make_stitcher(page(0))
    assert stitcher.place_apart(page(7), None) is None
    assert paths(stitcher) == [[0]]
    run = stitcher.place_apart(page(7), 1)
    assert run is stitcher.chain.runs[1]


def test_a_page_from_anywhere_joins_the_runs_that_it_meets_and_starts_none() -> None:
    stitcher = make_stitcher(page(0), page(2))
    assert stitcher.place_apart(make_page(1, (97, 95, 92)), 1) is None
    assert paths(stitcher) == [[0, 1, 2]]


def test_a_smaller_page_than_thought_fails_the_seams_below_it_once_the_page_size_is_known() -> None:
    upper = page(0)
    stitcher = make_stitcher(upper, size=None)
    below(stitcher, upper, page(1, sent=2))
    assert statuses(stitcher) == ["pending", "open"]
    stitcher.fail_unfilled_seams()
    assert stitcher.repairs == 0
    stitcher.page_size.rows = ROWS + 1
    stitcher.fail_unfilled_seams()
    assert (statuses(stitcher), stitcher.repairs) == (["failed", "open"], 1)


def test_a_restored_stitcher_knows_the_empty_pages_and_the_tick_of_its_restart() -> None:
    stitcher = make_stitcher(page(0, rows=1))
    stitcher.note_empty_page(page(3, rows=0))
    stitcher.fail_seam(stitcher.chain.runs[0].seam)
    restored = make_stitcher()
    restored.restore(json.loads(json.dumps(stitcher.state())), now=77)
    assert (restored.repairs, [*restored.empty_pages], restored.stale_before) == (1, [3], 77)


def test_a_run_is_dropped_if_a_page_within_it_turns_out_to_have_room_for_more_rows() -> None:
    stitcher = make_stitcher(page(0), page(3), page(6), size=ROWS)
    stitcher.chain.runs[0].seam.set_pending(since=1, till=2)
    stitcher.chain.join_next(1)
    assert paths(stitcher) == [[0], [3, 6]]
    stitcher.page_size.rows = ROWS + 1
    stitcher.fail_unfilled_seams()
    assert (paths(stitcher), statuses(stitcher)) == ([[0]], ["open"])
