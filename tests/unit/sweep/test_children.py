from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from huggy_connector.errors import SweepError
from huggy_connector.sweep import Ask, Certificate, Children, Page, Row, Scope
from tests.unit.sweep.moving import NOW, SIZE

LENGTHS = {1: 3, 2: 45, 3: SIZE, 4: 0}
REFUSED = frozenset({5})


def answer(ask: Ask, lengths: Mapping[int, int] = LENGTHS) -> Page:
    assert ask.id is not None
    if ask.id in REFUSED:
        return Page(ask, (), NOW, refused=True)
    numbers = range(lengths[ask.id])[ask.page * SIZE : (ask.page + 1) * SIZE]
    return Page(ask, [{"id": 1000 * ask.id + number} for number in numbers], NOW)


def read(walk: Children, *, most: int = 1_000) -> list[Page]:
    pages: list[Page] = []
    while len(pages) < most and (ask := walk.next_ask()) is not None:
        pages.append(answer(ask))
        walk.take(pages[-1])
    return pages


def test_every_list_is_read_to_its_empty_page() -> None:
    walk = Children([1, 2, 3, 4])
    pages = read(walk)
    asked = sorted((page.ask.id, page.ask.page) for page in pages)
    assert asked == [(1, 0), (1, 1), (2, 0), (2, 1), (2, 2), (2, 3), (3, 0), (3, 1), (4, 0)]
    assert sum(len(page.rows) for page in pages) == sum(LENGTHS.values())
    assert walk.finished


def test_a_refused_parent_is_recorded_and_skipped() -> None:
    walk = Children([1, 5])
    read(walk)
    assert (walk.refused, walk.finished, walk.certificate().details) == ([5], True, {"parents": 2, "refused": 1})


def test_a_parent_named_twice_is_read_once() -> None:
    assert len(read(Children([1, 1]))) == 2


def test_each_parent_has_one_request_out_at_most() -> None:
    walk = Children([2, 1], streams=4)
    assert [ask.id for ask in iter(walk.next_ask, None)] == [2, 1]


def test_what_was_out_is_asked_for_again_after_a_kill() -> None:
    walk = Children([2, 1, 3], streams=2)
    first = walk.next_ask()
    assert first is not None
    walk.take(answer(first))
    assert walk.next_ask() == Ask(page=1, stream=0, id=2)
    resumed = Children.resumed(json.loads(json.dumps(walk.state())))
    asked = sorted((page.ask.id, page.ask.page) for page in read(resumed))
    assert asked == [(1, 0), (1, 1), (2, 1), (2, 2), (2, 3), (3, 0), (3, 1)]


def test_what_told_of_the_parents_is_kept_with_them_over_a_kill() -> None:
    walk = Children([2, 1, 3], covers=["monday", "tuesday"])
    resumed = Children.resumed(json.loads(json.dumps(walk.state())))
    assert resumed.covers == ("monday", "tuesday")


def test_rows_after_a_short_page_are_read() -> None:
    walk = Children([1])
    got: list[Row] = []
    while (ask := walk.next_ask()) is not None:
        page = answer(ask, {1: 45})
        page = replace(page, rows=page.rows[1:]) if ask.page == 0 else page  # one is hidden after paging
        got += page.rows
        walk.take(page)
    assert (len(got), walk.certificate()) == (
        44,
        Certificate(exact=True, details={"parents": 1, "refused": 0}, scope=Scope.PARENTS),
    )


@pytest.mark.parametrize("length", [3, SIZE])
def test_a_server_that_gives_one_page_again_and_again_is_named_after_three(length: int) -> None:
    walk = Children([1])
    for _ in range(3):
        ask = walk.next_ask()
        assert ask is not None
        page = replace(answer(replace(ask, page=0), {1: length}), ask=ask)
        if ask.page == 2:
            with pytest.raises(SweepError, match="is the `page` parameter honoured below a parent"):
                walk.take(page)
        else:
            walk.take(page)
