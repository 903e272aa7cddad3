"""The limit on the requests that *arrive* in a second, and the record that proves what arrived.

Times are seconds of a monotonic clock and come from the caller. The window is half open: a request exactly one second
after another is not in the same second.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Iterable
from email.utils import formatdate
from itertools import cycle
from typing import Protocol

from huggy_connector.sandbox.fault_kinds import REFUSALS
from huggy_connector.sandbox.server.faults import Answer, gateway_page, json_answer


class Window(Protocol):
    """A limit of requests. Refused requests do not count in it. A limit of 0 accepts every request."""

    limit: int

    def admit(self, now: float) -> bool:
        """Return whether the request that arrives `now` is accepted. Times never go back."""


class FixedWindow:
    """A limit of requests in each second of the clock: on both sides of a full second there may be twice as many."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._second, self._accepted = -1, 0

    def admit(self, now: float) -> bool:
        if int(now) != self._second:
            self._second, self._accepted = int(now), 0
        if self.limit and self._accepted >= self.limit:
            return False
        self._accepted += 1
        return True


class TokenBucket:
    """A limit of requests a second on average: as many at once as were not used in the second before."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._tokens, self._latest = float(limit), 0.0

    def admit(self, now: float) -> bool:
        self._tokens = min(self.limit, self._tokens + (now - self._latest) * self.limit)
        self._latest = now
        if self.limit and self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


class SlidingWindow:
    """A limit of requests in any second."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._accepted: deque[float] = deque()

    def admit(self, now: float) -> bool:
        while self._accepted and now - self._accepted[0] >= 1.0:
            self._accepted.popleft()
        if self.limit and len(self._accepted) >= self.limit:
            return False
        self._accepted.append(now)
        return True


def open_window(kind: str, limit: int) -> Window:
    """Return the window of that kind, one of `options.WINDOWS`."""
    kinds: dict[str, Callable[[int], Window]] = {
        "sliding": SlidingWindow,
        "fixed": FixedWindow,
        "bucket": TokenBucket,
    }
    return kinds[kind](limit)


class Arrivals:
    """The record of each request's arrival, accepted or refused, in 9 bytes each."""

    def __init__(self) -> None:
        self.times = array("d")
        self.accepted = bytearray()

    def add(self, now: float, *, accepted: bool) -> None:
        """Record one arrival. Times never go back."""
        self.times.append(now)
        self.accepted.append(accepted)

    def clear(self) -> None:
        """Forget all of them."""
        self.times = array("d")
        self.accepted = bytearray()

    def most_in_any_second(self) -> int:
        """Return the greatest number of arrivals in any second, refused ones included."""
        return most_in_any_second(self.times)

    def most_accepted_in_any_second(self) -> int:
        """Return the greatest number of accepted arrivals in any second. It is never above the limit."""
        return most_in_any_second([t for t, accepted in zip(self.times, self.accepted, strict=True) if accepted])


def most_in_any_second(times: Iterable[float]) -> int:
    """Return the greatest number of ascending `times` in any half-open second."""
    recent: deque[float] = deque()
    most = 0
    for now in times:
        recent.append(now)
        while now - recent[0] >= 1.0:
            recent.popleft()
        most = max(most, len(recent))
    return most


class RefusalWriter:
    """The writer of 429 answers, in one form or in all forms by turns."""

    def __init__(self, form: str) -> None:
        self._forms = cycle(REFUSALS if form == "cycle" else (form,))

    def refuse(self, wall: float) -> Answer:
        """Return the next 429. `wall` is the Unix time, which the date form needs."""
        form = next(self._forms)
        body = {"reason": "Too many requests"}
        if form == "seconds":
            return json_answer(429, body, ("Retry-After", "1"))
        if form == "fraction":
            return json_answer(429, body, ("Retry-After", "0.5"))
        if form == "date":
            # A date has whole seconds only, so it is two ahead: one ahead could be in the past when it is read.
            return json_answer(429, body, ("Retry-After", formatdate(int(wall) + 2, usegmt=True)))
        if form == "bare":
            return json_answer(429, body)
        return gateway_page(429)
