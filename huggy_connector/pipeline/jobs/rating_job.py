"""Chooses the chats whose rating is asked for: closed ones, again for some days, because ratings come late.

A chat is asked for when it is first seen closed, when it was closed again, and about once a day until seven days after
its closing. The last time is after those days, so a run that was late misses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from huggy_connector.catalogue import Resource, get_resource
from huggy_connector.errors import ConfigurationError
from huggy_connector.landing import Landing, Manifest
from huggy_connector.landing.change_detection import (
    covering_run_keys,
    created_ids,
    latest_snapshot,
    without_future_snapshots,
)
from huggy_connector.model import Mode
from huggy_connector.pipeline.jobs.landing_job import LandingJob
from huggy_connector.pipeline.jobs.substream_job import RECENT_PERIOD, list_parent_snapshots
from huggy_connector.sweep import CreationSpan

ASKED_FOR: Final = timedelta(days=7)
"""How long after its closing a chat is asked for again: an answer that comes later is not found."""
ASKED_EVERY: Final = timedelta(hours=20)
"""The shortest time between two requests for one chat. A little less than a day: a daily run does not skip one."""
GIVEN_UP_KEY: Final = "given_up"
"""The key, in a manifest's state, that says that the API had no ratings at all."""
_COLUMNS: Final = ("id", "situation", "closed_at", "updated_at", "created_at", "fetched_at")


@dataclass(frozen=True, slots=True)
class _ChatState:
    """The newest state of a chat that was read: when it was `closed_at`, None while it is open."""

    closed_at: datetime | None
    read_at: datetime


def is_due(*, closed_at: datetime, asked_at: datetime | None, now: datetime) -> bool:
    """Return whether a closed chat is asked for. `asked_at` is when it was last: None if never."""
    if asked_at is None or asked_at < closed_at:
        return True
    return asked_at < closed_at + ASKED_FOR and now - asked_at >= ASKED_EVERY


def choose_rating_job(
    landing: Landing,
    company_id: int,
    resource: Resource,
    parent: str,
    *,
    mode: Mode,
    span: CreationSpan | None,
    now: datetime,
) -> LandingJob:
    """Return the job for the ratings of chats, whichever mode asks for it. Landed snapshots of the chats say which.

    Raise ConfigurationError where nothing of the chats is landed, and for the mode tombstones.
    """
    if mode is Mode.TOMBSTONES:
        raise ConfigurationError(f"{resource.name} are no list, so none can be missing from it.")
    snapshots = list_parent_snapshots(landing, company_id, resource, parent, now=now)
    if span is not None:
        created = frozenset(created_ids(landing, snapshots, start=span.start, end=span.end))
        closed = {number: at for number, at in _read_closings(landing, snapshots).items() if number in created}
        return LandingJob(
            mode, f"of the {len(closed):,} closed {parent} created in the span", span, ids=_newest_first(closed)
        )
    if mode is Mode.FULL:
        closed = _read_closings(landing, snapshots)
        return LandingJob(mode, f"of all {len(closed):,} closed {parent}", ids=_newest_first(closed))
    asked = without_future_snapshots(landing.snapshots(company_id, resource.name), now=now)
    counting = [each for each in asked if not each.state.get(GIVEN_UP_KEY)]
    last = latest_snapshot(counting, Mode.FULL, Mode.INCREMENTAL, exact=False)
    since = (now if last is None else last.started_at) - RECENT_PERIOD
    present = frozenset(covering_run_keys(snapshots))
    closed = _read_closings(landing, [each for each in snapshots if each.run_key in present], since=since)
    asked_at = _read_asked(landing, [each for each in counting if each.finished_at >= since])
    due = {n: at for n, at in closed.items() if is_due(closed_at=at, asked_at=asked_at.get(n), now=now)}
    return LandingJob(mode, f"of {len(due):,} closed {parent} that may have a new one", ids=_newest_first(due))


def _newest_first(closed: dict[int, datetime]) -> tuple[int, ...]:
    return tuple(sorted(closed, key=lambda number: (closed[number], number), reverse=True))


def _read_closings(
    landing: Landing, snapshots: Sequence[Manifest], *, since: datetime | None = None
) -> dict[int, datetime]:
    """Return when each closed chat was closed, by its id; with `since` those closed after it.

    A chat without a readable closing time counts as closed at its last change. A closing later than the reading, by a
    wrong clock, counts as of the reading.
    """
    import pyarrow.compute as pc

    life, states = get_resource("chats").life, dict[int, _ChatState]()
    for batch in _read_batches(landing, snapshots, _COLUMNS):
        times = batch.column("closed_at")
        rows = batch if since is None else batch.filter(pc.or_kleene(pc.is_null(times), pc.greater_equal(times, since)))
        for number, situation, closed_at, *others, read_at in zip(*rows.to_pydict().values(), strict=True):
            known = states.get(number)
            if number is None or (known is not None and known.read_at > read_at):
                continue
            is_open = life is None or life.is_open(situation, has_closed=closed_at is not None)
            ended = None if is_open else closed_at or next(filter(None, others), read_at)
            states[number] = _ChatState(ended and min(ended, read_at), read_at)
    return {
        number: state.closed_at
        for number, state in states.items()
        if state.closed_at is not None and (since is None or state.closed_at >= since)
    }


def _read_asked(landing: Landing, snapshots: Sequence[Manifest]) -> dict[int, datetime]:
    """Return when each chat was last asked for, by its id."""
    asked: dict[int, datetime] = {}
    for batch in _read_batches(landing, snapshots, ("chat_id", "fetched_at")):
        for number, at in zip(*batch.to_pydict().values(), strict=True):
            if number is not None:
                asked[number] = max(at, asked.get(number, at))
    return asked


def _read_batches(landing: Landing, snapshots: Iterable[Manifest], columns: Sequence[str]) -> Iterator[Any]:
    for manifest in snapshots:
        for part in landing.parts(manifest):
            for batch in part.batches([*columns]):
                yield batch.select([*columns])
