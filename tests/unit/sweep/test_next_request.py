"""The choice of the next request: which kind of page a sweep asks for, and when."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from huggy_connector.sweep import StreamSweep
from huggy_connector.sweep.moving.next_request import (
    FEW_STREAMS,
    FIRST_PROBES,
    OVERLAPPING_ROWS,
    SHORT_LIST,
    SMALLEST_GAP,
    SPLIT_SHARE,
    RequestChooser,
    choose_gap_probe,
    choose_rise,
    find_gaps,
)
from huggy_connector.sweep.moving.plan import CreationSpan, RequestKind, SentRequest
from huggy_connector.sweep.moving.run_chain import PageReading
from huggy_connector.sweep.moving.tail_checks import QUIET_INTERVAL
from tests.unit.sweep.moving_list import SIZE, Scenario, make_page, make_still_stitcher, sweep

# One choice, of a sweep that knows its end.


def page(number: int, *, rows: int = SIZE, sent: int = 0) -> PageReading:
    first = 10_000 - number * SIZE
    return make_page(number, range(first, first - rows, -1), sent=sent)


def make_chooser(*pages: PageReading, streams: int = 4) -> RequestChooser:
    """Return a chooser that has found the end of a list: page 9, with three rows. Each page given is a run."""
    chooser = RequestChooser(streams=streams, pages_hint=None)
    chooser._probe_pages.clear()
    chooser._is_end_found, chooser._head_checks.is_wanted = True, False
    reading = chooser._reading
    reading.page_size.rows = SIZE
    reading.counts.start(page(0))
    reading.plan.note_length(page(9, rows=3))
    reading.tick = 100
    for index, each in enumerate(pages):
        reading.stitcher.place_apart(each, index)
    return chooser


def choose(chooser: RequestChooser) -> tuple[RequestKind, int] | None:
    """Return what is chosen, and count it as sent."""
    request = chooser._choose_request()
    if request is None:
        return None
    chooser._sent[len(chooser._sent)] = request
    if request.locked_seam is not None:
        request.locked_seam.requests_out += 1
    return request.kind, request.page


def test_nothing_is_requested_before_page_0_has_come() -> None:
    chooser = RequestChooser(streams=4, pages_hint=None)
    assert [choose(chooser), choose(chooser)] == [(RequestKind.HEAD_CHECK, 0), None]


def test_the_probes_for_the_end_come_before_any_other_page() -> None:
    chooser = make_chooser(page(0), page(7))
    chooser._is_end_found = False
    chooser._probe_pages.extend([16, 4])
    assert [choose(chooser) for _ in range(3)] == [(RequestKind.END_PROBE, 16), (RequestKind.END_PROBE, 4), None]


@pytest.mark.parametrize(
    ("pushes", "has_overlap", "choice"),
    [(0, False, (RequestKind.ABOVE_RUN, 6)), (1, False, None), (1, True, (RequestKind.BELOW_RUN, 8))],
)
def test_pages_are_read_upwards_during_the_search_unless_rows_have_come_and_then_downwards_if_they_overlap(
    pushes: int, has_overlap: bool, choice: object
) -> None:
    chooser = make_chooser(page(0), page(7, sent=3))
    chooser._is_end_found, chooser._reading.counts.pushes = False, pushes
    chooser._reading.plan.has_overlapping_pages = has_overlap
    chooser._ready_runs.append(chooser._reading.chain.runs[1])
    assert choose(chooser) == choice


def test_in_a_walk_through_a_span_nothing_is_read_upwards() -> None:
    chooser = make_chooser(page(0), page(7, sent=3))
    chooser._is_end_found = False
    chooser._reading.plan.span = CreationSpan(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
    assert choose(chooser) is None


def test_what_was_requested_together_with_the_head_is_no_page_to_read_upwards_from() -> None:
    chooser = make_chooser(page(0), page(7, sent=0))
    chooser._is_end_found = False
    assert choose(chooser) is None


def test_many_streams_divide_the_gaps_during_the_search_until_so_many_are_at_work() -> None:
    streams = FEW_STREAMS + 1
    chooser = make_chooser(page(0), page(64, sent=3), streams=streams)
    chooser._is_end_found = False
    chosen = [choose(chooser) for _ in range(streams)]
    assert chosen[:4] == [
        (RequestKind.ABOVE_RUN, 63),
        (RequestKind.GAP_PROBE, 31),
        (RequestKind.GAP_PROBE, 47),
        (RequestKind.GAP_PROBE, 15),
    ]
    pages = [each[1] for each in chosen if each is not None]
    assert len(pages) == len({*pages}) <= streams * SPLIT_SHARE + 1


@pytest.mark.parametrize(
    ("streams", "pages_hint"), [(FEW_STREAMS, None), (FEW_STREAMS + 1, 90), (FEW_STREAMS + 1, None)]
)
def test_the_search_begins_with_the_first_request_if_answers_take_long_and_no_length_is_known(
    streams: int, pages_hint: int | None
) -> None:
    chooser = RequestChooser(streams=streams, pages_hint=pages_hint)
    is_early = streams > FEW_STREAMS and pages_hint is None
    probes = [(RequestKind.END_PROBE, page) for page in FIRST_PROBES] if is_early else [None] * len(FIRST_PROBES)
    assert [choose(chooser) for _ in range(3)] == [(RequestKind.HEAD_CHECK, 0), *probes]


@pytest.mark.parametrize(
    ("pace", "rows", "kinds"),
    [
        pytest.param(0.5, 2_000, [RequestKind.SPLIT, RequestKind.SPLIT, RequestKind.BELOW_RUN], id="rows come fast"),
        pytest.param(0.01, 2_000, [RequestKind.BELOW_RUN, RequestKind.BELOW_RUN], id="rows come slowly"),
        pytest.param(0.5, 20_000, [RequestKind.BELOW_RUN, RequestKind.BELOW_RUN], id="the list is long"),
    ],
)
def test_so_many_streams_take_turns_in_a_short_list_that_rows_come_between_two_of_their_pages(
    pace: float, rows: int, kinds: list[RequestKind]
) -> None:
    chooser = make_chooser(page(0), page(40))
    chooser._reading.plan = type(chooser._reading.plan)(chooser._reading.stitcher, rows=rows)
    chooser._head_checks.pushes_per_request, chooser._head_checks._last_at = pace, 10**9
    chooser._ready_runs.extend(chooser._reading.chain.runs)
    assert OVERLAPPING_ROWS == 4 * 0.5
    chosen = [choose(chooser) for _ in kinds]
    assert [each and each[0] for each in chosen] == kinds


def test_a_stream_goes_on_below_the_run_that_it_has_just_read_and_not_below_one_that_was_dropped() -> None:
    chooser = make_chooser(page(0), page(3), page(6))
    runs = [*chooser._reading.chain.runs]
    chooser._ready_runs.extend([runs[1], runs[2]])
    chooser._reading.chain.drop(1, 1)
    assert choose(chooser) == (RequestKind.BELOW_RUN, 7)


def test_a_stream_without_a_run_takes_the_lower_half_of_the_longest_gap_and_only_one_does() -> None:
    chooser = make_chooser(page(0))
    assert [choose(chooser) for _ in range(3)] == [(RequestKind.BELOW_RUN, 1), (RequestKind.SPLIT, 6), None]


@pytest.mark.parametrize(
    ("is_backward", "is_strained", "choice"),
    [
        pytest.param(False, False, (RequestKind.TAIL_CHECK, 9), id="a row may have left at a seam"),
        pytest.param(True, False, (RequestKind.HEAD_CHECK, 0), id="a row may have come at a seam"),
        pytest.param(True, True, (RequestKind.TAIL_CHECK, 9), id="the end that was read may be wrong"),
    ],
)
def test_when_all_pages_are_read_the_check_is_made_that_the_pending_seams_need(
    is_backward: bool, is_strained: bool, choice: object
) -> None:
    chooser = make_chooser(page(0), page(1))
    upper, lower = chooser._reading.chain.runs
    upper.seam.set_pending(since=1, till=2, is_backward=is_backward)
    lower.seam.close()
    chooser._suspect_pages.is_strained = is_strained
    assert choose(chooser) == choice


def test_a_check_of_a_list_of_one_page_reads_the_head_only() -> None:
    chooser = make_chooser(page(0))
    (run,) = chooser._reading.chain.runs
    run.seam.set_pending(since=1, till=2)
    chooser._reading.plan = type(chooser._reading.plan)(chooser._reading.stitcher, rows=3)
    assert choose(chooser) == (RequestKind.HEAD_CHECK, 0)


def test_the_tail_is_read_on_while_its_length_is_unknown_and_one_page_at_a_time() -> None:
    chooser = make_chooser(page(0))
    chooser._tail_checks.begin(0, 8)
    assert [choose(chooser), choose(chooser)] == [(RequestKind.TAIL_CHECK, 8), (RequestKind.BELOW_RUN, 1)]


@pytest.mark.parametrize("next_page", [0, -1])
def test_a_run_whose_last_row_is_found_nowhere_is_dropped_and_the_head_is_read_again(next_page: int) -> None:
    chooser = make_chooser(page(3), page(9, rows=3))
    run = chooser._reading.chain.runs[0]
    chooser._reading.chain.runs[1].seam.close()
    run.seam.fail()
    run.seam.next_page = next_page
    assert choose(chooser) == (RequestKind.HEAD_CHECK, 0)
    assert [each.top.number for each in chooser._reading.chain.runs] == [9]


@pytest.mark.parametrize("is_requested", [False, True])
def test_a_page_of_a_head_check_also_continues_the_run_of_the_page_above_if_no_other_request_does(
    is_requested: bool,
) -> None:
    chooser = make_chooser(page(0))
    (run,) = chooser._reading.chain.runs
    head = make_page(0, range(20_000, 20_000 - SIZE, -1), sent=101)
    chooser._reading.stitcher.place_head(head)
    run = chooser._reading.chain.runs[0]
    run.seam.requests_out = int(is_requested)
    chooser._head_checks.is_wanted = True
    assert chooser._head_checks.receive(head, chooser._reading.counts) is None
    request = chooser._choose_request()
    assert request is not None
    assert (request.kind, request.page, request.run) == (RequestKind.HEAD_CHECK, 1, None if is_requested else run)


# What is read upwards during the search for the end.


def test_the_longest_gap_whose_next_page_is_not_requested_is_read_upwards() -> None:
    stitcher = make_still_stitcher(0, 10, 40)
    chosen: list[int] = []
    while (gap := choose_rise(find_gaps(stitcher), requested=chosen)) is not None:
        chosen.append(gap.top - 1)
    assert chosen == [39, 9]


def test_nothing_is_read_upwards_from_a_page_that_was_requested_before_the_head_had_come() -> None:
    stitcher = make_still_stitcher(0, 30)
    stitcher.counts.head_still_since = 3
    gaps = find_gaps(stitcher)
    assert (choose_rise(gaps, requested=()), choose_gap_probe(gaps, requested=())) == (None, 15)


def test_gap_probes_divide_the_gaps_evenly_until_they_are_too_small() -> None:
    gaps, requested = find_gaps(make_still_stitcher(0, 100)), [99]
    while (number := choose_gap_probe(gaps, requested=requested)) is not None:
        assert number not in requested
        requested.append(number)
    cuts = sorted([0, *requested])
    assert max(below - above - 1 for above, below in pairwise(cuts)) < SMALLEST_GAP
    assert min(below - above for above, below in pairwise(cuts[:-1])) >= SMALLEST_GAP // 2


# All choices of a sweep.


class Recorder(StreamSweep):
    """A sweep that keeps the requests it chose, and finds fault with those that cannot be right."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.chosen: list[SentRequest] = []

    def _choose_request(self) -> SentRequest | None:
        request = super()._choose_request()
        if request is not None:
            kinds = Counter(other.kind for other in [*self._sent.values(), request])
            assert max(kinds[RequestKind.HEAD_CHECK], kinds[RequestKind.TAIL_CHECK]) <= 1
            assert request.locked_seam is None or not request.locked_seam.is_requested
            assert request.page >= 0
            assert (request.page == 0) <= (request.kind is RequestKind.HEAD_CHECK)
            self.chosen.append(request)
        return request


