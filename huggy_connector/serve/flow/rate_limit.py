"""How often one person may be asked for: so many times in any minute. Pure: the time is given."""

from __future__ import annotations

from collections import OrderedDict, deque

WINDOW_SECONDS = 60.0
MAX_KEYS = 50_000
"""People that are counted at once. Beyond that, those who were asked for longest ago are forgotten."""


class RateLimit:
    """Counts by key. It keeps no more times of a key than are allowed, and none that are older than the window."""

    def __init__(self, per_minute: int, *, max_keys: int = MAX_KEYS) -> None:
        self._per_minute = per_minute
        self._max_keys = max_keys
        self._times: OrderedDict[str, deque[float]] = OrderedDict()

    def allows(self, key: str, *, now: float) -> bool:
        """Return whether the key may be asked for once more, and count it if so."""
        times = self._times.setdefault(key, deque())
        self._times.move_to_end(key)
        while times and times[0] <= now - WINDOW_SECONDS:
            times.popleft()
        is_allowed = len(times) < self._per_minute
        if is_allowed:
            times.append(now)
        self._forget_old(now)
        return is_allowed

    def _forget_old(self, now: float) -> None:
        """Forget keys without a time in the window, two at a time at most, and the oldest where there are too many."""
        for _ in range(2):
            key, times = next(iter(self._times.items()))
            if len(self._times) <= self._max_keys and times and times[-1] > now - WINDOW_SECONDS:
                return
            if len(self._times) == 1:
                return
            del self._times[key]
