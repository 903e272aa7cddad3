"""What is read upwards during the search for the end."""

from __future__ import annotations

from itertools import pairwise

from huggy_connector.sweep.moving.departures import DepartureCount
from huggy_connector.sweep.moving.end_search import PageSize
from huggy_connector.sweep.moving.gaps import SMALLEST_GAP, choose_gap_probe, choose_rise, find_gaps
from huggy_connector.sweep.moving.run_chain import PageReading, RunChain
from huggy_connector.sweep.moving.stitching import RunStitcher


def page(number: int, *, sent: int) -> PageReading:
    ids = range(10_000 - number * 20, 9_980 - number * 20, -1)
    return PageReading(number, sent=sent, received=sent + 1, versions=dict.fromkeys(ids, "0"), count=20)


def make_stitcher(*numbers: int) -> RunStitcher:
    """Return the pages of a list whose head stands still, with a run for each of these pages. Page 0 came at tick 1."""
    size, counts, chain = PageSize(), DepartureCount(), RunChain()
    counts.start(page(0, sent=0))
    for index, number in enumerate(numbers):
        size.note_page(number, 20, last_page=200)
        chain.insert(index, page(number, sent=2 * index))
    return RunStitcher(chain, counts, size)


def test_the_longest_gap_whose_next_page_is_not_requested_is_read_upwards() -> None:
    stitcher = make_stitcher(0, 10, 40)
    chosen: list[int] = []
    while (gap := choose_rise(find_gaps(stitcher), requested=chosen)) is not None:
        chosen.append(gap.top - 1)
    assert chosen == [39, 9]


def test_nothing_is_read_upwards_from_a_page_that_was_requested_before_the_head_had_come() -> None:
    stitcher = make_stitcher(0, 30)
    stitcher.counts.head_still_since = 3
    gaps = find_gaps(stitcher)
    assert (choose_rise(gaps, requested=()), choose_gap_probe(gaps, requested=())) == (None, 15)


def test_gap_probes_divide_the_gaps_evenly_until_they_are_too_small() -> None:
    gaps, requested = find_gaps(make_stitcher(0, 100)), [99]
    while (number := choose_gap_probe(gaps, requested=requested)) is not None:
        assert number not in requested
        requested.append(number)
    cuts = sorted([0, *requested])
    assert max(below - above - 1 for above, below in pairwise(cuts)) < SMALLEST_GAP
    assert min(below - above for above, below in pairwise(cuts[:-1])) >= SMALLEST_GAP // 2