def count_kinds(scenario: Scenario) -> Counter[RequestKind]:
    walk = sweep(scenario, Recorder).walk
    assert isinstance(walk, Recorder)
    return Counter(request.kind for request in walk.chosen)


@pytest.mark.parametrize("seed", range(12))
def test_no_two_requests_are_out_for_one_seam_or_one_check_whatever_moves(seed: int) -> None:
    moves = {"arrivals": seed % 4 * 2.0, "jumps": seed % 3 / 2, "departures": seed % 2 / 2}
    bursts = ((1.0, "arrive", 50), (2.0, "leave", 30)) if seed % 5 == 0 else ()
    assert count_kinds(Scenario(rows=1_200, streams=1 + seed, bursts=bursts, seed=seed, **moves))  # type: ignore[arg-type]


def test_a_long_list_that_stands_still_is_hardly_checked() -> None:
    kinds = count_kinds(Scenario(rows=700 * SIZE, streams=5))
    assert 1 <= kinds[RequestKind.TAIL_CHECK] <= 700 // QUIET_INTERVAL + 1
    assert kinds[RequestKind.HEAD_CHECK] <= 700 // QUIET_INTERVAL + 5


def test_a_head_that_moves_is_checked_more_often() -> None:
    still = count_kinds(Scenario(rows=250 * SIZE, streams=5))
    moving = count_kinds(Scenario(rows=250 * SIZE, streams=5, arrivals=5.0))
    assert moving[RequestKind.HEAD_CHECK] > 3 * still[RequestKind.HEAD_CHECK]


@pytest.mark.parametrize("pages", [1, 2, SHORT_LIST])
def test_the_last_request_of_a_sweep_is_page_0(pages: int) -> None:
    walk = sweep(Scenario(rows=pages * SIZE - 5), Recorder).walk
    assert isinstance(walk, Recorder)
    assert (walk.chosen[-1].kind, walk.chosen[-1].page) == (RequestKind.HEAD_CHECK, 0)
