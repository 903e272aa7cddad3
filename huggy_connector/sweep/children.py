"""The lists of many parents (the messages of chats): each read strictly page after page, several parents at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Self

from huggy_connector.errors import SweepError
from huggy_connector.sweep.types import Ask, Certificate, Page

PAGE_SIZE = 20
LONGEST = 10_000
"""A parent with more pages than this has a list without an end."""


class Children:
    """`Ask.id` is the parent. A page of fewer than 20 rows is a list's last one: the documented size, and asking every
    short list for one page more would double the requests.

    A parent that is refused (the messages of a bot chat: 403) is recorded and skipped. New rows of a list come at its
    head and are the next run's; a row that leaves while its list is read may hide another one of that list.
    """

    def __init__(self, parents: Iterable[int], *, streams: int = 4) -> None:
        self._parents = deque(dict.fromkeys(parents))
        self._lanes = streams
        self._out: dict[int, Ask] = {}
        self._next: deque[tuple[int, int]] = deque()
        self._read = self._pages = 0
        self.refused: list[int] = []

    @classmethod
    def resumed(cls, state: Mapping[str, Any], *, streams: int = 4) -> Self:
        """The parents that `state` left unread; one that was half read goes on at its next page."""
        walk = cls(state["parents"], streams=streams)
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
        elif len(page.rows) >= PAGE_SIZE:
            if ask.page >= LONGEST:
                raise SweepError("A list goes on for ever: is the `page` parameter honoured below a parent?")
            self._next.append((ask.id, ask.page + 1))
            return
        self._read += 1

    @property
    def finished(self) -> bool:
        return not (self._out or self._next or self._parents)

    @property
    def pages_expected(self) -> int | None:
        """At the least: lists of more than a page come on top."""
        return self._pages + len(self._parents) + len(self._next) + len(self._out)

    def certificate(self) -> Certificate:
        return Certificate(exact=True, details={"parents": self._read, "refused": len(self.refused)})

    def state(self) -> Mapping[str, Any]:
        out = [(ask.id, ask.page) for ask in self._out.values()]
        return {
            "walk": "children",
            "parents": list(self._parents),
            "next": [*map(list, self._next), *map(list, out)],
            "read": self._read,
            "pages": self._pages,
            "refused": list(self.refused),
        }
