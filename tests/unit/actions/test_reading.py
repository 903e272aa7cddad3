"""Reads of the API: what is gone or may not be read is None, everything else is raised."""

from __future__ import annotations

from typing import Any

import pytest

from huggy_connector.actions.reading import ApiReading
from huggy_connector.errors import Forbidden, HuggyError, NotFound, ServerFailed


class Client:
    """A client that answers with what was asked, or raises."""

    def __init__(self, error: HuggyError | None = None) -> None:
        self.error = error

    def fetch_row(self, resource: Any, row_id: int) -> Any:
        return self._answer(f"{resource.name} {row_id}")

    def fetch_page(self, resource: Any, page: int, *, parent: int | None = None, filters: Any = ()) -> Any:
        return self._answer(f"{resource.name} page {page} of {parent} with {dict(filters)}")

    def _answer(self, asked: str) -> Any:
        if self.error is not None:
            raise self.error
        return type("Page", (), {"rows": ({"asked": asked},)})


def read(error: HuggyError | None = None) -> ApiReading:
    return ApiReading(Client(error))  # type: ignore[arg-type]


def test_each_record_is_asked_for_where_it_is() -> None:
    reading = read()
    assert [
        reading.chat(7),
        reading.contact(8),
        reading.messages(7, 2),
        reading.chats_of(8),
        reading.contacts_with("mobile", "55"),
    ] == [
        {"asked": "chats 7"},
        {"asked": "contacts 8"},
        ({"asked": "messages page 2 of 7 with {}"},),
        ({"asked": "chats page 0 of None with {'customer': '8'}"},),
        ({"asked": "contacts page 0 of None with {'mobile': '55'}"},),
    ]


def test_what_is_gone_is_none_and_so_are_messages_of_a_bot() -> None:
    assert (read(NotFound("gone")).chat(7), read(NotFound("gone")).contact(8)) == (None, None)
    assert (read(Forbidden("bot")).messages(7, 0), read(NotFound("gone")).messages(7, 0)) == (None, None)


def test_everything_else_is_raised() -> None:
    with pytest.raises(Forbidden):
        read(Forbidden("no")).chat(7)
    with pytest.raises(ServerFailed):
        read(ServerFailed("500")).messages(7, 0)
