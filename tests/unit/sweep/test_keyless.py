"""Elements that are no records, and records without an id: they keep their places, and prove nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from huggy_connector.catalogue import resource_named
from huggy_connector.sweep import Ask, Full, Incremental, Page, Past, Streams, Walk, drive, facts_of

CHATS, ZONE = resource_named("chats"), ZoneInfo("America/Sao_Paulo")
NOW = datetime(2026, 11, 28, tzinfo=UTC)
SIZE = 20

Rows = list[dict[str, Any]]


def row(number: int) -> dict[str, Any]:
    return {"id": number, "situation": "closed", "closedAt": "2026-01-02 10:00:00"}


def read(walk: Walk, rows: Callable[[int], Rows]) -> set[Any]:
    """The ids that a walk reads of the list whose pages these are."""

    def fetch(ask: Ask) -> Page:
        return Page(ask=ask, rows=[] if ask.filters else rows(ask.page), fetched_at=NOW)

    return {each.get("id") for page in drive(walk, fetch) for each in page.rows if not page.ask.filters}


def still(pages: int, odd: dict[int, Rows]) -> Callable[[int], Rows]:
    """A list of full pages, newest first, some of which are others."""
    first = pages * SIZE
    return lambda page: odd.get(page, [row(first - page * SIZE - n) for n in range(SIZE)] if page < pages else [])


def with_null(page: int, place: int = 0) -> Rows:
    rows = still(60, {})(page)
    rows[place] = {}
    return rows


@pytest.mark.parametrize("streams", [1, 3, 8])
@pytest.mark.parametrize(
    "element", [{}, {"error": "no such record"}, {"id": None}, {"id": 2**63}], ids=["null", "error", "no id", "2^63"]
)
def test_the_same_element_on_two_pages_joins_them_to_nothing(streams: int, element: dict[str, Any]) -> None:
    odd = {page: [element, *still(60, {})(page)[1:]] for page in (10, 40)}
    walk = Streams(facts_of(CHATS, zone=ZONE), streams=streams)
    rows = still(60, odd)
    assert read(walk, rows) >= {each.get("id") for page in range(60) for each in rows(page)}
    assert walk.certificate().exact


@pytest.mark.parametrize("streams", [1, 5])
def test_pages_of_nothing_else_end_no_list(streams: int) -> None:
    rows = still(60, {page: [{}] * SIZE for page in (7, 8, 23, 24, 25, 41)})
    walk = Streams(facts_of(CHATS, zone=ZONE), streams=streams)
    assert read(walk, rows) >= {each.get("id") for page in range(60) for each in rows(page)}
    assert walk.certificate().exact


def test_what_is_no_record_is_vouched_for_by_nobody_and_joins_no_head() -> None:
    """It stood at the head last time too: still all that came since is read."""
    walk = Full(facts_of(CHATS, zone=ZONE), started=NOW)
    before = still(60, {0: with_null(0)})
    read(walk, before)
    past = walk.past()
    assert {*past.ids} == {number for number in range(1, 60 * SIZE + 1) if number != 60 * SIZE}

    def after(page: int) -> Rows:
        """Two pages have come, and the first element of page 0 is no record still."""
        rows = [row(62 * SIZE - page * SIZE - n) for n in range(SIZE)] if page < 62 else []
        return [{}, *rows[1:]] if page == 0 else rows

    news = Incremental(facts_of(CHATS, zone=ZONE), past=Past.resumed(past.state(), past.ids), started=NOW, pages=60)
    assert read(news, after) >= set(range(60 * SIZE, 62 * SIZE))
    assert news.certificate().exact
    assert max(news.new) < 2**63
