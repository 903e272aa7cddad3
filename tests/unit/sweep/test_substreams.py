from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from huggy_connector.errors import SweepError
from huggy_connector.model import Certificate, Row, Scope
from huggy_connector.sweep import GIVE_UP_AFTER, PageAnswer, PageRequest, SubstreamWalk
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


def single(walk: SubstreamWalk, refused: frozenset[int] = frozenset()) -> list[int]:
    """Read one record a parent, and return the parents that were asked for."""
    asked: list[int] = []
    while (request := walk.next_request()) is not None:
        assert request.id is not None
        assert request.page == 0
        asked.append(request.id)
        is_refused = request.id in refused
        walk.receive(PageAnswer(request, [] if is_refused else [{"rate": 5}], NOW, is_refused=is_refused))
    return asked


def test_one_record_a_parent_takes_one_request_each_and_a_refused_one_stops_nothing() -> None:
    walk = SubstreamWalk(range(1, 101), paged=False)
    assert walk.pages_expected == 100
    assert single(walk, refused=frozenset(range(2, 101))) == [*range(1, 101)]
    assert (walk.is_finished, walk.has_given_up, walk.refused_parents) == (True, False, [])
    assert walk.certificate().details == {"parents": 100, "refused": 99}


def test_a_walk_whose_first_parents_are_all_refused_gives_up() -> None:
    walk = SubstreamWalk(range(1, 101), paged=False)
    assert single(walk, refused=frozenset(range(1, 101))) == [*range(1, GIVE_UP_AFTER + 1)]
    assert (walk.is_finished, walk.has_given_up, walk.pages_expected) == (True, True, GIVE_UP_AFTER)
    assert walk.certificate().details == {"parents": GIVE_UP_AFTER, "refused": GIVE_UP_AFTER, "given_up": True}


def test_fewer_refusals_say_nothing_of_the_path_and_the_lists_of_messages_never_give_up() -> None:
    walk = SubstreamWalk(range(GIVE_UP_AFTER - 1), paged=False)
    single(walk, refused=frozenset(range(GIVE_UP_AFTER)))
    assert (walk.is_finished, walk.has_given_up) == (True, False)
    lists = SubstreamWalk(range(1, 100))
    assert len(single(lists, refused=frozenset(range(100)))) == 99
    assert not lists.has_given_up


def test_an_answer_that_was_out_when_the_walk_gave_up_makes_it_go_on() -> None:
    walk = SubstreamWalk(range(1, 101), streams=2, paged=False)
    out = walk.next_request()
    assert out is not None
    single(walk, refused=frozenset(range(2, GIVE_UP_AFTER + 2)))
    assert (walk.has_given_up, walk.is_finished) == (True, False)
    walk.receive(PageAnswer(out, [{"rate": 5}], NOW))
    assert not walk.has_given_up
    assert len(single(walk)) == 100 - GIVE_UP_AFTER - 1


def test_a_killed_walk_remembers_how_many_refused() -> None:
    walk = SubstreamWalk(range(1, 101), paged=False)
    for _ in range(GIVE_UP_AFTER - 1):
        request = walk.next_request()
        assert request is not None
        walk.receive(PageAnswer(request, (), NOW, is_refused=True))
    later = SubstreamWalk.from_state(json.loads(json.dumps(walk.state())), paged=False)
    assert single(later, refused=frozenset(range(1, 101))) == [GIVE_UP_AFTER]
    assert later.has_given_up
