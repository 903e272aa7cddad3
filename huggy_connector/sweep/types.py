"""The types of the sweep: the request, the answer and the walk. No I/O, no clock, no threads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from huggy_connector.model import Certificate, Row


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A request for one page. `stream` is the stream of the walk that sends it; `filters` are query parameters.

    With an `id` it does not ask for the list. It asks for the one record with that id or, where the resource has a
    parent, for the list of the parent with that id.
    """

    page: int
    stream: int = 0
    filters: tuple[tuple[str, str], ...] = ()
    id: int | None = None


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """The answer to one request: its rows in the API's order, and the instant (UTC) at which it was complete.

    `is_refused`: the API answered 403 or 404 to a request that may be refused. It then has no rows, and this is not an
    error. `is_gone`: the API answered 404.
    """

    request: PageRequest
    rows: Sequence[Row]
    fetched_at: datetime
    is_refused: bool = False
    is_gone: bool = False


class Walk(Protocol):
    """A way through a list, without I/O: it chooses the requests, takes in the answers, and knows when it is finished.

    The driver (`drive`) may have several requests out at once, and their answers come back in any order. Between two
    calls, the walk's `state` and the answers already given to `receive` describe the same moment. So the caller can
    store both together.
    """

    def next_request(self) -> PageRequest | None:
        """Return the next request to send. Return None while the walk first needs an answer that is still out."""

    def receive(self, answer: PageAnswer) -> None:
        """Take in an answer. Raise SweepError if the list has no end."""

    @property
    def is_finished(self) -> bool: ...

    @property
    def pages_expected(self) -> int | None:
        """How many pages the walk will have read at its end. None while it does not know."""

    def certificate(self) -> Certificate:
        """Return the certificate. The walk has to be finished."""

    def state(self) -> Mapping[str, Any]:
        """Return what a later process needs to continue, as JSON values. Requests that are out count as not sent."""
