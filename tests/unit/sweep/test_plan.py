from __future__ import annotations

from huggy_connector.sweep.moving.departures import DepartureCount
from huggy_connector.sweep.moving.end_search import PageSize
from huggy_connector.sweep.moving.plan import StreamPlan
from huggy_connector.sweep.moving.run_chain import PageReading, RunChain
from huggy_connector.sweep.moving.stitching import RunStitcher
from tests.unit.sweep.moving_list import make_still_stitcher


def check_head(counts: DepartureCount, newest: int, *, tick: int) -> None:
    """Check the head after rows have arrived."""
    rows = dict.fromkeys(range(newest, newest - 200, -1), "0")
    counts.note_new_ids(list(rows), tick)
    counts.finish_check([PageReading(0, sent=tick, received=tick + 1, versions=rows, count=200)], is_conclusive=True)


def test_one_more_stream_in_rotation_starts_in_the_middle_of_the_longest_open_gap() -> None:
    plan = StreamPlan(make_still_stitcher(0, 10, 40))
    plan._rows_then = 45 * 20
    split = plan.choose_rotation_split(9, splitting=())
    assert split is not None
    assert (split.page, split.is_split) == (26, True)
    seams = plan._stitcher.chain.seams()
    seams[1].set_pending(since=1, till=2)
    split = plan.choose_rotation_split(9, splitting=())
    assert split is not None
    assert split.page == 6
    assert plan.choose_rotation_split(9, splitting=[seams[0]]) is None


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
