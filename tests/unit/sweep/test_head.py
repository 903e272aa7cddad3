"""The reading of the head: down to the known rows, with proof that nothing above them was missed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from pyroaring import BitMap64

from huggy_connector.sweep import Cursor, RowFacts
from huggy_connector.sweep.cursor import REMEMBERED_ROWS
from huggy_connector.sweep.head import MAX_PAGES_ADRIFT, MAX_PAGES_BELOW, MAX_PAGES_WITHOUT_NEW_ROWS, HeadWalk
from huggy_connector.sweep.row_facts import FIRST_SUBSTITUTE_ID
from tests.unit.sweep.moving_list import NOW, SIZE

Change = Callable[[int, list[RowFacts]], None]
"""Changes the list before its nth request is answered. The first request is the 0th."""


def rows(newest: int, oldest: int = 1) -> list[RowFacts]:
    """Return rows whose ids fall by one, without any time."""
    return [RowFacts(number, "0") for number in range(newest, oldest - 1, -1)]


def cursor_of(known: Sequence[RowFacts], *, max_rows: int | None = -1) -> Cursor:
    """Return the cursor that an exact run over these rows leaves."""
    near = known[:REMEMBERED_ROWS]
    return Cursor(
        NOW,
        BitMap64(row.id for row in known),
        {row.id: row.version for row in near},
        tuple(row.id for row in near),
        max_rows=len(known) if max_rows == -1 else max_rows,
    )


def read_head(
    cursor: Cursor,
    listed: list[RowFacts],
    meanwhile: Change = lambda request, listed: None,
    lacks: Callable[[int, int], int] = lambda request, page: 0,
) -> tuple[HeadWalk, list[int], set[int]]:
    """Read the head of a list. Return the walk, the pages it requested and the ids it read.

    `lacks` tells how many of its last rows the answer to a request for a page lacks.
    """
    read_ids, pages = set[int](), list[int]()
    walk = HeadWalk(cursor, lambda: sum(row_id not in cursor.ids for row_id in read_ids))
    while walk.next_page is not None:
        page = walk.next_page
        meanwhile(len(pages), listed)
        answer = listed[page * SIZE : (page + 1) * SIZE]
        answer = answer[: len(answer) - lacks(len(pages), page)]
        with_id = [row for row in answer if row.has_id]
        has_new_rows = any(row.id not in read_ids for row in with_id)
        read_ids.update(row.id for row in with_id)
        pages.append(page)
        walk.receive(with_id, count=len(answer), has_new_rows=has_new_rows)
        assert len(pages) < 500
    return walk, pages, read_ids


# Down to the known rows.


@pytest.mark.parametrize("known", [0, 1, 19, 20, 21, 400])
@pytest.mark.parametrize("new", [0, 1, 19, 20, 41, 100])
def test_all_new_rows_are_read_whatever_their_number_and_without_any_time(new: int, known: int) -> None:
    listed = rows(known + new)
    walk, pages, read_ids = read_head(cursor_of(rows(known)), listed)
    assert (walk.is_exact, walk.why, walk.missing_at_most) == (True, "", 0)
    assert read_ids >= set(range(known + 1, known + new + 1))
    assert walk.max_rows == known + new
    assert walk.head_ids() == [row.id for row in listed][:REMEMBERED_ROWS]
    assert walk.versions() == {row.id: "0" for row in listed[:REMEMBERED_ROWS]}
    assert len(pages) <= 2 * (new // SIZE + 2) + 1


def test_a_head_without_news_costs_one_page_and_one_for_the_length() -> None:
    _, pages, _ = read_head(cursor_of(rows(1_007)), rows(1_007))
    assert pages == [0, 50]


def test_a_list_of_unknown_length_is_not_measured() -> None:
    walk, pages, _ = read_head(cursor_of(rows(100), max_rows=None), rows(100))
    assert (pages, walk.is_exact, walk.max_rows) == ([0], True, None)


def test_the_latest_version_of_a_row_is_remembered() -> None:
    listed = [replace(row, version="1") if row.id % 2 else row for row in rows(410)]
    walk, _, _ = read_head(cursor_of(rows(400)), listed)
    versions = walk.versions()
    assert (versions[409], versions[399], versions[398], len(versions)) == ("1", "1", "0", REMEMBERED_ROWS)


def test_a_list_that_became_shorter_is_exact_and_its_end_is_read_twice() -> None:
    walk, pages, _ = read_head(cursor_of(rows(107)), rows(107, 41))
    assert (pages, walk.is_exact, walk.max_rows) == ([0, 5, 5], True, 100)


def test_an_end_that_lacks_rows_once_does_not_hide_that_the_list_is_longer() -> None:
    known = rows(107)
    listed = [*known[:60], RowFacts(900, "0"), *known[60:]]
    walk, pages, read_ids = read_head(cursor_of(known), listed, lacks=lambda request, page: 2 * (request == 1))
    assert (pages[:3], walk.is_exact, 900 in read_ids) == ([0, 5, 5], True, True)


def test_a_page_that_nobody_requested_is_an_error() -> None:
    walk, _, _ = read_head(cursor_of([]), [])
    with pytest.raises(ValueError, match="requested no page"):
        walk.receive([], count=0, has_new_rows=False)


# Where the head joins the known rows.


def change_all(known: Sequence[RowFacts], updated: Callable[[int], datetime | None]) -> list[RowFacts]:
    """Return the rows with another content. `updated` tells when the row at a place was last updated."""
    return [replace(row, version="1", updated=updated(place)) for place, row in enumerate(known)]


def test_changed_rows_join_by_their_order_if_it_is_not_the_order_of_their_updates() -> None:
    known = rows(2_000)
    listed = [*rows(2_005, 2_001), *change_all(known, lambda place: NOW + timedelta(hours=place % 7))]
    walk, pages, read_ids = read_head(cursor_of(known), listed)
    assert (walk.is_exact, read_ids >= set(range(2_001, 2_006)), len(pages) < 12) == (True, True, True)


@pytest.mark.parametrize(
    "updated",
    [
        pytest.param(lambda place: NOW - timedelta(seconds=place), id="the order of updates"),
        pytest.param(lambda place: NOW, id="all updated at one time"),
        pytest.param(lambda place: NOW + timedelta(hours=place % 7) if place % SIZE else None, id="one has no time"),
    ],
)
def test_changed_rows_that_may_be_in_the_order_of_their_updates_prove_nothing(
    updated: Callable[[int], datetime | None],
) -> None:
    known = rows(2_000)
    walk, pages, _ = read_head(cursor_of(known), change_all(known, updated))
    assert walk.why == "All rows near the head have changed, so nothing shows where it joins what is known."
    assert (walk.is_exact, walk.missing_at_most, len(pages)) == (False, None, MAX_PAGES_ADRIFT + 1)


def test_changed_rows_in_another_order_prove_nothing() -> None:
    known = rows(2_000)
    listed = change_all(known[::-1], lambda place: NOW + timedelta(hours=place % 7))
    walk, _, _ = read_head(cursor_of(known), listed)
    assert not walk.is_exact


# The list moves while it is read.


def test_a_new_row_that_jumps_over_the_pages_while_they_are_read_is_read() -> None:
    listed = rows(245)
    jumper, read_before = listed[2 * SIZE + 2], listed[5]

    def arrive_and_jump(request: int, listed: list[RowFacts]) -> None:
        """Let a row come before each request, so that all pages overlap, and two rows jump."""
        if request in {1, 2, 3}:
            listed[:0] = [RowFacts(900 + request, "0")]
        if request == 2:
            listed.remove(jumper)
            listed.remove(read_before)
            listed[:0] = [replace(row, version="1") for row in (jumper, read_before)]

    walk, pages, read_ids = read_head(cursor_of(rows(200)), listed, arrive_and_jump)
    assert (pages[:5], walk.is_exact, jumper.id in read_ids) == ([0, 1, 2, 3, 0], True, True)
    assert walk.head_ids()[:4] == [903, jumper.id, read_before.id, 902]
    assert walk.versions()[read_before.id] == "1"


def test_a_new_row_that_a_departure_hides_between_two_pages_is_read_on_the_way_up() -> None:
    listed = rows(245)
    hidden = listed[SIZE].id

    def leave(request: int, listed: list[RowFacts]) -> None:
        if request == 1:
            del listed[3]

    walk, pages, read_ids = read_head(cursor_of(rows(200)), listed, leave)
    assert (walk.is_exact, hidden in read_ids) == (True, True)
    assert pages[:7] == [0, 1, 2, 3, 2, 1, 0]


def test_a_head_from_which_a_row_leaves_again_and_again_ends_the_reading_after_three_attempts() -> None:
    def leave(request: int, listed: list[RowFacts]) -> None:
        del listed[0]

    walk, pages, _ = read_head(cursor_of(rows(200)), rows(345), leave)
    assert walk.why == "The head kept moving, and a row that left may have hidden another one."
    assert (walk.is_exact, walk.missing_at_most, pages.count(0)) == (False, None, 6)


def test_a_head_that_moves_a_page_for_each_page_that_is_read_ends_the_reading() -> None:
    def arrive(request: int, listed: list[RowFacts]) -> None:
        listed[:0] = rows(listed[0].id + SIZE, listed[0].id + 1)

    walk, pages, _ = read_head(cursor_of(rows(200)), rows(220), arrive)
    assert (walk.is_exact, walk.why) == (False, "The head moved as fast as it was read.")
    assert len(pages) == 1 + MAX_PAGES_WITHOUT_NEW_ROWS + 1


# The server leaves rows out.


def test_a_page_that_lacks_a_row_once_is_read_again() -> None:
    walk, _, read_ids = read_head(cursor_of(rows(200)), rows(245), lacks=lambda request, page: request == 1)
    assert (walk.is_exact, read_ids >= set(range(201, 246))) == (True, True)


def test_a_page_that_always_lacks_its_last_row_ends_the_reading() -> None:
    walk, _, _ = read_head(cursor_of(rows(200)), rows(245), lacks=lambda request, page: page == 1)
    assert (walk.is_exact, walk.why) == (False, "A page came without some of its rows each time it was read.")


# Rows that came in below the head.


@pytest.mark.parametrize("place", [SIZE, 10 * SIZE + 7, (MAX_PAGES_BELOW + 1) * SIZE - 1, 2_000])
def test_a_row_inserted_below_the_head_is_looked_for_because_the_list_is_too_long(place: int) -> None:
    known = rows(2_000)
    listed = [*known[:place], RowFacts(9_000, "0"), *known[place:]]
    walk, _, read_ids = read_head(cursor_of(known), listed)
    assert (walk.is_exact, 9_000 in read_ids) == (True, True)


def test_a_row_inserted_too_far_below_the_head_is_told_of() -> None:
    known = rows(3_000)
    listed = [*known[:2_000], *rows(9_002, 9_000), *known[2_000:]]
    walk, pages, _ = read_head(cursor_of(known), listed)
    assert walk.why == "The list is 3 rows longer than what is known: some came in below its head."
    assert (walk.is_exact, walk.missing_at_most, max(pages[-10:])) == (False, None, MAX_PAGES_BELOW + 1)


def test_a_row_that_is_nowhere_down_to_the_end_is_counted_as_missing() -> None:
    known = rows(300)
    walk, _, _ = read_head(cursor_of(known), [*known, RowFacts(FIRST_SUBSTITUTE_ID, "0")])
    assert (walk.is_exact, walk.missing_at_most) == (False, 1)


def test_rows_that_came_while_the_length_was_measured_are_not_taken_for_inserted_ones() -> None:
    def arrive(request: int, listed: list[RowFacts]) -> None:
        if request == 1:
            listed[:0] = rows(1_025, 1_001)

    walk, pages, read_ids = read_head(cursor_of(rows(1_000)), rows(1_000), arrive)
    assert (walk.is_exact, read_ids >= set(range(1_001, 1_026))) == (True, True)
    assert max(page for page in pages if page < 40) < 3
