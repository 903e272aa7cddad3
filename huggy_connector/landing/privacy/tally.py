"""How often values were recognised as personal, by field and kind: what may be told of them, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, NamedTuple, TypeAlias

from pydantic import Field

Tally: TypeAlias = Mapping[str, Mapping[str, Annotated[int, Field(ge=0)]]]
"""Counts by kind, by field."""

OTHERS = "*"
"""Stands for further fields, where there are so many that they can hardly be fields."""
_MOST_FIELDS = 500
_MOST_NAMED = 5


class Found(NamedTuple):
    """A value that no rule names and that was not written as it came: where, and what it was."""

    field: str
    kind: str


def tallied(before: Tally, found: Iterable[Found]) -> dict[str, dict[str, int]]:
    """The counts with those found since."""
    counts = {field: dict(kinds) for field, kinds in before.items()}
    for field, kind in found:
        kinds = counts.setdefault(field if field in counts or len(counts) < _MOST_FIELDS else OTHERS, {})
        kinds[kind] = kinds.get(kind, 0) + 1
    return counts


def sentence(tally: Tally) -> str:
    """The counts as a person reads them, those with the most first; empty for none."""
    if not tally:
        return ""
    most = sorted(tally, key=lambda field: (-sum(tally[field].values()), field))
    told = [f"{field} ({', '.join(f'{n:,} {kind}' for kind, n in sorted(tally[field].items()))})" for field in most]
    named = ", ".join(told[:_MOST_NAMED]) + (f" and {len(told) - _MOST_NAMED:,} more" if told[_MOST_NAMED:] else "")
    return (
        f"{sum(sum(kinds.values()) for kinds in tally.values()):,} values that no rule names tell by themselves that "
        f"they are personal, and are not written as they came: {named}. A rule of HUGGY_PRIVACY decides otherwise."
    )
