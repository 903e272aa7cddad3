"""What a row of the landing looks like: the catalogue's typed columns, then the envelope.

The columns never depend on the data that happened to come. After the typed ones:

    extra       JSON object of the top-level fields that the catalogue does not know, in the order received; or NULL
    raw         the row's JSON as received, after the privacy policy, keys in the order received
    fetched_at  when the answer was complete
    row_hash    32 hex digits over the tracked columns: equal where nothing worth a new version differs
    rejects     values that did not fit (column, reason); NULL where all did

A row without a usable id cannot be keyed. It is kept with `id` NULL and a reject of the column `id`.
Lone surrogates, which UTF-8 cannot hold, become U+FFFD, and NaN and infinity, which JSON cannot say, become null: in
`raw` as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial
from hashlib import blake2b
from itertools import chain
from math import isfinite
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import ListOf, Resource, Scalar, Struct, Type
from huggy_connector.landing.forgotten import Forgotten
from huggy_connector.landing.privacy import KEEP_ALL, Found, Policy, covered
from huggy_connector.landing.values import Reader, Rejects, as_json, is_absent, reader

if TYPE_CHECKING:
    import pyarrow as pa

_REVISION = 2
"""To be raised when the envelope or the way of reading values changes."""


@lru_cache
def arrow_schema(resource: Resource) -> pa.Schema:
    """The columns of the resource's snapshots. An instant is two: `<name>` and, local, `<name>_local`."""
    import pyarrow as pa

    instant = pa.timestamp("us", tz="UTC")
    typed = chain.from_iterable(
        [(column.name, instant), (f"{column.name}_local", pa.timestamp("us"))]
        if column.type is Scalar.INSTANT
        else [(column.name, _arrow_type(column.type))]
        for column in resource.columns
    )
    reject = pa.struct([("column", pa.string()), ("reason", pa.string())])
    envelope = [
        ("extra", pa.string()),
        ("raw", pa.string()),
        ("fetched_at", instant),
        ("row_hash", pa.string()),
        ("rejects", pa.list_(reject)),
    ]
    return pa.schema([*typed, *envelope])


def _arrow_type(kind: Type) -> pa.DataType:
    import pyarrow as pa

    match kind:
        case Struct(fields=fields):
            return pa.struct([(field.name, _arrow_type(field.type)) for field in fields])
        case ListOf(item=item):
            return pa.list_(_arrow_type(item))
        case _:
            return {
                Scalar.BIGINT: pa.int64(),
                Scalar.INTEGER: pa.int32(),
                Scalar.BOOLEAN: pa.bool_(),
                Scalar.VARCHAR: pa.string(),
                Scalar.DATE: pa.date32(),
                Scalar.JSON: pa.string(),
                Scalar.INSTANT: pa.timestamp("us", tz="UTC"),
            }[kind]


@lru_cache
def schema_fingerprint(resource: Resource) -> str:
    """16 hex digits: the same where the same JSON gives the same row."""
    columns = [(column.name, repr(column.type), column.paths, column.tracked) for column in resource.columns]
    told = as_json([_REVISION, columns, sorted(resource.known_keys)])
    return blake2b(told.encode(), digest_size=8).hexdigest()


