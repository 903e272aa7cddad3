"""Reads from the API what an action changes: chats, contacts, messages. What is gone or may not be read is None."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from huggy_connector.api.client import Client
from huggy_connector.catalogue import RESOURCES
from huggy_connector.errors import Forbidden, NotFound
from huggy_connector.model import Row


class Reading(Protocol):
    """What the run reads before an action, and after it."""

    def chat(self, chat_id: int) -> Row | None:
        """Return a chat; None if it is gone."""

    def contact(self, contact_id: int) -> Row | None:
        """Return a contact; None if it is gone."""

    def messages(self, chat_id: int, page: int) -> Sequence[Row] | None:
        """Return a page of the messages of a chat, newest first; None while a bot has the chat, or if it is gone."""

    def chats_of(self, contact_id: int) -> Sequence[Row]:
        """Return the newest chats of a contact."""

    def contacts_with(self, field: str, value: str) -> Sequence[Row]:
        """Return the contacts whose `mobile`, `phone` or `email` is exactly this."""


@dataclass(frozen=True, slots=True)
class ApiReading:
    """Reads with a client, within its budget and with its retries. Raises ApiError for all that is not None."""

    client: Client

    def chat(self, chat_id: int) -> Row | None:
        return self._row("chats", chat_id)

    def contact(self, contact_id: int) -> Row | None:
        return self._row("contacts", contact_id)

    def messages(self, chat_id: int, page: int) -> Sequence[Row] | None:
        with suppress(NotFound, Forbidden):
            return self.client.fetch_page(RESOURCES["messages"], page, parent=chat_id).rows
        return None

    def chats_of(self, contact_id: int) -> Sequence[Row]:
        return self.client.fetch_page(RESOURCES["chats"], 0, filters=(("customer", str(contact_id)),)).rows

    def contacts_with(self, field: str, value: str) -> Sequence[Row]:
        return self.client.fetch_page(RESOURCES["contacts"], 0, filters=((field, value),)).rows

    def _row(self, resource: str, row_id: int) -> Row | None:
        with suppress(NotFound):
            return self.client.fetch_row(RESOURCES[resource], row_id).rows[0]
        return None
