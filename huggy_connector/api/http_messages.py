"""A request and an answer, as the client and its transport exchange them. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol, Self


class Method(StrEnum):
    """An HTTP method that we use."""

    GET = "GET"
    POST = "POST"


class Sendable(Protocol):
    """What a transport sends: a `Request`, or a write (`api/writes/types.py`), which nothing repeats."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def what(self) -> str: ...
    @property
    def query(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def body(self) -> Mapping[str, Any] | None: ...
    @property
    def setting(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An HTTP request: `Request.get` makes one that reads, `Request.post` one that may change something."""

    method: Method
    path: str
    """Below the base URL, or an address of its own."""
    what: str
    """How errors call it: "page 7 of chats"."""
    query: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, str] | None = field(default=None, repr=False)
    """Sent as JSON."""
    setting: str = "HUGGY_BASE_URL"
    """Where the address comes from: what a person should check if nobody answers there."""
    is_repeatable: bool = False
    """Whether sending it twice does no harm. Only such a request is sent again when its answer is lost."""

    @classmethod
    def get(cls, path: str, what: str, query: tuple[tuple[str, str], ...] = ()) -> Self:
        """Return a request that reads: it may be repeated."""
        return cls(method=Method.GET, path=path, what=what, query=query, is_repeatable=True)

    @classmethod
    def post(
        cls,
        path: str,
        what: str,
        body: Mapping[str, str],
        *,
        setting: str = "HUGGY_BASE_URL",
        is_repeatable: bool = False,
    ) -> Self:
        """Return a request that sends `body`: it is not repeated unless `is_repeatable` says that this does no harm."""
        return cls(method=Method.POST, path=path, what=what, body=body, setting=setting, is_repeatable=is_repeatable)


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    connecting: float = 0.0
    """Seconds that it took to open a connection, if there was none."""


Send = Callable[[Request], Response]
"""Sends a request once, within the budget. Raises what `Transport.send` raises."""
