"""The search for the end of a list, and what the lengths of its pages show."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from random import Random

import pytest

from huggy_connector.errors import SweepError
from huggy_connector.sweep import EndSearch
from huggy_connector.sweep.moving.end_search import (
    MAX_PAGE,
    MAX_SAME_PAGES,
    MAX_SHRINKAGE,
    SAMPLED_PAGES,
    SHORT_PAGES,
    PageSize,
    infer_page_size,
)
from tests.unit.sweep.moving_list import SIZE


def ids_of(page: int, pages: int) -> range:
    """Return the ids on a page of a list of so many full pages."""
    first = (pages - page) * SIZE
    return range(first, first - SIZE, -1) if page < pages else range(0)


def find_end(search: EndSearch, count_pages: Callable[[int], int], random: Random) -> int:
    """Answer the search in any order until it is over, and return its requests.

    `count_pages` returns the length of the list in pages at the nth request.
    """
    requests = 0
    pending = search.first_pages(len(ids_of(0, count_pages(0))))
    while pending:
        random.shuffle(pending)
        for page in pending:
            requests += 1
            search.note_page(page, ids_of(page, count_pages(requests)))
        assert requests < 1_000
        pending = [] if search.is_found else search.next_pages()
    return requests


@pytest.mark.parametrize("width", [1, 2, 4, 8, 20])
@pytest.mark.parametrize("pages", [0, 1, 2, 3, 4, 5, 12, 13, 16, 17, 999, 65_537])
def test_the_last_page_is_found_in_few_requests_whatever_the_order_of_the_answers(pages: int, width: int) -> None:
    search = EndSearch(width)
    requests = find_end(search, lambda _: pages, Random(pages))
    assert (search.last_page, search.empty_page) == (max(0, pages - 1), max(1, pages))
    assert requests <= 12 + 3 * pages.bit_length()


@pytest.mark.parametrize("hint", [1, 4, 500, 990, 999, 1_000, 1_001, 40_000, 10**7])
def test_a_hint_never_misleads_and_a_good_one_saves_requests(hint: int) -> None:
    search = EndSearch(8, pages_hint=hint)
    requests = find_end(search, lambda _: 1_000, Random(hint))
    assert search.last_page == 999
    assert requests <= (10 if 990 <= hint <= 1_000 else 50)


@pytest.mark.parametrize("grow", [1, -1])
def test_a_list_that_grows_or_shrinks_meanwhile_has_its_end_found_all_the_same(grow: int) -> None:
    for seed in range(20):
        search = EndSearch(1 + seed % 6)
        find_end(search, lambda request: 300 + grow * (request // 4), Random(seed))
        assert search.empty_page == search.last_page + 1
        assert 300 - 10 <= search.empty_page <= 300 + 10


@pytest.mark.parametrize("last", [SHORT_PAGES - 1, SHORT_PAGES])
def test_the_end_of_a_long_list_is_read_once_more_before_it_is_believed(last: int) -> None:
    search = EndSearch(4)
    search.note_page(last + 1, ())
    search.note_page(last, [1])
    assert search.is_found == (last < SHORT_PAGES)
    assert search.next_pages() == [last + 1]
    search.note_page(last + 1, ())
    assert search.is_found


def test_an_empty_page_that_holds_rows_after_all_takes_the_search_further_down() -> None:
    search = EndSearch(4)
    search.note_page(8, ())
    search.note_page(9, [1])
    assert (search.last_page, search.empty_page, search.is_found) == (9, None, False)
    assert search.next_pages()[0] > 9


def test_an_end_that_was_passed_by_new_rows_is_searched_for_nearby() -> None:
    search = EndSearch(1)
    search.note_page(100, [1])
    search.note_page(101, ())
    search.note_page(101, [2])
    assert [search.next_pages(), search.next_pages()] == [[102, 103], [105, 109]]


@pytest.mark.parametrize("pages", [300, 1_000, 5_000])
def test_a_long_list_is_searched_with_hardly_more_requests_than_halving_takes(pages: int) -> None:
    search = EndSearch(1)
    requests = find_end(search, lambda _: pages, Random(0))
    assert requests <= pages.bit_length() + 8


def test_a_page_found_empty_above_one_that_held_rows_is_the_end_to_be_confirmed() -> None:
    search = EndSearch(4)
    search.note_page(90, [1])
    search.note_page(70, ())
    assert (search.last_page, search.empty_page, search.is_found, search.next_pages()) == (69, 70, False, [70])
    search.note_page(70, ())
    assert search.is_found


def test_the_same_rows_on_page_after_page_are_an_error_that_names_the_pages() -> None:
    search = EndSearch(4)
    for page in (1, 4, 4, 16):
        search.note_page(page, [7, 8])
    search.note_page(5, [8, 7])
    with pytest.raises(SweepError, match=r"^Pages 1, 4, 16, 64 hold the same rows, so the list has no end: is the"):
        search.note_page(64, [7, 8])
    assert MAX_SAME_PAGES == 3


def test_a_list_without_an_end_is_an_error() -> None:
    search = EndSearch(4)
    for step in range(13):
        search.note_page(4**step, [step])
        if 4**step < MAX_PAGE:
            assert search.next_pages()
    with pytest.raises(SweepError, match="goes on for ever"):
        search.next_pages()


@pytest.mark.parametrize("row_count", [0, 7, SIZE])
def test_a_first_page_that_is_not_full_has_only_the_next_page_probed(row_count: int) -> None:
    assert (EndSearch(9).first_pages(row_count) == [1]) == (row_count < SIZE)


def test_a_restored_search_goes_on_from_the_same_pages() -> None:
    search = EndSearch(4, pages_hint=90)
    search.note_page(64, [1])
    search.note_page(256, ())
    restored = EndSearch.from_state(json.loads(json.dumps(search.state())), width=4)
    assert (restored.pages_hint, restored.last_page, restored.empty_page) == (90, 64, 256)
    assert restored.next_pages() == search.next_pages()


@pytest.mark.parametrize(
    ("counts", "size"),
    [
        pytest.param([], None, id="no page"),
        pytest.param([20], None, id="one page may be the last"),
        pytest.param([20, 5], 20, id="the second is the last"),
        pytest.param([20, 20, 19], 20, id="one too short"),
        pytest.param([20, 20, 20, 21], 20, id="one too long"),
        pytest.param([20, 20, 21], 21, id="too few to tell"),
        pytest.param([50] * 9 + [3], 50, id="another size than the documented one"),
        pytest.param([19] * 8 + [20] * 4, 20, id="many too short"),
    ],
)
def test_the_page_size_is_the_longest_length_that_is_no_exception(counts: Sequence[int], size: int | None) -> None:
    assert infer_page_size(dict(enumerate(counts))) == size


def note(size: PageSize, counts: Sequence[int], *, last_page: int) -> list[bool]:
    return [size.note_page(number, rows, last_page=last_page) for number, rows in enumerate(counts)]


def test_a_new_page_size_shakes_earlier_conclusions_and_the_first_one_does_not() -> None:
    size = PageSize()
    assert note(size, [19, 19, 19, 19], last_page=99) == [False] * 4
    assert size.note_page(4, 20, last_page=99)
    assert (size.rows, size.is_uneven) == (19, True)
    assert size.note_page(5, 20, last_page=99)
    assert (size.rows, size.is_uneven) == (20, False)
    assert not size.note_page(6, 20, last_page=99)


@pytest.mark.parametrize(
    ("page", "rows", "is_uneven"),
    [
        pytest.param(30, SIZE - 1, True, id="too short well above the end"),
        pytest.param(40 - MAX_SHRINKAGE, SIZE - 1, False, id="too short near the end"),
        pytest.param(40, SIZE + 1, True, id="too long"),
        pytest.param(30, SIZE, False, id="full"),
    ],
)
def test_only_a_page_that_no_shrinking_list_explains_makes_the_lengths_worthless(
    page: int, rows: int, is_uneven: bool
) -> None:
    size = PageSize()
    note(size, [SIZE] * 41, last_page=40)
    assert size.note_page(page, rows, last_page=40) == is_uneven
    assert size.is_uneven == is_uneven


def test_pages_far_down_do_not_change_the_page_size() -> None:
    size = PageSize()
    note(size, [SIZE] * 3, last_page=900)
    for page in range(SAMPLED_PAGES, SAMPLED_PAGES + 100):
        size.note_page(page, 50, last_page=900)
    assert (size.rows, size.is_uneven) == (SIZE, True)


def test_a_restored_page_size_judges_as_before() -> None:
    size = PageSize()
    note(size, [SIZE] * 20, last_page=40)
    restored = PageSize.from_state(json.loads(json.dumps(size.state())))
    assert restored == size
    assert restored.note_page(2, 3, last_page=40)
