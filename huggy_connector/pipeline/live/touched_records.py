"""Finds the records that landed events name, and that were not read since."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from huggy_connector.catalogue import ItemKind, get_resource
from huggy_connector.landing import Landing, Manifest
from huggy_connector.landing.change_detection import latest_snapshot, named_ids, without_future_snapshots
from huggy_connector.model import Mode

TOUCHED: Final[Mapping[str, tuple[str, Collection[ItemKind]]]] = {
    "chats": ("chat_id", [*ItemKind]),
    "contacts": ("contact_id", [ItemKind.CONTACT]),
}
"""The resources whose records are read again: the column of an event that names one, and the kinds of its item.

A chat comes with its contact. So a contact is read by itself only where the event is about the contact.
"""


@dataclass(frozen=True, slots=True)
class TouchedRecords:
    """The records of one resource that events have touched: their `ids`, and the run keys of these `events`."""

    resource: str
    ids: tuple[int, ...]
    events: tuple[str, ...]
    usual_pages: int | None
    """The pages of the last run that read what has changed. None if there was none."""


def find_touched_records(landing: Landing, company_id: int, resource: str, *, now: datetime) -> TouchedRecords:
    """Return the records that the events of these snapshots name and that no snapshot has covered yet.

    A full sweep covers every event that was landed before it began. Any other snapshot says which ones it covers.
    Of a list that a first run reads newest days first, nothing counts before that run: it reads all of it.
    """
    records = without_future_snapshots(landing.snapshots(company_id, resource), now=now)
    if get_resource(resource).is_ordered and latest_snapshot(records, Mode.FULL, Mode.INCREMENTAL, exact=False) is None:
        return TouchedRecords(resource, (), (), None)
    covered = {key for manifest in records for key in manifest.state.get("events", ())}
    sweep = latest_snapshot(records, Mode.FULL)
    waiting = [
        manifest
        for manifest in without_future_snapshots(landing.snapshots(company_id, "events"), now=now)
        if manifest.rows and manifest.run_key not in covered and not _is_before(manifest, sweep)
    ]
    column, kinds = TOUCHED[resource]
    usual = latest_snapshot(records, Mode.INCREMENTAL, exact=False)
    return TouchedRecords(
        resource,
        tuple(named_ids(landing, waiting, column, of_kinds=kinds)),
        tuple(manifest.run_key for manifest in waiting),
        None if usual is None else usual.pages,
    )


def _is_before(events: Manifest, sweep: Manifest | None) -> bool:
    return sweep is not None and events.finished_at <= sweep.started_at
