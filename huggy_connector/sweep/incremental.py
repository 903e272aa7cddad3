"""What changed since the last run: the head of the list, the open records, and those that were open and are no longer.

The head is read until it joins what the last exact run vouched for (`head`). The open records are asked for by their
situation; a row of another one shows that the filter is ignored, and then, as for those that were open last time and
did not turn up, each is asked for by its id, or the walk goes on down the list where that is fewer requests.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from pyroaring import BitMap64

from huggy_connector.errors import SweepError
from huggy_connector.sweep.clocks import Clocks
from huggy_connector.sweep.facts import Facts, FactsOf
from huggy_connector.sweep.head import Head
from huggy_connector.sweep.past import OpenRecords, Past
from huggy_connector.sweep.types import Ask, Certificate, Page, Scope

FILTER = "situation"
"""The query parameter that asks for the records of one situation."""


class Incremental:
    """`started` is this run's own start; `situations` are those of open records that the catalogue knows; `pages` is
    how long the list was last time, if known.
    """

    head: ClassVar[type[Head]] = Head

    def __init__(
        self,
        facts: FactsOf,
        *,
        past: Past,
        started: datetime,
        situations: Sequence[str] = (),
        streams: int = 4,
        pages: int | None = None,
    ) -> None:
        self._facts, self._past, self._started = facts, past, started
        self._lanes, self._pages = streams, pages
        self._open = OpenRecords(situations)
        self._out: dict[int, Ask] = {}
        self._ready: deque[Ask] = deque([Ask(page=0)])
        asked = dict.fromkeys((*situations, *past.situations))
        self._ready.extend(Ask(page=0, filters=((FILTER, situation),)) for situation in asked)
        self._seen: set[int] = set()
        self._new = BitMap64()
        self._head = self.head(past, lambda: len(self._new))
        self._clocks = Clocks(past.watermark)
        self._is_deep = self._has_ended = False
        self.filter_ignored = False
        self._refused = 0
        self._asked_by_id: set[int] = set()
        self.gone: list[int] = []
        """Ids that were open and were answered by 404."""

    def next_ask(self) -> Ask | None:
        if not self._ready or len(self._out) >= self._lanes:
            return None
        lane = next(lane for lane in range(self._lanes) if lane not in self._out)
        ask = self._ready.popleft()
        ask = Ask(page=ask.page, stream=lane, filters=ask.filters, id=ask.id)
        self._out[lane] = ask
        return ask

    def take(self, page: Page) -> None:
        ask = self._out.pop(page.ask.stream)
        found = [fact for fact in map(self._facts, page.rows) if fact.has_id]
        has_news = any(fact.id not in self._seen for fact in found)
        for fact in found:
            self._note(fact, page.fetched_at)
        if page.gone and ask.id is not None:
            self.gone.append(ask.id)
        if ask.filters:
            self._take_filtered(ask, found, is_refused=page.refused, is_empty=not page.rows)
        elif ask.id is None and self._is_deep:
            self._has_ended = not page.rows
            if page.rows and self._lost():
                self._ready.append(Ask(page=ask.page + 1))
        elif ask.id is None:
            self._head.take(found, count=len(page.rows), has_news=has_news)
            if self._head.page is not None:
                self._ready.append(Ask(page=self._head.page))
        if not self._ready and not self._out:
            self._follow_up()

    @property
    def finished(self) -> bool:
        return not self._ready and not self._out

    @property
    def pages_expected(self) -> int | None:
        return None

    def certificate(self) -> Certificate:
        """Of the head and the open records. What else changed of a closed record is the full sweep's."""
        if not self.finished:
            raise SweepError("The walk has not come to its end, so nothing can be vouched for.")
        details = {
            "ids": len(self._seen),
            "new": len(self._new),
            "by_id": len(self._asked_by_id),
            "filter_ignored": self.filter_ignored,
            "filters_refused": self._refused,
            "clock": self._clocks.told(),
        }
        head = self._head
        return Certificate(
            exact=head.is_firm,
            missing_at_most=head.missing_at_most,
            why=head.why,
            details=details,
            scope=Scope.HEAD,
        )

    @property
    def new(self) -> BitMap64:
        """Ids that this run adds to those vouched for."""
        return self._new

    def past(self) -> Past:
        """For the next run. Only once finished."""
        head = self._head
        return Past(
            self._started,
            self._past.ids | self._new,
            head.known(),
            tuple(head.ids()),
            frozenset(self._open.ids.union(self._lost()).difference(self.gone)),
            self._open.unlisted,
            head.rows,
            head.size,
            self._past.daily,
        )

    def state(self) -> Mapping[str, Any]:
        """Nothing: it is short, and begun again it reads what moved meanwhile too."""
        return {"walk": "incremental", "finished": self.finished}

    def _note(self, fact: Facts, fetched_at: datetime) -> None:
        if fact.id not in self._past.ids and fact.id not in self._new:
            self._new.add(fact.id)
            self._clocks.note(fact, fetched_at)
        self._seen.add(fact.id)
        self._open.note(fact)

    def _take_filtered(self, ask: Ask, found: Sequence[Facts], *, is_refused: bool, is_empty: bool) -> None:
        wanted = ask.filters[0][1]
        if is_refused:
            self._refused += 1  # its records are asked for by id
        elif any(fact.situation != wanted for fact in found):
            self.filter_ignored = True
            self._ready = deque(other for other in self._ready if not other.filters)
        elif not (is_empty or self.filter_ignored):
            self._ready.append(Ask(page=ask.page + 1, filters=ask.filters))

    def _lost(self) -> list[int]:
        return [number for number in self._past.open if number not in self._seen]

    def _follow_up(self) -> None:
        """Those that were open and did not turn up."""
        lost = [number for number in self._lost() if number not in self._asked_by_id]
        if not lost or self._has_ended:
            return
        read = self._head.pages_read
        pages_left = None if self._pages is None else self._pages - read
        if not self._is_deep and pages_left is not None and 0 < pages_left < len(lost):
            self._is_deep = True
            self._ready.append(Ask(page=read))
            return
        self._asked_by_id.update(lost)
        self._ready.extend(Ask(page=0, id=number) for number in sorted(lost))
