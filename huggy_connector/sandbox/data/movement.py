"""When a list moves: at a rate of events a second of wall time, and once before every so many answers.

Nothing runs in the background. Whoever reads the list calls `catch_up` first. It applies all that was due, in the order
and at the times at which it was due.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from huggy_connector.sandbox.data.rng import seeded_random

EVENTS = ("arrival", "change", "jump", "departure")
EVENT_OF_RATE = {"arrivals": "arrival", "changes": "change", "jumps": "jump", "departures": "departure"}

_MOVEMENT_STREAM = 93
_NEVER = float("inf")


class Movement:
    """The movement of one list: calls `apply_event(event, elapsed)`. Seconds count from the start of the sandbox."""

    def __init__(
        self,
        *,
        seed: int,
        rates: Mapping[str, float],
        every: Mapping[str, int],
        apply_event: Callable[[str, float], None],
    ) -> None:
        self._rngs = {event: seeded_random(seed, _MOVEMENT_STREAM, number) for number, event in enumerate(EVENTS)}
        self._rates = dict.fromkeys(EVENTS, 0.0)
        self._due = dict.fromkeys(EVENTS, _NEVER)
        self._every = dict(every)
        self._answers = 0
        self._apply_event = apply_event
        self.set_rates(rates, elapsed=0.0)

    def set_rates(self, rates: Mapping[str, float], *, elapsed: float) -> None:
        """Set the events a second from now on. Events that are not named keep their rate."""
        for event, rate in rates.items():
            self._rates[event] = rate
            self._due[event] = elapsed + self._draw_interval(event)

    def catch_up(self, elapsed: float) -> None:
        """Apply every event that was due by `elapsed`."""
        while self._due[event := min(EVENTS, key=self._due.__getitem__)] <= elapsed:
            self._apply_event(event, self._due[event])
            self._due[event] += self._draw_interval(event)

    def count_answer(self, elapsed: float) -> None:
        """Apply every event that was due, count one answer, and apply what happens once every so many answers."""
        self.catch_up(elapsed)
        self._answers += 1
        for event in EVENTS:
            if (every := self._every.get(event, 0)) and self._answers % every == 0:
                self._apply_event(event, elapsed)

    def _draw_interval(self, event: str) -> float:
        rate = self._rates[event]
        return self._rngs[event].expovariate(rate) if rate else _NEVER
