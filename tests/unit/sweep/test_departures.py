from __future__ import annotations

import json

from huggy_connector.sweep.moving.departures import DepartureCount
from huggy_connector.sweep.moving.run_chain import PageReading

SIZE = 20


def page(number: int, newest: int, *, tick: int, without: int | None = None) -> PageReading:
    """Return a page of a list whose ids fall by one from row to row."""
    first = newest - number * SIZE
    rows = {number: "0" for number in range(first, first - SIZE, -1) if number != without}
    return PageReading(number, sent=tick, received=tick + 1, versions=rows, count=len(rows))


def start_check() -> DepartureCount:
    """Return counts that started at a head of 100, and a first try of a check that showed 101 and 102."""
    counts = DepartureCount()
    counts.start(page(0, 100, tick=0))
    head = page(0, 102, tick=2)
    counts.note_new_ids([102, 101], 3)
    counts.note_check_page(head)
    return counts


def test_a_row_shown_by_one_try_of_a_check_counts_though_it_is_gone_when_the_check_is_complete() -> None:
    counts = start_check()
    counts.finish_check([page(0, 102, tick=4, without=101)], is_conclusive=True)
    assert counts.arrivals == 2


def test_such_a_row_also_counts_if_the_process_died_in_between() -> None:
    counts = DepartureCount.from_state(json.loads(json.dumps(start_check().state())))
    counts.finish_check([page(0, 102, tick=4, without=101)], is_conclusive=True)
    assert counts.arrivals == 2


def test_a_row_counts_once_however_many_tries_show_it() -> None:
    counts = start_check()
    for tick in (4, 6):
        counts.note_check_page(page(0, 102, tick=tick))
    counts.finish_check([page(0, 102, tick=8)], is_conclusive=True)
    counts.finish_check([page(0, 102, tick=10)], is_conclusive=True)
    assert counts.arrivals == 2
