"""Which way a resource is read: all of it, what has changed, a span of time, or single records by their ids."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from huggy_connector.api import PAGE_SIZE
from huggy_connector.catalogue import RESOURCES, Order, Resource
from huggy_connector.errors import ConfigurationError
from huggy_connector.landing import MODES, Landing, Manifest, Work
from huggy_connector.landing.known import changed, coverage, created, credible, missing, newest, spoken_in, vouched
from huggy_connector.settings import cleaned
from huggy_connector.sweep import (
    ById,
    Children,
    FactsOf,
    Full,
    Incremental,
    OneByOne,
    Past,
    Span,
    Streams,
    Walk,
    Window,
    facts_of,
)

RECENT = timedelta(days=30)
"""What a first sync brings before the history."""
SMALL = 50
"""Pages up to which a list without an order is read whole each time: no other way would cost less."""


@dataclass(frozen=True, slots=True)
class Job:
    """One landing, decided upon. `base`: the snapshot that it starts from; `pages`: how long the list was last time;
    `ids`: of the records that are asked for one by one, or of the parents whose lists are read; `covers`: run keys of
    the parents' snapshots that told of them. `past`: what an incremental run starts from.
    """

    mode: str
    why: str
    span: Span | None = None
    pages: int | None = None
    ids: tuple[int, ...] = ()
    covers: tuple[str, ...] = ()
    past: Past | None = None


def chosen(
    landing: Landing, company_id: int, resource: Resource, *, mode: str, span: Span | None, now: datetime
) -> Job:
    """The job of a mode that was asked for. Raises ConfigurationError where the resource has no such way."""
    if mode not in MODES:
        raise ConfigurationError(f"There is no mode {mode!r}: choose from {', '.join(MODES)}.")
    if (mode == "window") != (span is not None):
        raise ConfigurationError("The mode window needs both --from-date and --to-date, and no other mode takes them.")
    if resource.parent is not None:
        return _of_parents(landing, company_id, resource, resource.parent, mode=mode, span=span, now=now)
    if mode in {"incremental", "window"} and not _is_ordered(resource):
        raise ConfigurationError(
            f"The list of {resource.name} has no order that is known, so only all of it can be read: "
            f"`huggy land {resource.name}` does."
        )
    published = credible(landing.published(company_id, resource.name), now=now)
    last = newest(published, "full", exact=False)
    pages = None if last is None else ceil(last.unique_ids / PAGE_SIZE)
    if mode == "tombstones":
        lost = tuple(missing(landing, published)) if resource.paged else ()
        return Job(mode, f"{len(lost):,} records are missing from what was read last", ids=lost)
    if mode == "window":
        return Job(mode, "its span was asked for", span, pages=pages)
    base = newest(published, "full", "incremental")
    if mode == "incremental" and base is not None and "past" in base.state:
        past = Past.resumed(base.state["past"], vouched(landing, published, base))
        return Job(mode, f"since {base.started_at:%Y-%m-%d %H:%M} UTC", pages=pages, past=past)
    return Job("full", "all of it" if mode == "full" else "there is no exact snapshot to start from yet", pages=pages)


def due(
    landing: Landing, company_id: int, resource: Resource, *, now: datetime, reconcile_after: timedelta
) -> Job | None:
    """What a regular run should read; None where a list that can only be read whole was so not long ago."""
    usual = "incremental" if _is_ordered(resource) else "full"
    job = chosen(landing, company_id, resource, mode=usual, span=None, now=now)
    if resource.parent is not None or not resource.paged or job.mode != usual:
        return job
    published = credible(landing.published(company_id, resource.name), now=now)
    swept, last = newest(published, "full"), newest(published, "full", "incremental", exact=False)
    if swept is None or last is None:
        return job
    if not last.certificate["exact"]:
        return Job("full", "the last snapshot was not exact", pages=job.pages)
    if now - swept.started_at >= reconcile_after:
        return Job("full", f"the last full sweep began at {swept.started_at:%Y-%m-%d %H:%M} UTC", pages=job.pages)
    return job if _is_ordered(resource) or (job.pages or 0) <= SMALL else None


def first(landing: Landing, company_id: int, resource: Resource, *, now: datetime, zone: ZoneInfo) -> Job | None:
    """What a first run should read and publish before the history; None where there is nothing to be won by it."""
    published = credible(landing.published(company_id, resource.name), now=now)
    if resource.parent is not None or not _is_ordered(resource) or published:
        return None
    today = datetime.combine(now.astimezone(zone).date(), time(), zone)
    span = Span(today - RECENT, today + timedelta(days=1))
    return Job("window", f"the newest {RECENT.days} days first", span)


def resources_with_spans() -> tuple[Resource, ...]:
    """Those that the mode window can read: what is in order of time, and the lists of its records."""
    return tuple(each for each in RESOURCES.values() if _is_ordered(each) or each.parent is not None)


def span_between(start: str | date, end: str | date, *, zone: ZoneInfo) -> Span:
    """From the first instant of the day `start` to before that of `end`, both days of `zone`.

    Instants do as well, such as the ends of Airflow's data intervals. Raises ConfigurationError.
    """
    span = Span(_instant(start, zone), _instant(end, zone))
    if span.start >= span.end:
        raise ConfigurationError(f"From {start} to before {end} is no time: the end is exclusive, give a later one.")
    return span


def span_asked(start: str | None, end: str | None, *, zone: ZoneInfo) -> Span | None:
    """`span_between`, or None where neither end was given. One without the other raises ConfigurationError."""
    if not start and not end:
        return None
    if not start or not end:
        raise ConfigurationError("A span has two ends: give both --from-date and --to-date.")
    return span_between(start, end, zone=zone)


def _instant(given: str | date, zone: ZoneInfo) -> datetime:
    if not isinstance(given, date):
        try:
            given = datetime.fromisoformat(cleaned(str(given)))  # a template may have made a number of 20261122
        except ValueError:
            raise ConfigurationError(f"{given!r} is no date such as 2026-11-22.") from None
    if not isinstance(given, datetime):
        given = datetime.combine(given, time())
    return given if given.tzinfo else given.replace(tzinfo=zone)


def span_of(work: Work) -> Span | None:
    """The span that its first attempt was asked for."""
    if work.window is None:
        return None
    return Span(datetime.fromisoformat(work.window["from"]), datetime.fromisoformat(work.window["to"]))


def walk_of(job: Job, work: Work, resource: Resource, *, zone: ZoneInfo, streams: int) -> Walk:
    """The way through the list, from where the work stands."""
    left = work.state
    if resource.parent is not None:
        if left:
            return Children.resumed(left, streams=streams)
        return Children(job.ids, covers=job.covers, streams=streams)
    if work.mode == "tombstones":
        return ById.resumed(left, streams=streams) if left else ById(job.ids, streams=streams)
    if not resource.paged:
        return OneByOne(paged=False)
    facts = facts_of(resource, zone=zone)
    if work.mode == "incremental" and job.past is not None:
        return Incremental(
            facts,
            past=job.past,
            started=work.started_at,
            situations=_open_situations(resource),
            streams=streams,
            pages=job.pages,
        )
    sweep = _sweep_of(job, work, resource, facts, streams)
    if left:
        sweep.restore(left)
    return sweep


def _sweep_of(job: Job, work: Work, resource: Resource, facts: FactsOf, streams: int) -> Streams:
    if (span := span_of(work)) is not None:
        return Window(facts, start=span.start, end=span.end, streams=streams, pages_hint=job.pages)
    if not _is_ordered(resource):
        return Streams(facts, streams=streams, pages_hint=job.pages)
    situations = _open_situations(resource)
    return Full(facts, started=work.started_at, situations=situations, streams=streams, pages_hint=job.pages)


def _open_situations(resource: Resource) -> tuple[str, ...]:
    return () if resource.life is None else resource.life.asked


def left_to_the_next(walk: Walk) -> Mapping[str, Any]:
    """What the next run of the resource wants to know of this one."""
    match walk:
        case Full():
            return {"past": walk.past().state()}
        case Incremental():
            new = b64encode(walk.new.serialize()).decode()
            return {"past": walk.past().state(), "new": new, "gone": walk.gone}
        case ById():
            return {"there": walk.there}
        case Children():
            return {"covers": list(walk.covers), "refused": walk.refused}
        case _:
            return {}


def _is_ordered(resource: Resource) -> bool:
    return resource.order is Order.NEWEST_FIRST


def _of_parents(
    landing: Landing, company_id: int, resource: Resource, parent: str, *, mode: str, span: Span | None, now: datetime
) -> Job:
    """The lists of many parents: of which ones, is told by what is landed of them."""
    if mode == "tombstones":
        raise ConfigurationError(f"{resource.name} are read in the lists of {parent}, none is asked for by its id.")
    published = credible(landing.published(company_id, parent), now=now)
    known = [each for each in published if each.mode != "tombstones"]
    if not known:
        raise ConfigurationError(
            f"Nothing of {parent} is landed yet, so nothing tells which have {resource.name}: "
            f"`huggy land {parent}` first."
        )
    if span is not None:
        ids = created(landing, known, start=span.start, end=span.end)
        return Job(mode, f"of the {len(ids):,} {parent} created in the span", span, ids=tuple(ids))
    covers = tuple(coverage(known))
    covered = newest(credible(landing.published(company_id, resource.name), now=now), "full", "incremental")
    if mode == "full":
        ids, which = spoken_in(landing, known, days=None, now=now), ""
    elif covered is None:
        ids, which = spoken_in(landing, known, days=RECENT, now=now), f" of the last {RECENT.days} days"
    else:
        ids, which = changed(landing, known, covered=_covered(covered, known)), " that changed since"
    return Job(mode, f"of {len(ids):,} {parent}{which}", ids=tuple(ids), covers=covers)


def _covered(children: Manifest, parents: Sequence[Manifest]) -> list[str]:
    """Run keys of the parents' snapshots that a snapshot of their lists goes back to."""
    covers = children.state["covers"]
    if isinstance(covers, str):  # the first release kept the newest one's start
        started = datetime.fromisoformat(covers)
        return coverage([each for each in parents if each.started_at <= started])
    return [*covers]
