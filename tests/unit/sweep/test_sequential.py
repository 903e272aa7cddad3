"""The sequential walk reads down to the first empty page, and notices a list without an end."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from huggy_connector.errors import SweepError
from huggy_connector.model import Row
from huggy_connector.sweep import PageAnswer, PageRequest, SequentialWalk, drive

AT = datetime(2026, 11, 22, tzinfo=UTC)


def make_list(*pages: Sequence[Row]) -> dict[int, Sequence[Row]]:
    return dict(enumerate(pages))


def read_pages(pages: dict[int, Sequence[Row]], walk: SequentialWalk) -> list[int]:
    return [
        answer.request.page
        for answer in drive(walk, lambda request: PageAnswer(request, pages.get(request.page, []), AT))
    ]


@pytest.mark.parametrize("length", [0, 1, 2, 5])
def test_every_page_is_read_from_zero_to_the_first_empty_one(length: int) -> None:
    pages = make_list(*([{"id": number}] for number in range(length)))
    assert read_pages(pages, SequentialWalk()) == list(range(length + 1))


def test_a_short_page_is_not_the_end() -> None:
    pages = make_list([{"id": 3}, {"id": 2}], [{"id": 1}], [{"id": 0}])
    assert read_pages(pages, SequentialWalk()) == [0, 1, 2, 3]


def test_a_list_without_pages_is_requested_once_and_is_exact() -> None:
    walk = SequentialWalk(paged=False)
    assert read_pages(make_list([{"id": 1}], [{"id": 1}]), walk) == [0]
    assert walk.certificate().exact


def test_a_page_that_repeats_for_ever_is_an_error() -> None:
    walk = SequentialWalk()
    with pytest.raises(SweepError, match="Page 1 repeats page 0"):
        for _ in drive(walk, lambda request: PageAnswer(request, [{"id": 1}, {"id": 2}], AT)):
            pass


def test_a_walk_continues_where_its_state_was_taken() -> None:
    pages = make_list(*([{"id": number}] for number in range(5)))
    walk = SequentialWalk()
    asks = []
    for answer in drive(walk, lambda request: PageAnswer(request, pages.get(request.page, []), AT)):
        asks.append(answer.request.page)
        if len(asks) == 2:
            break
    assert asks + read_pages(pages, SequentialWalk.from_state(walk.state())) == [0, 1, 2, 3, 4, 5]


def test_the_certificate_is_not_exact_because_departures_are_not_counted() -> None:
    walk = SequentialWalk()
    read_pages(make_list([{"id": 1}]), walk)
    assert (walk.certificate().exact, walk.certificate().missing_at_most) == (False, None)


def test_workers_send_no_more_requests_than_the_walk_allows() -> None:
    pages = make_list([{"id": 1}], [{"id": 0}])
    asked: list[PageRequest] = []

    def fetch(request: PageRequest) -> PageAnswer:
        asked.append(request)
        return PageAnswer(request, pages.get(request.page, []), AT)

    assert [answer.request.page for answer in drive(SequentialWalk(), fetch, workers=8)] == [0, 1, 2]
    assert len(asked) == 3
