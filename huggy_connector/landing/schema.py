"""The columns of a landed row: the catalogue's typed columns, then the envelope.

The columns never depend on the data that happened to come. After the typed ones:

    extra       JSON object of the top-level fields that the catalogue does not know, in the order received; or NULL
    raw         the row's JSON as received, after the privacy policy, keys in the order received
    fetched_at  when the answer was complete
    row_hash    32 hex digits over the tracked columns: equal if nothing differs that is worth a new version
    rejects     values that did not fit (column, reason); NULL if all did

A row without a usable key (an `id`, or what `Resource.key` names) is kept, with that column NULL and a reject of it.
UTF-8 cannot hold lone surrogates: they become U+FFFD. JSON cannot express NaN and infinity: they become null. This is
so in `raw` as well.
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
from huggy_connector.landing.arrays import build_array
from huggy_connector.privacy import KEEP_ALL, MaskedDetection, PrivacyPolicy, mask_personal_data
from huggy_connector.privacy.suppression_list import SuppressionList
from huggy_connector.rows.coercion import Reader, Rejects, encode_json, is_absent, make_reader

if TYPE_CHECKING:
    import pyarrow as pa

_REVISION = 2
"""Raise it when the envelope or the way of reading values changes."""


@lru_cache
def arrow_schema(resource: Resource) -> pa.Schema:
    """Return the columns of the resource's snapshots.

    An instant has two columns: `<name>` and, in local time, `<name>_local`.
    """
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
    """Return 16 hex digits, which are the same if the same JSON gives the same row."""
    columns = [(column.name, repr(column.type), column.paths, column.tracked) for column in resource.columns]
    text = encode_json([_REVISION, columns, sorted(resource.known_keys)])
    return blake2b(text.encode(), digest_size=8).hexdigest()


def convert(
    resource: Resource,
    rows: Sequence[Mapping[str, Any]],
    *,
    fetched_at: datetime,
    zone: ZoneInfo,
    policy: PrivacyPolicy = KEEP_ALL,
    suppression_list: SuppressionList | None = None,
    detections: list[MaskedDetection] | None = None,
    already_masked: bool = False,
) -> pa.RecordBatch:
    """Convert rows, as `json.loads` gives them, to one batch of `arrow_schema`: one for one and in order.

    Rows of contacts on `suppression_list` are left out. No column holds more than the list and the policy let through.
    For `detections` and `already_masked` see `PrivacyPolicy.apply`. Never raises, whatever a row holds.
    """
    import pyarrow as pa

    plan, apply_policy = (
        _conversion_plan(resource, zone),
        partial(policy.apply, resource, detections=detections, already_masked=already_masked),
    )
    rows = rows if suppression_list is None else suppression_list.filter_rows(resource, rows)
    columns: list[list[Any]] = [[] for _ in plan.schema]
    for row in rows:
        for column, value in zip(columns, _convert_row(row, plan, apply_policy), strict=True):
            column.append(value)
    columns[plan.schema.get_field_index("fetched_at")] = [fetched_at] * len(rows)
    arrays = [build_array(values, field.type) for values, field in zip(columns, plan.schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=plan.schema)


def warm_up(resource: Resource, zone: ZoneInfo) -> None:
    """Load what `convert` needs, which takes most of a second. Call it before the budget's clock runs."""
    mask_personal_data("11 91234-5678")
    convert(resource, [], fetched_at=datetime.min.replace(tzinfo=UTC), zone=zone)


_OBJECT = Struct(())


@dataclass(frozen=True, slots=True)
class _FieldSource:
    name: str
    kind: Type
    paths: tuple[tuple[str, tuple[str, ...]], ...]
    """Of each path: the first key, and the keys below it."""
    read: Reader
    tracked: bool


@dataclass(frozen=True, slots=True)
class _ConversionPlan:
    resource: Resource
    schema: pa.Schema
    sources: tuple[_FieldSource, ...]
    known_keys: frozenset[str]


@lru_cache
def _conversion_plan(resource: Resource, zone: ZoneInfo) -> _ConversionPlan:
    sources = tuple(
        _FieldSource(
            column.name,
            column.type,
            tuple((head, tuple(tail)) for head, *tail in (path.split(".") for path in column.paths)),
            make_reader(column.type, column.name, zone),
            column.tracked,
        )
        for column in resource.columns
    )
    return _ConversionPlan(resource, arrow_schema(resource), sources, resource.known_keys)


