"""Builds requests and decodes answers. Pure: bytes in, rows or an error out. Source: developers.huggy.io, API v3."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from math import isfinite
from typing import Any

from huggy_connector import errors

Row = Mapping[str, Any]
"""One record as the API gave it."""

AN_INSTANT = 366 * 86_400.0
"""Seconds: a Retry-After that is so near to now, counted since 1970, is an instant and no span."""

MOST_DIGITS = 400
"""Of a whole number that is read as one."""

PAGE_SIZE = 20
"""Rows a page, as documented. A hint for planning: no walk relies on it."""


@dataclass(frozen=True, slots=True)
class Request:
    """A GET, or with a `body` a POST of it as JSON. `what` is how errors call it: "page 7 of chats"."""

    path: str
    """Below the base URL, or an address of its own."""
    what: str
    query: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, str] | None = field(default=None, repr=False)
    setting: str = "HUGGY_BASE_URL"
    """Where the address comes from: what a person should check if nobody is there."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer read to its end. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    connecting: float = 0.0
    """Seconds that it took to open a connection for it, where there was none."""


Send = Callable[[Request], Response]
"""Sends a request once, within the budget. Raises what the way to the server does to it."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The token's owner and their company."""

    agent_id: int
    name: str
    company_id: int


def list_request(
    path: str, *, company_id: int | None, page: int | None, filters: tuple[tuple[str, str], ...] = ()
) -> Request:
    """One page of a list, which may be a parent's; `page` None where the list comes in one answer."""
    paging = () if page is None else (("page", str(page)),)
    what = path if page is None else f"page {page} of {path}"
    return Request(_in_company(path, company_id), what, paging + filters)


def row_request(path: str, row_id: int, *, company_id: int | None) -> Request:
    return Request(_in_company(f"{path}/{row_id}", company_id), f"{path} {row_id}")


def profile_request(*, company_id: int | None) -> Request:
    return Request(_in_company("agents/profile", company_id), "the token's profile")


def _in_company(path: str, company_id: int | None) -> str:
    return path if company_id is None else f"companies/{company_id}/{path}"


def rows_in(response: Response, what: str) -> Sequence[Row]:
    """The rows of a list. Raises MangledAnswer or UnexpectedShape; a page is taken whole or not at all.

    What is no record among records (a null, a text) is an empty one: it keeps its place, and costs no other row.
    """
    value = _json(response, what)
    if not isinstance(value, list):
        raise errors.UnexpectedShape(
            f"The answer for {what} is {_kind(value)} where a list is due: "
            "check that HUGGY_BASE_URL is the API's address."
        )
    if value and not any(isinstance(row, dict) for row in value):
        raise errors.UnexpectedShape(f"The answer for {what} holds {_kind(value[0])} where a record is due.")
    return [row if isinstance(row, dict) else {} for row in value]


def row_in(response: Response, what: str) -> Row:
    value = _json(response, what)
    if not isinstance(value, dict):
        raise errors.UnexpectedShape(f"The answer for {what} is {_kind(value)} where a record is due.")
    return value


def profile_in(response: Response) -> Profile:
    row = row_in(response, "the token's profile")
    try:
        company = row.get("companyID") or row["companyId"]
        return Profile(agent_id=int(row["id"]), name=str(row.get("name") or ""), company_id=int(company))
    except (KeyError, TypeError, ValueError):
        raise errors.UnexpectedShape(
            "The token's profile names no company: set HUGGY_COMPANY_ID to the number of your account."
        ) from None


_ERRORS: Mapping[int, tuple[type[errors.ApiError], str]] = {
    HTTPStatus.UNAUTHORIZED: (errors.Unauthorized, "The API does not accept the token."),
    HTTPStatus.FORBIDDEN: (
        errors.Forbidden,
        "The token's agent may not read {what}: check HUGGY_COMPANY_ID, and authorise with an administrator's token.",
    ),
    HTTPStatus.NOT_FOUND: (
        errors.NotFound,
        "Not found: {what}. Check HUGGY_BASE_URL (it ends in /v3), HUGGY_COMPANY_ID and the id.",
    ),
    HTTPStatus.TOO_MANY_REQUESTS: (
        errors.RateLimited,
        "The account's request limit is used up by others too: lower HUGGY_REQUESTS_PER_SECOND while they run.",
    ),
}


def error_in(response: Response, what: str, *, now: datetime) -> errors.ApiError | None:
    """The error that a status stands for; None for a success. No body is quoted: it may hold personal data."""
    status = response.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if status in _ERRORS:
        kind, sentence = _ERRORS[status]
        told = sentence.format(what=what)
        if kind is errors.RateLimited:
            return errors.RateLimited(told, retry_after(response.headers, now=now))
        return kind(told)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return errors.ServerFailed(f"The API failed with status {status} for {what}, again and again: try later.")
    return errors.Refused(f"The API refused {what} with status {status}: check HUGGY_BASE_URL and HUGGY_API_VERSION.")


def described(response: Response) -> str:
    """What came, without what it says: status, kind and size."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    named = kind if re.fullmatch(r"[A-Za-z0-9.+/-]{1,60}", kind) else "no content type"
    return f"status {response.status}, {named}, {len(response.body):,} bytes"


def retry_after(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds for which the server wishes to be left alone, told as a number or a date; None if unreadable.

    A number that is an instant of these years (seconds since 1970, a common mistake) counts as one.
    """
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        date = _http_date(text)
        return None if date is None else max(0.0, (date - now).total_seconds())
    if not isfinite(seconds):
        return None
    apart = seconds - now.timestamp()
    return max(0.0, apart if abs(apart) < AN_INSTANT else seconds)


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """The server's clock, to the second."""
    return _http_date(headers.get("date", ""))


def _http_date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _json(response: Response, what: str) -> Any:
    body = response.body.strip()
    if not body:
        raise errors.MangledAnswer(
            f"The answer for {what} is empty, again and again: try later, or check HUGGY_BASE_URL."
        )
    if body.startswith(b"<"):
        raise errors.MangledAnswer(
            f"The answer for {what} is a web page, not JSON: check that HUGGY_BASE_URL is the API's address, "
            "and that no proxy answers in its place."
        )
    try:
        return _parsed(body)
    except ValueError:
        raise errors.MangledAnswer(f"The answer for {what} is cut off or not JSON: try later.") from None
    except RecursionError:
        raise errors.MangledAnswer(f"The answer for {what} is nested too deep to be read: try later.") from None


def _parsed(body: bytes) -> Any:
    """JSON. A byte that is no UTF-8 becomes U+FFFD, a number that no machine holds is infinite: the rest is read."""
    try:
        return json.loads(body)
    except UnicodeDecodeError:
        return _parsed(body.decode("utf-8", "replace").encode())
    except json.JSONDecodeError:
        raise
    except ValueError:  # more digits than Python reads
        return json.loads(body, parse_int=_number)


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) < MOST_DIGITS else float(digits)


def _kind(value: object) -> str:
    if value is None:
        return "null"
    return {dict: "an object", list: "a list", str: "a text", bool: "a truth value"}.get(type(value), "a number")
