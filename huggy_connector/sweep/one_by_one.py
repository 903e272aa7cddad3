"""The plain walk: one page after another until an empty one.

A row that arrives pushes the others down, so nothing is passed over; a row that leaves pulls the later ones up, and one
may cross the seam between two pages unread. Hence it is exact only where nothing left, which this walk cannot know.
"""

from collections.abc import Mapping
from typing import Any, Self

from huggy_connector.errors import SweepError
from huggy_connector.sweep.types import Ask, Certificate, Page


class OneByOne:
    """Pages 0, 1, 2 ... until one is empty."""

    def __init__(self, *, paged: bool = True) -> None:
        self._next = 0
        self._paged = paged
        self._finished = False
        self._asked = False
        self._last_ids: tuple[object, ...] = ()

    @classmethod
    def resumed(cls, state: Mapping[str, Any], *, paged: bool = True) -> Self:
        """The walk where `state` left it."""
        walk = cls(paged=paged)
        walk._next, walk._finished = int(state["next_page"]), bool(state["finished"])
        return walk

    def next_ask(self) -> Ask | None:
        if self._asked or self._finished:
            return None
        self._asked = True
        return Ask(page=self._next)

    def take(self, page: Page) -> None:
        ids = tuple(row.get("id") for row in page.rows)
        if ids and ids == self._last_ids:
            raise SweepError(
                f"Page {page.ask.page} repeats page {page.ask.page - 1} row by row, so the list has no end: "
                "is the base URL right, and does the server honour the `page` parameter?"
            )
        self._last_ids, self._asked = ids, False
        self._next = page.ask.page + 1
        self._finished = not page.rows or not self._paged

    @property
    def finished(self) -> bool:
        return self._finished

    @property
    def pages_expected(self) -> int | None:
        return self._next if self._finished else None

    def certificate(self) -> Certificate:
        if not self._paged:
            return Certificate(exact=True)
        return Certificate(
            exact=False,
            missing_at_most=None,
            why="Pages were read one after another and rows that left meanwhile were not counted.",
        )

    def state(self) -> Mapping[str, Any]:
        return {"walk": "one_by_one", "next_page": self._next, "finished": self._finished}
