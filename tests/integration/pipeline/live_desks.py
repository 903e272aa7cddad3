"""A sandbox's account with an inbox: what its webhook would have told is written into the inbox by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from huggy_connector.catalogue import RESOURCES
from huggy_connector.clock import SYSTEM_CLOCK
from huggy_connector.landing import Landing, LandingRequest
from huggy_connector.model import Certificate, Mode
from huggy_connector.pipeline import Pipeline
from huggy_connector.pipeline.live import LiveRound
from huggy_connector.privacy import KEEP_ALL
from huggy_connector.progress import SilentProgress
from huggy_connector.sandbox import Sandbox
from huggy_connector.settings import Settings
from huggy_connector.warehouse.read import queries
from huggy_connector.webhook import Entry, Inbox
from tests.events import COMPANY, NOON, ZONE, chat_item, event_row, land_events


@contextmanager
def receiver(settings: Settings) -> Iterator[Inbox]:
    """The inbox of a receiver that runs."""
    with Inbox.open(settings.inbox_folder, now=lambda: datetime.now(UTC)) as inbox:
        yield inbox


def tell(inbox: Inbox, *rows: dict[str, Any]) -> None:
    """Write what the webhook told, as the receiver does."""
    inbox.append(*(Entry.of_row(COMPANY, received_now(row)) for row in rows))


def received_now(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "deliveries"} | {
        "received_at": datetime.now(UTC).isoformat()
    }


def closed(chat_id: int, second: float = 0) -> dict[str, Any]:
    return event_row("closedChat", chat_item(chat_id, situation="finishing"), second=second)


def live_of(settings: Settings) -> LiveRound:
    return LiveRound(settings, SilentProgress(), SYSTEM_CLOCK)


def rows_of(settings: Settings, question: str) -> list[tuple[Any, ...]]:
    return list(queries.query(settings.warehouse, question).rows)


def truth_of(desk: Sandbox, ids: Sequence[int]) -> dict[int, str]:
    return {row["id"]: row["situation"] for row in desk.truth("chats", rows=True)["rows"] if row["id"] in ids}


def polled(settings: Settings) -> Pipeline:
    """A pipeline whose chats are landed and loaded."""
    pipeline = Pipeline(settings)
    pipeline.land("chats", idempotency_key="test")
    pipeline.load()
    return pipeline


def inbox_of(folder: Path) -> Path:
    return folder / "state" / "inbox"


def land_told(
    landing: Landing, minute: float, *rows: dict[str, Any], spans: Sequence[tuple[float, float, str]] = ()
) -> str:
    """Publish what the inbox held at this minute after noon, and when the receiver was there. Return the run key."""
    told = [
        {
            "from": (NOON + timedelta(minutes=start)).isoformat(),
            "to": (NOON + timedelta(minutes=end)).isoformat(),
            "kind": kind,
        }
        for start, end, kind in spans
    ]
    return land_events(landing, rows, now=NOON + timedelta(minutes=minute), state={"spans": told}).run_key


def land_poll(landing: Landing, minute: float, mode: Mode = Mode.FULL, *, exact: bool = True, **state: Any) -> None:
    """Publish a poll of the chats without rows that began at this minute after noon."""
    now = NOON + timedelta(minutes=minute)
    request = LandingRequest(f"poll {minute}", mode, timezone=ZONE.key)
    with landing.begin(
        resource=RESOURCES["chats"],
        company_id=COMPANY,
        mode=mode,
        request=request,
        zone=ZONE,
        policy=KEEP_ALL,
        now=lambda: now,
    ) as work:
        work.publish(certificate=Certificate(exact=exact), state=state)
