"""The plain walk reads to the first empty page and notices a list without an end."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from huggy_connector.errors import SweepError
from huggy_connector.sweep import Ask, OneByOne, Page, Row, drive

AT = datetime(2026, 11, 22, tzinfo=UTC)


def listing(*pages: Sequence[Row]) -> dict[int, Sequence[Row]]:
    return dict(enumerate(pages))


def walked(pages: dict[int, Sequence[Row]], walk: OneByOne) -> list[int]:
    return [page.ask.page for page in drive(walk, lambda ask: Page(ask, pages.get(ask.page, []), AT))]


@pytest.mark.parametrize("length", [0, 1, 2, 5])
def test_every_page_is_read_from_zero_to_the_first_empty_one(length: int) -> None:
    pages = listing(*([{"id": number}] for number in range(length)))
    assert walked(pages, OneByOne()) == list(range(length + 1))


def test_a_short_page_is_not_the_end() -> None:
    pages = listing([{"id": 3}, {"id": 2}], [{"id": 1}], [{"id": 0}])
    assert walked(pages, OneByOne()) == [0, 1, 2, 3]


def test_a_list_in_one_answer_is_asked_once_and_exact() -> None:
    walk = OneByOne(paged=False)
    assert walked(listing([{"id": 1}], [{"id": 1}]), walk) == [0]
    assert walk.certificate().exact


def test_the_same_page_for_ever_is_an_error_not_a_loop() -> None:
    walk = OneByOne()
    with pytest.raises(SweepError, match="Page 1 repeats page 0"):
        for _ in drive(walk, lambda ask: Page(ask, [{"id": 1}, {"id": 2}], AT)):
            pass


def test_it_goes_on_where_its_state_was_taken() -> None:
    pages = listing(*([{"id": number}] for number in range(5)))
    walk = OneByOne()
    asks = []
    for page in drive(walk, lambda ask: Page(ask, pages.get(ask.page, []), AT)):
        asks.append(page.ask.page)
        if len(asks) == 2:
            break
    assert asks + walked(pages, OneByOne.resumed(walk.state())) == [0, 1, 2, 3, 4, 5]


def test_it_does_not_vouch_for_what_it_did_not_count() -> None:
    walk = OneByOne()
    walked(listing([{"id": 1}]), walk)
    assert (walk.certificate().exact, walk.certificate().missing_at_most) == (False, None)


def test_workers_ask_no_more_than_the_walk_allows() -> None:
    pages = listing([{"id": 1}], [{"id": 0}])
    asked: list[Ask] = []

    def fetch(ask: Ask) -> Page:
        asked.append(ask)
        return Page(ask, pages.get(ask.page, []), AT)

    assert [page.ask.page for page in drive(OneByOne(), fetch, workers=8)] == [0, 1, 2]
    assert len(asked) == 3
