"""Chooses how a resource is read: all of it, what has changed, a span of time, or single records by their ids."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from huggy_connector.api.versions import get_version
from huggy_connector.catalogue import Resource
from huggy_connector.errors import ConfigurationError
from huggy_connector.landing import Landing, SnapshotWriter
from huggy_connector.landing.change_detection import (
    latest_snapshot,
    listed_ids,
    missing_ids,
    without_future_snapshots,
)
from huggy_connector.model import PAGE_SIZE, REQUESTED_MODES, Mode
from huggy_connector.pipeline.jobs.landing_job import LandingJob
from huggy_connector.pipeline.jobs.named_records import COVERS_KEY, choose_named_job
from huggy_connector.pipeline.jobs.rating_job import GIVEN_UP_KEY, choose_rating_job
from huggy_connector.pipeline.jobs.substream_job import RECENT_PERIOD, choose_substream_job
from huggy_connector.settings import clean_text
from huggy_connector.sweep import (
    CreationSpan,
    Cursor,
    FactsReader,
    FullWalk,
    IdLookup,
    IncrementalWalk,
    SequentialWalk,
    StreamSweep,
    SubstreamWalk,
    Walk,
    WindowWalk,
    make_facts_reader,
)

SMALL_LIST_PAGES = 50
"""Pages up to which a list without an order is read whole each time: no other way would cost less."""


def parse_mode(name: str) -> Mode:
    """Return the mode of this name. Raise ConfigurationError if nobody may ask for it, or there is none."""
    if name not in tuple(REQUESTED_MODES):
        raise ConfigurationError(f"There is no mode {str(name)!r}: choose from {', '.join(REQUESTED_MODES)}.")
    return Mode(name)


def choose_job(
    landing: Landing,
    company_id: int,
    resource: Resource,
    *,
    mode: Mode,
    span: CreationSpan | None,
    now: datetime,
    api_version: str = "v3",
) -> LandingJob:
    """Return the job of a mode. Raise ConfigurationError where the resource cannot be read in that mode.

    An incremental run never starts from a snapshot of another version of the API: all of the list is due then.
    """
    if (mode is Mode.WINDOW) != (span is not None):
        raise ConfigurationError("The mode window needs both --from-date and --to-date, and no other mode takes them.")
    if resource.parent is not None:
        choose = choose_rating_job if resource.is_single else choose_substream_job
        return choose(landing, company_id, resource, resource.parent, mode=mode, span=span, now=now)
    if mode in {Mode.INCREMENTAL, Mode.WINDOW} and not resource.is_ordered:
        raise ConfigurationError(
            f"The list of {resource.name} has no order that is known, so only all of it can be read: "
            f"`huggy land {resource.name}` does."
        )
    published = without_future_snapshots(landing.snapshots(company_id, resource.name), now=now)
    last = latest_snapshot(published, Mode.FULL, exact=False)
    pages = None if last is None else ceil(last.unique_ids / PAGE_SIZE)
    if mode is Mode.TOMBSTONES:
        lost = tuple(missing_ids(landing, published)) if resource.paged else ()
        return LandingJob(mode, f"{len(lost):,} records are missing from what was read last", ids=lost)
    if mode is Mode.WINDOW:
        return LandingJob(mode, "its span was asked for", span, pages=pages)
    base = latest_snapshot(published, Mode.FULL, Mode.INCREMENTAL)
    if mode is Mode.INCREMENTAL and base is not None and base.api_version != api_version:
        return LandingJob(Mode.FULL, _describe_change(base.api_version, api_version), pages=pages)
    if mode is Mode.INCREMENTAL and base is not None and "past" in base.state:
        cursor = Cursor.from_state(base.state["past"], listed_ids(landing, published, base))
        return LandingJob(mode, f"since {base.started_at:%Y-%m-%d %H:%M} UTC", pages=pages, cursor=cursor)
    return LandingJob(
        Mode.FULL, "all of it" if mode is Mode.FULL else "there is no exact snapshot to start from yet", pages=pages
    )


def _describe_change(before: str, now: str) -> str:
    return f"the last exact snapshot is of API {before}, and this run reads {now}"


def choose_due_job(
    landing: Landing,
    company_id: int,
    resource: Resource,
    *,
    now: datetime,
    reconcile_after: timedelta,
    api_version: str = "v3",
) -> LandingJob | None:
    """Return what a regular run should read. Return None for a list that can only be read whole, and was a short time
    ago.
    """
    usual = Mode.INCREMENTAL if resource.is_ordered or resource.is_single else Mode.FULL
    job = choose_job(landing, company_id, resource, mode=usual, span=None, now=now, api_version=api_version)
    if resource.parent is not None or not resource.paged or job.mode is not usual:
        return job
    published = without_future_snapshots(landing.snapshots(company_id, resource.name), now=now)
    last = latest_snapshot(published, Mode.FULL, Mode.INCREMENTAL, exact=False)
    last_sweep = latest_snapshot(published, Mode.FULL)
    if last_sweep is None or last is None:
        return job
    began = f"the last full sweep began at {last_sweep.started_at:%Y-%m-%d %H:%M} UTC"
    reasons = (
        (last_sweep.api_version != api_version, _describe_change(last_sweep.api_version, api_version)),
        (not last.certificate.exact, "the last snapshot was not exact"),
        (now - last_sweep.started_at >= reconcile_after, began),
    )
    if why := next((why for applies, why in reasons if applies), ""):
        return LandingJob(Mode.FULL, why, pages=job.pages)
    pages = job.pages or 0
    if resource.is_ordered or pages <= SMALL_LIST_PAGES:
        return job
    if get_version(api_version).embeds_contacts:
        return None
    return choose_named_job(landing, company_id, resource, sweep=last_sweep, pages=pages, now=now)


def choose_recent_job(
    landing: Landing, company_id: int, resource: Resource, *, now: datetime, zone: ZoneInfo
) -> LandingJob | None:
    """Return what a first run should publish before the history, or None where that would not be faster."""
    published = without_future_snapshots(landing.snapshots(company_id, resource.name), now=now)
    if resource.parent is not None or not resource.is_ordered or published:
        return None
    today = datetime.combine(now.astimezone(zone).date(), time(), zone)
    span = CreationSpan(today - RECENT_PERIOD, today + timedelta(days=1))
    return LandingJob(Mode.WINDOW, f"the newest {RECENT_PERIOD.days} days first", span)


def parse_span(start: str | date, end: str | date, *, zone: ZoneInfo) -> CreationSpan:
    """Return the span from the first instant of the day `start` to the first instant of `end`, which is outside it.

    Both are days of `zone`. Either may be an instant too, such as an end of Airflow's data interval. Raise
    ConfigurationError for what is no date, and for an end that is not after the start.
    """
    span = CreationSpan(_parse_instant(start, zone), _parse_instant(end, zone))
    if span.start >= span.end:
        raise ConfigurationError(f"From {start} to before {end} is no time: the end is exclusive, give a later one.")
    return span


def parse_optional_span(start: str | None, end: str | None, *, zone: ZoneInfo) -> CreationSpan | None:
    """Return `parse_span`, or None where neither end is given. Raise ConfigurationError where only one is."""
    if not start and not end:
        return None
    if not start or not end:
        raise ConfigurationError("A span has two ends: give both --from-date and --to-date.")
    return parse_span(start, end, zone=zone)


def _parse_instant(given: str | date, zone: ZoneInfo) -> datetime:
    if not isinstance(given, date):
        try:
            given = datetime.fromisoformat(clean_text(str(given)))  # a template may have made a number of 20261122
        except ValueError:
            raise ConfigurationError(f"{given!r} is no date such as 2026-11-22.") from None
    if not isinstance(given, datetime):
        given = datetime.combine(given, time())
    return given if given.tzinfo else given.replace(tzinfo=zone)


def read_span(work: SnapshotWriter) -> CreationSpan | None:
    """Return the span that the first attempt of this work was asked for."""
    if work.window is None:
        return None
    return CreationSpan(datetime.fromisoformat(work.window["from"]), datetime.fromisoformat(work.window["to"]))


def create_walk(job: LandingJob, work: SnapshotWriter, resource: Resource, *, zone: ZoneInfo, streams: int) -> Walk:
    """Return the walk through the list. It goes on at the checkpoint of the work, if there is one."""
    checkpoint = work.state
    if resource.parent is not None:
        if checkpoint:
            return SubstreamWalk.from_state(checkpoint, streams=streams, paged=resource.paged)
        return SubstreamWalk(job.ids, covers=job.covers, streams=streams, paged=resource.paged)
    if work.mode in {Mode.TOMBSTONES, Mode.IDS}:
        fresh = IdLookup(job.ids, covers=job.covers, streams=streams)
        return IdLookup.from_state(checkpoint, streams=streams) if checkpoint else fresh
    if not resource.paged:
        return SequentialWalk(paged=False)
    facts = make_facts_reader(resource, zone=zone)
    if work.mode is Mode.INCREMENTAL and job.cursor is not None:
        return IncrementalWalk(
            facts,
            cursor=job.cursor,
            started_at=work.started_at,
            open_situations=_open_situations(resource),
            streams=streams,
            pages_hint=job.pages,
        )
    sweep = _create_sweep(job, work, resource, facts, streams)
    if checkpoint:
        sweep.restore(checkpoint)
    return sweep


def _create_sweep(
    job: LandingJob, work: SnapshotWriter, resource: Resource, facts: FactsReader, streams: int
) -> StreamSweep:
    if (span := read_span(work)) is not None:
        return WindowWalk(facts, start=span.start, end=span.end, streams=streams, pages_hint=job.pages)
    if not resource.is_ordered:
        return StreamSweep(facts, streams=streams, pages_hint=job.pages)
    situations = _open_situations(resource)
    return FullWalk(
        facts, started_at=work.started_at, open_situations=situations, streams=streams, pages_hint=job.pages
    )


def _open_situations(resource: Resource) -> tuple[str, ...]:
    return () if resource.life is None else resource.life.asked


def state_for_next_run(walk: Walk, job: LandingJob) -> Mapping[str, Any]:
    """Return what the next run of the resource needs from this one, as JSON values."""
    covered = {"events": list(job.events)} if job.events else {}
    return {**_walk_state(walk, job), **covered}


def _walk_state(walk: Walk, job: LandingJob) -> Mapping[str, Any]:
    match walk:
        case FullWalk():
            return {"past": walk.next_cursor().state()}
        case IncrementalWalk():
            new = b64encode(walk.new_ids.serialize()).decode()
            return {"past": walk.next_cursor().state(), "new": new, "gone": walk.deleted_ids}
        case IdLookup() if job.mode is Mode.IDS:
            named = {COVERS_KEY: list(walk.covers)} if walk.covers else {}
            return {"gone": walk.deleted_ids, **named}
        case IdLookup():
            return {"there": walk.existing_ids}
        case SubstreamWalk():
            given_up = {GIVEN_UP_KEY: True} if walk.has_given_up else {}
            return {"covers": list(walk.covers), "refused": walk.refused_parents, **given_up}
        case _:
            return {}
