"""Which records of a resource the landing knows, which of them a full sweep missed, and which have changed."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from huggy_connector.api import CLOCK_TOLERANCE
from huggy_connector.catalogue import ItemKind, kind_of
from huggy_connector.landing.id_set import read_ids
from huggy_connector.landing.landing import Landing
from huggy_connector.landing.manifest import Manifest
from huggy_connector.model import PAGE_SIZE, Mode

if TYPE_CHECKING:
    import pyarrow as pa
    from pyroaring import BitMap64


def without_future_snapshots(snapshots: Sequence[Manifest], *, now: datetime) -> tuple[Manifest, ...]:
    """Return the snapshots that finished by `now`, within the tolerance for clocks.

    A host whose clock was ahead may have given a snapshot a time in the future. Such a snapshot is left out.
    """
    return tuple(snapshot for snapshot in snapshots if snapshot.finished_at <= now + CLOCK_TOLERANCE)


def latest_snapshot(snapshots: Sequence[Manifest], *modes: Mode, exact: bool = True) -> Manifest | None:
    """Return the snapshot of these modes that started last, or None. With `exact`, only an exact snapshot counts."""
    candidates = (
        snapshot
        for snapshot in reversed(snapshots)
        if snapshot.mode in modes and (not exact or snapshot.certificate.exact)
    )
    return next(candidates, None)


def missing_ids(landing: Landing, snapshots: Sequence[Manifest]) -> list[int]:
    """Return the ids of records that may be deleted in Huggy.

    Such a record was known before the newest exact full sweep began and is not in that sweep, or it answered 404 since.
    Ids that a tombstone run has asked for already are left out.

    `snapshots` are all snapshots of the resource. The known ids come from the full sweep that was the newest when
    missing records were last asked for, and from all that was landed since. So a sweep after which nobody asked loses
    no id.
    """
    from pyroaring import BitMap64

    sweeps = [snapshot for snapshot in snapshots if snapshot.mode is Mode.FULL and snapshot.certificate.exact]
    tombstone_starts = [snapshot.started_at for snapshot in snapshots if snapshot.mode is Mode.TOMBSTONES]
    lost = BitMap64()
    if len(sweeps) > 1:
        last = sweeps[-1]
        base = next(
            (
                snapshot
                for snapshot in reversed(sweeps)
                if tombstone_starts and snapshot.started_at < tombstone_starts[-1]
            ),
            sweeps[0],
        )
        earlier = [
            snapshot
            for snapshot in snapshots
            if snapshot.mode is not Mode.TOMBSTONES
            and base.started_at <= snapshot.started_at
            and snapshot.finished_at <= last.started_at
        ]
        lost = _landed_ids(landing, earlier) - _landed_ids(landing, [last])
    since = sweeps[-1].started_at if sweeps else None
    later = [snapshot for snapshot in snapshots if since is None or snapshot.started_at >= since]
    for snapshot in later:
        lost.update(snapshot.state.get("gone", ()))
    tombstones = [snapshot for snapshot in later if snapshot.mode is Mode.TOMBSTONES]
    found = BitMap64(number for snapshot in tombstones for number in snapshot.state.get("there", ()))
    return list(lost - found - _landed_ids(landing, tombstones))


def listed_ids(landing: Landing, snapshots: Sequence[Manifest], base: Manifest) -> BitMap64:
    """Return every id of the list as the exact snapshot `base` knows it.

    These are the ids of the full sweep on which `base` rests, and those that each exact incremental run added since.
    """
    from pyroaring import BitMap64

    ids = BitMap64()
    for snapshot in reversed(snapshots[: 1 + snapshots.index(base)]):
        if snapshot.mode not in {Mode.FULL, Mode.INCREMENTAL} or not snapshot.certificate.exact:
            continue
        if snapshot.mode is Mode.INCREMENTAL:
            ids.update(
                BitMap64.deserialize(b64decode(snapshot.state["new"]))
                if "new" in snapshot.state
                else _landed_ids(landing, [snapshot])
            )
            continue
        id_set = read_ids(landing.storage, snapshot)
        return ids | (_landed_ids(landing, [snapshot]) if id_set is None else id_set)
    return ids


def covering_run_keys(snapshots: Sequence[Manifest]) -> list[str]:
    """Return the run keys of the newest full snapshot and of all snapshots after it.

    Together they hold the present state of a resource's records.
    """
    listing = [snapshot for snapshot in snapshots if snapshot.mode is not Mode.TOMBSTONES]
    start = next((index for index in range(len(listing) - 1, -1, -1) if listing[index].mode is Mode.FULL), 0)
    return [snapshot.run_key for snapshot in listing[start:]]


def changed_ids(landing: Landing, snapshots: Sequence[Manifest], *, covered_run_keys: Sequence[str]) -> list[int]:
    """Return the ids of records that changed in a snapshot not yet covered. Newest first.

    A record has changed if a snapshot that is not in `covered_run_keys` shows a state that no covered snapshot shows.
    States are compared, not times: a record with an old time that came in late has changed as well.
    """
    start = next((index for index, snapshot in enumerate(snapshots) if snapshot.run_key in covered_run_keys), 0)
    listing = [snapshot for snapshot in snapshots[start:] if snapshot.mode is not Mode.TOMBSTONES]
    uncovered = _record_states(landing, (snapshot for snapshot in listing if snapshot.run_key not in covered_run_keys))
    baseline = _record_states(landing, (snapshot for snapshot in listing if snapshot.run_key in covered_run_keys))
    return _newest_first(uncovered.join(baseline, keys=uncovered.column_names, join_type="left anti"))


def recently_active_ids(
    landing: Landing, snapshots: Sequence[Manifest], *, days: timedelta | None, now: datetime
) -> list[int]:
    """Return the ids of records that were created, changed or spoken in during the last `days`. Newest first.

    With `days` None, return all ids. A record whose times cannot be read is always included.
    The account's clock may be behind ours. So the last day is that of the account's newest page of records.
    """
    import pyarrow.compute as pc

    states = _record_states(landing, (snapshot for snapshot in snapshots if snapshot.mode is not Mode.TOMBSTONES))
    times = pc.max_element_wise(*(states[name] for name in _TIME_COLUMNS))
    if days is None or not len(times):
        return _newest_first(states)
    page = pc.sort_indices(times, sort_keys=[("", "descending")])[PAGE_SIZE - 1 : PAGE_SIZE]
    latest = times.take(page).to_pylist() or [pc.max(times).as_py()]
    since = min(int(now.timestamp() * 1e6), latest[0]) - days // timedelta(microseconds=1)
    return _newest_first(states.filter(pc.or_(pc.greater_equal(times, since), pc.equal(times, _NEVER))))


_TIME_COLUMNS: Final = ("created_at", "updated_at", "last_message_at")
_STATE_COLUMNS: Final = ("id", *_TIME_COLUMNS, "closed_at", "situation", "agent_id", "unread")
"""The columns of a chat that change when a message comes. Their types are the same in every release and policy."""
_NEVER: Final = -(1 << 62)


def _record_states(landing: Landing, snapshots: Iterable[Manifest]) -> pa.Table:
    """Return the `_STATE_COLUMNS` of each record with an id.

    A missing value becomes a value of its own, because NULL equals nothing in a join.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    columns: list[list[pa.Array]] = [[] for _ in _STATE_COLUMNS]
    for batch in _read_batches(landing, snapshots, [*_STATE_COLUMNS]):
        keyed = batch.filter(pc.is_valid(batch.column("id")))
        for parts, column in zip(columns, keyed.columns, strict=True):
            if pa.types.is_string(column.type):
                parts.append(pc.fill_null(column, ""))
            else:
                parts.append(pc.fill_null(column.cast(pa.int64()), _NEVER))
    kinds = [pa.string() if name == "situation" else pa.int64() for name in _STATE_COLUMNS]
    return pa.table(
        [pa.chunked_array(parts, kind) for parts, kind in zip(columns, kinds, strict=True)], names=[*_STATE_COLUMNS]
    )


