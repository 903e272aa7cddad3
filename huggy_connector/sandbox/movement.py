"""When a list moves: so many events a second of wall time, and one before every so many answers.

Nothing runs in the background. Whoever is about to read the list calls `catch_up` first, and everything that was due
happens then, in the order and at the times it was due.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from huggy_connector.sandbox.chance import dice

EVENTS = ("arrival", "change", "jump", "departure")
RATES = {"arrivals": "arrival", "changes": "change", "jumps": "jump", "departures": "departure"}

_STREAM = 93
_NEVER = float("inf")


class Movement:
    """Calls `happen(event, elapsed)`; seconds are counted from the start of the sandbox."""

    def __init__(
        self,
        *,
        seed: int,
        rates: Mapping[str, float],
        every: Mapping[str, int],
        happen: Callable[[str, float], None],
    ) -> None:
        self._dice = {event: dice(seed, _STREAM, number) for number, event in enumerate(EVENTS)}
        self._rates = dict.fromkeys(EVENTS, 0.0)
        self._due = dict.fromkeys(EVENTS, _NEVER)
        self._every = dict(every)
        self._reads = 0
        self._happen = happen
        self.set_rates(rates, elapsed=0.0)

    def set_rates(self, rates: Mapping[str, float], *, elapsed: float) -> None:
        """New events a second from now on; those not named stay as they are."""
        for event, rate in rates.items():
            self._rates[event] = rate
            self._due[event] = elapsed + self._pause(event)

    def catch_up(self, elapsed: float) -> None:
        """Everything that was due by `elapsed`."""
        while self._due[event := min(EVENTS, key=self._due.__getitem__)] <= elapsed:
            self._happen(event, self._due[event])
            self._due[event] += self._pause(event)

    def before_answer(self, elapsed: float) -> None:
        """Everything that was due, and what happens once every so many answers."""
        self.catch_up(elapsed)
        self._reads += 1
        for event in EVENTS:
            if (every := self._every.get(event, 0)) and self._reads % every == 0:
                self._happen(event, elapsed)

    def _pause(self, event: str) -> float:
        rate = self._rates[event]
        return self._dice[event].expovariate(rate) if rate else _NEVER
