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

REFUSALS = ("seconds", "fraction", "date", "bare", "html")
"""The forms of a 429: Retry-After of 1, of 0.5, a date, none at all, and none with an HTML body."""


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
    for kind, share in shares.items():
        if kind not in KINDS:
            raise ValueError(f"there is no fault {kind!r}; there are {', '.join(KINDS)}.")
        if not 0 <= share <= 1:
            raise ValueError(f"the share of fault {kind!r} is {share}, it must lie between 0 and 1.")
    if sum(shares.values()) > 1 + 1e-9:
        raise ValueError("the shares of the faults add up to more than 1.")
