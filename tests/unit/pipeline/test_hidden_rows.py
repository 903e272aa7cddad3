"""Elements that cannot be read, or are no records, are counted once a page, and the certificate is not exact."""

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
from huggy_connector.model import Certificate
from huggy_connector.pipeline.hidden_rows import MAX_UNREADABLE_PAGES, UNREAD_PAGE, HiddenRows
from huggy_connector.sweep import PageAnswer, PageRequest

AT = datetime(2026, 11, 28, tzinfo=UTC)
OPEN = (("situation", "in_chat"),)


def page(number: int, *rows: Mapping[str, Any], parent: int | None = None) -> PageAnswer:
    return PageAnswer(request=PageRequest(page=number, id=parent), rows=rows, fetched_at=AT)


def hidden_rows(*pages: PageAnswer) -> HiddenRows:
    hidden = HiddenRows(None)
    for each in pages:
        hidden.count(each)
    return hidden


def missing(hidden: HiddenRows, before: int | None = 0) -> int | None:
    return hidden.qualify(Certificate(exact=False, missing_at_most=before)).missing_at_most


def test_the_certificate_stays_where_no_row_is_hidden() -> None:
    certificate = Certificate(exact=True)
    hidden = hidden_rows(page(0, {"id": 1}), page(1))
    assert hidden.qualify(certificate) is certificate
    assert hidden.state() == {}


def test_one_hidden_row_makes_the_certificate_inexact() -> None:
    certificate = hidden_rows(page(3, {"id": 1}, {})).qualify(Certificate(exact=True, arrived=2))
    assert (certificate.exact, certificate.missing_at_most, certificate.arrived) == (False, 1, 2)
    assert certificate.why == (
        "1 elements of the list cannot be read, or are no records, however often they are asked for: a record may be "
        "hidden behind each."
    )


def test_hidden_rows_add_to_the_missing_rows_of_the_walk() -> None:
    hidden = hidden_rows(page(3, {}, {}))
    assert (missing(hidden, 5), missing(hidden, None)) == (7, None)
    assert hidden.qualify(Certificate(exact=False, why="Rows moved.")).why.endswith("behind each. Rows moved.")


def test_a_page_that_is_read_again_counts_once_with_its_highest_count() -> None:
    assert missing(hidden_rows(page(3, {}), page(3, {}, {}), page(3, {"id": 1}), page(4, {}))) == 3


def test_pages_of_two_parents_and_of_a_filter_are_counted_apart() -> None:
    filtered = PageAnswer(request=PageRequest(page=0, filters=OPEN), rows=[{}], fetched_at=AT)
    assert missing(hidden_rows(page(0, {}), page(0, {}, parent=1), page(0, {}, parent=11), filtered)) == 4


def test_a_later_attempt_knows_the_hidden_rows_of_the_former() -> None:
    state = json.loads(json.dumps({"requests": 7, **hidden_rows(page(3, {})).state()}))
    later = HiddenRows(state)
    later.count(page(3, {}))
    later.count(page(9, {}))
    assert missing(later) == 2


@pytest.mark.parametrize("error", [MangledAnswer("x"), UnexpectedShape("x"), AnswerTooLarge("x")])
def test_only_so_many_unreadable_pages_are_passed_over(error: ApiError) -> None:
    hidden = HiddenRows(None)
    passed = [hidden.pass_over(PageRequest(page=number), error) for number in range(1, MAX_UNREADABLE_PAGES + 2)]
    assert passed == [True] * MAX_UNREADABLE_PAGES + [False]
    assert [hidden.is_passed_over(PageRequest(page=number)) for number in (1, MAX_UNREADABLE_PAGES + 1)] == [
        True,
        False,
    ]


@pytest.mark.parametrize("error", [ServerFailed("x"), Forbidden("x"), Overlong("x")])
def test_an_error_that_is_not_of_the_page_is_not_passed_over(error: ApiError) -> None:
    assert not HiddenRows(None).pass_over(PageRequest(page=1), error)


def test_a_first_page_and_a_filtered_page_are_not_passed_over_but_the_first_page_of_a_parent_is() -> None:
    hidden = HiddenRows(None)
    requests = [PageRequest(page=0), PageRequest(page=1, filters=OPEN), PageRequest(page=0, id=7)]
    assert [hidden.pass_over(request, MangledAnswer("x")) for request in requests] == [False, False, True]


def test_a_page_that_cannot_be_read_hides_a_whole_page() -> None:
    assert missing(hidden_rows(page(3, *UNREAD_PAGE))) == 20
