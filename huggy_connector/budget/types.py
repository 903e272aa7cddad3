"""The words of the budget: a turn to send one request. Knows no HTTP."""

from contextlib import AbstractContextManager
from enum import IntEnum
from typing import Protocol


class Lane(IntEnum):
    """Who goes first. A backfill waits while anything normal waits."""

    NORMAL = 0
    BACKFILL = 1


class Turn(Protocol):
    """The right to send one request now. Left without `answered` (time-out, reset), it counts as still on its way."""

    def answered(self, *, refused: bool = False, retry_after: float | None = None) -> None:
        """The server answered. `refused`: with a 429, `retry_after` seconds being its wish where it named one."""


class Budget(Protocol):
    """Who may send when: at most `rate` requests reach the server in any second, over all who share the credential."""

    @property
    def rate(self) -> float:
        """Requests a second."""

    def turn(self, lane: Lane = Lane.NORMAL) -> AbstractContextManager[Turn]:
        """Blocks until a request may leave. To be entered just before sending, and left when the answer is read."""

    def close(self) -> None:
        """Nobody waits any longer: who does gets Interrupted."""
