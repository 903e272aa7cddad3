"""A desk whose receiver's spans, events and polls a test lands by hand, and what meta.coverage then says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.events import COMPANY, NOON, chat_item, event_row, land_events

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

Span = tuple[float, float] | tuple[float, float, str]


@dataclass(frozen=True)
class ReceiverDesk:
    """All times are minutes after noon. `company_id` is whose events and polls are landed."""

    desk: Desk
    company_id: int = COMPANY

    def hear(self, *rows: Mapping[str, Any], spans: Iterable[Span] = (), at: float) -> None:
        """Land the inbox at this minute: these events, and the spans in which the receiver answered."""
        state = {"spans": [_describe(*span) for span in spans]}
        now = NOON + timedelta(minutes=at)
        self.desk.made.append(land_events(self.desk.landing, rows, now=now, company_id=self.company_id, state=state))

    def poll(self, *chats: Mapping[str, Any], at: float, **options: Any) -> None:
        """Land a poll of the chats that began at this minute."""
        self.desk.land(chats, minute=at, company_id=self.company_id, **options)

    def load(self, at: float, **options: Any) -> None:
        self.desk.load(now=lambda: NOON + timedelta(minutes=at), **options)

    def coverage(self, *, source: str = "webhook") -> list[tuple[str, float, float, str]]:
        """Return kind, begin, end and reason, in order."""
        return [
            (
                kind,
                round((start - NOON) / timedelta(minutes=1), 3),
                round((end - NOON) / timedelta(minutes=1), 3),
                reason,
            )
            for kind, start, end, reason in self.desk.read(
                "SELECT kind, from_at, to_at, reason FROM meta.coverage"
                f" WHERE company_id = {self.company_id} AND source = '{source}' ORDER BY from_at, to_at, kind, reason"
            )
        ]

    def holes(self) -> list[tuple[str, float, float, str]]:
        """Return those rows of it that are no covered time."""
        return [row for row in self.coverage() if row[0] != "covered"]


def _describe(start: float, end: float, kind: str = "up") -> dict[str, str]:
    begin, finish = (NOON + timedelta(minutes=minute) for minute in (start, end))
    return {"from": begin.isoformat(), "to": finish.isoformat(), "kind": kind}


def started(chat_id: int, at: float) -> dict[str, Any]:
    """Return the event of a chat that began, received at this minute."""
    return event_row("startedChat", chat_item(chat_id), second=at * 60)


def closed(chat_id: int, at: float) -> dict[str, Any]:
    """Return the event of a chat that was closed at this minute, and received at once."""
    return event_row("closedChat", chat_item(chat_id, closed_at=local(at)), second=at * 60)


def local(at: float) -> str:
    """Return the minute as the API writes it, in the account's zone."""
    return f"{NOON + timedelta(minutes=at - 180):%Y-%m-%d %H:%M:%S}"


def chat_of(chat_id: int, *, opened: float, closed_at: float | None = None, agent: int | None = 7) -> dict[str, Any]:
    """Return a chat as the API gives it."""
    return {
        "id": chat_id,
        "situation": "in_chat" if closed_at is None else "finishing",
        "contactId": "8",
        "agentId": agent or "",
        "createdAt": local(opened),
        "updatedAt": local(opened if closed_at is None else closed_at),
        "closedAt": "" if closed_at is None else local(closed_at),
    }


def usual_hour(events: int, *, weeks: Sequence[int] = (1, 2, 3, 4)) -> list[dict[str, Any]]:
    """Return so many events in the hour from noon on, in each of these weeks before."""
    return [
        event_row("leftQueue", chat_item(week * 1000 + number), second=3600 * (number / events - 7 * 24 * week))
        for week in weeks
        for number in range(events)
    ]


WEEK = 7 * 24 * 60
