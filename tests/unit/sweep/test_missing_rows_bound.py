"""The bound of the rows that an inexact sweep can have missed is never too low."""

from __future__ import annotations

import json
from random import Random

import pytest

from huggy_connector.sweep.moving.missing_rows_bound import MissingRowsBound
from tests.unit.sweep.moving_list import SIZE, make_page


def test_without_a_reading_of_the_length_there_is_no_bound() -> None:
    bound = MissingRowsBound()
    bound.note_length(make_page(4, range(SIZE)), SIZE, [])
    assert (bound.max_missing(5, 0), bound.max_hidden(5, 0)) == (None, None)


def test_the_shortest_length_bounds_the_missing_rows_and_a_full_page_says_nothing() -> None:
    bound = MissingRowsBound()
    for number, rows in ((9, 5), (7, 3), (8, 0), (2, SIZE)):
        bound.note_length(make_page(number, range(rows)), SIZE, [])
    assert (bound.shortest_length, bound.first_length) == (143, 185)
    assert bound.max_missing(0, None) == 143


def test_rows_read_after_the_first_reading_of_the_length_lower_the_bound() -> None:
    bound = MissingRowsBound()
    bound.note_length(make_page(2, range(5), sent=10), SIZE, range(100, 110))
    assert bound.max_missing(10, 0) == 45
    bound.note_page(make_page(1, range(100, 104), sent=20))
    assert bound.max_missing(10, 0) == 45 - 4
    assert bound.max_missing(10 + 20, 0) == 45 - 4 - 20
    assert bound.max_missing(10 + 20, 7) == 45 - 4 - 20 + 7


def test_a_page_that_was_requested_before_the_length_was_known_lowers_nothing() -> None:
    bound = MissingRowsBound()
    bound.note_length(make_page(2, range(5), sent=10), SIZE, range(100, 110))
    bound.note_page(make_page(1, range(100, 104), sent=11))
    assert bound.max_missing(10, 0) == 45


@pytest.mark.parametrize("newcomers", [0, None])
def test_a_bound_is_no_less_than_zero_and_without_a_count_of_newcomers_only_the_length_counts(
    newcomers: int | None,
) -> None:
    bound = MissingRowsBound()
    bound.note_length(make_page(0, range(5)), SIZE, [])
    assert bound.max_missing(400, newcomers) == (5 if newcomers is None else 0)
    assert bound.max_hidden(400, newcomers) == (None if newcomers is None else 0)


@pytest.mark.parametrize("seed", range(40))
def test_no_row_that_stayed_is_missing_beyond_the_bound_and_a_pause_changes_nothing(seed: int) -> None:
    """Random pages are read of a list to which rows come and from which rows leave."""
    random = Random(seed)
    rows, arrived, bound = [*range(random.randrange(1, 300), 0, -1)], set[int](), MissingRowsBound()
    throughout, seen = set(rows), set[int]()
    for step in range(60):
        number = random.randrange(len(rows) // SIZE + 1)
        page = make_page(number, rows[number * SIZE : (number + 1) * SIZE], sent=2 * step)
        seen.update(page.versions)
        bound.note_length(page, SIZE, seen)
        bound.note_page(page)
        if random.random() < 0.3:
            arrived.add(1_000 + step)
            rows.insert(0, 1_000 + step)
        if rows and random.random() < 0.3:
            throughout.discard(rows.pop(random.randrange(len(rows))))
        if random.random() < 0.1:
            bound = MissingRowsBound.from_state(json.loads(json.dumps(bound.state())))
        told = bound.max_missing(len(seen), len(arrived & seen))
        assert told is None or len(throughout - seen) <= told
