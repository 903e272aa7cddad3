"""The words of the sweep: what is asked, what comes back, what a walk promises. Pure: no I/O, no clock, no threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

Row = Mapping[str, Any]
"""One record as the API gave it."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One page worth asking for. `stream` tells the walk which of its streams asked; `filters` are query parameters.

    With `id` it is not the list: the one record of that id, or, of a resource with a parent, that parent's list.
    """

    page: int
    stream: int = 0
    filters: tuple[tuple[str, str], ...] = ()
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: its rows in the API's order, and the instant (UTC) at which the answer was complete.

    `refused`: asked for one `id` and answered by 403 or 404. There are no rows then, and it is no failure. `gone`: 404.
    """

    ask: Ask
    rows: Sequence[Row]
    fetched_at: datetime
    refused: bool = False
    gone: bool = False


class Scope(StrEnum):
    """What a certificate speaks of."""

    LIST = "list"
    """All rows of the list."""
    HEAD = "head"
    """What came to the list since the last exact run, and the open records. Other changes wait for a full sweep."""
    WINDOW = "window"
    """The rows created in a span of time, as far as the list is in the order of their creation."""
    PARENTS = "parents"
    """The lists of the parents that were asked for, each to its empty page."""
    IDS = "ids"
    """The records that were asked for by id."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a walk vouches for. `exact`: every row of the `scope` that existed throughout was read; else
    `missing_at_most` were not.
    """

    exact: bool
    missing_at_most: int | None = 0
    arrived: int = 0
    left: int = 0
    repaired: int = 0
    why: str = ""
    """One sentence for a person where it is not exact."""
    details: Mapping[str, Any] = field(default_factory=dict)
    scope: Scope = Scope.LIST


class Walk(Protocol):
    """A way through a list, without I/O: it says what to ask, takes the answers, and says when it is done.

    The driver (`drive`) may have several asks out at once; answers come back in any order. Between two calls the walk's
    `state` and the pages already given to `take` describe the same moment, so the two can be made durable together.
    """

    def next_ask(self) -> Ask | None:
        """The next page worth asking for; None while nothing may be asked until an answer that is out has come."""

    def take(self, page: Page) -> None:
        """Takes an answer in. Raises SweepError where the list cannot be walked to an end."""

    @property
    def finished(self) -> bool: ...

    @property
    def pages_expected(self) -> int | None:
        """How many pages the walk will have read in the end, once it can tell."""

    def certificate(self) -> Certificate:
        """What was read, vouched for. Only once finished."""

    def state(self) -> Mapping[str, Any]:
        """All that a later process needs to go on, as JSON values. Asks that are out count as not asked."""