def convert(
    resource: Resource,
    rows: Sequence[Mapping[str, Any]],
    *,
    fetched_at: datetime,
    zone: ZoneInfo,
    policy: Policy = KEEP_ALL,
    forgotten: Forgotten | None = None,
    found: list[Found] | None = None,
    again: bool = False,
) -> pa.RecordBatch:
    """The rows, as `json.loads` gives them, as one batch of `arrow_schema`, one for one and in order.

    Rows of `forgotten` contacts are left out. No column holds more than they and the policy let through: for `found`
    and `again` see `Policy.applied`. Never raises for what a row holds.
    """
    import pyarrow as pa

    plan, allow = _plan(resource, zone), partial(policy.applied, resource, found=found, again=again)
    rows = rows if forgotten is None else forgotten.allowed(resource, rows)
    filled: list[list[Any]] = [[] for _ in plan.schema]
    for row in rows:
        for column, value in zip(filled, _record(row, plan, allow), strict=True):
            column.append(value)
    filled[plan.schema.get_field_index("fetched_at")] = [fetched_at] * len(rows)
    arrays = [pa.array(values, type=field.type) for values, field in zip(filled, plan.schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=plan.schema)


def make_ready(resource: Resource, zone: ZoneInfo) -> None:
    """Loads what `convert` needs, which takes most of a second: before the budget waits for it."""
    covered("11 91234-5678")
    convert(resource, [], fetched_at=datetime.min.replace(tzinfo=UTC), zone=zone)


_OBJECT = Struct(())


@dataclass(frozen=True, slots=True)
class _Source:
    name: str
    kind: Type
    paths: tuple[tuple[str, tuple[str, ...]], ...]
    """Of each path the first key and those below it."""
    read: Reader
    tracked: bool


@dataclass(frozen=True, slots=True)
class _Plan:
    resource: Resource
    schema: pa.Schema
    sources: tuple[_Source, ...]
    known: frozenset[str]


@lru_cache
def _plan(resource: Resource, zone: ZoneInfo) -> _Plan:
    sources = tuple(
        _Source(
            column.name,
            column.type,
            tuple((first, tuple(deeper)) for first, *deeper in (path.split(".") for path in column.paths)),
            reader(column.type, column.name, zone),
            column.tracked,
        )
        for column in resource.columns
    )
    return _Plan(resource, arrow_schema(resource), sources, resource.known_keys)


def _record(given: Any, plan: _Plan, allow: Callable[[Any], Any]) -> list[Any]:
    """One row's values in the order of the schema; `fetched_at` is left None."""
    rejects: Rejects = _unsayable(given, plan)
    given, raw = _storable(_allowed(given, allow, rejects), rejects)
    row = given if isinstance(given, dict) else {}
    values: list[Any] = []
    tracked: dict[str, Any] = {}
    for source in plan.sources:
        value = _value(row, source, rejects)
        if source.name == "id" and value is None and not any(reject["column"] == "id" for reject in rejects):
            rejects.append({"column": "id", "reason": "missing" if row is given else "the row is not an object"})
        if value is not None and source.tracked:
            tracked[source.name] = value
        if source.kind is Scalar.INSTANT:
            values.extend(value or (None, None))
        elif source.kind is Scalar.JSON and value is not None:
            values.append(as_json(value, sort_keys=True))  # as hashed: one hash, one text
        else:
            values.append(value)
    extra = {key: value for key, value in row.items() if key not in plan.known}
    # Columns that are NULL are left out of the hash, so that a new column changes no hash of a row that lacks it.
    digest = blake2b(as_json(tracked, sort_keys=True).encode(), digest_size=16).hexdigest()
    return [*values, as_json(extra) if extra else None, raw, None, digest, rejects or None]


def _unsayable(row: Any, plan: _Plan) -> Rejects:
    """The numbers that JSON cannot say, such as 1e999: by column, or as `extra`."""
    if not isinstance(row, dict):
        return []
    columns = {first: source.name for source in plan.sources for first, _ in source.paths}
    named = dict.fromkeys(columns.get(key, "extra") for key, value in row.items() if not _is_finite(value))
    return [{"column": name, "reason": "not a finite number"} for name in named]


def _is_finite(value: Any) -> bool:
    match value:
        case float():
            return isfinite(value)
        case dict() | list():
            with suppress(RecursionError):
                return all(map(_is_finite, value.values() if isinstance(value, dict) else value))
    return True


def _value(row: Mapping[str, Any], source: _Source, rejects: Rejects) -> Any:
    """The first path's value that is there, read. What should hold it and is no object is told as a reject."""
    unfit = False
    for first, deeper in source.paths:
        value = row.get(first)
        for key in deeper:
            unfit = unfit or not (value is None or isinstance(value, dict) or is_absent(value, _OBJECT))
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None and not is_absent(value, source.kind):
            return source.read(value, rejects)
    if unfit:
        rejects.append({"column": source.name, "reason": "not in an object"})
    return None


def _allowed(row: Any, allow: Callable[[Any], Any], rejects: Rejects) -> Any:
    """What the policy lets through; without what is nested too deep to be looked through."""
    try:
        return allow(row)
    except RecursionError:
        rejects.append({"column": "raw", "reason": "nested too deep"})
        allowed: dict[str, Any] = {}
        for key, value in row.items():
            with suppress(RecursionError):
                allowed |= allow({key: value})
        return allowed


def _storable(row: Any, rejects: Rejects) -> tuple[Any, str | None]:
    """The row without what UTF-8 or JSON cannot hold, and its JSON; NULL for a value nested too deep to be written."""
    try:
        try:
            raw = as_json(row)
            raw.encode()
        except ValueError:
            row = _cleaned(row)
            raw = as_json(row)
    except RecursionError:
        rejects.append({"column": "raw", "reason": "nested too deep"})
        if not isinstance(row, dict):
            return None, None
        return _storable({key: value for key, value in row.items() if not _is_too_deep(value)}, rejects)
    return row, raw


def _is_too_deep(value: Any) -> bool:
    try:
        json.dumps(_cleaned(value))
    except RecursionError:
        return True
    return False


def _cleaned(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case float():
            return value if isfinite(value) else None
        case dict():
            return {_cleaned(key): _cleaned(each) for key, each in value.items()}
        case list():
            return [_cleaned(each) for each in value]
        case _:
            return value
