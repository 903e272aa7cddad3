"""What the landing knows of a resource's records: which there are, which a full sweep missed, which have changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from huggy_connector.landing.manifest import Manifest
from huggy_connector.landing.snapshot import Landing

if TYPE_CHECKING:
    import pyarrow as pa
    from pyroaring import BitMap64


def newest(published: Sequence[Manifest], *modes: str, exact: bool = True) -> Manifest | None:
    """The snapshot of these modes that started last; with `exact`, of those that lack nothing."""
    fit = (each for each in reversed(published) if each.mode in modes and (not exact or each.certificate["exact"]))
    return next(fit, None)


def missing(landing: Landing, published: Sequence[Manifest]) -> list[int]:
    """Ids that were known before the newest exact full sweep began and are not in it, or that were answered by 404
    since; but for those that were asked for by id already.

    `published`: all snapshots of the resource. The ids come from the full sweep that was the newest when they were last
    asked for, and all that was landed since: sweeps after which nobody asked lose none.
    """
    from pyroaring import BitMap64

    sweeps = [each for each in published if each.mode == "full" and each.certificate["exact"]]
    rounds = [each.started_at for each in published if each.mode == "tombstones"]
    lost = BitMap64()
    if len(sweeps) > 1:
        last = sweeps[-1]
        before = next((each for each in reversed(sweeps) if rounds and each.started_at < rounds[-1]), sweeps[0])
        known = [
            each
            for each in published
            if each.mode != "tombstones"
            and before.started_at <= each.started_at
            and each.finished_at <= last.started_at
        ]
        lost = _ids(landing, known) - _ids(landing, [last])
    since = sweeps[-1].started_at if sweeps else None
    later = [each for each in published if since is None or each.started_at >= since]
    for each in later:
        lost.update(each.state.get("gone", ()))
    asked = [each for each in later if each.mode == "tombstones"]
    there = BitMap64(number for each in asked for number in each.state.get("there", ()))
    return list(lost - there - _ids(landing, asked))


def changed(landing: Landing, published: Iterable[Manifest], *, since: datetime) -> list[int]:
    """Ids of the records that these snapshots show as created, changed or spoken in from `since` on, or without a time
    to tell. Newest first.
    """
    found: dict[int, datetime] = {}
    for batch in _batches(landing, published, ["id", "created_at", "updated_at", "last_message_at"]):
        for number, *times in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            moment = max((each for each in times if each is not None), default=None)
            if number is not None and (moment is None or moment >= since):
                found[number] = max(moment or since, found.get(number, since))
    return sorted(found, key=lambda number: (found[number], number), reverse=True)


def created(landing: Landing, published: Iterable[Manifest], *, start: datetime, end: datetime) -> list[int]:
    """Ids of the records that these snapshots show as created in the span. Newest first."""
    found = {
        number
        for batch in _batches(landing, published, ["id", "created_at"])
        for number, moment in zip(*(column.to_pylist() for column in batch.columns), strict=True)
        if number is not None and moment is not None and start <= moment < end
    }
    return sorted(found, reverse=True)


def _ids(landing: Landing, published: Iterable[Manifest]) -> BitMap64:
    from pyroaring import BitMap64

    ids = BitMap64()
    for batch in _batches(landing, published, ["id"]):
        ids.update(number for number in batch.column(0).to_pylist() if number is not None and number >= 0)
    return ids


def _batches(landing: Landing, published: Iterable[Manifest], columns: list[str]) -> Iterator[pa.RecordBatch]:
    for manifest in published:
        for part in landing.parts(manifest):
            for batch in part.batches(columns):
                yield batch.select(columns)
