"""The tables depend on the set of snapshots, not on when, in what order, or how often they were loaded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

OF_THE_LOAD_ITSELF = ("meta.publishes", "meta.quality")
"""Tables that tell how the file came to be, which is not the same in another order."""

UPDATED = st.sampled_from([None, "2026-11-01 10:00:00", "2026-11-02 10:00:00", "0000-00-00 00:00:00"])
ROWS = st.lists(
    st.builds(
        lambda chat_id, updated, channel, unread, extra: {
            "id": chat_id,
            "updatedAt": updated,
            "channel": channel,
            "unread": unread,
            **extra,
        },
        st.sampled_from([1, 2, "3", "x"]),
        UPDATED,
        st.sampled_from(["widget", "email"]),
        st.sampled_from([0, 1, "many"]),
        st.sampled_from([{}, {"novo": 1}, {"novo": "a"}]),
    ),
    max_size=5,
)
SNAPSHOTS = st.lists(st.tuples(st.integers(0, 2), ROWS), min_size=1, max_size=4)
"""(minute of the fetch, rows): several may have been fetched at the same instant, and hold the same."""


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[tuple[int, list[Any]]], list[int], list[int]]:
    """Snapshots, an order to load them in, and how many to load at a time (0: load again)."""
    snapshots = draw(SNAPSHOTS)
    order = draw(st.permutations(range(len(snapshots))))
    return snapshots, list(order), draw(st.lists(st.integers(0, 3), min_size=1, max_size=4))


def grown(desk: Desk, snapshots: Sequence[tuple[int, list[Any]]], order: Sequence[int], steps: Sequence[int]) -> Any:
    """The tables after the snapshots have been published and loaded step by step in this order."""
    waiting = list(order)
    for size in [*steps, len(waiting)]:
        for number in waiting[:size]:
            minute, rows = snapshots[number]
            desk.land(rows, minute=minute, run_key=f"20261122T12{minute:02d}00Z-full-{number:08x}")
        del waiting[:size]
        desk.load()
    tables = desk.tables(without=OF_THE_LOAD_ITSELF)
    tables["meta.loads"] = desk.rows("meta", "loads", ["company_id", "resource", "run_key", "fetched", "kept"])
    return tables


TIED = [
    (0, [{"id": 1, "channel": "widget", "unread": 0}]),
    (0, [{"id": 1, "channel": "widget", "unread": 1}, {"id": 1, "channel": "widget", "unread": 2}]),
    (0, [{"id": 1, "channel": "widget", "unread": 0}]),
]
"""One instant, one fingerprint, other untracked values: only the run key and the place in the file decide."""

UNDATED = [
    (2, [{"id": 1, "channel": "late", "updatedAt": None}]),
    (1, [{"id": 1, "channel": "dated", "updatedAt": "2026-11-01 10:00:00"}]),
]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@example((TIED, [2, 1, 0], [1, 1]))
@example((TIED, [1, 0, 2], [1, 0, 2]))
@example((UNDATED, [1, 0], [1]))
@given(histories())
def test_any_order_and_repetition_of_loads_gives_the_same_tables(
    desk_type: type[Desk], history: tuple[list[tuple[int, list[Any]]], list[int], list[int]]
) -> None:
    snapshots, order, steps = history
    with TemporaryDirectory() as one, TemporaryDirectory() as other:
        at_once = grown(desk_type(Path(one)), snapshots, range(len(snapshots)), [])
        bit_by_bit = grown(desk_type(Path(other)), snapshots, order, steps)
    assert bit_by_bit == at_once
