"""Check, plan, land, load, sync, backfill: the product on one screen, usable without Airflow.

`modes` chooses the way a resource is read, `run` goes it, `plans` says beforehand what it will cost.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

from huggy_connector.api import SYSTEM_CLOCK, Client, Clock, Row, open_client
from huggy_connector.budget import Lane
from huggy_connector.catalogue import RESOURCES, Resource, resource_named, resources_named
from huggy_connector.errors import ConfigurationError, HuggyError
from huggy_connector.landing import MODES, Landing, Manifest, Policy, make_ready
from huggy_connector.pipeline.connection import Check, check
from huggy_connector.pipeline.modes import Job, chosen, due, first, resources_with_spans, span_asked, span_between
from huggy_connector.pipeline.plans import Plan, plan_of
from huggy_connector.pipeline.run import Run
from huggy_connector.progress import Progress, Silent
from huggy_connector.report import report_beside
from huggy_connector.settings import Settings
from huggy_connector.sweep import Ask, OneByOne, Page, Span, drive
from huggy_connector.warehouse import LoadReport, mirror, read_calendar
from huggy_connector.warehouse import examine as examine_warehouse
from huggy_connector.warehouse import load as load_warehouse


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one sync or backfill did."""

    snapshots: tuple[Manifest, ...]
    load: LoadReport


def iter_rows(client: Client, resource: Resource) -> Iterator[Row]:
    """Every row of a list as the API gives it, page by page; rows that move meanwhile may come twice."""
    if resource.parent is not None:
        raise ConfigurationError(f"{resource.name} are those of one record of {resource.parent}: land them instead.")

    def fetch(ask: Ask) -> Page:
        fetched = client.fetch_page(resource, ask.page)
        return Page(ask=ask, rows=fetched.rows, fetched_at=fetched.at)

    for page in drive(OneByOne(paged=resource.paged), fetch):
        yield from page.rows


