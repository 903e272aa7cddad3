"""What the landing knows of a resource's records: which there are, which a full sweep missed, which have changed."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from huggy_connector.api import PAGE_SIZE, TOLERANCE
from huggy_connector.landing.ids import read_ids
from huggy_connector.landing.manifest import Manifest
from huggy_connector.landing.snapshot import Landing

if TYPE_CHECKING:
    import pyarrow as pa
    from pyroaring import BitMap64


def credible(published: Sequence[Manifest], *, now: datetime) -> tuple[Manifest, ...]:
    """Those that can be, but for the ones that a clock which was ahead put into a time to come."""
    return tuple(each for each in published if each.finished_at <= now + TOLERANCE)


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


def vouched(landing: Landing, published: Sequence[Manifest], base: Manifest) -> BitMap64:
    """Every id of the list as the exact snapshot `base` knows it: those of the full sweep that it goes back to, and
    those that each exact incremental run since has added.
    """
    from pyroaring import BitMap64

    ids = BitMap64()
    for each in reversed(published[: 1 + published.index(base)]):
        if each.mode not in {"full", "incremental"} or not each.certificate["exact"]:
            continue
        if each.mode == "incremental":
            ids.update(
                BitMap64.deserialize(b64decode(each.state["new"])) if "new" in each.state else _ids(landing, [each])
            )
            continue
        told = read_ids(landing.storage, each)
        return ids | (_ids(landing, [each]) if told is None else told)
    return ids


def coverage(published: Sequence[Manifest]) -> list[str]:
    """Run keys of the snapshots that tell how a resource's records stand: the newest full one and all after it."""
    told = [each for each in published if each.mode != "tombstones"]
    first = next((place for place in range(len(told) - 1, -1, -1) if told[place].mode == "full"), 0)
    return [each.run_key for each in told[first:]]


def changed(landing: Landing, published: Sequence[Manifest], *, covered: Sequence[str]) -> list[int]:
    """Ids of the records that snapshots beyond those `covered` show in a state that none of those shows. Newest first.

    States are compared, not times: a record with an old time that came in late has changed as well.
    """
    first = next((place for place, each in enumerate(published) if each.run_key in covered), 0)
    told = [each for each in published[first:] if each.mode != "tombstones"]
    later = _states(landing, (each for each in told if each.run_key not in covered))
    before = _states(landing, (each for each in told if each.run_key in covered))
    return _newest_first(later.join(before, keys=later.column_names, join_type="left anti"))


def spoken_in(landing: Landing, published: Sequence[Manifest], *, days: timedelta | None, now: datetime) -> list[int]:
    """Ids of the records that were created, changed or spoken in during the account's last `days`, or of all. Those
    without a time that can be read are among them. Newest first.

    The account's last day is that of its newest page of records, where its clock is behind ours.
    """
    import pyarrow.compute as pc

    states = _states(landing, (each for each in published if each.mode != "tombstones"))
    moments = pc.max_element_wise(*(states[name] for name in _TIMES))
    if days is None or not len(moments):
        return _newest_first(states)
    page = pc.sort_indices(moments, sort_keys=[("", "descending")])[PAGE_SIZE - 1 : PAGE_SIZE]
    newest = moments.take(page).to_pylist() or [pc.max(moments).as_py()]
    since = min(int(now.timestamp() * 1e6), newest[0]) - days // timedelta(microseconds=1)
    return _newest_first(states.filter(pc.or_(pc.greater_equal(moments, since), pc.equal(moments, _NEVER))))


_TIMES: Final = ("created_at", "updated_at", "last_message_at")
_STATE: Final = ("id", *_TIMES, "closed_at", "situation", "agent_id", "unread")
"""What changes in a chat where a message comes: typed alike in every release and under every privacy policy."""
_NEVER: Final = -(1 << 62)


def _states(landing: Landing, published: Iterable[Manifest]) -> pa.Table:
    """The `_STATE` of each record with an id. What is missing has a value of its own, for NULL is like nothing else."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns: list[list[pa.Array]] = [[] for _ in _STATE]
    for batch in _batches(landing, published, [*_STATE]):
        there = batch.filter(pc.is_valid(batch.column("id")))
        for kept, column in zip(columns, there.columns, strict=True):
            if pa.types.is_string(column.type):
                kept.append(pc.fill_null(column, ""))
            else:
                kept.append(pc.fill_null(column.cast(pa.int64()), _NEVER))
    kinds = [pa.string() if name == "situation" else pa.int64() for name in _STATE]
    return pa.table([pa.chunked_array(kept, kind) for kept, kind in zip(columns, kinds, strict=True)], names=[*_STATE])


def _newest_first(states: pa.Table) -> list[int]:
    times = zip(*(states[name].to_pylist() for name in ("id", *_TIMES)), strict=True)
    latest: dict[int, int] = {}
    for number, *moments in times:
        latest[number] = max(*moments, latest.get(number, _NEVER))
    return sorted(latest, key=lambda number: (latest[number], number), reverse=True)


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
