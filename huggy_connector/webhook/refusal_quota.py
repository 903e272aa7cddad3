"""How many refusals are kept on record: senders without a token could fill the disk with them."""

from __future__ import annotations

from collections.abc import Callable

MAX_A_MINUTE = 100
"""Refusals of one reason that are kept in a minute. The others are only counted."""
MINUTE = 60.0


class RefusalQuota:
    """What of the quota is left, by reason. Reasons are few: they are words of this package."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._used: dict[str, tuple[float, int]] = {}

    def takes(self, reason: str) -> bool:
        """Return whether one more is kept, and count it."""
        now = self._monotonic()
        since, count = self._used.get(reason, (now, 0))
        if now - since >= MINUTE:
            since, count = now, 0
        self._used[reason] = (since, count + 1)
        return count < MAX_A_MINUTE
