"""Erases people from the inbox of the webhook on this host, where there is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from huggy_connector.catalogue import EVENTS
from huggy_connector.privacy import SuppressionList
from huggy_connector.webhook import InboxReader, InboxUpkeep


def find_in_inbox(folder: Path, company_id: int, contact_id: int) -> tuple[bool, frozenset[int]]:
    """Return whether the inbox names a contact, and the ids of the chats that are theirs by these events."""
    rows = [*_rows_of_contact(folder, company_id, contact_id)]
    return bool(rows), frozenset(row["chat_id"] for row in rows if row.get("chat_id") is not None)


def erase_from_inbox(folder: Path, company_id: int, suppression_list: SuppressionList) -> int:
    """Take everyone on the list out of the inbox. Return how many events that changed. Raises InboxBusy."""
    if not InboxReader.exists(folder):
        return 0

    def reduce(row: dict[str, Any]) -> Mapping[str, Any] | None:
        return next(iter(suppression_list.filter_rows(EVENTS, [row])), None)

    with InboxUpkeep.open(folder) as inbox:
        return inbox.erase(company_id, reduce)


def _rows_of_contact(folder: Path, company_id: int, contact_id: int) -> Iterator[dict[str, Any]]:
    if InboxReader.exists(folder):
        with InboxReader.open(folder) as reader:
            for item in reader.items(company_id, after={}):
                if item.row.get("contact_id") == contact_id:
                    yield item.row
