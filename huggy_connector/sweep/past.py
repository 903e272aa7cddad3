"""What a run leaves to the next one, and how it is gathered from the rows a run reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Self

from pyroaring import BitMap64

from huggy_connector.sweep.facts import Facts

PAGE_SIZE: Final = 20
"""Rows of a page as documented; what is met corrects it."""
DEEP: Final = 400
"""Rows near the head whose contents are remembered. One of them unchanged shows where the list joins what is known."""
_DEEP_PAGES: Final = DEEP // PAGE_SIZE
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Past:
    """What an exact run knows at its last look at the head.

    `ids`: every row of the list, vouched for. `known`: id to version of rows near the head, as they were read up to
    then. `head`: ids near the head in their order. `open`: ids of open records, `situations` those of them that the
    catalogue does not know. `rows`: the most rows that the list can have had, None where nothing tells; `size`: those
    of a page. `watermark` is the run's start, `daily` about how many rows were created a day: both only guess.
    """

    watermark: datetime
    ids: BitMap64 = field(default_factory=BitMap64)
    known: Mapping[int, str] = field(default_factory=dict)
    head: tuple[int, ...] = ()
    open: Collection[int] = ()
    situations: tuple[str, ...] = ()
    rows: int | None = None
    size: int = PAGE_SIZE
    daily: float = 0.0

    def state(self) -> dict[str, Any]:
        """JSON, without `ids`: they are kept beside it, compressed."""
        return {
            "watermark": self.watermark.isoformat(),
            "known": [list(self.known), list(self.known.values())],
            "head": list(self.head),
            "open": sorted(self.open),
            "situations": list(self.situations),
            "rows": self.rows,
            "size": self.size,
            "daily": self.daily,
        }

    @classmethod
    def resumed(cls, state: Mapping[str, Any], ids: BitMap64 | None = None) -> Self:
        """Also from the state that the first release wrote, which knows neither order nor length."""
        return cls(
            datetime.fromisoformat(state["watermark"]),
            BitMap64() if ids is None else ids,
            dict(zip(*state["known"], strict=True)),
            tuple(state.get("head", ())),
            tuple(state["open"]),
            tuple(state.get("situations", ())),
            state.get("rows"),
            state.get("size", PAGE_SIZE),
            state.get("daily", 0.0),
        )


class Memory:
    """Gathers what a full sweep leaves, row by row, holding no more than that."""

    def __init__(self, started: datetime, *, situations: Collection[str]) -> None:
        """`situations` are those of open records that the catalogue knows."""
        self._started = started
        self._known: dict[int, str] = {}
        self._recent = BitMap64()
        self._keyless: dict[int, int] = {}
        """By page, how many of its rows have no id: they make the list longer."""
        self.open = OpenRecords(situations)

    def note(self, page: int, found: Sequence[Facts]) -> None:
        """Takes in the rows of a page of the list."""
        known = [fact for fact in found if fact.has_id]
        if len(known) < len(found):
            self._keyless[page] = len(found) - len(known)
        for fact in known:
            if page < _DEEP_PAGES or fact.id in self._known:
                self._known[fact.id] = fact.version
            self.open.note(fact)
            if fact.created is not None and fact.created >= self._started - _WEEK:
                self._recent.add(fact.id)

    def past(self, ids: BitMap64, *, head: Iterable[int], size: int) -> Past:
        return Past(
            self._started,
            ids,
            self._known,
            tuple(head),
            frozenset(self.open.ids),
            self.open.unlisted,
            len(ids) + sum(self._keyless.values()),
            size,
            len(self._recent) / _WEEK.days,
        )

    def state(self) -> dict[str, Any]:
        past = self.past(BitMap64(), head=(), size=0).state()
        return {**past, "recent": self._recent.to_array().tolist(), "keyless": [*self._keyless.items()]}

    def restore(self, state: Mapping[str, Any]) -> None:
        past = Past.resumed(state)
        self._known = dict(past.known)
        self.open.restore(past.open, past.situations)
        self._recent = BitMap64(state["recent"])
        self._keyless = dict(state.get("keyless", ()))


class OpenRecords:
    """Which records are open as of their latest reading, and in which situations that the catalogue does not know."""

    def __init__(self, situations: Collection[str]) -> None:
        self._listed = frozenset(situations)
        self._unlisted: set[str] = set()
        self.ids: set[int] = set()

    def note(self, fact: Facts) -> None:
        if not fact.is_open:
            self.ids.discard(fact.id)
            return
        self.ids.add(fact.id)
        if fact.situation is not None and fact.situation not in self._listed:
            self._unlisted.add(fact.situation)

    @property
    def unlisted(self) -> tuple[str, ...]:
        return tuple(sorted(self._unlisted))

    def restore(self, ids: Iterable[int], unlisted: Iterable[str]) -> None:
        self.ids, self._unlisted = set(ids), set(unlisted)
