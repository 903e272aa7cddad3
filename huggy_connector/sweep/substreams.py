"""Reads what many parents have (the messages of chats, their ratings), several parents at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Self

from huggy_connector.errors import SweepError
from huggy_connector.model import Certificate, Scope
from huggy_connector.sweep.types import PageAnswer, PageRequest

MAX_PAGES = 10_000
"""A list with more pages than this has no end."""
MAX_REPEATS = 2
"""Times that a page may be repeated. If it comes once more, the list has no end."""
GIVE_UP_AFTER = 20
"""Refusals, before any answer, after which the API counts as one that has no such record of any parent."""


class SubstreamWalk:
    """A walk over the lists of several parents at once. The `id` of a request is the id of the parent.

    Only an empty page ends a list. The server may leave rows out of any page, so a short page proves nothing.

    If the API refuses a parent (the messages of a bot chat: 403), the walk records the parent and skips it. New rows
    come to the head of a list, and the next run reads them. A row that leaves while its list is read may hide another
    row of that list.

    Not `paged`, each parent has one record, which one answer brings. If the API refuses the first parents, all of them,
    the walk gives up.
    """

    def __init__(
        self, parents: Iterable[int], *, covers: Iterable[str] = (), streams: int = 4, paged: bool = True
    ) -> None:
        """Set the parents to read.

        `covers` are the run keys of the snapshots that named these parents. The state holds both, so a killed run keeps
        them. Parents of later snapshots are left to the next run.
        """
        self.covers = tuple(covers)
        self._parents = deque(dict.fromkeys(parents))
        self._max_streams, self._paged = streams, paged
        self._sent: dict[int, PageRequest] = {}
        self._next_pages: deque[tuple[int, int]] = deque()
        self._lists_read = self._pages_read = self._refusals = 0
        self._last_pages: dict[int, tuple[tuple[object, ...], int]] = {}
        """By parent: the ids of the last page of its list, and how often this page was repeated."""
        self.refused_parents: list[int] = []

    @classmethod
    def from_state(cls, state: Mapping[str, Any], *, streams: int = 4, paged: bool = True) -> Self:
        """Return a walk over the parents that `state` left unread. A half-read list continues at its next page."""
        walk = cls(state["parents"], covers=state["covers"], streams=streams, paged=paged)
        walk._next_pages.extend((parent, page) for parent, page in state["next"])
        walk._lists_read, walk._pages_read, walk.refused_parents = state["read"], state["pages"], list(state["refused"])
        walk._refusals = state.get("refusals", len(walk.refused_parents))
        return walk

    def next_request(self) -> PageRequest | None:
        if len(self._sent) >= self._max_streams or not (self._next_pages or self._parents) or self.has_given_up:
            return None
        parent, page = self._next_pages.popleft() if self._next_pages else (self._parents.popleft(), 0)
        stream = next(stream for stream in range(self._max_streams) if stream not in self._sent)
        request = self._sent[stream] = PageRequest(page=page, stream=stream, id=parent)
        return request

    def receive(self, answer: PageAnswer) -> None:
        request = self._sent.pop(answer.request.stream)
        if request.id is None:
            raise ValueError("SubstreamWalk sends no request without a parent.")
        self._pages_read += 1
        if answer.is_refused:
            self._refusals += 1
            if self._paged:
                self.refused_parents.append(request.id)
        elif answer.rows and self._paged:
            if request.page >= MAX_PAGES or self._is_repeated(request.id, answer):
                raise SweepError("A list goes on for ever: is the `page` parameter honoured below a parent?")
            self._next_pages.append((request.id, request.page + 1))
            return
        self._lists_read += 1
        self._last_pages.pop(request.id, None)

    def _is_repeated(self, parent: int, answer: PageAnswer) -> bool:
        """Return whether a page repeats the one before it too often. New rows can push down one whole page."""
        ids = tuple(row.get("id") for row in answer.rows)
        before, times = self._last_pages.get(parent, ((), 0))
        times = times + 1 if answer.request.page and ids == before else 0
        self._last_pages[parent] = ids, times
        return times >= MAX_REPEATS

    @property
    def has_given_up(self) -> bool:
        """Whether the API refused the first parents, all of them. An answer that is still out may change that."""
        return not self._paged and self._lists_read == self._refusals >= GIVE_UP_AFTER

    @property
    def is_finished(self) -> bool:
        return not (self._sent or self._next_pages or (self._parents and not self.has_given_up))

    @property
    def pages_expected(self) -> int | None:
        """The fewest pages: a page with rows and an empty page for each list. Longer lists need more."""
        waiting = 0 if self.has_given_up else len(self._parents) * (2 if self._paged else 1)
        return self._pages_read + waiting + len(self._next_pages) + len(self._sent)

    def certificate(self) -> Certificate:
        details = {"parents": self._lists_read, "refused": self._refusals}
        if self.has_given_up:
            details["given_up"] = True
        return Certificate(exact=True, details=details, scope=Scope.PARENTS)

    def state(self) -> Mapping[str, Any]:
        out = [(request.id, request.page) for request in self._sent.values()]
        return {
            "walk": "children",
            "covers": list(self.covers),
            "parents": list(self._parents),
            "next": [*map(list, self._next_pages), *map(list, out)],
            "read": self._lists_read,
            "pages": self._pages_read,
            "refused": list(self.refused_parents),
            "refusals": self._refusals,
        }
