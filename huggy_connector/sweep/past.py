"""What a run leaves to the next one, and how it is gathered from the rows a run reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Self

from pyroaring import BitMap64

from huggy_connector.sweep.facts import Facts

OVERLAP: Final = timedelta(hours=1)
"""By how much a run reads into what the one before has read: clocks differ, and an answer is older than its arrival."""
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Past:
    """`watermark`: the run's start. `known`: id to version of the rows inside the overlap; `open`: ids.

    `daily`: about how many rows were created a day, to plan with.
    """

    watermark: datetime
    known: Mapping[int, str] = field(default_factory=dict)
    open: Collection[int] = ()
    daily: float = 0.0

    def state(self) -> dict[str, Any]:
        """JSON."""
        return {
            "watermark": self.watermark.isoformat(),
            "known": [list(self.known), list(self.known.values())],
            "open": sorted(self.open),
            "daily": self.daily,
        }

    @classmethod
    def resumed(cls, state: Mapping[str, Any]) -> Self:
        return cls(
            datetime.fromisoformat(state["watermark"]),
            dict(zip(*state["known"], strict=True)),
            tuple(state["open"]),
            state.get("daily", 0.0),
        )


class Memory:
    """Gathers a run's `Past` row by row, holding no more than what goes into it."""

    def __init__(
        self,
        started: datetime,
        *,
        situations: Collection[str],
        overlap: timedelta = OVERLAP,
        daily: float | None = None,
    ) -> None:
        """`situations` are those of open records. With `daily` the pace is handed on, and not measured."""
        self._started, self._floor = started, started - overlap
        self._situations = frozenset(situations)
        self._known: dict[int, str] = {}
        self._open: set[int] = set()
        self._recent = BitMap64()
        self._daily = daily

    def note(self, fact: Facts) -> None:
        moment = fact.latest
        if moment is None or moment >= self._floor:
            self._known[fact.id] = fact.version
        else:
            self._known.pop(fact.id, None)
        if fact.situation in self._situations:
            self._open.add(fact.id)
        else:
            self._open.discard(fact.id)
        if self._daily is None and fact.created is not None and fact.created >= self._started - _WEEK:
            self._recent.add(fact.id)

    def past(self) -> Past:
        daily = self._daily if self._daily is not None else len(self._recent) / _WEEK.days
        return Past(self._started, self._known, frozenset(self._open), daily)

    def state(self) -> dict[str, Any]:
        return {**self.past().state(), "recent": self._recent.to_array().tolist()}

    def restore(self, state: Mapping[str, Any]) -> None:
        past = Past.resumed(state)
        self._known, self._open = dict(past.known), set(past.open)
        self._recent = BitMap64(state["recent"])
