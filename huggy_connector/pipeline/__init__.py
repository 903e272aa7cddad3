"""Check, plan, land, load, sync, backfill: the product on one screen, usable without Airflow.

`calls` knows what is asked for, `modes` chooses the way a resource is read, `run` goes it, `plans` says beforehand what
it will cost.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from huggy_connector.api import SYSTEM_CLOCK, Client, Clock, Row, open_client
from huggy_connector.budget import Lane
from huggy_connector.catalogue import RESOURCES, Resource, resource_named, resources_named
from huggy_connector.errors import ConfigurationError, HuggyError
from huggy_connector.landing import Landing, Manifest
from huggy_connector.landing.known import credible
from huggy_connector.pipeline.calls import Call
from huggy_connector.pipeline.connection import Check, check
from huggy_connector.pipeline.loads import load
from huggy_connector.pipeline.modes import Job, chosen, due, first, resources_with_spans, span_asked, span_between
from huggy_connector.pipeline.plans import Plan, plan_of
from huggy_connector.pipeline.run import Run
from huggy_connector.progress import Progress, Silent
from huggy_connector.settings import Settings
from huggy_connector.sweep import Ask, OneByOne, Page, Span, drive
from huggy_connector.warehouse import LoadReport, read_calendar
from huggy_connector.warehouse import examine as examine_warehouse


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

    `call` names who asks for it: unfinished work of the same that is asked for is gone on with. With `once` (an Airflow
    task, which may run twice) a snapshot that was published for the very same is returned for 0 requests. `span`: of
    the mode window. `show_events`: internal events are among the messages.
    """
    resource, progress = resource_named(resource_name), progress or Silent()
    asking = Call.of(
        settings,
        resource,
        by=call,
        mode=mode,
        once=once,
        progress=progress,
        clock=clock,
        span=span,
        show_events=show_events,
        lane=lane,
    )

    def landed(run: Run) -> tuple[Manifest, ...]:
        job = chosen(asking.landing, run.company_id, resource, mode=mode, span=span, now=run.now())
        return (run.land(job),)

    return asking.answered(landed)[0]


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
    resource, progress = resource_named(resource_name), progress or Silent()
    asking = Call.of(
        settings,
        resource,
        by=call,
        mode="reconcile" if whole else "due",
        once=once,
        progress=progress,
        clock=clock,
        show_events=show_events,
    )

    def landed(run: Run) -> tuple[Manifest, ...]:
        landing, company_id, after = asking.landing, run.company_id, timedelta(days=settings.reconcile_days)
        if whole:
            job: Job | None = chosen(landing, company_id, resource, mode="full", span=None, now=run.now())
        else:
            job = due(landing, company_id, resource, now=run.now(), reconcile_after=after)
        if job is None:
            progress.note(f"{resource.name}: nothing is due, all of it was read in the last {after.days} days.")
            return credible(landing.published(company_id, resource.name), now=run.now())[-1:]
        whole_or_news = run.land(job)
        return whole_or_news, *run.land_gone(whole_or_news)

    return asking.answered(landed)


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
    resource, progress = resource_named(resource_name), progress or Silent()
    asking = Call.of(settings, resource, by=call, mode="recent", once=once, progress=progress, clock=clock)

    def landed(run: Run) -> tuple[Manifest, ...]:
        job = first(asking.landing, run.company_id, resource, now=run.now(), zone=settings.zone)
        return () if job is None else (run.land(job),)

    return next(iter(asking.answered(landed)), None)


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
    examine_warehouse(settings.warehouse, stop_on=settings.stop_on)
    wanted = [*resources_named(resource_names), *([RESOURCES["messages"]] if messages else [])]
    snapshots: list[Manifest] = []
    try:
        for resource in dict.fromkeys(wanted):
            newest = land_first(settings, resource.name, call=call, progress=progress, clock=clock)
            if newest is not None:
                snapshots.append(newest)
                load(settings, concerns=(), progress=progress, clock=clock)
            snapshots += land_due(
                settings, resource.name, call=call, show_events=show_events, progress=progress, clock=clock
            )
    except HuggyError:
        if snapshots:
            load(settings, concerns=(), progress=progress, clock=clock)
        raise
    loaded = load(settings, concerns=_companies_of(snapshots), progress=progress, clock=clock)
    return SyncReport(tuple(snapshots), loaded)


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
    examine_warehouse(settings.warehouse, stop_on=settings.stop_on)
    snapshots = [
        land(
            settings,
            resource.name,
            mode="window",
            span=span,
            call=call,
            show_events=show_events,
            lane=Lane.BACKFILL,
            progress=progress,
            clock=clock,
        )
        for resource in resources_named(resource_names)
    ]
    loaded = load(settings, concerns=_companies_of(snapshots), progress=progress, clock=clock)
    return SyncReport(tuple(snapshots), loaded)


def _companies_of(snapshots: Iterable[Manifest]) -> frozenset[int]:
    return frozenset(each.company_id for each in snapshots)


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
        now = client.time.now()
        if mode is None:
            job = due(landing, company_id, resource, now=now, reconcile_after=after)
        else:
            job = chosen(landing, company_id, resource, mode=mode, span=span, now=now)
        return plan_of(job, client, resource, zone=settings.zone, now=now)


def _landing(settings: Settings) -> Landing:
    return Landing.at(settings.landing, access=settings.landing_options, world_readable=settings.world_readable)


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
