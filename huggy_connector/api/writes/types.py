"""A write to Huggy, and its outcome. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class WriteMethod(StrEnum):
    """An HTTP method that changes something."""

    POST = "POST"
    PUT = "PUT"
    PATCH = "PATCH"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteRequest:
    """A request that changes something. It is no `Request`: nothing that repeats reads takes it."""

    method: WriteMethod
    path: str
    """Below the base URL, with the company where the setting names one."""
    what: str
    """How errors and logs call it: "the message to chat 700001". No personal data."""
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Sent as JSON."""
    expects_record: bool = False
    """Whether an empty 2xx leaves it unknown: a message, a new record. It says of others that they are done."""
    query: tuple[tuple[str, str], ...] = ()
    setting: str = "HUGGY_BASE_URL"
    """Where the address comes from: what a person should check if nobody answers there."""


class OutcomeKind(StrEnum):
    """What is known after a write was sent: the table of docs/decisions, "what may be sent again"."""

    DONE = "done"
    """The API says so."""
    REFUSED = "refused"
    """The API says that nothing was done. Final."""
    NOT_SENT = "not sent"
    """It never reached the API, or a 429 turned it away: it may be sent again."""
    STOPPED = "stopped"
    """The token is dead, or the limit on spam is met: nothing was done, and nothing else should be sent."""
    UNKNOWN = "unknown"
    """It may be done. It is never sent again; reading back, an event or a person settles it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a write. `reason` is a code and a sentence without personal data; `ids` are those of the answer:
    `message`, `chat`, `contact`.
    """

    kind: OutcomeKind
    reason: str = ""
    ids: Mapping[str, int] = field(default_factory=dict)
    retry_after: float | None = None
    is_opt_out: bool = False
    """The answer says that this person takes no such messages any more (131050)."""
    refuses_row: bool = False
    """The answer stops the campaign, and its own row will never pass: WhatsApp does not take the template (132xxx)."""
