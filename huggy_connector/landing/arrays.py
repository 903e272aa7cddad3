"""Arrow arrays of Python values, without pandas.

pyarrow's own `pa.array` imports pandas, wherever it is installed, to see whether a list is one of its columns. That
takes up to a second of each task, and 40 MB. docs/decisions/0041 says more.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import pyarrow as pa

_Encoder: TypeAlias = Callable[[Sequence[Any]], "tuple[list[pa.Buffer], list[pa.Array]]"]
"""Returns the buffers of values, without that of the nulls, and the arrays inside."""
_EPOCH_UTC, _EPOCH, _FIRST_DAY = datetime(1970, 1, 1, tzinfo=UTC), datetime(1970, 1, 1), date(1970, 1, 1).toordinal()  # noqa: DTZ001
_MICROSECOND = timedelta(microseconds=1)


def build_array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Return what `pa.array(values, kind)` returns of values that have the very type that `kind` asks for, or are None.

    The types are those of a landing and of the calendar: integers of 32 or 64 bits, booleans, texts, days, microseconds
    in UTC or without a zone; and structs (dicts) and lists of these. A day or a time may be the number that Arrow keeps
    of it. Raises TypeError for another type.
    """
    import pyarrow as pa

    nulls = sum(value is None for value in values)
    validity = _pack_bits([value is not None for value in values]) if nulls else None
    buffers, children = _make_encoder(kind)(values)
    return pa.Array.from_buffers(kind, len(values), [validity, *buffers], nulls, children=children)


@lru_cache
def _make_encoder(kind: pa.DataType) -> _Encoder:
    import pyarrow as pa

    if pa.types.is_struct(kind):
        return lambda values: (
            [],
            [
                build_array([None if value is None else value.get(each.name) for value in values], each.type)
                for each in kind
            ],
        )
    if pa.types.is_list(kind):
        return lambda values: (
            [_offsets(map(len, (value or () for value in values)))],
            [build_array(list(chain.from_iterable(value or () for value in values)), kind.value_type)],
        )
    if pa.types.is_string(kind):
        return _encode_texts
    if pa.types.is_boolean(kind):
        return lambda values: ([_pack_bits(values)], [])
    convert, code = _make_number(kind)
    return lambda values: (
        [pa.py_buffer(array(code, [0 if value is None else convert(value) for value in values]))],
        [],
    )


def _make_number(kind: pa.DataType) -> tuple[Callable[[Any], int], str]:
    """Return how a value of the type becomes a number, and the number's code in the module `array`."""
    import pyarrow as pa

    if kind == pa.int64():
        return int, "q"
    if kind == pa.int32():
        return int, "i"
    if kind == pa.date32():
        return lambda day: day if isinstance(day, int) else day.toordinal() - _FIRST_DAY, "i"
    if pa.types.is_timestamp(kind) and kind.unit == "us":
        epoch = _EPOCH_UTC if kind.tz else _EPOCH
        return lambda time: time if isinstance(time, int) else (time - epoch) // _MICROSECOND, "q"
    raise TypeError(f"{kind} is no type of a landing.")


def _encode_texts(values: Sequence[str | None]) -> tuple[list[pa.Buffer], list[pa.Array]]:
    import pyarrow as pa

    texts = [(value or "").encode() for value in values]
    return [_offsets(map(len, texts)), pa.py_buffer(b"".join(texts))], []


def _offsets(lengths: Any) -> pa.Buffer:
    """Return where each value begins, and at the end where the last one ends."""
    import pyarrow as pa

    return pa.py_buffer(array("i", accumulate(lengths, initial=0)))


def _pack_bits(flags: Sequence[bool | None]) -> pa.Buffer:
    """Return a bit for each flag, the first in the lowest bit of the first byte."""
    import pyarrow as pa

    bits = "".join("1" if flag else "0" for flag in reversed(flags))
    return pa.py_buffer(int(bits or "0", 2).to_bytes((len(flags) + 7) // 8, "little"))
