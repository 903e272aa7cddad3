"""Estimates what a landing will cost before its first page: requests, minutes, share of the budget."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from huggy_connector.api import Client
from huggy_connector.catalogue import Resource
from huggy_connector.model import PAGE_SIZE, Mode
from huggy_connector.pipeline.jobs.landing_job import LandingJob
from huggy_connector.sweep import CreationSpan, EndSearch, make_facts_reader

REQUESTS_PER_PAGE = 1.05
"""Requests a page of a list that hardly moves: docs/sweep.md, Cost."""
SWEEP_OVERHEAD = 8
"""Requests of a sweep beyond its pages: for its ends, second looks and checks."""
REQUESTS_PER_SUBSTREAM = 2.3
"""Requests for the messages of a chat. Most chats have one page, some have several, and an empty page ends each."""
HEAD_OVERHEAD = 5
"""Pages that an incremental run reads beyond what is new: at the head, at the end, and the empty pages after the open
records.
"""


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """What one landing is expected to send.

    `mode` is None where nothing is due. `asked` counts the requests that the estimate took. `rate` is the requests that
    the budget allows a second. `share_of_hour` is the landing's share of an hour's budget, 1 being all of it.
    """

    resource: str
    mode: Mode | None
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


def estimate_cost(
    job: LandingJob | None, client: Client, resource: Resource, *, zone: ZoneInfo, now: datetime
) -> CostEstimate:
    """Estimate the cost of a job. Where the landing does not know the length of the list, its end is searched for."""
    if job is None:
        why = f"all of {resource.name} was read not long ago, and what changes comes with the chats"
        return CostEstimate(resource.name, None, why, 0, client.budget.rate, client.requests)
    requests = _count_requests(job, client, resource, zone, now)
    return CostEstimate(resource.name, job.mode, job.why, requests, client.budget.rate, client.requests)


def _count_requests(job: LandingJob, client: Client, resource: Resource, zone: ZoneInfo, now: datetime) -> int:
    if resource.is_single or job.mode in {Mode.TOMBSTONES, Mode.IDS}:
        return len(job.ids)
    if resource.parent is not None:
        return ceil(len(job.ids) * REQUESTS_PER_SUBSTREAM)
    if not resource.paged:
        return 1
    if job.mode is Mode.INCREMENTAL and job.cursor is not None:
        cursor = job.cursor
        arrived = cursor.rows_per_day * ((now - cursor.watermark) / timedelta(days=1))
        asked = () if resource.life is None else resource.life.asked
        open_pages = ceil(len(cursor.open_ids) / PAGE_SIZE) + len(asked) if asked else len(cursor.open_ids)
        closed = min(len(cursor.open_ids), ceil(arrived)) if asked else 0  # without a filter, each is asked for anyway
        return 2 * ceil(arrived / PAGE_SIZE) + HEAD_OVERHEAD + open_pages + closed
    pages = job.pages or _count_pages(client, resource)
    if job.span is not None:
        return _count_span_pages(client, resource, job.span, pages, zone) + 2 * max(1, pages).bit_length()
    return ceil(pages * REQUESTS_PER_PAGE) + SWEEP_OVERHEAD


def _count_pages(client: Client, resource: Resource) -> int:
    """Return the number of pages of the list, by a search for its end."""
    search = EndSearch(width=1)
    first = client.fetch_page(resource, 0).rows
    search.note_page(0, [hash(str(row.get("id"))) for row in first])
    pages = search.first_pages(len(first)) if first else []
    while pages:
        for page in pages:
            search.note_page(page, [hash(str(row.get("id"))) for row in client.fetch_page(resource, page).rows])
        pages = [] if search.is_found else search.next_pages()
    return search.last_page + 1


def _count_span_pages(client: Client, resource: Resource, span: CreationSpan, pages: int, zone: ZoneInfo) -> int:
    """Return the number of pages that hold rows of the span, as far as the list is newest first."""
    facts = make_facts_reader(resource, zone=zone)

    def find_first_page_before(instant: datetime, low: int) -> int:
        """Return the first page from `low` on whose last row was created before the instant."""
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

    newest = find_first_page_before(span.end, 0)
    return find_first_page_before(span.start, newest) - newest + 1
