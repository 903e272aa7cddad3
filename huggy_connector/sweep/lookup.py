"""Requests records one by one to learn whether they still exist."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Self

from huggy_connector.model import Certificate, Scope
from huggy_connector.sweep.types import PageAnswer, PageRequest


class IdLookup:
    """A lookup of records by id, each id once.

    `deleted_ids` are those that were answered by 404, `existing_ids` those that were answered by a record. An answer of
    403 shows neither. `covers` are the run keys of the snapshots that named these ids: the state holds both.
    """

    def __init__(self, ids: Iterable[int], *, covers: Iterable[str] = (), streams: int = 4) -> None:
        self.covers = tuple(covers)
        self._pending_ids = deque(dict.fromkeys(ids))
        self._max_streams = streams
        self._sent: dict[int, PageRequest] = {}
        self._answered = 0
        self.deleted_ids: list[int] = []
        self.existing_ids: list[int] = []

    @classmethod
    def from_state(cls, state: Mapping[str, Any], *, streams: int = 4) -> Self:
        """Return a walk over the ids that `state` left without an answer."""
        walk = cls(state["ids"], covers=state.get("covers", ()), streams=streams)
        walk._answered, walk.deleted_ids, walk.existing_ids = (
            state["answered"],
            list(state["gone"]),
            list(state["there"]),
        )
        return walk

    def next_request(self) -> PageRequest | None:
        if not self._pending_ids or len(self._sent) >= self._max_streams:
            return None
        stream = next(stream for stream in range(self._max_streams) if stream not in self._sent)
        request = self._sent[stream] = PageRequest(page=0, stream=stream, id=self._pending_ids.popleft())
        return request

    def receive(self, answer: PageAnswer) -> None:
        request = self._sent.pop(answer.request.stream)
        if request.id is None:
            raise ValueError("IdLookup sends no request without an id.")
        self._answered += 1
        if answer.is_gone:
            self.deleted_ids.append(request.id)
        elif not answer.is_refused:
            self.existing_ids.append(request.id)

    @property
    def is_finished(self) -> bool:
        return not (self._sent or self._pending_ids)

    @property
    def pages_expected(self) -> int | None:
        return self._answered + len(self._sent) + len(self._pending_ids)

    def certificate(self) -> Certificate:
        refused = self._answered - len(self.deleted_ids) - len(self.existing_ids)
        details = {"gone": len(self.deleted_ids), "there": len(self.existing_ids), "refused": refused}
        return Certificate(exact=True, details=details, scope=Scope.IDS)

    def state(self) -> Mapping[str, Any]:
        return {
            "walk": "by_id",
            "ids": [*self._pending_ids, *(request.id for request in self._sent.values())],
            "answered": self._answered,
            "gone": list(self.deleted_ids),
            "there": list(self.existing_ids),
            **({"covers": list(self.covers)} if self.covers else {}),
        }
