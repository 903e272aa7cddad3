"""The seam between two runs of pages: open, pending, failed or closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

MAX_PAGES_SEARCHED: Final = 8
"""Pages that are read in search of a run's last row. Then the run is dropped."""


class SeamStatus(StrEnum):
    """The state of the seam between a run and the next one (or the end of the list)."""

    OPEN = "open"
    PENDING = "pending"
    FAILED = "failed"
    CLOSED = "closed"


@dataclass(slots=True, eq=False)
class Seam:
    """The seam below a run. Both pages of a pending seam were read between the ticks `since` and `till`.

    `is_backward`: the lower page was read first, and the upper page was requested at the tick `upper_sent`.

    If it is not plain where the run's last row is now, the row is searched for. `next_page` is the page to read next in
    this search, and `last_page_above` is the last page that proved to lie above the row. `pages_searched` pages were
    read so far, the latest one at the tick `searched_at`.

    `requests_out`: how many requests for this seam are out.
    """

    status: SeamStatus = SeamStatus.OPEN
    is_backward: bool = False
    since: int = 0
    till: int = 0
    upper_sent: int = 0
    next_page: int | None = None
    last_page_above: int = -1
    pages_searched: int = 0
    searched_at: int = 0
    requests_out: int = 0

    @property
    def is_requested(self) -> bool:
        """Whether a request for this seam is out."""
        return self.requests_out > 0

    @property
    def is_free(self) -> bool:
        """Whether the seam is open and nobody is at work on it."""
        return self.status is SeamStatus.OPEN and not self.is_requested

    def reopen(self) -> None:
        """Open the seam: reading continues below the run's last page."""
        self.status = SeamStatus.OPEN
        self.reset_search()

    def reset_search(self) -> None:
        """Forget all that is known of where the run's last row is."""
        self.next_page, self.last_page_above, self.pages_searched = None, -1, 0

    def close(self) -> None:
        """Close the seam: nothing lies below the run."""
        self.reopen()
        self.status = SeamStatus.CLOSED

    def fail(self) -> None:
        """Fail the seam: the run's last row has to be found again."""
        self.reopen()
        self.status = SeamStatus.FAILED

    def set_pending(self, *, since: int, till: int, is_backward: bool = False, upper_sent: int = 0) -> None:
        """Make the seam wait for the count of what arrived or left from `since` to `till`."""
        self.reopen()
        self.status, self.is_backward = SeamStatus.PENDING, is_backward
        self.since, self.till, self.upper_sent = since, till, upper_sent

    def continue_search(self, page: int, *, tick: int, is_lower: bool | None) -> bool:
        """Note that the run's last row is not on `page`, received at this `tick`. Return False to give up the search.

        `is_lower`: the row is lower in the list. False: it is higher. None: it is not known where.
        """
        if is_lower is None:
            is_lower = self.last_page_above == page - 1
        if is_lower:
            self.last_page_above = page
        self.status = SeamStatus.FAILED
        self.next_page = page + 1 if is_lower else page - 1
        self.pages_searched += 1
        self.searched_at = tick
        return self.pages_searched < MAX_PAGES_SEARCHED

    def state(self) -> list[Any]:
        return [self.status.value, self.is_backward, self.since, self.till, self.upper_sent]

    @classmethod
    def from_state(cls, state: Sequence[Any]) -> Self:
        seam, backward, since, till, upper = state
        return cls(SeamStatus(seam), backward, since, till, upper)
