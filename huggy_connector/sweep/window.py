"""Only the rows created in a span of time, of a list that is newest first: its pages are found by halving, and read.

A window is a full sweep that passes over what lies outside: the same streams, seams, checks and certificate. The
order is checked on every page read. Where it does not hold the walk says so (`unsorted`) and goes on as a full sweep:
whoever keeps the rows filters them by their creation time in any case, for the pages at the edges hold others too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from huggy_connector.sweep.ends import EndSearch
from huggy_connector.sweep.facts import Facts, FactsOf
from huggy_connector.sweep.plan import Span
from huggy_connector.sweep.seams import Sheet
from huggy_connector.sweep.streams import Streams
from huggy_connector.sweep.types import Certificate, Scope


class Window(Streams):
    """The rows created from `start` to before `end` (both with a zone)."""

    def __init__(
        self, facts: FactsOf, *, start: datetime, end: datetime, streams: int = 4, pages_hint: int | None = None
    ) -> None:
        super().__init__(facts, streams=streams, pages_hint=pages_hint)
        self._span = Span(start, end)
        self._reading.plan.span = self._span
        self._search = EndSearch(1, pages_hint)
        self.unsorted = False

    def certificate(self) -> Certificate:
        """Of the span. `relies_on` says what else must hold; a list that is not sorted was read whole."""
        found = super().certificate()
        if self.unsorted:
            return replace(found, details={**found.details, "relies_on": "nothing: the list was read whole"})
        relies_on = "the order by creation time, which held on and between all pages read"
        return replace(found, scope=Scope.WINDOW, details={**found.details, "relies_on": relies_on})

    def restore(self, state: Mapping[str, Any]) -> None:
        super().restore(state)
        self.unsorted = bool(state["unsorted"])
        self._reading.plan.span = None if self.unsorted else self._span

    def state(self) -> Mapping[str, Any]:
        return {**super().state(), "walk": "window", "unsorted": self.unsorted}

    def _inspect(self, sheet: Sheet, found: Sequence[Facts]) -> None:
        times = [fact.created for fact in found if fact.created is not None]
        if len(times) < len(found) or not _falls(times):
            self._give_up_order()
        elif times:
            sheet.newest, sheet.oldest = times[0], times[-1]

    def _give_up_order(self) -> None:
        self.unsorted, self._reading.plan.span = True, None

    def _in_order(self) -> bool:
        """Whether the pages read from here and there are in order too."""
        tops = [run.top.newest for run in self._reading.chain.runs if run.top.newest is not None]
        bottoms = [run.bottom.oldest for run in self._reading.chain.runs if run.bottom.oldest is not None]
        return _falls(tops) and _falls(bottoms)

    def _complete(self) -> bool:
        if self.unsorted or not self._searched or not self._reading.plan.done:
            return self.unsorted and super()._complete()
        if not self._in_order():
            self._give_up_order()
        return not self.unsorted


def _falls(times: Sequence[datetime]) -> bool:
    return all(upper >= lower for upper, lower in pairwise(times))
