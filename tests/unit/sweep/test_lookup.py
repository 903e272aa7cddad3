"""The lookup by id: each record is requested once, and only an answer of 404 shows that it is gone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from random import Random

import pytest

from huggy_connector.model import Scope
from huggy_connector.sweep import IdLookup, PageAnswer, PageRequest
from tests.unit.sweep.moving_list import NOW


def answer(request: PageRequest) -> PageAnswer:
    """Return 404 for ids that three divides, 403 for other even ids, else the record."""
    assert request.id is not None
    is_gone, is_refused = request.id % 3 == 0, request.id % 2 == 0
    rows = [] if is_gone or is_refused else [{"id": request.id}]
    return PageAnswer(request, rows, NOW, is_refused=is_gone or is_refused, is_gone=is_gone)


def send_all(walk: IdLookup) -> list[PageRequest]:
    return [*iter(walk.next_request, None)]


def read(walk: IdLookup) -> list[int | None]:
    """Answer the walk to its end and return the ids that it requested."""
    asked: list[int | None] = []
    while not walk.is_finished:
        for request in send_all(walk):
            asked.append(request.id)
            walk.receive(answer(request))
    return asked


@pytest.mark.parametrize("ids", [[], [7], [9, 9, 9], [5, 1, 5, 2**62, 1, 0]])
def test_each_id_is_requested_once_in_its_order(ids: list[int]) -> None:
    assert read(IdLookup(ids)) == list(dict.fromkeys(ids))


def test_the_ids_may_be_read_only_once() -> None:
    assert read(IdLookup(iter([3, 1]))) == [3, 1]


def test_a_404_shows_a_deletion_and_a_403_shows_nothing() -> None:
    walk = IdLookup(range(1, 7))
    read(walk)
    certificate = walk.certificate()
    assert (walk.deleted_ids, walk.existing_ids) == ([3, 6], [1, 5])
    assert (certificate.exact, certificate.missing_at_most, certificate.scope) == (True, 0, Scope.IDS)
    assert certificate.details == {"gone": 2, "there": 2, "refused": 2}


@pytest.mark.parametrize("streams", [1, 2, 5])
def test_no_more_requests_are_out_than_there_are_streams_and_a_free_stream_is_used_again(streams: int) -> None:
    walk = IdLookup(range(20), streams=streams)
    sent = send_all(walk)
    assert [request.stream for request in sent] == list(range(streams))
    walk.receive(answer(sent[-1]))
    assert [(request.stream, request.id) for request in send_all(walk)] == [(streams - 1, streams)]


def test_the_walk_is_finished_when_the_last_answer_came_not_when_the_last_request_went() -> None:
    walk = IdLookup([1, 2])
    first, second = send_all(walk)
    walk.receive(answer(second))
    assert (walk.next_request(), walk.is_finished) == (None, False)
    walk.receive(answer(first))
    assert walk.is_finished


def read_with_kills(ids: Iterable[int], random: Random) -> IdLookup:
    """Answer in any order. The process dies now and then, and loses the requests that are out."""
    walk, out = IdLookup(ids, streams=3), list[PageRequest]()
    expected = walk.pages_expected
    while not walk.is_finished:
        out += send_all(walk)
        walk.receive(answer(out.pop(random.randrange(len(out)))))
        if random.random() < 0.3:
            walk, out = IdLookup.from_state(json.loads(json.dumps(walk.state())), streams=3), []
        assert walk.pages_expected == expected
    return walk


@pytest.mark.parametrize("seed", range(10))
def test_no_id_is_lost_or_counted_twice_whatever_the_order_of_the_answers_and_the_kills(seed: int) -> None:
    walk = read_with_kills(range(1, 61), Random(seed))
    assert sorted(walk.deleted_ids) == list(range(3, 61, 3))
    assert sorted(walk.existing_ids) == [number for number in range(1, 61) if number % 2 and number % 3]
    assert walk.certificate().details == {"gone": 20, "there": 20, "refused": 20}


def test_an_answer_to_a_request_of_another_walk_is_an_error() -> None:
    walk = IdLookup([1])
    request = walk.next_request()
    assert request is not None
    walk.receive(answer(request))
    with pytest.raises(KeyError):
        walk.receive(answer(request))
