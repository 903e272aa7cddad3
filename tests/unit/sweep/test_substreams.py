from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from huggy_connector.errors import SweepError
from huggy_connector.model import Certificate, Row, Scope
from huggy_connector.sweep import PageAnswer, PageRequest, SubstreamWalk
from tests.unit.sweep.moving_list import NOW, SIZE

LENGTHS = {1: 3, 2: 45, 3: SIZE, 4: 0}
REFUSED = frozenset({5})


def answer(request: PageRequest, lengths: Mapping[int, int] = LENGTHS) -> PageAnswer:
    assert request.id is not None
    if request.id in REFUSED:
        return PageAnswer(request, (), NOW, is_refused=True)
    numbers = range(lengths[request.id])[request.page * SIZE : (request.page + 1) * SIZE]
    return PageAnswer(request, [{"id": 1000 * request.id + number} for number in numbers], NOW)


def read(walk: SubstreamWalk, *, most: int = 1_000) -> list[PageAnswer]:
    pages: list[PageAnswer] = []
    while len(pages) < most and (request := walk.next_request()) is not None:
        pages.append(answer(request))
        walk.receive(pages[-1])
    return pages


def test_every_list_is_read_to_its_empty_page() -> None:
    walk = SubstreamWalk([1, 2, 3, 4])
    pages = read(walk)
    asked = sorted((page.request.id, page.request.page) for page in pages)
    assert asked == [(1, 0), (1, 1), (2, 0), (2, 1), (2, 2), (2, 3), (3, 0), (3, 1), (4, 0)]
    assert sum(len(page.rows) for page in pages) == sum(LENGTHS.values())
    assert walk.is_finished


def test_a_refused_parent_is_recorded_and_skipped() -> None:
    walk = SubstreamWalk([1, 5])
    read(walk)
    assert (walk.refused_parents, walk.is_finished, walk.certificate().details) == (
        [5],
        True,
        {"parents": 2, "refused": 1},
    )


def test_a_parent_named_twice_is_read_once() -> None:
    assert len(read(SubstreamWalk([1, 1]))) == 2


def test_at_most_one_request_is_out_for_each_parent() -> None:
    walk = SubstreamWalk([2, 1], streams=4)
    assert [request.id for request in iter(walk.next_request, None)] == [2, 1]


def test_requests_that_were_out_are_sent_again_after_a_kill() -> None:
    walk = SubstreamWalk([2, 1, 3], streams=2)
    first = walk.next_request()
    assert first is not None
    walk.receive(answer(first))
    assert walk.next_request() == PageRequest(page=1, stream=0, id=2)
    resumed = SubstreamWalk.from_state(json.loads(json.dumps(walk.state())))
    asked = sorted((page.request.id, page.request.page) for page in read(resumed))
    assert asked == [(1, 0), (1, 1), (2, 1), (2, 2), (2, 3), (3, 0), (3, 1)]


def test_the_snapshots_that_named_the_parents_survive_a_kill() -> None:
    walk = SubstreamWalk([2, 1, 3], covers=["monday", "tuesday"])
    resumed = SubstreamWalk.from_state(json.loads(json.dumps(walk.state())))
    assert resumed.covers == ("monday", "tuesday")


def test_rows_after_a_short_page_are_read() -> None:
    walk = SubstreamWalk([1])
    got: list[Row] = []
    while (request := walk.next_request()) is not None:
        page = answer(request, {1: 45})
        page = replace(page, rows=page.rows[1:]) if request.page == 0 else page  # one is hidden after paging
        got += page.rows
        walk.receive(page)
    assert (len(got), walk.certificate()) == (
        44,
        Certificate(exact=True, details={"parents": 1, "refused": 0}, scope=Scope.PARENTS),
    )


@pytest.mark.parametrize("length", [3, SIZE])
def test_the_third_repeat_of_a_page_is_an_error(length: int) -> None:
    walk = SubstreamWalk([1])
    for _ in range(3):
        request = walk.next_request()
        assert request is not None
        page = replace(answer(replace(request, page=0), {1: length}), request=request)
        if request.page == 2:
            with pytest.raises(SweepError, match="is the `page` parameter honoured below a parent"):
                walk.receive(page)
        else:
            walk.receive(page)
