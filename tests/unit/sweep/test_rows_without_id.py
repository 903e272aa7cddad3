"""Elements that are no records, and records without an id: they take up places of the list and prove nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from huggy_connector.catalogue import get_resource
from huggy_connector.sweep import (
    Cursor,
    FullWalk,
    IncrementalWalk,
    PageAnswer,
    PageRequest,
    StreamSweep,
    Walk,
    drive,
    make_facts_reader,
)

CHATS, ZONE = get_resource("chats"), ZoneInfo("America/Sao_Paulo")
NOW = datetime(2026, 11, 28, tzinfo=UTC)
SIZE = 20

Rows = list[dict[str, Any]]


def row(number: int) -> dict[str, Any]:
    return {"id": number, "situation": "closed", "closedAt": "2026-01-02 10:00:00"}


def read(walk: Walk, rows: Callable[[int], Rows]) -> set[Any]:
    """Return the ids that a walk reads of the list with these pages."""

    def fetch(request: PageRequest) -> PageAnswer:
        return PageAnswer(request=request, rows=[] if request.filters else rows(request.page), fetched_at=NOW)

    return {each.get("id") for answer in drive(walk, fetch) for each in answer.rows if not answer.request.filters}


def list_of(pages: int, odd: dict[int, Rows]) -> Callable[[int], Rows]:
    """Return the pages of a list, newest first: full pages, some of which are replaced by those of `odd`."""
    first = pages * SIZE
    return lambda page: odd.get(page, [row(first - page * SIZE - n) for n in range(SIZE)] if page < pages else [])


def with_null(page: int, place: int = 0) -> Rows:
    rows = list_of(60, {})(page)
    rows[place] = {}
    return rows


@pytest.mark.parametrize("streams", [1, 3, 8])
@pytest.mark.parametrize(
    "element", [{}, {"error": "no such record"}, {"id": None}, {"id": 2**63}], ids=["null", "error", "no id", "2^63"]
)
def test_an_element_without_an_id_on_two_pages_does_not_join_them(streams: int, element: dict[str, Any]) -> None:
    odd = {page: [element, *list_of(60, {})(page)[1:]] for page in (10, 40)}
    walk = StreamSweep(make_facts_reader(CHATS, zone=ZONE), streams=streams)
    rows = list_of(60, odd)
    assert read(walk, rows) >= {each.get("id") for page in range(60) for each in rows(page)}
    assert walk.certificate().exact


@pytest.mark.parametrize("streams", [1, 5])
def test_pages_of_elements_without_an_id_do_not_end_the_list(streams: int) -> None:
    rows = list_of(60, {page: [{}] * SIZE for page in (7, 8, 23, 24, 25, 41)})
    walk = StreamSweep(make_facts_reader(CHATS, zone=ZONE), streams=streams)
    assert read(walk, rows) >= {each.get("id") for page in range(60) for each in rows(page)}
    assert walk.certificate().exact


def test_an_element_without_an_id_is_not_in_the_cursor_and_does_not_join_the_head() -> None:
    """It stood at the head last time, too. All rows that came since are read all the same."""
    walk = FullWalk(make_facts_reader(CHATS, zone=ZONE), started_at=NOW)
    before = list_of(60, {0: with_null(0)})
    read(walk, before)
    cursor = walk.next_cursor()
    assert {*cursor.ids} == {number for number in range(1, 60 * SIZE + 1) if number != 60 * SIZE}

    def after(page: int) -> Rows:
        """Two pages of rows have come, and the first element of page 0 is still no record."""
        rows = [row(62 * SIZE - page * SIZE - n) for n in range(SIZE)] if page < 62 else []
        return [{}, *rows[1:]] if page == 0 else rows

    news = IncrementalWalk(
        make_facts_reader(CHATS, zone=ZONE),
        cursor=Cursor.from_state(cursor.state(), cursor.ids),
        started_at=NOW,
        pages_hint=60,
    )
    assert read(news, after) >= set(range(60 * SIZE, 62 * SIZE))
    assert news.certificate().exact
    assert max(news.new_ids) < 2**63
