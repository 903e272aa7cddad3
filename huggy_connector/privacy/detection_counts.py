"""How often values were recognised as personal, by field and kind. This much may be reported, and no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, NamedTuple, TypeAlias

from pydantic import Field

DetectionCounts: TypeAlias = Mapping[str, Mapping[str, Annotated[int, Field(ge=0)]]]
"""Counts by kind, by field."""

OTHER_FIELDS = "*"
"""Stands for further fields, if there are so many that they are hardly real fields."""
_MOST_FIELDS = 500
_MOST_NAMED = 5


class MaskedDetection(NamedTuple):
    """A value that no rule names and that was masked: its field and its kind."""

    field: str
    kind: str


def add_detections(counts: DetectionCounts, detections: Iterable[MaskedDetection]) -> dict[str, dict[str, int]]:
    """Return the counts with these detections added."""
    new_counts = {field: dict(kinds) for field, kinds in counts.items()}
    for field, kind in detections:
        kinds = new_counts.setdefault(
            field if field in new_counts or len(new_counts) < _MOST_FIELDS else OTHER_FIELDS, {}
        )
        kinds[kind] = kinds.get(kind, 0) + 1
    return new_counts


def describe_counts(counts: DetectionCounts) -> str:
    """Return the counts as a sentence, fields with the most first. Empty if there are none."""
    if not counts:
        return ""
    fields = sorted(counts, key=lambda field: (-sum(counts[field].values()), field))
    texts = [f"{field} ({', '.join(f'{n:,} {kind}' for kind, n in sorted(counts[field].items()))})" for field in fields]
    rest = len(texts) - _MOST_NAMED
    names = ", ".join(texts[:_MOST_NAMED]) + (f" and {rest:,} more" if rest > 0 else "")
    total = sum(sum(kinds.values()) for kinds in counts.values())
    return (
        f"{total:,} values that no rule names look personal, and were masked, hashed or dropped: {names}. "
        "To change this, write a rule in HUGGY_PRIVACY."
    )
