"""Reads only the rows created in a span of time, from a list that is newest first. It finds their pages by halving.

A window is a full sweep that skips the pages outside the span: the same streams, seams, checks and certificate. It
checks the order on every page. If the order does not hold, the walk says so (`is_unsorted`) and continues as a full
sweep. The caller has to filter the rows by creation time in any case: the pages at the edges also hold other rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from typing import Any

from huggy_connector.model import Certificate, Scope
from huggy_connector.sweep.moving.end_search import EndSearch
from huggy_connector.sweep.moving.plan import CreationSpan
from huggy_connector.sweep.moving.run_chain import PageReading
from huggy_connector.sweep.moving.streams import StreamSweep
from huggy_connector.sweep.row_facts import FactsReader, RowFacts


class WindowWalk(StreamSweep):
    """A sweep of the rows created from `start` to before `end` (both with a time zone)."""

    may_probe_at_once = False

    def __init__(
        self,
        read_facts: FactsReader,
        *,
        start: datetime,
        end: datetime,
        streams: int = 4,
        pages_hint: int | None = None,
    ) -> None:
        super().__init__(read_facts, streams=streams, pages_hint=pages_hint)
        self._span = CreationSpan(start, end)
        self._reading.plan.span = self._span
        self._end_search = EndSearch(1, pages_hint)
        self.is_unsorted = False

    def certificate(self) -> Certificate:
        """Return the certificate of the span. `relies_on` in its details says what else has to hold.

        If the list is not sorted, it was read as a whole, and the certificate is about all of it.
        """
        certificate = super().certificate()
        if self.is_unsorted:
            details = {**certificate.details, "relies_on": "nothing: the list was read whole"}
            return replace(certificate, details=details)
        relies_on = "the order by creation time, which held on and between all pages read"
        return replace(certificate, scope=Scope.WINDOW, details={**certificate.details, "relies_on": relies_on})

    def restore(self, state: Mapping[str, Any]) -> None:
        super().restore(state)
        self.is_unsorted = bool(state["unsorted"])
        self._reading.plan.span = None if self.is_unsorted else self._span

    def state(self) -> Mapping[str, Any]:
        return {**super().state(), "walk": "window", "unsorted": self.is_unsorted}

    def _inspect_page(self, page: PageReading, rows: Sequence[RowFacts]) -> None:
        times = [row.created for row in rows if row.created is not None]
        if len(times) < len(rows) or not _is_descending(times):
            self._give_up_order()
        elif times:
            page.newest_created, page.oldest_created = times[0], times[-1]

    def _give_up_order(self) -> None:
        self.is_unsorted, self._reading.plan.span = True, None

    def _is_in_order(self) -> bool:
        """Return whether the pages of different runs are in order, too."""
        tops = [run.top.newest_created for run in self._reading.chain.runs if run.top.newest_created is not None]
        bottoms = [
            run.bottom.oldest_created for run in self._reading.chain.runs if run.bottom.oldest_created is not None
        ]
        return _is_descending(tops) and _is_descending(bottoms)

    def _choose_search_width(self) -> int:
        return 1

    def _is_complete(self) -> bool:
        if self.is_unsorted or not self._is_end_found or not self._reading.plan.is_done:
            return self.is_unsorted and super()._is_complete()
        if not self._is_in_order():
            self._give_up_order()
        return not self.is_unsorted


def _is_descending(times: Sequence[datetime]) -> bool:
    return all(upper >= lower for upper, lower in pairwise(times))
