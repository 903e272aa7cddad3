"""Rows of a list as the API gives them: all of them, in order, and no page before it is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.catalogue import get_resource
from huggy_connector.errors import ConfigurationError, SweepError
from huggy_connector.pipeline.raw_rows import read_rows

if TYPE_CHECKING:
    from tests.unit.pipeline.conftest import Api

CHATS = get_resource("chats")


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 2), (19, 2), (20, 2), (21, 3), (400, 21)])
def test_every_row_comes_once_and_the_list_ends_at_an_empty_page(api: Api, count: int, pages: int) -> None:
    api.lists["chats"] = [{"id": number, "text": "ação ☎"} for number in range(count, 0, -1)]
    assert [*read_rows(api.client(), CHATS)] == api.lists["chats"]
    assert api.asked == [f"chats {page}" for page in range(pages)]


def test_a_list_that_comes_in_one_answer_is_asked_for_once(api: Api) -> None:
    departments = get_resource("departments")
    api.lists[departments.path] = [{"id": number} for number in range(30)]
    assert [*read_rows(api.client(), departments)] == api.lists[departments.path]
    assert api.asked == [departments.path]


def test_a_row_is_given_as_it_came(api: Api) -> None:
    rows: list[dict[str, Any]] = [{"id": "7", "unknown": {"deep": [None]}}, {"no": "id"}, {}, {"id": 7}]
    api.lists["chats"] = rows
    assert [*read_rows(api.client(), CHATS)] == rows


def test_whoever_wants_the_newest_rows_only_pays_for_their_page(api: Api) -> None:
    api.lists["chats"] = [{"id": number} for number in range(400)]
    rows = read_rows(api.client(), CHATS)
    assert api.asked == []
    assert [next(rows)["id"] for _ in range(20)] == [*range(20)]
    assert len(api.asked) == 1


def test_a_server_that_ignores_the_page_is_an_error_and_not_a_list_without_an_end(api: Api) -> None:
    api.lists["chats"], api.is_endless = [{"id": number} for number in range(20)], True
    with pytest.raises(SweepError, match=r"^Page 1 repeats page 0 row by row, so the list has no end: "):
        [*read_rows(api.client(), CHATS)]
    assert api.asked == ["chats 0", "chats 1"]


def test_the_messages_of_all_chats_are_no_list(api: Api) -> None:
    with pytest.raises(ConfigurationError) as raised:
        next(read_rows(api.client(), get_resource("messages")))
    assert str(raised.value) == "messages are those of one record of chats: land them instead."
    assert api.asked == []
