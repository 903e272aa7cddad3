"""Chooses the records that changed rows of another resource only name, where the API does not embed them there.

API v3 gives a chat with its contact. API v2 gives the contact's id alone. So between two sweeps of the contacts, those
of changed chats are read by their ids: a list of contacts has no order, and would have to be read whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from huggy_connector.catalogue import Resource
from huggy_connector.landing import Landing, Manifest
from huggy_connector.landing.change_detection import (
    changed_ids,
    latest_snapshot,
    referenced_ids,
    without_future_snapshots,
)
from huggy_connector.model import Mode
from huggy_connector.pipeline.landing_job import LandingJob

COVERS_KEY = "named_by"
"""The key of the run keys of the covered snapshots in the state of a manifest."""


def choose_named_job(
    landing: Landing, company_id: int, resource: Resource, *, sweep: Manifest, pages: int, now: datetime
) -> LandingJob | None:
    """Return the job for the records that rows name which changed since they were read last. None if there are none.

    `sweep` is the newest exact sweep of the resource, which covers what was landed before it began, and `pages` its
    length: where there are more records than pages, all of the list is read.
    """
    if resource.embedded is None:
        return None
    parent, column = resource.embedded.resource, f"{resource.name.removesuffix('s')}_id"
    snapshots = [
        each
        for each in without_future_snapshots(landing.snapshots(company_id, parent), now=now)
        if each.mode is not Mode.TOMBSTONES
    ]
    own = without_future_snapshots(landing.snapshots(company_id, resource.name), now=now)
    covered = {key for manifest in own for key in manifest.state.get(COVERS_KEY, ())}
    covered |= {each.run_key for each in snapshots if each.finished_at <= sweep.started_at}
    waiting = [each for each in snapshots if each.run_key not in covered]
    if not waiting:
        return None
    since = _since_covered_sweep(snapshots, covered)
    changed = changed_ids(landing, since, covered_run_keys=[each.run_key for each in since if each.run_key in covered])
    ids = referenced_ids(landing, waiting, column, of=frozenset(changed))
    if len(ids) > pages:
        return LandingJob(Mode.FULL, f"{len(ids):,} are named by changed {parent}", pages=pages)
    why = f"{len(ids):,} that changed {parent} name"
    return LandingJob(Mode.IDS, why, ids=tuple(ids), covers=tuple(each.run_key for each in waiting)) if ids else None


def _since_covered_sweep(snapshots: Sequence[Manifest], covered: set[str]) -> Sequence[Manifest]:
    """Return the newest covered sweep and all later snapshots: what a waiting one is compared with."""
    base = latest_snapshot([each for each in snapshots if each.run_key in covered], Mode.FULL, exact=False)
    return snapshots if base is None else snapshots[snapshots.index(base) :]
