"""The lists of many parents (the messages of chats): each read strictly page after page, several parents at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Self

from huggy_connector.errors import SweepError
from huggy_connector.sweep.types import Ask, Certificate, Page, Scope

LONGEST = 10_000
"""A parent with more pages than this has a list without an end."""
SAME = 2
"""Times that a page may come again before the list has no end."""


class Children:
    """`Ask.id` is the parent. Only an empty page ends a list: the server may leave rows out of any page, so a short one
    tells nothing.

    A parent that is refused (the messages of a bot chat: 403) is recorded and skipped. New rows of a list come at its
    head and are the next run's; a row that leaves while its list is read may hide another one of that list.
    """

    def __init__(self, parents: Iterable[int], *, covers: Iterable[str] = (), streams: int = 4) -> None:
        """`covers`: run keys of the snapshots that told which parents to ask for, kept over a kill with those that are
        left. What a later one tells is the next run's.
        """
        self.covers = tuple(covers)
        self._parents = deque(dict.fromkeys(parents))
        self._lanes = streams
        self._out: dict[int, Ask] = {}
        self._next: deque[tuple[int, int]] = deque()
        self._read = self._pages = 0
        self._last: dict[int, tuple[tuple[object, ...], int]] = {}
        """Of each list that is being read: the ids of its last page, and how often they came again."""
        self.refused: list[int] = []

    @classmethod
    def resumed(cls, state: Mapping[str, Any], *, streams: int = 4) -> Self:
        """The parents that `state` left unread; one that was half read goes on at its next page."""
        walk = cls(state["parents"], covers=state["covers"], streams=streams)
        walk._next.extend((parent, page) for parent, page in state["next"])
        walk._read, walk._pages, walk.refused = state["read"], state["pages"], list(state["refused"])
        return walk

    def next_ask(self) -> Ask | None:
        if len(self._out) >= self._lanes or not (self._next or self._parents):
            return None
        parent, page = self._next.popleft() if self._next else (self._parents.popleft(), 0)
        lane = next(lane for lane in range(self._lanes) if lane not in self._out)
        ask = self._out[lane] = Ask(page=page, stream=lane, id=parent)
        return ask

    def take(self, page: Page) -> None:
        ask = self._out.pop(page.ask.stream)
        if ask.id is None:
            raise ValueError("Children asks for nothing without a parent.")
        self._pages += 1
        if page.refused:
            self.refused.append(ask.id)
        elif page.rows:
            if ask.page >= LONGEST or self._repeats(ask.id, page):
                raise SweepError("A list goes on for ever: is the `page` parameter honoured below a parent?")
            self._next.append((ask.id, ask.page + 1))
            return
        self._read += 1
        self._last.pop(ask.id, None)

    def _repeats(self, parent: int, page: Page) -> bool:
        """Whether the page is like the one before, for the second time: rows that come can push down one whole page."""
        ids = tuple(row.get("id") for row in page.rows)
        before, times = self._last.get(parent, ((), 0))
        times = times + 1 if page.ask.page and ids == before else 0
        self._last[parent] = ids, times
        return times >= SAME

    @property
    def finished(self) -> bool:
        return not (self._out or self._next or self._parents)

    @property
    def pages_expected(self) -> int | None:
        """At the least, a page with rows and an empty one for each list: longer lists come on top."""
        return self._pages + 2 * len(self._parents) + len(self._next) + len(self._out)

    def certificate(self) -> Certificate:
        details = {"parents": self._read, "refused": len(self.refused)}
        return Certificate(exact=True, details=details, scope=Scope.PARENTS)

    def state(self) -> Mapping[str, Any]:
        out = [(ask.id, ask.page) for ask in self._out.values()]
        return {
            "walk": "children",
            "covers": list(self.covers),
            "parents": list(self._parents),
            "next": [*map(list, self._next), *map(list, out)],
            "read": self._read,
            "pages": self._pages,
            "refused": list(self.refused),
        }
