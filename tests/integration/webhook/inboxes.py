"""Rows and inboxes for the tests of the inbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from huggy_connector.webhook import Entry, InboxReader

COMPANY = 4242
BEGIN = datetime(2026, 11, 22, 7, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return BEGIN + timedelta(minutes=minutes)


def row(number: int, *, minutes: float = 0) -> dict[str, Any]:
    return {
        "event_id": f"{number:032x}",
        "event": "closedChat",
        "item_id": number,
        "received_at": at(minutes).isoformat(),
    }


def entry(number: int, *, company_id: int = COMPANY, minutes: float = 0) -> Entry:
    return Entry.of_row(company_id, row(number, minutes=minutes))


def refusal(reason: str = "invalid JSON", *, company_id: int | None = COMPANY, minutes: float = 0) -> Entry:
    return Entry.of_refusal(company_id, b"body", reason=reason, received_at=at(minutes))


def kept(folder: Path, company_id: int = COMPANY) -> list[int]:
    """The numbers of the rows in an inbox, in order."""
    with InboxReader.open(folder) as reader:
        return [item.row["item_id"] for item in reader.items(company_id, after={})]


class Ticking:
    """A clock that is one second later at each look."""

    def __init__(self) -> None:
        self._times = self._tick()

    def __call__(self) -> datetime:
        return next(self._times)

    def _tick(self) -> Iterator[datetime]:
        now = BEGIN
        while True:
            now += timedelta(seconds=1)
            yield now
