"""The plain walk: one page after another until an empty one.

A row that arrives pushes the others down, so no row is missed. A row that leaves pulls the later rows up, and one of
them may cross the seam between two pages unread. So the walk is exact only if no row left, and it cannot know that.
"""

from collections.abc import Mapping
from typing import Any, Self

from huggy_connector.errors import SweepError
from huggy_connector.model import Certificate
from huggy_connector.sweep.types import PageAnswer, PageRequest


class SequentialWalk:
    """A walk over the pages 0, 1, 2 ... until one is empty. A list that is not `paged` has only page 0."""

    def __init__(self, *, paged: bool = True) -> None:
        self._next_page = 0
        self._paged = paged
        self._finished = False
        self._is_waiting = False
        self._last_ids: tuple[object, ...] = ()

    @classmethod
    def from_state(cls, state: Mapping[str, Any], *, paged: bool = True) -> Self:
        """Return the walk at the point where `state` was taken."""
        walk = cls(paged=paged)
        walk._next_page, walk._finished = int(state["next_page"]), bool(state["finished"])
        return walk

    def next_request(self) -> PageRequest | None:
        if self._is_waiting or self._finished:
            return None
        self._is_waiting = True
        return PageRequest(page=self._next_page)

    def receive(self, answer: PageAnswer) -> None:
        number, ids = answer.request.page, tuple(row.get("id") for row in answer.rows)
        if ids and ids == self._last_ids:
            raise SweepError(
                f"Page {number} repeats page {number - 1} row by row, so the list has no end: "
                "is the base URL right, and does the server honour the `page` parameter?"
            )
        self._last_ids, self._is_waiting = ids, False
        self._next_page = number + 1
        self._finished = not answer.rows or not self._paged

    @property
    def is_finished(self) -> bool:
        return self._finished

    @property
    def pages_expected(self) -> int | None:
        return self._next_page if self._finished else None

    def certificate(self) -> Certificate:
        if not self._paged:
            return Certificate(exact=True)
        return Certificate(
            exact=False,
            missing_at_most=None,
            why="Pages were read one after another and rows that left meanwhile were not counted.",
        )

    def state(self) -> Mapping[str, Any]:
        return {"walk": "one_by_one", "next_page": self._next_page, "finished": self._finished}
