"""Check, land, load, sync: the product on one screen, usable without Airflow."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from math import ceil

from huggy_connector.api import SYSTEM_CLOCK, Client, Clock, Row, open_client
from huggy_connector.catalogue import Resource, resource_named, resources_named
from huggy_connector.errors import HuggyError
from huggy_connector.landing import Folder, Landing, Manifest, Work
from huggy_connector.progress import Landed, Progress, Silent
from huggy_connector.settings import Settings
from huggy_connector.sweep import Ask, OneByOne, Page, Streams, Walk, drive, facts_of
from huggy_connector.warehouse import LoadReport, read_calendar
from huggy_connector.warehouse import examine as examine_warehouse
from huggy_connector.warehouse import load as load_warehouse

GROUP = 25
"""Pages made durable together: the most that a kill costs."""
MOST_STREAMS = 24
"""More would only be more seams: at 20 requests a second these are enough for answers that take a second."""
FASTEST = 100.0
"""Requests a second that streams are made for. Beyond, this machine and not the account is the limit."""
WAITING_STREAMS = 2


@dataclass(frozen=True, slots=True)
class Check:
    """What a connection is worth: who the token is, and what would be wrong later."""

    agent: str
    agent_id: int
    company_id: int
    main_company_id: int
    token_expires_at: datetime | None
    clock_skew: float | None
    """Seconds by which the server's clock is ahead of ours."""
    timezone: str
    local_time: datetime


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one sync did."""

    snapshots: tuple[Manifest, ...]
    load: LoadReport


def check(settings: Settings, *, clock: Clock = SYSTEM_CLOCK) -> Check:
    """Who am I? Two requests at most: the profile and, where a company is set, its smallest list."""
    with open_client(settings, clock=clock) as client:
        profile = client.fetch_profile()
        if settings.company_id is not None:
            client.fetch_page(resource_named("departments"), 0)
        return Check(
            agent=profile.name,
            agent_id=profile.agent_id,
            company_id=settings.company_id or profile.company_id,
            main_company_id=profile.company_id,
            token_expires_at=client.token_expires_at,
            clock_skew=client.server_clock_skew,
            timezone=settings.timezone,
            local_time=clock.now().astimezone(settings.zone),
        )


def iter_rows(client: Client, resource: Resource) -> Iterator[Row]:
    """Every row of a list as the API gives it, page by page; rows that move meanwhile may come twice."""
    for page in drive(OneByOne(paged=resource.paged), partial(_fetch, client, resource)):
        yield from page.rows


def land(
    settings: Settings,
    resource_name: str,
    *,
    call: str,
    once: bool = False,
    progress: Progress | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Manifest:
    """One resource from the API to a published snapshot.

    `call` names what asks for it: unfinished work of the same call is gone on with. With `once` (an Airflow task, which
    may run twice) a snapshot that this call has already published is returned for 0 requests.
    """
    progress = progress or Silent()
    resource = resource_named(resource_name)
    landing = Landing(Folder(settings.landing))
    if once and (published := landing.recall(resource.name, mode="full", call=call)) is not None:
        progress.note(f"{resource.name}: this run has already published {published.run_key}; nothing is fetched again.")
        return published
    with open_client(settings, clock=clock, note=progress.note) as client:
        profile = client.fetch_profile()
        company_id = settings.company_id or profile.company_id
        work = landing.begin(
            resource=resource,
            company_id=company_id,
            mode="full",
            call=call,
            zone=settings.zone,
            now=clock.now,
            once=once,
            note=progress.note,
        )
        with work:
            return _sweep_into(work, client, resource, settings, progress, clock)


def _sweep_into(
    work: Work, client: Client, resource: Resource, settings: Settings, progress: Progress, clock: Clock
) -> Manifest:
    streams = _streams(client) if resource.paged else 1
    walk = _walk(work, resource, settings, streams=streams)
    begun, before = clock.monotonic(), work.counters
    pages = drive(walk, partial(_fetch, client, resource), workers=streams, cancel=client.close)
    for taken, page in enumerate(pages, start=1):
        work.append(page.rows, fetched_at=page.fetched_at)
        requests, retries = before.requests + client.requests, before.retries + client.retries
        if taken % GROUP == 0 or walk.finished:
            work.commit(walk.state(), pages=before.pages + taken, requests=requests, retries=retries)
        progress.landed(
            Landed(
                resource=resource.name,
                pages=before.pages + taken,
                pages_expected=walk.pages_expected,
                rows=work.rows,
                requests=client.requests,
                seconds=clock.monotonic() - begun,
                rate_limit=client.budget.rate,
            )
        )
    return work.publish(certificate=walk.certificate())


def _walk(work: Work, resource: Resource, settings: Settings, *, streams: int) -> Walk:
    if not resource.paged:
        return OneByOne(paged=False)
    facts = facts_of(resource, zone=settings.zone)
    return Streams.resumed(work.state, facts, streams=streams) if work.state else Streams(facts, streams=streams)


def _streams(client: Client) -> int:
    """As many as keep the budget full at this latency: one a request on its way, and some that wait their turn."""
    client.fetch_profile()  # the first answer's time holds that of connecting
    on_the_way = min(client.budget.rate, FASTEST) * (client.round_trip or 0)
    return min(MOST_STREAMS, ceil(on_the_way) + WAITING_STREAMS)


def _fetch(client: Client, resource: Resource, ask: Ask) -> Page:
    fetched = client.fetch_page(resource, ask.page, filters=ask.filters)
    return Page(ask=ask, rows=fetched.rows, fetched_at=fetched.at)


def load(settings: Settings, *, progress: Progress | None = None, clock: Clock = SYSTEM_CLOCK) -> LoadReport:
    """Every published snapshot that the warehouse has not loaded yet, of every company in the landing."""
    progress = progress or Silent()
    return load_warehouse(
        Landing(Folder(settings.landing)),
        settings.warehouse,
        keep_versions=settings.keep_versions,
        calendar=read_calendar(settings.calendar, zone=settings.timezone),
        now=clock.now,
        note=progress.note,
    )


def sync(
    settings: Settings,
    resource_names: Iterable[str] = (),
    *,
    call: str,
    progress: Progress | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> SyncReport:
    """Lands each resource, then loads what did land. An error is raised once that is done."""
    read_calendar(settings.calendar, zone=settings.timezone)
    examine_warehouse(settings.warehouse)
    snapshots: list[Manifest] = []
    try:
        for resource in resources_named(resource_names):
            asks = f"{call} {resource.name}"
            snapshots.append(land(settings, resource.name, call=asks, progress=progress, clock=clock))
    except HuggyError:
        if snapshots:
            load(settings, progress=progress, clock=clock)
        raise
    return SyncReport(tuple(snapshots), load(settings, progress=progress, clock=clock))
