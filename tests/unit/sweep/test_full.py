"""The full sweep leaves a cursor that vouches for the rows it read, and for no others."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from huggy_connector.sweep import Cursor, FullWalk, PageAnswer, RowFacts
from huggy_connector.sweep.moving.run_chain import TOP_PAGES
from huggy_connector.sweep.row_facts import FIRST_SUBSTITUTE_ID
from tests.unit.sweep.account import as_facts
from tests.unit.sweep.moving_list import NOW, SIZE

Answer = Callable[[int], Sequence[RowFacts]]


def rows(count: int) -> list[RowFacts]:
    """Return rows, newest first, ten a day. Every seventh one is open, every fourteenth in a new situation."""
    return [
        RowFacts(
            number,
            f"v{number}",
            NOW - timedelta(hours=2.4 * (count - number)),
            situation="in_chat" if number % 14 else "só em 2027",
            is_open=number % 7 == 0,
        )
        for number in range(count, 0, -1)
    ]


def make_walk(**options: Any) -> FullWalk:
    return FullWalk(as_facts, started_at=NOW, open_situations=("in_chat",), **options)


def read(walk: FullWalk, listed: Sequence[RowFacts], *, size: int = SIZE, requests: int = 10_000) -> FullWalk:
    """Read the list, at most so many requests of it, one after another."""
    for _ in range(requests):
        request = walk.next_request()
        if request is None:
            break
        page = listed[request.page * size : (request.page + 1) * size]
        walk.receive(PageAnswer(request, page, NOW))  # type: ignore[arg-type]
    return walk


@pytest.mark.parametrize("count", [0, 1, 20, 21, 700])
def test_the_cursor_vouches_for_every_row_of_the_list(count: int) -> None:
    listed = rows(count)
    walk = read(make_walk(), listed)
    cursor = walk.next_cursor()
    assert walk.certificate().exact
    assert cursor.watermark == NOW
    assert ([*cursor.ids], cursor.max_rows) == (list(range(1, count + 1)), count)
    assert cursor.open_ids == frozenset(range(7, count + 1, 7))
    assert cursor.unlisted_situations == (("só em 2027",) if count >= 14 else ())
    assert cursor.page_size == SIZE


def test_the_cursor_remembers_the_contents_and_the_order_of_the_rows_near_the_head() -> None:
    cursor = read(make_walk(), rows(700)).next_cursor()
    assert cursor.head_ids == tuple(range(700, 700 - TOP_PAGES * SIZE, -1))
    assert cursor.versions == {number: f"v{number}" for number in range(700, 300, -1)}
    assert cursor.rows_per_day == pytest.approx(10, abs=0.2)


@pytest.mark.parametrize("size", [7, 50])
def test_the_cursor_has_the_page_size_that_was_found(size: int) -> None:
    assert read(make_walk(), rows(300), size=size).next_cursor().page_size == size


def test_a_record_that_is_closed_while_the_list_is_read_is_not_open_in_the_cursor() -> None:
    listed, walk = rows(700), make_walk()
    read(walk, listed, requests=1)
    place = next(place for place, row in enumerate(listed) if row.is_open)
    assert place < SIZE
    listed[place] = replace(listed[place], version="closed", is_open=False)
    cursor = read(walk, listed).next_cursor()
    assert listed[place].id not in cursor.open_ids
    assert cursor.versions[listed[place].id] == "closed"


def test_rows_without_an_id_make_the_list_longer_and_are_no_known_rows() -> None:
    listed = rows(700)
    for place in (3, 450):
        listed[place] = RowFacts(FIRST_SUBSTITUTE_ID + place, "", is_open=True)
    cursor = read(make_walk(), listed).next_cursor()
    assert (len(cursor.ids), cursor.max_rows) == (698, 700)
    assert max([*cursor.ids, *cursor.versions, *cursor.head_ids, *cursor.open_ids]) == 700


@pytest.mark.parametrize("streams", [1, 5])
@pytest.mark.parametrize("killed_after", [1, 3, 10, 25, 40])
def test_a_sweep_that_was_killed_leaves_the_same_cursor(killed_after: int, streams: int) -> None:
    listed = rows(700)
    listed[3] = RowFacts(FIRST_SUBSTITUTE_ID, "")
    whole = read(make_walk(streams=streams), listed).next_cursor()
    state = json.loads(json.dumps(read(make_walk(streams=streams), listed, requests=killed_after).state()))
    assert state["walk"] == "full"
    resumed = make_walk(streams=streams)
    resumed.restore(state)
    cursor = read(resumed, listed).next_cursor()
    assert resumed.certificate().exact
    assert cursor == whole


def test_a_stored_cursor_is_the_one_that_was_left() -> None:
    cursor = read(make_walk(), rows(100)).next_cursor()
    stored = Cursor.from_state(json.loads(json.dumps(cursor.state())), cursor.ids)
    assert replace(stored, open_ids=frozenset(stored.open_ids)) == cursor
