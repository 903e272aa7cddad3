"""What a sweep knows of the list after each page, and what it certifies."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from huggy_connector.model import Certificate
from huggy_connector.sweep import PageAnswer, PageRequest, RowFacts
from huggy_connector.sweep.moving.departures import DepartureCount
from huggy_connector.sweep.moving.plan import RequestKind, SentRequest
from huggy_connector.sweep.moving.reading import ListReading
from huggy_connector.sweep.moving.run_chain import PageReading, Run
from huggy_connector.sweep.moving.seams import SeamStatus
from huggy_connector.sweep.moving.stitching import RunStitcher
from huggy_connector.sweep.row_facts import FIRST_SUBSTITUTE_ID
from tests.unit.sweep.moving_list import NOW, SIZE


def make_reading() -> ListReading:
    return ListReading(DepartureCount, RunStitcher)


def ids_of(number: int, *, rows: int = SIZE, newest: int = 10_000) -> range:
    first = newest - number * SIZE
    return range(first, first - rows, -1)


def note(
    reading: ListReading,
    number: int,
    ids: Sequence[int],
    *,
    kind: RequestKind = RequestKind.END_PROBE,
    request: SentRequest | None = None,
) -> tuple[PageReading, SentRequest]:
    """Request a page, unless a request is given, and note an answer with rows of these ids."""
    request = request or reading.new_request(kind, number)
    answer = PageAnswer(PageRequest(page=number), [{"id": row_id} for row_id in ids], NOW)
    page = reading.make_reading(answer, request, [RowFacts(row_id, "0") for row_id in ids])
    reading.note_page(page, request)
    return page, request


def read_head(reading: ListReading, *, newest: int = 10_000) -> Run:
    page, _ = note(reading, 0, ids_of(0, newest=newest), kind=RequestKind.HEAD_CHECK)
    if not reading.counts.reference_rows:
        reading.counts.start(page)
    return reading.stitcher.place_head(page)


# A page is requested and received.


def test_the_clock_ticks_once_for_each_request_and_once_for_each_answer() -> None:
    reading = make_reading()
    slow, fast = reading.new_request(RequestKind.SPLIT, 9), reading.new_request(RequestKind.SPLIT, 4)
    page, _ = note(reading, 4, ids_of(4), request=fast)
    late, _ = note(reading, 9, ids_of(9), request=slow)
    assert (page.sent, page.received, late.sent, late.received) == (2, 3, 1, 4)


def test_a_request_sent_again_has_a_new_tick_and_the_counts_of_that_tick() -> None:
    reading = make_reading()
    run = read_head(reading)
    request = reading.new_request(RequestKind.BELOW_RUN, 1, run)
    reading.counts.arrivals, reading.counts.era = 7, 2
    renewed = reading.renew_request(request)
    assert (renewed.sent, renewed.arrivals, renewed.era) == (request.sent + 1, 7, 2)
    assert (renewed.page, renewed.run, renewed.bottom, renewed.seam) == (1, run, run.bottom, run.seam)


def test_a_row_without_an_id_takes_a_place_and_proves_nothing() -> None:
    page, _ = note(make_reading(), 3, [5, FIRST_SUBSTITUTE_ID, FIRST_SUBSTITUTE_ID | 77])
    assert (page.count, [*page.versions]) == (3, [5])


def test_each_id_is_seen_once_however_large_it_is() -> None:
    reading = make_reading()
    for number in (3, 4):
        note(reading, number, [2**63 - 1, 7, 0])
    assert [*reading.seen_ids] == [0, 7, 2**63 - 1]
    assert reading.counts.max_newcomers == 3


def test_the_head_is_the_latest_page_only_if_it_was_requested_after_all_others_came() -> None:
    reading = make_reading()
    read_head(reading)
    answers = [reading.is_head_latest]
    late = reading.new_request(RequestKind.HEAD_CHECK, 0)
    note(reading, 7, ids_of(7))
    answers.append(reading.is_head_latest)
    page, _ = note(reading, 0, ids_of(0), request=late)
    reading.stitcher.place_head(page)
    answers.append(reading.is_head_latest)
    read_head(reading)
    assert [*answers, reading.is_head_latest] == [True, False, False, True]


def test_a_new_page_size_discards_what_was_concluded_from_the_former_one() -> None:
    reading = make_reading()
    for number in range(5):
        note(reading, number, ids_of(number, rows=SIZE - 1))
    note(reading, 9, ids_of(9, rows=3))
    assert (reading.page_size.rows, reading.counts.is_counting) == (SIZE - 1, True)
    era = reading.counts.era
    note(reading, 6, ids_of(6))
    assert (reading.counts.is_counting, reading.counts.era) == (False, era + 1)


# A page is placed.


@pytest.mark.parametrize("kind", ["dropped", "joined from above", "unchanged"])
def test_a_page_below_a_run_goes_on_with_its_stream_only_if_the_run_still_has_its_seam(kind: str) -> None:
    reading = make_reading()
    run = read_head(reading)
    request = reading.new_request(RequestKind.BELOW_RUN, 1, run)
    if kind == "dropped":
        reading.chain.drop(0, 0)
    elif kind == "joined from above":
        other, _ = note(reading, 5, ids_of(5))
        reading.place_tail(other)
        page, _ = note(reading, 3, [*ids_of(0)[-1:], *ids_of(5)[:1]])
        reading.place_page(page, None)
    page, _ = note(reading, 1, [*ids_of(0)[-1:], *ids_of(1)[:-1]], request=request)
    found = reading.place_below_run(page, request)
    assert (found is run) == (kind == "unchanged")
    assert all(seam.status is SeamStatus.OPEN for seam in reading.chain.seams())


def test_a_stream_does_not_go_on_while_another_request_for_its_seam_is_out() -> None:
    reading = make_reading()
    run = read_head(reading)
    request = reading.new_request(RequestKind.BELOW_RUN, 1, run)
    run.seam.requests_out = 1
    page, _ = note(reading, 1, [*ids_of(0)[-1:], *ids_of(1)[:-1]], request=request)
    assert reading.place_below_run(page, request) is None
    assert [len(each.pages) for each in reading.chain.runs] == [2]


@pytest.mark.parametrize("status", SeamStatus)
def test_a_page_in_the_middle_of_a_gap_starts_a_run_only_while_the_gap_is_open(status: SeamStatus) -> None:
    reading = make_reading()
    run = read_head(reading)
    request = reading.new_request(RequestKind.SPLIT, 9, run)
    run.seam.status = status
    page, _ = note(reading, 9, ids_of(9), request=request)
    new_run = reading.place_split(page, request)
    assert (new_run is not None) == (status is SeamStatus.OPEN)
    assert [each.top.number for each in reading.chain.runs] == ([0, 9] if new_run else [0])


def test_probes_are_placed_in_the_order_of_their_page_numbers_and_an_empty_one_nowhere() -> None:
    reading = make_reading()
    read_head(reading)
    for number in (16, 4, 64, 8):
        page, _ = note(reading, number, ids_of(number))
        reading.place_probe(page)
    page, _ = note(reading, 32, ())
    reading.place_probe(page)
    assert [run.top.number for run in reading.chain.runs] == [0, 4, 8, 16, 64]


def test_a_page_above_a_run_waits_for_the_head_and_is_not_placed_once_its_seam_is_gone() -> None:
    reading = make_reading()
    run = read_head(reading)
    for number in (1, 9):
        page, _ = note(reading, number, ids_of(number))
        reading.place_probe(page)
    upper = reading.chain.runs[1]
    request = reading.new_request(RequestKind.ABOVE_RUN, 8, upper)
    page, _ = note(reading, 8, ids_of(8), request=request)
    reading.place_above_run(page)
    assert [each.top.number for each in reading.chain.runs] == [0, 1, 8, 9]
    assert [seam.is_backward for seam in reading.pending_seams()] == [True]
    request = reading.new_request(RequestKind.ABOVE_RUN, 7, upper)
    upper.seam.close()
    page, _ = note(reading, 7, ids_of(7), request=request)
    reading.place_above_run(page)
    assert [each.top.number for each in reading.chain.runs] == [0, 1, 8, 9]
    assert reading.chain.find_run(run) is run


# The certificate.


def read_to_the_end(*, arrivals: int = 0) -> ListReading:
    """Read page 0, page 1 and the last page, 9, with three rows."""
    reading = make_reading()
    read_head(reading)
    note(reading, 1, ids_of(1))
    note(reading, 9, ids_of(9, rows=3))
    reading.counts.arrivals, reading.counts.departures, reading.stitcher.repairs = arrivals, 2, 5
    return reading


def test_an_exact_certificate_has_the_counts_of_the_sweep() -> None:
    details = {"requests": 12, "ids": 43, "page_size": SIZE}
    assert read_to_the_end(arrivals=1).certify_exact(requests=12) == Certificate(
        exact=True, arrived=1, left=2, repaired=5, details=details
    )


@pytest.mark.parametrize(
    ("is_uneven", "missing", "why"),
    [
        (False, 9 * SIZE + 3, "Rows left faster than the pages around them could be read again."),
        (True, None, "Pages came with too few or too many rows, so that rows that left could not be counted."),
    ],
)
def test_an_inexact_certificate_says_how_many_rows_can_be_missing_and_why(
    is_uneven: bool, missing: int | None, why: str
) -> None:
    reading = read_to_the_end()
    reading.page_size.is_uneven = is_uneven
    certificate = reading.certify_inexact(requests=12)
    assert (certificate.exact, certificate.missing_at_most, certificate.why) == (False, missing, why)


def test_a_list_that_was_empty_from_the_start_is_exact() -> None:
    certificate = make_reading().certify_empty_list(requests=2)
    assert (certificate.exact, certificate.missing_at_most) == (True, 0)


def test_a_list_that_is_empty_all_of_a_sudden_may_hide_every_row_that_was_not_read_since_its_length_was_known() -> None:
    reading = read_to_the_end()
    reading.counts.finish_check([note(reading, 0, ids_of(0))[0]], is_conclusive=True)
    note(reading, 1, ids_of(1))
    note(reading, 0, (), kind=RequestKind.HEAD_CHECK)
    certificate = reading.certify_empty_list(requests=12)
    assert (certificate.exact, certificate.missing_at_most) == (False, 9 * SIZE + 3 - 2 * SIZE)
    assert certificate.why == "The list was empty all of a sudden, after 43 of its rows had been read."


def test_a_restored_reading_knows_all_that_the_state_was_taken_of() -> None:
    reading = read_to_the_end(arrivals=1)
    note(reading, 10, ())
    restored = make_reading()
    restored.restore(json.loads(json.dumps(reading.state())))
    assert restored.state() == reading.state()
    assert restored.seen_ids == reading.seen_ids
    assert restored.certify_inexact(requests=1) == reading.certify_inexact(requests=1)
    assert (restored.plan.last_page(), restored.stitcher.stale_before) == (reading.plan.last_page(), reading.tick + 1)
    assert restored.stitcher.counts is restored.counts
    assert restored.stitcher.page_size is restored.page_size
