"""What a person is told of the inbox, whether a receiver runs or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from huggy_connector.webhook.entries import to_instant, to_microseconds
from huggy_connector.webhook.inbox_file import open_for_reading, translate_errors
from huggy_connector.webhook.inbox_reader import InboxReader
from huggy_connector.webhook.learning import is_window_open, read_learned
from huggy_connector.webhook.span_log import LONGEST_GAP


@dataclass(frozen=True, slots=True)
class CompanyStatus:
    """The events of one company in the inbox. Times are None where there is none."""

    company_id: int
    items: int
    unlanded: int
    """As far as landings have told the inbox."""
    oldest_unlanded_at: datetime | None
    newest_received_at: datetime | None
    has_learned_token: bool


@dataclass(frozen=True, slots=True)
class InboxStatus:
    """The state of an inbox. `up_until`: the last heartbeat of a receiver."""

    folder: str
    is_receiving: bool
    up_until: datetime | None
    is_learning: bool
    companies: tuple[CompanyStatus, ...]
    refusals: Mapping[str, int]
    """Refused bodies and items in the inbox, by reason."""


def read_inbox_status(folder: Path, *, now: datetime) -> InboxStatus:
    """Return the state of the inbox in a folder. Raises InboxUnusable."""
    with InboxReader.open(folder) as reader:
        spans = [span for span in reader.spans(since=None) if span.kind == "up"]
        landed = reader.landed()
        connection = open_for_reading(folder)
        try:
            with translate_errors(folder):
                is_learning = is_window_open(connection, None, now=to_microseconds(now))
                learned = read_learned(connection)
                refusals = dict(
                    connection.execute(
                        "SELECT reason, count(*) FROM entries WHERE row IS NULL GROUP BY reason ORDER BY reason"
                    )
                )
                newest = dict(
                    connection.execute(
                        "SELECT company_id, max(received_at) FROM entries WHERE row IS NOT NULL GROUP BY company_id"
                    )
                )
        finally:
            connection.close()
        companies = tuple(
            CompanyStatus(
                company_id,
                reader.depth(company_id, after={}),
                reader.depth(company_id, after=landed.get(company_id, {})),
                reader.oldest(company_id, after=landed.get(company_id, {})),
                to_instant(newest[company_id]) if company_id in newest else None,
                company_id in learned,
            )
            for company_id in sorted({*reader.companies(), *learned})
        )
    up_until = max((span.end for span in spans), default=None)
    is_receiving = up_until is not None and now - up_until <= timedelta(microseconds=LONGEST_GAP)
    return InboxStatus(str(folder), is_receiving, up_until, is_learning, companies, refusals)
