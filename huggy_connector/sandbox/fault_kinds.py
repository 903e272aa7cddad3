"""The kinds of fault that a sandbox has, and how their shares are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

KINDS: dict[str, str] = {
    "500": "500 with a JSON reason",
    "502": "502 with nginx's HTML page",
    "503": "503, JSON and HTML in turns",
    "504": "504 with nginx's HTML page",
    "reset": "the connection is reset in the middle of the body",
    "stall": "no answer for stall_seconds, then the connection closes",
    "truncated": "Content-Length promises more bytes than come",
    "empty": "200 without a body",
    "html": "200 with an HTML login page",
    "json": "200 with invalid JSON",
    "object": "200 with a JSON object where a list is due",
    "short": "a page of one row less",
    "long": "a page of one row more",
    "null": "a page with null in the place of a record",
    "endless": "page 0 whatever page is asked for",
    "storm": "429 without Retry-After for this and every request of the next storm_seconds",
}

_LOST_ANSWERS = {
    "500": "500 with a JSON reason",
    "502": "502 with nginx's HTML page",
    "503": "503, JSON and HTML in turns",
    "504": "504 with nginx's HTML page",
    "reset": "the connection is reset before a byte of the answer",
    "stall": "no answer for stall_seconds, then the connection closes",
    "truncated": "Content-Length promises more bytes than come",
    "empty": "200 without a body",
}

CODES = {
    "130472": "User's number is part of an experiment",
    "131026": "Message undeliverable",
    "131047": "Re-engagement message: more than 24 hours have passed since the recipient last replied",
    "131048": "Spam rate limit hit",
    "131049": "This message was not delivered to maintain healthy ecosystem engagement",
    "131050": "User has stopped marketing messages",
    "131056": "Business and consumer account pair rate limit hit",
    "132000": "Number of parameters does not match the expected number of params",
    "132001": "Template name does not exist in the translation",
    "132015": "Template is paused",
    "132018": "Parameter values contain new lines, tabs or more than 4 consecutive spaces",
}
"""Codes of WhatsApp in a refusal's reason, and what they say."""

WRITE_KINDS: dict[str, str] = {
    **{kind: f"the write is done, then {text}" for kind, text in _LOST_ANSWERS.items()},
    **{f"{kind}-before": f"{text}; nothing is done" for kind, text in _LOST_ANSWERS.items()},
    "429": "429; nothing is done",
    "refusal": "400 or 422 with a reason, as text and as an object in turns; nothing is done",
    "forbidden": "403 with a reason; nothing is done",
    "reason": "200 with a reason; nothing is done",
    "error": "200 with an error; nothing is done",
    "parameter": "200 with a text about a missing parameter; nothing is done",
    **{code: f"400 with WhatsApp's code {code}; nothing is done" for code in CODES},
}

REFUSALS = ("seconds", "fraction", "date", "bare", "html")
"""The forms of a 429: Retry-After of 1, of 0.5, a date, none at all, and none with an HTML body."""


def parse_write_shares(text: str) -> dict[str, float]:
    """Return `500=0.02,reset-before=0.01` as a mapping. Raise ValueError for any other form."""
    shares = dict(read_shares(text, subject="write faults", example="500=0.02,reset-before=0.01"))
    check_write_shares(shares)
    return shares


def parse_shares(text: str) -> dict[str, float]:
    """Return `500=0.02,reset=0.01` as a mapping. An empty text is no fault. Raise ValueError for any other form."""
    shares = dict(read_shares(text, subject="faults", example="500=0.02,reset=0.01"))
    check_shares(shares)
    return shares


def read_shares(text: str, *, subject: str, example: str) -> Iterator[tuple[str, float]]:
    """Yield the kinds and shares of a text such as `example`. Raise ValueError, about `subject`, for any other form."""
    for part in filter(None, (part.strip() for part in text.split(","))):
        kind, _, share = part.partition("=")
        try:
            yield kind.strip(), float(share)
        except ValueError:
            raise ValueError(f"{subject} are written kind=share, as in {example}; {part!r} is not.") from None


def check_shares(shares: Mapping[str, float]) -> None:
    """Raise ValueError for an unknown kind, a share outside 0 to 1, and shares that add up to more than 1."""
    _check_shares(shares, KINDS)


def check_write_shares(shares: Mapping[str, float]) -> None:
    """Raise ValueError as `check_shares` does, about the faults of writes."""
    _check_shares(shares, WRITE_KINDS)


def _check_shares(shares: Mapping[str, float], kinds: Mapping[str, str]) -> None:
    for kind, share in shares.items():
        if kind not in kinds:
            raise ValueError(f"there is no fault {kind!r}; there are {', '.join(kinds)}.")
        if not 0 <= share <= 1:
            raise ValueError(f"the share of fault {kind!r} is {share}, it must lie between 0 and 1.")
    if sum(shares.values()) > 1 + 1e-9:
        raise ValueError("the shares of the faults add up to more than 1.")
