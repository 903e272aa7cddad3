"""The types of the budget: a turn to send one request. They know nothing of HTTP."""

from contextlib import AbstractContextManager
from enum import IntEnum
from typing import Protocol


class Lane(IntEnum):
    """The priority of a request. What events touched goes first, then what is written; a backfill waits for all."""

    LIVE = -2
    ACTIONS = -1
    NORMAL = 0
    BACKFILL = 1


class Turn(Protocol):
    """The right to send one request now. Without `record_answer` (timeout, reset) the request counts as in flight."""

    def record_answer(
        self, *, connecting: float = 0.0, is_refused: bool = False, retry_after: float | None = None
    ) -> None:
        """Record an answer. `connecting`: the seconds that passed before the request was sent.

        `is_refused`: it was a 429, and asked for `retry_after` seconds if it named a time.
        """


class Budget(Protocol):
    """A request budget: at most `rate` requests of all who share it reach the server in any second."""

    @property
    def rate(self) -> float:
        """Requests a second."""

    def take_turn(self, lane: Lane = Lane.NORMAL) -> AbstractContextManager[Turn]:
        """Wait until a request may leave. Enter it just before sending, and leave it when the answer is read."""

    def close(self) -> None:
        """Close the budget: whoever waits gets Interrupted."""