def land(
    settings: Settings,
    resource_name: str,
    *,
    call: str,
    mode: str = "full",
    span: Span | None = None,
    once: bool = False,
    show_events: bool = False,
    lane: Lane = Lane.NORMAL,
    progress: Progress | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Manifest:
    """One resource from the API to a published snapshot: all of it, or what `mode` says.

    `call` names what asks for it: unfinished work of the same call is gone on with. With `once` (an Airflow task, which
    may run twice) a snapshot that this call has already published is returned for 0 requests. `span`: of the mode
    window. `show_events`: internal events are among the messages.
    """
    progress = progress or Silent()
    if once and (published := _recalled(settings, resource_name, call, progress)) is not None:
        return published
    with _running(settings, resource_name, progress=progress, clock=clock, lane=lane) as (run, landing, company_id):
        job = chosen(landing, company_id, resource_named(resource_name), mode=mode, span=span, now=clock.now())
        return run.land(job, call=call, once=once, show_events=show_events)


def land_due(
    settings: Settings,
    resource_name: str,
    *,
    call: str,
    whole: bool = False,
    once: bool = False,
    show_events: bool = False,
    progress: Progress | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> tuple[Manifest, ...]:
    """What a regular run should land of a resource: what has changed, or everything where that is due or `whole`.

    Records that turn out to be missing are then asked for by their ids, and those that are gone become a second
    snapshot. Where nothing is due the newest snapshot is returned.
    """
    progress = progress or Silent()
    if once and (published := _recalled(settings, resource_name, call, progress)) is not None:
        return (published,)
    with _running(settings, resource_name, progress=progress, clock=clock) as (run, landing, company_id):
        resource, after = resource_named(resource_name), timedelta(days=settings.reconcile_days)
        if whole:
            job: Job | None = chosen(landing, company_id, resource, mode="full", span=None, now=clock.now())
        else:
            job = due(landing, company_id, resource, now=clock.now(), reconcile_after=after)
        if job is None:
            progress.note(f"{resource.name}: nothing is due, all of it was read in the last {after.days} days.")
            return landing.published(company_id, resource.name)[-1:]
        landed = run.land(job, call=call, once=once, show_events=show_events)
        return landed, *run.land_gone(landed, call=call, once=once)


def land_first(
    settings: Settings,
    resource_name: str,
    *,
    call: str,
    once: bool = False,
    progress: Progress | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Manifest | None:
    """The newest days of a resource of which nothing is landed yet, so that people need not wait for the history."""
    progress = progress or Silent()
    if once and (published := _recalled(settings, resource_name, call, progress)) is not None:
        return published
    with _running(settings, resource_name, progress=progress, clock=clock) as (run, landing, company_id):
        job = first(landing, company_id, resource_named(resource_name), now=clock.now(), zone=settings.zone)
        return None if job is None else run.land(job, call=call, once=once)


def load(
    settings: Settings,
    *,
    wait_seconds: float = 0.0,
    progress: Progress | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> LoadReport:
    """Every published snapshot that the warehouse has not loaded yet, of every company in the landing. Another load of
    it is waited for as long as told.
    """
    progress = progress or Silent()
    report = load_warehouse(
        _landing(settings),
        settings.warehouse,
        keep_versions=settings.keep_versions,
        memory_limit=settings.memory_limit,
        calendar=read_calendar(settings.calendar),
        now=clock.now,
        note=progress.note,
        wait_seconds=wait_seconds,
        zone=settings.zone,
        policy=Policy.of(settings),
        stop_on=settings.stopping_checks,
        sweep_days=settings.reconcile_days,
    )
    copies = mirror(
        settings.warehouse, settings.publish_places, keep_versions=settings.keep_versions, note=progress.note
    )
    beside = report_beside(settings, now=clock.now())
    return replace(report, warnings=(*report.warnings, *copies, *beside))


def make_sure_of(settings: Settings, addresses: Iterable[str]) -> None:
    """Raises ConfigurationError where the landing lacks one of these manifests, which were just written into it."""
    landing = _landing(settings)
    for address in addresses:
        if not landing.has(address):
            raise ConfigurationError(
                f"The landing {settings.landing} lacks {address}, which another worker has landed: give all workers "
                "the same folder, as an absolute path, or a landing in an object store."
            )


def sync(
    settings: Settings,
    resource_names: Iterable[str] = (),
    *,
    call: str,
    messages: bool = False,
    show_events: bool = False,
    progress: Progress | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> SyncReport:
    """Lands what is due of each resource, then loads what did land. An error is raised once that is done.

    A first run brings and publishes the newest days before the history. `messages`: those of changed chats, too.
    """
    read_calendar(settings.calendar)
    examine_warehouse(settings.warehouse, stop_on=settings.stopping_checks)
    wanted = [*resources_named(resource_names), *([RESOURCES["messages"]] if messages else [])]
    snapshots: list[Manifest] = []
    try:
        for resource in dict.fromkeys(wanted):
            asks = f"{call} {resource.name}"
            newest = land_first(settings, resource.name, call=asks, progress=progress, clock=clock)
            if newest is not None:
                snapshots.append(newest)
                load(settings, progress=progress, clock=clock)
            snapshots += land_due(
                settings, resource.name, call=asks, show_events=show_events, progress=progress, clock=clock
            )
    except HuggyError:
        if snapshots:
            load(settings, progress=progress, clock=clock)
        raise
    return SyncReport(tuple(snapshots), load(settings, progress=progress, clock=clock))


def backfill(
    settings: Settings,
    resource_names: Iterable[str] = ("chats",),
    *,
    span: Span,
    call: str,
    show_events: bool = False,
    progress: Progress | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> SyncReport:
    """Lands what was created in the span, and loads it. Its requests wait while anything else wants to send one."""
    read_calendar(settings.calendar)
    examine_warehouse(settings.warehouse, stop_on=settings.stopping_checks)
    snapshots = [
        land(
            settings,
            resource.name,
            mode="window",
            span=span,
            call=f"{call} {resource.name} {span.start.isoformat()} {span.end.isoformat()}",
            show_events=show_events,
            lane=Lane.BACKFILL,
            progress=progress,
            clock=clock,
        )
        for resource in resources_named(resource_names)
    ]
    return SyncReport(tuple(snapshots), load(settings, progress=progress, clock=clock))


def plan(
    settings: Settings,
    resource_name: str,
    *,
    mode: str | None = None,
    span: Span | None = None,
    lane: Lane = Lane.NORMAL,
    progress: Progress | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> Plan:
    """What landing a resource would cost, for as few requests as tell it. Without a mode: what is due."""
    resource = resource_named(resource_name)
    with open_client(settings, lane=lane, clock=clock, note=(progress or Silent()).note) as client:
        company_id = settings.company_id or client.fetch_profile().company_id
        landing, after = _landing(settings), timedelta(days=settings.reconcile_days)
        if mode is None:
            job = due(landing, company_id, resource, now=clock.now(), reconcile_after=after)
        else:
            job = chosen(landing, company_id, resource, mode=mode, span=span, now=clock.now())
        return plan_of(job, client, resource, zone=settings.zone, now=clock.now())


@contextmanager
def _running(
    settings: Settings, resource_name: str, *, progress: Progress, clock: Clock, lane: Lane = Lane.NORMAL
) -> Iterator[tuple[Run, Landing, int]]:
    """What lands a resource, with the landing and the company it works for."""
    resource, landing, policy = resource_named(resource_name), _landing(settings), Policy.of(settings)
    make_ready(resource, settings.zone)
    with open_client(settings, lane=lane, clock=clock, note=progress.note) as client:
        company_id = settings.company_id or client.fetch_profile().company_id
        run = Run(
            settings,
            landing,
            resource,
            company_id=company_id,
            client=client,
            policy=policy,
            progress=progress,
            clock=clock,
        )
        yield run, landing, company_id


def _recalled(settings: Settings, resource_name: str, call: str, progress: Progress) -> Manifest | None:
    """The snapshot that this very call has published already, in whichever mode."""
    landing, resource = _landing(settings), resource_named(resource_name)
    found = (landing.recall(resource.name, mode=mode, call=call) for mode in MODES)
    published = next((each for each in found if each is not None), None)
    if published is not None:
        progress.note(f"{resource.name}: this run has already published {published.run_key}; nothing is fetched again.")
    return published


def _landing(settings: Settings) -> Landing:
    return Landing.at(settings.landing, access=settings.landing_options)


__all__ = [
    "Check",
    "Plan",
    "SyncReport",
    "backfill",
    "check",
    "iter_rows",
    "land",
    "land_due",
    "land_first",
    "load",
    "make_sure_of",
    "plan",
    "resources_with_spans",
    "span_asked",
    "span_between",
    "sync",
]
