from __future__ import annotations

import json

from huggy_connector.sweep.departures import Ledger
from huggy_connector.sweep.seams import Sheet

SIZE = 20


def page(number: int, newest: int, *, tick: int, without: int | None = None) -> Sheet:
    """A page of a list whose ids fall by one from row to row."""
    first = newest - number * SIZE
    rows = {number: "0" for number in range(first, first - SIZE, -1) if number != without}
    return Sheet(number, sent=tick, taken=tick + 1, rows=rows, count=len(rows))


def under_way() -> Ledger:
    """Begun with a head of 100, and a first try of a look that showed 101 and 102."""
    ledger = Ledger()
    ledger.begin(page(0, 100, tick=0))
    head = page(0, 102, tick=2)
    ledger.first_seen([102, 101], 3)
    ledger.show(head)
    return ledger


def test_a_row_that_one_try_of_a_look_showed_is_counted_though_it_is_gone_when_the_look_is_complete() -> None:
    ledger = under_way()
    ledger.look([page(0, 102, tick=4, without=101)], firm=True)
    assert ledger.arrived == 2


def test_it_is_counted_as_well_where_the_process_died_in_between() -> None:
    ledger = Ledger.resumed(json.loads(json.dumps(under_way().state())))
    ledger.look([page(0, 102, tick=4, without=101)], firm=True)
    assert ledger.arrived == 2


def test_a_row_is_counted_once_however_many_tries_show_it() -> None:
    ledger = under_way()
    for tick in (4, 6):
        ledger.show(page(0, 102, tick=tick))
    ledger.look([page(0, 102, tick=8)], firm=True)
    ledger.look([page(0, 102, tick=10)], firm=True)
    assert ledger.arrived == 2