def _convert_row(received: Any, plan: _ConversionPlan, apply_policy: Callable[[Any], Any]) -> list[Any]:
    """Return one row's values in the order of the schema. `fetched_at` is left None."""
    rejects: Rejects = _reject_non_finite(received, plan)
    received, raw = _make_storable(_apply_policy(received, apply_policy, rejects), rejects)
    row = received if isinstance(received, dict) else {}
    values: list[Any] = []
    tracked: dict[str, Any] = {}
    for source in plan.sources:
        value = _read_field(row, source, rejects)
        if source.name == plan.resource.key and value is None and not _is_rejected(source.name, rejects):
            reason = "missing" if row is received else "the row is not an object"
            rejects.append({"column": source.name, "reason": reason})
        if value is not None and source.tracked:
            tracked[source.name] = value
        if source.kind is Scalar.INSTANT:
            values.extend(value or (None, None))
        elif source.kind is Scalar.JSON and value is not None:
            values.append(encode_json(value, sort_keys=True))  # as it is hashed, so that one hash has one text
        else:
            values.append(value)
    extra = {key: value for key, value in row.items() if key not in plan.known_keys}
    # NULL columns are left out of the hash. So a new column does not change the hash of a row that lacks it.
    digest = blake2b(encode_json(tracked, sort_keys=True).encode(), digest_size=16).hexdigest()
    return [*values, encode_json(extra) if extra else None, raw, None, digest, rejects or None]


def _is_rejected(column: str, rejects: Rejects) -> bool:
    return any(reject["column"] == column for reject in rejects)


def _reject_non_finite(row: Any, plan: _ConversionPlan) -> Rejects:
    """Return a reject for each number that JSON cannot express, such as 1e999, by column or as `extra`."""
    if not isinstance(row, dict):
        return []
    columns = {head: source.name for source in plan.sources for head, _ in source.paths}
    column_names = dict.fromkeys(columns.get(key, "extra") for key, value in row.items() if not _is_finite(value))
    return [{"column": name, "reason": "not a finite number"} for name in column_names]


def _is_finite(value: Any) -> bool:
    match value:
        case float():
            return isfinite(value)
        case dict() | list():
            with suppress(RecursionError):
                return all(map(_is_finite, value.values() if isinstance(value, dict) else value))
    return True


def _read_field(row: Mapping[str, Any], source: _FieldSource, rejects: Rejects) -> Any:
    """Return the value of the first path that has one.

    If none has one, and something on a path is not an object, add a reject.
    """
    is_unfit = False
    for head, tail in source.paths:
        value = row.get(head)
        for key in tail:
            is_unfit = is_unfit or not (value is None or isinstance(value, dict) or is_absent(value, _OBJECT))
            value = value.get(key) if isinstance(value, dict) else None
        if value is not None and not is_absent(value, source.kind):
            return source.read(value, rejects)
    if is_unfit:
        rejects.append({"column": source.name, "reason": "not in an object"})
    return None


def _apply_policy(row: Any, apply_policy: Callable[[Any], Any], rejects: Rejects) -> Any:
    """Return what the policy lets through, without values that are nested too deep to be searched."""
    try:
        return apply_policy(row)
    except RecursionError:
        rejects.append({"column": "raw", "reason": "nested too deep"})
        kept: dict[str, Any] = {}
        for key, value in row.items():
            with suppress(RecursionError):
                kept |= apply_policy({key: value})
        return kept


def _make_storable(row: Any, rejects: Rejects) -> tuple[Any, str | None]:
    """Return the row without what UTF-8 or JSON cannot hold, and its JSON.

    A value that is nested too deep to be written is left out, or the whole row is None if it is no object.
    """
    try:
        try:
            raw = encode_json(row)
            raw.encode()
        except ValueError:
            row = _replace_unstorable(row)
            raw = encode_json(row)
    except RecursionError:
        rejects.append({"column": "raw", "reason": "nested too deep"})
        if not isinstance(row, dict):
            return None, None
        return _make_storable({key: value for key, value in row.items() if not _is_too_deep(value)}, rejects)
    return row, raw


def _is_too_deep(value: Any) -> bool:
    try:
        json.dumps(_replace_unstorable(value))
    except RecursionError:
        return True
    return False


def _replace_unstorable(value: Any) -> Any:
    match value:
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case float():
            return value if isfinite(value) else None
        case dict():
            return {_replace_unstorable(key): _replace_unstorable(each) for key, each in value.items()}
        case list():
            return [_replace_unstorable(each) for each in value]
        case _:
            return value
