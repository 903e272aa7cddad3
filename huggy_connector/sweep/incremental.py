"""What changed since the last run: the head of the list, the open records, and those that were open and are no longer.

The head is read downwards until a page holds nothing but rows that are old (older than the watermark less an overlap)
or known and unchanged. The open records are asked for by their situation; a row of another one shows that the filter is
ignored, and then, as for those that were open last time and did not turn up, each is asked for by its id, or the walk
goes on down the list where that is fewer requests.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from huggy_connector.errors import SweepError
from huggy_connector.sweep.facts import Facts, FactsOf
from huggy_connector.sweep.past import OVERLAP, Memory, Past
from huggy_connector.sweep.types import Ask, Certificate, Page

FILTER = "situation"
"""The query parameter that asks for the records of one situation."""
CHASES = 20
"""Pages in a row without a row new to the run: the head moves as fast as it is read."""
AGAIN = 3
"""Times the head is read before it is left unvouched for."""


class Incremental:
    """`started` is this run's own start, the next one's watermark; `situations` are those of open records; `pages` is
    how long the list was last time, if known.
    """

    def __init__(
        self,
        facts: FactsOf,
        *,
        past: Past,
        started: datetime,
        situations: Sequence[str] = (),
        overlap: timedelta = OVERLAP,
        streams: int = 4,
        pages: int | None = None,
    ) -> None:
        self._facts, self._past = facts, past
        self._overlap, self._lanes, self._pages = overlap, streams, pages
        self._memory = Memory(started, situations=situations, overlap=overlap, daily=past.daily)
        self._out: dict[int, Ask] = {}
        self._ready: deque[Ask] = deque([Ask(page=0)])
        self._ready.extend(Ask(page=0, filters=((FILTER, situation),)) for situation in situations)
        self._seen: set[int] = set()
        self._head: list[dict[int, str]] = []
        self._upwards: int | None = None
        self._deep = False
        self._ended = False
        self._firm = False
        self._readings = 0
        self._chased = 0
        self.filter_ignored = False
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
        found = [*map(self._facts, page.rows)]
        news = any(fact.id not in self._seen for fact in found)
        for fact in found:
            self._seen.add(fact.id)
            self._memory.note(fact)
        if page.gone and ask.id is not None:
            self.gone.append(ask.id)
        if ask.filters:
            self._take_filtered(ask, found)
        elif ask.id is None:
            self._chased = 0 if news else self._chased + 1
            self._take_head(ask, found)
        if not self._ready and not self._out:
            self._follow_up()

    @property
    def finished(self) -> bool:
        return not self._ready and not self._out

    @property
    def pages_expected(self) -> int | None:
        return None

    def certificate(self) -> Certificate:
        if not self.finished:
            raise SweepError("The walk has not come to its end, so nothing can be vouched for.")
        why = "" if self._firm else "The head kept moving, and a row that left may have hidden another one."
        details = {"ids": len(self._seen), "by_id": len(self._asked_by_id), "filter_ignored": self.filter_ignored}
        return Certificate(exact=self._firm, missing_at_most=0 if self._firm else None, why=why, details=details)

    def past(self) -> Past:
        """For the next run. Only once finished."""
        return self._memory.past()

    def state(self) -> Mapping[str, Any]:
        """Nothing: it is short, and begun again it reads what moved meanwhile too."""
        return {"walk": "incremental", "finished": self.finished}

    def _old(self, fact: Facts) -> bool:
        moment = fact.latest
        return self._past.known.get(fact.id) == fact.version or (
            moment is not None and moment < self._past.watermark - self._overlap
        )

    def _take_head(self, ask: Ask, found: Sequence[Facts]) -> None:
        rows = {fact.id: fact.version for fact in found}
        if self._upwards is not None:
            self._take_upwards(ask, rows)
        elif self._deep:
            self._ended = not found
            if found and self._lost():
                self._ready.append(Ask(page=ask.page + 1))
        else:
            self._head.append(rows)
            if self._chased > CHASES:
                return
            if found and not all(map(self._old, found)):
                self._ready.append(Ask(page=ask.page + 1))
            elif all(upper.items() & lower.items() for upper, lower in pairwise(self._head)):
                self._firm = True
            else:
                self._upwards = len(self._head) - 2
                self._ready.append(Ask(page=self._upwards))

    def _take_upwards(self, ask: Ask, rows: dict[int, str]) -> None:
        """Read upwards, no row can have been pulled over a seam; none was pushed over one if the head is as it was."""
        if ask.page:
            self._ready.append(Ask(page=ask.page - 1))
            return
        self._upwards = None
        self._firm = [*rows.items()] == [*self._head[0].items()]
        self._readings += 1
        if not self._firm and self._readings < AGAIN:
            self._head = []
            self._ready.append(Ask(page=0))

    def _take_filtered(self, ask: Ask, found: Sequence[Facts]) -> None:
        wanted = ask.filters[0][1]
        if any(fact.situation != wanted for fact in found):
            self.filter_ignored = True
            self._ready = deque(other for other in self._ready if not other.filters)
        elif found and not self.filter_ignored:
            self._ready.append(Ask(page=ask.page + 1, filters=ask.filters))

    def _lost(self) -> list[int]:
        return [number for number in self._past.open if number not in self._seen]

    def _follow_up(self) -> None:
        """Those that were open and did not turn up."""
        lost = [number for number in self._lost() if number not in self._asked_by_id]
        if not lost or self._ended:
            return
        pages_left = None if self._pages is None else self._pages - len(self._head)
        if not self._deep and pages_left is not None and 0 < pages_left < len(lost):
            self._deep = True
            self._ready.append(Ask(page=len(self._head)))
            return
        self._asked_by_id.update(lost)
        self._ready.extend(Ask(page=0, id=number) for number in sorted(lost))
