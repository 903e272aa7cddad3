"""What cannot be read, or is no record, is counted once a page, and then nothing is called exact."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from huggy_connector.errors import (
    AnswerTooLarge,
    ApiError,
    Forbidden,
    MangledAnswer,
    Overlong,
    ServerFailed,
    UnexpectedShape,
)
from huggy_connector.pipeline.hidden import MOST_UNREADABLE, UNREAD, Hidden
from huggy_connector.sweep import Ask, Certificate, Page

AT = datetime(2026, 11, 28, tzinfo=UTC)
OPEN = (("situation", "in_chat"),)


def page(number: int, *rows: Mapping[str, Any], parent: int | None = None) -> Page:
    return Page(ask=Ask(page=number, id=parent), rows=rows, fetched_at=AT)


def having(*pages: Page) -> Hidden:
    hidden = Hidden(None)
    for each in pages:
        hidden.take(each)
    return hidden


def missing(hidden: Hidden, before: int | None = 0) -> int | None:
    return hidden.told(Certificate(exact=False, missing_at_most=before)).missing_at_most


def test_where_nothing_is_hidden_the_certificate_is_as_it_was() -> None:
    certificate = Certificate(exact=True)
    hidden = having(page(0, {"id": 1}), page(1))
    assert hidden.told(certificate) is certificate
    assert hidden.state() == {}


def test_one_element_is_enough_for_nothing_to_be_called_exact() -> None:
    told = having(page(3, {"id": 1}, {})).told(Certificate(exact=True, arrived=2))
    assert (told.exact, told.missing_at_most, told.arrived) == (False, 1, 2)
    assert told.why == (
        "1 elements of the list cannot be read, or are no records, however often they are asked for: a record may be "
        "hidden behind each."
    )


def test_what_was_missing_already_is_missing_still() -> None:
    hidden = having(page(3, {}, {}))
    assert (missing(hidden, 5), missing(hidden, None)) == (7, None)
    assert hidden.told(Certificate(exact=False, why="Rows moved.")).why.endswith("behind each. Rows moved.")


def test_a_page_that_is_read_again_counts_once_with_the_most_of_them() -> None:
    assert missing(having(page(3, {}), page(3, {}, {}), page(3, {"id": 1}), page(4, {}))) == 3


def test_lists_of_two_parents_and_of_a_filter_are_lists_of_their_own() -> None:
    filtered = Page(ask=Ask(page=0, filters=OPEN), rows=[{}], fetched_at=AT)
    assert missing(having(page(0, {}), page(0, {}, parent=1), page(0, {}, parent=11), filtered)) == 4


def test_a_later_attempt_knows_of_those_of_the_former() -> None:
    state = json.loads(json.dumps({"requests": 7, **having(page(3, {})).state()}))
    later = Hidden(state)
    later.take(page(3, {}))
    later.take(page(9, {}))
    assert missing(later) == 2


@pytest.mark.parametrize("error", [MangledAnswer("x"), UnexpectedShape("x"), AnswerTooLarge("x")])
def test_so_many_unreadable_pages_are_passed_over_and_no_more(error: ApiError) -> None:
    hidden = Hidden(None)
    passed = [hidden.passes_over(Ask(page=number), error) for number in range(1, MOST_UNREADABLE + 2)]
    assert passed == [True] * MOST_UNREADABLE + [False]
    assert [hidden.is_passed_over(Ask(page=number)) for number in (1, MOST_UNREADABLE + 1)] == [True, False]


@pytest.mark.parametrize("error", [ServerFailed("x"), Forbidden("x"), Overlong("x")])
def test_what_is_no_matter_of_the_page_stops(error: ApiError) -> None:
    assert not Hidden(None).passes_over(Ask(page=1), error)


def test_the_first_page_of_all_and_a_filtered_one_are_not_passed_over_but_that_of_a_parent_is() -> None:
    hidden = Hidden(None)
    asks = [Ask(page=0), Ask(page=1, filters=OPEN), Ask(page=0, id=7)]
    assert [hidden.passes_over(ask, MangledAnswer("x")) for ask in asks] == [False, False, True]


def test_a_page_that_cannot_be_read_hides_a_whole_page() -> None:
    assert missing(having(page(3, *UNREAD))) == 20
