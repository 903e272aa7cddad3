"""What a request is for. A walk keeps one errand for each request that is out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from huggy_connector.sweep.seams import Joint, Run, Sheet


class Kind(Enum):
    LOOK = auto()
    """At the head: what has come since the last look?"""
    TAIL = auto()
    """At the end: how long is the list?"""
    PROBE = auto()
    """For the end, while it is not known where that is."""
    WALK = auto()
    """The page below a run."""
    SPLIT = auto()
    """The first page of a new stream, half-way down another one's way."""
    RISE = auto()
    """The page above a run, while the end is not known yet and the head stands still."""


@dataclass(frozen=True, slots=True, eq=False)
class Errand:
    """`sent` is the walk's clock, `arrived` and `era` are the ledger's counts when it was sent.

    `run`, its last page `bottom` and the seam below it (`joint`) are those that the page is meant for, if any.
    """

    kind: Kind
    page: int
    sent: int
    arrived: int
    era: int
    run: Run | None = None
    bottom: Sheet | None = None
    joint: Joint | None = None

    @property
    def holds(self) -> Joint | None:
        """The seam that nobody else may work on while this is out."""
        return None if self.kind is Kind.SPLIT else self.joint
