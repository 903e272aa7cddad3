from __future__ import annotations

from huggy_connector.sweep.departures import Ledger
from huggy_connector.sweep.ends import PageSize
from huggy_connector.sweep.plan import Plan
from huggy_connector.sweep.seams import Chain, Sheet
from huggy_connector.sweep.stitching import Stitcher


def look(ledger: Ledger, newest: int, *, tick: int) -> None:
    """The head as it is once rows have arrived."""
    rows = dict.fromkeys(range(newest, newest - 200, -1), "0")
    ledger.first_seen(list(rows), tick)
    ledger.look([Sheet(0, sent=tick, taken=tick + 1, rows=rows, count=200)], firm=True)


def test_a_search_that_was_left_alone_while_rows_arrived_begins_where_its_row_is_now() -> None:
    size, ledger, chain = PageSize(), Ledger(), Chain()
    for number in range(3):
        size.note(number, 20, last_page=200)
    ledger.begin(Sheet(0, sent=0, taken=1, rows=dict.fromkeys(range(9_000, 8_980, -1), "0"), count=20))
    run = chain.insert(0, Sheet(110, sent=2, taken=3, rows=dict.fromkeys(range(120, 100, -1), "0"), count=20))
    run.below.fail()
    run.below.seek(110, at=3, lower=True)
    plan = Plan(Stitcher(chain, ledger, size))
    assert plan.page_below(run, 4) == 111
    look(ledger, 9_130, tick=500)
    assert plan.page_below(run, 501) == (110 * 20 + 19 + 130) // 20
