"""The cursor that a run leaves for the next run, and how it is built from the rows that a run reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Self

from pyroaring import BitMap64

from huggy_connector.model import PAGE_SIZE
from huggy_connector.sweep.row_facts import RowFacts

REMEMBERED_ROWS: Final = 400
"""Rows near the head whose contents are remembered. One unchanged row shows where the list joins the known rows."""
_REMEMBERED_PAGES: Final = REMEMBERED_ROWS // PAGE_SIZE
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Cursor:
    """The knowledge of an exact run at its last check of the head.

    `ids`: the ids of all rows of the list; the run guarantees that they were read. `versions`: the last version read of
    each row near the head, by id. `head_ids`: the ids near the head, in their order. `open_ids`: the ids of the open
    records. `unlisted_situations`: their situations that the catalogue does not know. `max_rows`: the most rows that
    the list can have had, None if nothing bounds them. `page_size`: rows of a full page.

    `watermark`, the start of the run, and `rows_per_day`, about how many rows were created a day, only serve guesses.
    """

    watermark: datetime
    ids: BitMap64 = field(default_factory=BitMap64)
    versions: Mapping[int, str] = field(default_factory=dict)
    head_ids: tuple[int, ...] = ()
    open_ids: Collection[int] = ()
    unlisted_situations: tuple[str, ...] = ()
    max_rows: int | None = None
    page_size: int = PAGE_SIZE
    rows_per_day: float = 0.0

    def state(self) -> dict[str, Any]:
        """Return JSON values, without `ids`: these are stored in a compressed file of their own."""
        return {
            "watermark": self.watermark.isoformat(),
            "known": [list(self.versions), list(self.versions.values())],
            "head": list(self.head_ids),
            "open": sorted(self.open_ids),
            "situations": list(self.unlisted_situations),
            "rows": self.max_rows,
            "size": self.page_size,
            "daily": self.rows_per_day,
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any], ids: BitMap64 | None = None) -> Self:
        """Return the cursor of a state. The state of the first release has neither `head` nor `rows`; it will do."""
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


class CursorBuilder:
    """The builder of the cursor of a full sweep. It takes in page after page and holds only what the cursor needs."""

    def __init__(self, started_at: datetime, *, known_situations: Collection[str]) -> None:
        """Set the start of the run, and the situations of open records that the catalogue knows."""
        self._started_at = started_at
        self._versions: dict[int, str] = {}
        self._recent_ids = BitMap64()
        self._rows_without_id: dict[int, int] = {}
        """How many rows without an id a page has, by page number: they make the list longer."""
        self.open_records = OpenRecords(known_situations)

    def add_page(self, page_number: int, rows: Sequence[RowFacts]) -> None:
        """Take in the rows of a page of the list."""
        rows_with_id = [row for row in rows if row.has_id]
        if len(rows_with_id) < len(rows):
            self._rows_without_id[page_number] = len(rows) - len(rows_with_id)
        for row in rows_with_id:
            if page_number < _REMEMBERED_PAGES or row.id in self._versions:
                self._versions[row.id] = row.version
            self.open_records.add_row(row)
            if row.created is not None and row.created >= self._started_at - _WEEK:
                self._recent_ids.add(row.id)

    def build(self, ids: BitMap64, *, head_ids: Iterable[int], page_size: int) -> Cursor:
        """Return the cursor for a list with these ids, head and page size."""
        return Cursor(
            self._started_at,
            ids,
            self._versions,
            tuple(head_ids),
            frozenset(self.open_records.ids),
            self.open_records.unlisted_situations,
            len(ids) + sum(self._rows_without_id.values()),
            page_size,
            len(self._recent_ids) / _WEEK.days,
        )

    def state(self) -> dict[str, Any]:
        cursor = self.build(BitMap64(), head_ids=(), page_size=0).state()
        return {**cursor, "recent": self._recent_ids.to_array().tolist(), "keyless": [*self._rows_without_id.items()]}

    def restore(self, state: Mapping[str, Any]) -> None:
        cursor = Cursor.from_state(state)
        self._versions = dict(cursor.versions)
        self.open_records.restore(cursor.open_ids, cursor.unlisted_situations)
        self._recent_ids = BitMap64(state["recent"])
        self._rows_without_id = dict(state.get("keyless", ()))


class OpenRecords:
    """The records that were open when last read, and those of their situations that the catalogue does not know."""

    def __init__(self, known_situations: Collection[str]) -> None:
        self._known_situations = frozenset(known_situations)
        self._unlisted_situations: set[str] = set()
        self.ids: set[int] = set()

    def add_row(self, row: RowFacts) -> None:
        """Take in the latest reading of a row."""
        if not row.is_open:
            self.ids.discard(row.id)
            return
        self.ids.add(row.id)
        if row.situation is not None and row.situation not in self._known_situations:
            self._unlisted_situations.add(row.situation)

    @property
    def unlisted_situations(self) -> tuple[str, ...]:
        return tuple(sorted(self._unlisted_situations))

    def restore(self, ids: Iterable[int], unlisted_situations: Iterable[str]) -> None:
        self.ids, self._unlisted_situations = set(ids), set(unlisted_situations)
