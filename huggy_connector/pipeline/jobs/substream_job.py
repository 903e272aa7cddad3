"""Chooses the lists of many parents that are read: the messages of chats. Landed snapshots of the parents say which."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from huggy_connector.catalogue import Resource
from huggy_connector.errors import ConfigurationError
from huggy_connector.landing import Landing, Manifest
from huggy_connector.landing.change_detection import (
    changed_ids,
    covering_run_keys,
    created_ids,
    latest_snapshot,
    recently_active_ids,
    without_future_snapshots,
)
from huggy_connector.model import Mode
from huggy_connector.pipeline.jobs.landing_job import LandingJob
from huggy_connector.sweep import CreationSpan

RECENT_PERIOD = timedelta(days=30)
"""What a first run brings before the history."""


def choose_substream_job(
    landing: Landing,
    company_id: int,
    resource: Resource,
    parent: str,
    *,
    mode: Mode,
    span: CreationSpan | None,
    now: datetime,
) -> LandingJob:
    """Return the job for the lists of many parents. The landed snapshots of the parents say which ones."""
    if mode is Mode.TOMBSTONES:
        raise ConfigurationError(f"{resource.name} are read in the lists of {parent}, none is asked for by its id.")
    snapshots = list_parent_snapshots(landing, company_id, resource, parent, now=now)
    if span is not None:
        ids = created_ids(landing, snapshots, start=span.start, end=span.end)
        return LandingJob(mode, f"of the {len(ids):,} {parent} created in the span", span, ids=tuple(ids))
    covers = tuple(covering_run_keys(snapshots))
    covered = latest_snapshot(
        without_future_snapshots(landing.snapshots(company_id, resource.name), now=now), Mode.FULL, Mode.INCREMENTAL
    )
    if mode is Mode.FULL:
        ids, which = recently_active_ids(landing, snapshots, days=None, now=now), ""
    elif covered is None:
        ids, which = (
            recently_active_ids(landing, snapshots, days=RECENT_PERIOD, now=now),
            f" of the last {RECENT_PERIOD.days} days",
        )
    else:
        ids, which = (
            changed_ids(landing, snapshots, covered_run_keys=_covered_run_keys(covered, snapshots)),
            " that changed since",
        )
    return LandingJob(mode, f"of {len(ids):,} {parent}{which}", ids=tuple(ids), covers=covers)


def list_parent_snapshots(
    landing: Landing, company_id: int, resource: Resource, parent: str, *, now: datetime
) -> list[Manifest]:
    """Return the landed snapshots that tell which parents there are. Raise ConfigurationError where there are none."""
    published = without_future_snapshots(landing.snapshots(company_id, parent), now=now)
    snapshots = [each for each in published if each.mode is not Mode.TOMBSTONES]
    if not snapshots:
        raise ConfigurationError(
            f"Nothing of {parent} is landed yet, so nothing tells which have {resource.name}: "
            f"`huggy land {parent}` first."
        )
    return snapshots


def _covered_run_keys(children: Manifest, parents: Sequence[Manifest]) -> list[str]:
    """Return the run keys of the parents' snapshots that this snapshot of their lists covers."""
    covers = children.state["covers"]
    if isinstance(covers, str):  # the first release kept the newest one's start
        started = datetime.fromisoformat(covers)
        return covering_run_keys([each for each in parents if each.started_at <= started])
    return [*covers]
