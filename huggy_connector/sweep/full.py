"""The full sweep of a run. It also builds the cursor that the next, incremental run starts from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from huggy_connector.model import PAGE_SIZE
from huggy_connector.sweep.cursor import Cursor, CursorBuilder
from huggy_connector.sweep.moving.run_chain import TOP_PAGES, PageReading
from huggy_connector.sweep.moving.streams import StreamSweep
from huggy_connector.sweep.row_facts import FactsReader, RowFacts


class FullWalk(StreamSweep):
    """A full sweep that leaves a cursor.

    `started_at` is the first start of the run, which is the watermark of the next one. `open_situations` are the
    situations of open records that the catalogue knows.
    """

    def __init__(
        self,
        read_facts: FactsReader,
        *,
        started_at: datetime,
        open_situations: Collection[str] = (),
        streams: int = 4,
        pages_hint: int | None = None,
    ) -> None:
        super().__init__(read_facts, streams=streams, pages_hint=pages_hint)
        self._cursor_builder = CursorBuilder(started_at, known_situations=open_situations)

    def state(self) -> Mapping[str, Any]:
        return {**super().state(), "walk": "full", "memory": self._cursor_builder.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        super().restore(state)
        self._cursor_builder.restore(state["memory"])

    def next_cursor(self) -> Cursor:
        """Return the cursor for the next run."""
        top = self._reading.chain.runs[0].pages if self._reading.chain.runs else ()
        head = dict.fromkeys(row_id for page in top[:TOP_PAGES] for row_id in page.versions)
        return self._cursor_builder.build(
            self._reading.seen_ids, head_ids=head, page_size=self._reading.page_size.rows or PAGE_SIZE
        )

    def _inspect_page(self, page: PageReading, rows: Sequence[RowFacts]) -> None:
        self._cursor_builder.add_page(page.number, rows)
