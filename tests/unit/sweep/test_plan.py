from __future__ import annotations

from huggy_connector.sweep.moving.departures import DepartureCount
from huggy_connector.sweep.moving.end_search import PageSize
from huggy_connector.sweep.moving.plan import StreamPlan
from huggy_connector.sweep.moving.run_chain import PageReading, RunChain
from huggy_connector.sweep.moving.stitching import RunStitcher


def check_head(counts: DepartureCount, newest: int, *, tick: int) -> None:
    """Check the head after rows have arrived."""
    rows = dict.fromkeys(range(newest, newest - 200, -1), "0")
    counts.note_new_ids(list(rows), tick)
    counts.finish_check([PageReading(0, sent=tick, received=tick + 1, versions=rows, count=200)], is_conclusive=True)


def test_a_paused_search_restarts_where_its_row_is_now() -> None:
    size, counts, chain = PageSize(), DepartureCount(), RunChain()
    for number in range(3):
        size.note_page(number, 20, last_page=200)
    counts.start(PageReading(0, sent=0, received=1, versions=dict.fromkeys(range(9_000, 8_980, -1), "0"), count=20))
    run = chain.insert(
        0, PageReading(110, sent=2, received=3, versions=dict.fromkeys(range(120, 100, -1), "0"), count=20)
    )
    run.seam.fail()
    run.seam.continue_search(110, tick=3, is_lower=True)
    plan = StreamPlan(RunStitcher(chain, counts, size))
    assert plan.page_below(run, 4) == 111
    check_head(counts, 9_130, tick=500)
    assert plan.page_below(run, 501) == (110 * 20 + 19 + 130) // 20
