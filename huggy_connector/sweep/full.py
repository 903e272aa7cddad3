"""The full sweep as a run makes it: it also gathers what the next, incremental run starts from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from huggy_connector.sweep.facts import Facts, FactsOf
from huggy_connector.sweep.past import PAGE_SIZE, Memory, Past
from huggy_connector.sweep.seams import TOPS, Sheet
from huggy_connector.sweep.streams import Streams


class Full(Streams):
    """`started` is the run's first start, the next one's watermark; `situations` are those of open records."""

    def __init__(
        self,
        facts: FactsOf,
        *,
        started: datetime,
        situations: Collection[str] = (),
        streams: int = 4,
        pages_hint: int | None = None,
    ) -> None:
        super().__init__(facts, streams=streams, pages_hint=pages_hint)
        self._memory = Memory(started, situations=situations)

    def state(self) -> Mapping[str, Any]:
        return {**super().state(), "walk": "full", "memory": self._memory.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        super().restore(state)
        self._memory.restore(state["memory"])

    def past(self) -> Past:
        """For the next run."""
        top = self._reading.chain.runs[0].path if self._reading.chain.runs else ()
        head = dict.fromkeys(number for sheet in top[:TOPS] for number in sheet.rows)
        return self._memory.past(self._reading.seen, head=head, size=self._reading.size.rows or PAGE_SIZE)

    def _inspect(self, sheet: Sheet, found: Sequence[Facts]) -> None:
        self._memory.note(sheet.number, found)