def _newest_first(states: pa.Table) -> list[int]:
    rows = zip(*(states[name].to_pylist() for name in ("id", *_TIME_COLUMNS)), strict=True)
    latest: dict[int, int] = {}
    for number, *times in rows:
        latest[number] = max(*times, latest.get(number, _NEVER))
    return sorted(latest, key=lambda number: (latest[number], number), reverse=True)


def created_ids(landing: Landing, snapshots: Iterable[Manifest], *, start: datetime, end: datetime) -> list[int]:
    """Return the ids of records that these snapshots show as created from `start` to before `end`. Newest first."""
    found = {
        number
        for batch in _read_batches(landing, snapshots, ["id", "created_at"])
        for number, created_at in zip(*(column.to_pylist() for column in batch.columns), strict=True)
        if number is not None and created_at is not None and start <= created_at < end
    }
    return sorted(found, reverse=True)


def named_ids(
    landing: Landing, snapshots: Iterable[Manifest], column: str, *, of_kinds: Collection[ItemKind]
) -> list[int]:
    """Return the ids in a column of these snapshots of events, each once, in ascending order.

    Only events whose items are of these kinds count.
    """
    found = {
        number
        for batch in _read_batches(landing, snapshots, ["event", column])
        for event, number in zip(*(each.to_pylist() for each in batch.columns), strict=True)
        if number is not None and kind_of(event or "") in of_kinds
    }
    return sorted(found)


def referenced_ids(landing: Landing, snapshots: Iterable[Manifest], column: str, *, of: Collection[int]) -> list[int]:
    """Return the ids that a column of these records (`of`, by id) holds in these snapshots, each once, ascending."""
    found = {
        reference
        for batch in _read_batches(landing, snapshots, ["id", column])
        for number, reference in zip(*(each.to_pylist() for each in batch.columns), strict=True)
        if reference is not None and number in of
    }
    return sorted(found)


def _landed_ids(landing: Landing, snapshots: Iterable[Manifest]) -> BitMap64:
    from pyroaring import BitMap64

    ids = BitMap64()
    for batch in _read_batches(landing, snapshots, ["id"]):
        ids.update(number for number in batch.column(0).to_pylist() if number is not None and number >= 0)
    return ids


def _read_batches(landing: Landing, snapshots: Iterable[Manifest], columns: list[str]) -> Iterator[pa.RecordBatch]:
    for manifest in snapshots:
        for part in landing.parts(manifest):
            for batch in part.batches(columns):
                yield batch.select(columns)
