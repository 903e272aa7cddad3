"""Records that are asked for one by one: are they still there?"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Self

from huggy_connector.sweep.types import Ask, Certificate, Page, Scope


class ById:
    """Each id once. What becomes of it stands in `gone` (404) and `there`; a 403 tells neither."""

    def __init__(self, ids: Iterable[int], *, streams: int = 4) -> None:
        self._ids = deque(dict.fromkeys(ids))
        self._lanes = streams
        self._out: dict[int, Ask] = {}
        self._answered = 0
        self.gone: list[int] = []
        self.there: list[int] = []

    @classmethod
    def resumed(cls, state: Mapping[str, Any], *, streams: int = 4) -> Self:
        """With the ids that `state` left unasked."""
        walk = cls(state["ids"], streams=streams)
        walk._answered, walk.gone, walk.there = state["answered"], list(state["gone"]), list(state["there"])
        return walk

    def next_ask(self) -> Ask | None:
        if not self._ids or len(self._out) >= self._lanes:
            return None
        lane = next(lane for lane in range(self._lanes) if lane not in self._out)
        ask = self._out[lane] = Ask(page=0, stream=lane, id=self._ids.popleft())
        return ask

    def take(self, page: Page) -> None:
        ask = self._out.pop(page.ask.stream)
        if ask.id is None:
            raise ValueError("ById asks for nothing without an id.")
        self._answered += 1
        if page.gone:
            self.gone.append(ask.id)
        elif not page.refused:
            self.there.append(ask.id)

    @property
    def finished(self) -> bool:
        return not (self._out or self._ids)

    @property
    def pages_expected(self) -> int | None:
        return self._answered + len(self._out) + len(self._ids)

    def certificate(self) -> Certificate:
        refused = self._answered - len(self.gone) - len(self.there)
        details = {"gone": len(self.gone), "there": len(self.there), "refused": refused}
        return Certificate(exact=True, details=details, scope=Scope.IDS)

    def state(self) -> Mapping[str, Any]:
        return {
            "walk": "by_id",
            "ids": [*self._ids, *(ask.id for ask in self._out.values())],
            "answered": self._answered,
            "gone": list(self.gone),
            "there": list(self.there),
        }
