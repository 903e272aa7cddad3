"""The chain of runs: which pages meet, which are joined, and which are forgotten."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from huggy_connector.sweep.moving.run_chain import BOTTOM_PAGES, TOP_PAGES, PageReading, Run, RunChain
from huggy_connector.sweep.moving.seams import SeamStatus
from tests.unit.sweep.moving_list import NOW, make_page


def make_chain(*pages: PageReading) -> RunChain:
    """Return a chain with a run for each page."""
    chain = RunChain()
    for index, page in enumerate(pages):
        chain.insert(index, page)
    return chain


def numbers(run: Run) -> list[int]:
    return [page.number for page in run.pages]


HEAD, MIDDLE, LOW = make_page(0, (90, 80)), make_page(5, (60, 50)), make_page(9, (30, 20))


@pytest.mark.parametrize(
    ("page", "met"),
    [
        pytest.param(make_page(3, (85, 55)), [], id="no row of a known page"),
        pytest.param(make_page(4, (55, 50)), [1], id="one row"),
        pytest.param(make_page(4, (80, 50, 30)), [0, 1, 2], id="a row of each run"),
        pytest.param(make_page(4, (80, 50), version="1"), [], id="rows that moved"),
        pytest.param(make_page(4, ()), [], id="no rows"),
    ],
)
def test_a_page_meets_the_runs_that_show_a_row_of_it_that_did_not_move(page: PageReading, met: list[int]) -> None:
    assert make_chain(HEAD, MIDDLE, LOW).find_met_runs(page) == met


def test_the_latest_reading_of_a_row_counts() -> None:
    chain = make_chain(make_page(0, (90, 80), sent=10, version="new"), make_page(5, (80, 50), sent=2, version="old"))
    assert chain.find_met_runs(make_page(1, (80,), version="new")) == [0]
    assert chain.find_met_runs(make_page(1, (80,), version="old")) == []


def test_a_page_between_two_runs_joins_them_and_a_request_for_either_finds_the_joined_run() -> None:
    chain = make_chain(HEAD, MIDDLE, LOW)
    upper, lower, other = chain.runs
    lower.seam.fail()
    run = chain.join_runs(0, 1, make_page(3, (80, 70, 60)))
    assert (numbers(run), chain.runs, run.seam.status) == ([0, 3, 5], [run, other], SeamStatus.FAILED)
    assert (chain.find_run(upper), chain.find_run(lower)) == (run, run)
    assert chain.run_below(run) is other
    assert chain.run_below(other) is None


def test_the_pages_of_a_bypassed_run_prove_nothing_any_more() -> None:
    chain = make_chain(HEAD, MIDDLE, LOW)
    chain.join_runs(0, 2, make_page(3, (80, 30)))
    assert [numbers(run) for run in chain.runs] == [[0, 3, 9]]
    assert chain.find_met_runs(make_page(4, (60, 50))) == []


@pytest.mark.parametrize(
    ("page", "place", "path"),
    [
        pytest.param(make_page(4, (70, 60)), {"on_top": True}, [4, 5], id="above all"),
        pytest.param(make_page(6, (70, 60)), {"is_below": True}, [5, 6], id="below all"),
        pytest.param(make_page(6, (50, 40)), {}, [5, 6], id="where it belongs: below"),
        pytest.param(make_page(4, (70, 60)), {}, [5], id="where it belongs: its rows end within the run"),
        pytest.param(make_page(1, (50, 40)), {}, [5], id="a number far above the run"),
    ],
)
def test_a_page_that_meets_one_run_is_placed_above_it_below_it_or_is_not_needed(
    page: PageReading, place: dict[str, bool], path: list[int]
) -> None:
    assert numbers(make_chain(MIDDLE).join_runs(0, 0, page, **place)) == path


@pytest.mark.parametrize(
    ("status", "is_backward", "path"),
    [("open", False, [5, 6]), ("pending", True, [5, 6]), ("pending", False, [5]), ("closed", False, [5])],
)
def test_the_last_page_of_a_run_stays_if_a_seam_is_about_it(status: str, is_backward: bool, path: list[int]) -> None:
    chain = make_chain(MIDDLE)
    seam = chain.runs[0].seam
    seam.set_pending(since=1, till=2, is_backward=is_backward)
    seam.status = SeamStatus(status)
    assert numbers(chain.join_runs(0, 0, make_page(6, (50, 40)))) == path


def test_only_the_pages_at_both_ends_of_a_long_run_are_remembered() -> None:
    chain, length = make_chain(make_page(0, (1_000, 999))), 30
    for number in range(1, length):
        chain.join_runs(0, 0, make_page(number, (1_000 - number, 999 - number), sent=number))
    (run,) = chain.runs
    assert numbers(run) == [*range(TOP_PAGES), *range(length - BOTTOM_PAGES, length)]
    assert chain.find_met_runs(make_page(9, (1_000 - 15,))) == []
    assert chain.find_met_runs(make_page(9, (1_000 - length + 1,))) == [0]


@pytest.mark.parametrize("is_backward", [False, True])
@pytest.mark.parametrize("is_about_top", [False, True])
def test_a_proven_seam_leads_to_the_first_page_of_the_next_run_only_if_it_is_about_it(
    is_about_top: bool, is_backward: bool
) -> None:
    chain = make_chain(HEAD, make_page(1, (60, 50), sent=20))
    chain.join_runs(1, 1, make_page(2, (50, 40), sent=30), is_below=True)
    top = chain.runs[1].top
    since, till = (top.sent, 99) if is_backward else (1, top.received)
    chain.runs[0].seam.set_pending(since=since + (not is_about_top), till=till + (not is_about_top))
    chain.runs[0].seam.is_backward = is_backward
    assert numbers(chain.join_next(0)) == ([0, 1, 2] if is_about_top else [0, 2])
    assert chain.find_met_runs(make_page(7, (60,))) == ([0] if is_about_top else [])


def test_a_dropped_run_is_not_found_or_met_again() -> None:
    chain = make_chain(HEAD, MIDDLE, LOW)
    dropped = chain.runs[1]
    chain.drop(1, 1)
    assert (len(chain.runs), chain.find_run(dropped)) == (2, None)
    assert chain.find_met_runs(make_page(4, (60, 50, 30))) == [1]
    chain.drop(0, -1)
    assert len(chain.runs) == 2


@pytest.mark.parametrize(
    ("pages", "statuses", "is_complete"),
    [
        ([], [], False),
        ([HEAD], ["closed"], True),
        ([HEAD], ["open"], False),
        ([HEAD], ["pending"], False),
        ([MIDDLE], ["closed"], False),
        ([HEAD, MIDDLE], ["closed", "closed"], False),
    ],
)
def test_a_chain_is_complete_if_one_run_reaches_from_page_0_to_the_end(
    pages: list[PageReading], statuses: list[str], is_complete: bool
) -> None:
    chain = make_chain(*pages)
    for run, status in zip(chain.runs, statuses, strict=True):
        run.seam.status = SeamStatus(status)
    assert chain.is_complete == is_complete


def test_runs_with_an_open_or_a_failed_seam_have_pages_to_be_read_below_them() -> None:
    chain = make_chain(HEAD, MIDDLE, LOW)
    chain.runs[0].seam.set_pending(since=1, till=2)
    chain.runs[1].seam.fail()
    assert [index for index, _ in chain.open_runs()] == [1, 2]


def test_a_restored_chain_has_the_same_pages_times_and_seams_and_meets_the_same_pages() -> None:
    paulista = timezone(timedelta(hours=-3))
    dated = PageReading(
        9, sent=4, received=8, versions={7: "é", 6: "b"}, count=3, newest_created=NOW.astimezone(paulista)
    )
    chain = make_chain(HEAD, dated)
    chain.join_runs(0, 0, make_page(1, (80, 70)))
    chain.runs[0].seam.set_pending(since=1, till=2, is_backward=True, upper_sent=3)
    restored = RunChain.from_state(json.loads(json.dumps(chain.state())))
    assert restored.state() == chain.state()
    page = restored.runs[1].top
    assert (page.count, page.first_id, page.last_id) == (3, 7, 6)
    assert (page.newest_created, page.oldest_created) == (NOW, None)
    assert isinstance(page.newest_created, datetime)
    assert page.newest_created.utcoffset() == timedelta(hours=-3)
    assert restored.find_met_runs(make_page(3, (80, 6), version="0")) == [0]
    assert restored.find_met_runs(make_page(3, (6,), version="b")) == [1]
