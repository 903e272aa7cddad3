"""The values that several rooms share: a row of the API, the mode of a landing, and what its certificate says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

Row = Mapping[str, Any]
"""One record as the API returned it."""

PAGE_SIZE: Final = 20
"""The rows of a page, as documented: a hint to plan with. The pages that are read correct it, no sweep relies on it."""


class Mode(StrEnum):
    """What a landing reads of a resource."""

    FULL = "full"
    """All of the list."""
    INCREMENTAL = "incremental"
    """What is new or may have changed since the last exact snapshot."""
    WINDOW = "window"
    """The rows created in a span of time."""
    TOMBSTONES = "tombstones"
    """The records that are missing, each by its id: those that answer 404 are deleted."""
    IDS = "ids"
    """The records that events have touched, each by its id."""
    EVENTS = "events"
    """What the inbox of the webhook holds and was not landed yet."""


REQUESTED_MODES: Final = (Mode.FULL, Mode.INCREMENTAL, Mode.WINDOW, Mode.TOMBSTONES)
"""The modes that a person may ask for. Events decide on the others."""


class Scope(StrEnum):
    """The set of rows that a certificate is about."""

    LIST = "list"
    """All rows of the list."""
    HEAD = "head"
    """The rows that came since the last exact run, and the open records. Only a full sweep finds other changes."""
    WINDOW = "window"
    """The rows created in a span of time, provided that the list is in order of creation."""
    PARENTS = "parents"
    """What the requested parents have: each list read down to its empty page, or the one record of each."""
    IDS = "ids"
    """The records that were requested by id."""
    INBOX = "inbox"
    """What the webhook's inbox received: received = kept + doubled + refused."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The statement of a walk about what it read.

    `exact`: the walk read every row of the `scope` that existed from its beginning to its end. If it is not exact, the
    walk missed `missing_at_most` rows at most; None means that nothing bounds them.
    """

    exact: bool
    missing_at_most: int | None = 0
    arrived: int = 0
    left: int = 0
    repaired: int = 0
    why: str = ""
    """One sentence that tells a person why it is not exact."""
    details: Mapping[str, Any] = field(default_factory=dict)
    scope: Scope = Scope.LIST

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        """Return the certificate of which `state` has the JSON values."""
        return cls(**{**state, "scope": Scope(state.get("scope", Scope.LIST))})
