"""What a landing will cost, told before its first page: requests, minutes, share of the budget."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from huggy_connector.api import PAGE_SIZE, Client
from huggy_connector.catalogue import Resource
from huggy_connector.pipeline.modes import Job
from huggy_connector.sweep import EndSearch, Span, facts_of

FULL_COST = 1.05
"""Requests a page of a list that hardly moves: docs/sweep.md, Cost."""
FULL_MORE = 8
"""And so many for its ends, looks and checks."""
LIST_COST = 2.3
"""Requests for the messages of a chat: most have one page of them, some have several, and an empty one ends each."""
HEAD_MORE = 5
"""Pages that an incremental run reads beyond what is new: at the head, at the end, and the empty ones after the open
records.
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one landing is expected to send. `mode` is None where nothing is due. `asked`: requests that the plan took.

    `rate` is what the budget allows a second; `share_of_hour` the part of an hour's budget that the landing takes.
    """

    resource: str
    mode: str | None
    why: str
    requests: int
    rate: float
    asked: int

    @property
    def minutes(self) -> float:
        return self.requests / self.rate / 60

    @property
    def share_of_hour(self) -> float:
        return self.requests / (self.rate * 3600)


def plan_of(job: Job | None, client: Client, resource: Resource, *, zone: ZoneInfo, now: datetime) -> Plan:
    """The plan of a job. Where the landing tells nothing of a list's length, its end is searched for."""
    if job is None:
        told = f"all of {resource.name} was read not long ago, and what changes comes with the chats"
        return Plan(resource.name, None, told, 0, client.budget.rate, client.requests)
    requests = _requests(job, client, resource, zone, now)
    return Plan(resource.name, job.mode, job.why, requests, client.budget.rate, client.requests)


def _requests(job: Job, client: Client, resource: Resource, zone: ZoneInfo, now: datetime) -> int:
    if resource.parent is not None:
        return ceil(len(job.ids) * LIST_COST)
    if job.mode == "tombstones":
        return len(job.ids)
    if not resource.paged:
        return 1
    if job.mode == "incremental" and job.past is not None:
        past = job.past
        arrived = past.daily * ((now - past.watermark) / timedelta(days=1))
        open_pages = ceil(len(past.open) / PAGE_SIZE) + (0 if resource.life is None else len(resource.life.asked))
        closed = min(len(past.open), ceil(arrived))
        return 2 * ceil(arrived / PAGE_SIZE) + HEAD_MORE + open_pages + closed
    pages = job.pages or _length(client, resource)
    if job.span is not None:
        return _pages_between(client, resource, job.span, pages, zone) + 2 * max(1, pages).bit_length()
    return ceil(pages * FULL_COST) + FULL_MORE


def _length(client: Client, resource: Resource) -> int:
    """Pages of the list."""
    search = EndSearch(width=1)
    first = client.fetch_page(resource, 0).rows
    search.note(0, [hash(str(row.get("id"))) for row in first])
    asked = search.first(len(first)) if first else []
    while asked:
        for page in asked:
            search.note(page, [hash(str(row.get("id"))) for row in client.fetch_page(resource, page).rows])
        asked = [] if search.found else search.round()
    return search.last + 1


def _pages_between(client: Client, resource: Resource, span: Span, pages: int, zone: ZoneInfo) -> int:
    """Pages that hold rows of the span, as far as the list is newest first."""
    facts = facts_of(resource, zone=zone)

    def first_before(instant: datetime, low: int) -> int:
        """The first page from `low` on whose last row was created before the instant."""
        high = pages
        while low < high:
            middle = (low + high) // 2
            rows = client.fetch_page(resource, middle).rows
            created = facts(rows[-1]).created if rows else None
            if not rows or (created is not None and created < instant):
                high = middle
            else:
                low = middle + 1
        return low

    newest = first_before(span.end, 0)
    return first_before(span.start, newest) - newest + 1
