from __future__ import annotations

from array import array
from random import Random

from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.sandbox.data.listing import MovingList

MOVES = st.lists(st.tuples(st.sampled_from(("add", "jump", "remove")), st.integers(0, 10**6)), max_size=60)


def apply_moves(listing: MovingList, plain: list[int], moves: list[tuple[str, int]]) -> None:
    """Apply the same moves to a listing and to a plain list, head first."""
    known = len(plain)
    for kind, number in moves:
        if kind == "add":
            listing.add(known)
            plain.insert(0, known)
            known += 1
        elif plain:
            row = plain.pop(number % len(plain))
            if kind == "jump":
                listing.move_to_head(row)
                plain.insert(0, row)
            else:
                listing.remove(row)


@given(initial_count=st.integers(0, 30), moves=MOVES, start=st.integers(0, 40))
@example(initial_count=3, moves=[("remove", 0), ("remove", 0), ("remove", 0), ("add", 0)], start=0)
@example(initial_count=4, moves=[("jump", 3), ("remove", 1), ("jump", 0), ("remove", 0)], start=1)
def test_any_page_of_a_moved_list_is_what_a_plain_list_has(
    initial_count: int, moves: list[tuple[str, int]], start: int
) -> None:
    listing, plain = MovingList(initial_count), list(range(initial_count))[::-1]
    apply_moves(listing, plain, moves)
    assert (list(listing), len(listing), listing.rows(start, start + 5)) == (
        plain,
        len(plain),
        plain[start : start + 5],
    )
    assert sorted(plain, key=listing.slot, reverse=True) == plain
    assert [row for row in range(initial_count + 60) if row in listing] == sorted(plain)


@given(order=st.permutations(range(12)), moves=MOVES)
def test_a_list_with_another_order_moves_in_the_same_way(order: list[int], moves: list[tuple[str, int]]) -> None:
    listing, plain = MovingList(12, array("I", order)), order[::-1]
    apply_moves(listing, plain, moves)
    assert list(listing) == plain


def test_a_row_that_left_is_no_longer_in_the_list() -> None:
    listing = MovingList(3)
    listing.remove(1)
    assert [row in listing for row in (-1, 0, 1, 2, 3)] == [False, True, False, True, False]


def test_an_empty_list_has_no_row_to_choose() -> None:
    assert MovingList(0).pick_row(Random(1)) is None
