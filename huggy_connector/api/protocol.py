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
from huggy_connector.catalogue import IDS

Row = Mapping[str, Any]
"""One record as the API gave it."""

AN_INSTANT = 366 * 86_400.0
"""Seconds: a Retry-After that is so near to now, counted since 1970, is an instant and no span."""

CLOCKS = range(1970, 2200)
"""Years that a clock may show."""

MOST_DIGITS = 400
"""Of a whole number that is read as one."""

MOST_MEMORY = 32 * 2**20
"""Bytes that an answer may become once it is read as JSON. A page of 20 records with the longest texts has a few
millions.
"""
A_VALUE = 64
"""Bytes that a value takes in memory, about, however short it is on the wire."""
WIDEST = 4
"""Bytes that a sign takes in memory where one of the text's signs is rare."""
MOST_LEVELS = 500
"""Of lists and objects in each other: what is deeper cannot be written again everywhere."""

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
    value = json_in(response, what)
    if not isinstance(value, list):
        raise errors.UnexpectedShape(
            f"The answer for {what} is {_kind(value)} where a list is due: "
            "check that HUGGY_BASE_URL is the API's address."
        )
    if value and not any(isinstance(row, dict) for row in value):
        raise errors.UnexpectedShape(f"The answer for {what} holds {_kind(value[0])} where a record is due.")
    return [row if isinstance(row, dict) else {} for row in value]


def row_in(response: Response, what: str) -> Row:
    value = json_in(response, what)
    if not isinstance(value, dict):
        raise errors.UnexpectedShape(f"The answer for {what} is {_kind(value)} where a record is due.")
    return value


def profile_in(response: Response, *, company_id: int | None = None) -> Profile:
    """`company_id`: which it is where the profile names none."""
    row = row_in(response, "the token's profile")
    agent = _whole(row.get("id"))
    company = _whole(row.get("companyID") or row.get("companyId")) or company_id
    if company is None:
        raise errors.UnexpectedShape(
            "The token's profile names no company: set HUGGY_COMPANY_ID to the number of your account."
        )
    if agent is None:
        raise errors.UnexpectedShape("The token's profile has no id: check that HUGGY_BASE_URL is the API's address.")
    return Profile(agent_id=agent, name=str(row.get("name") or ""), company_id=company)


def _whole(value: object) -> int | None:
    """An id, or the digits of one."""
    digits = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(digits) if re.fullmatch(r"[0-9]{1,19}", digits, re.ASCII) and int(digits) in IDS else None


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
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
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
    """The server's clock (UTC), to the second; None where it tells none, or one that no running clock shows."""
    date = _http_date(headers.get("date", ""))
    return date if date is not None and date.year in CLOCKS else None


def _http_date(text: str) -> datetime | None:
    if re.search(r"[A-Za-z] 0\d{3} ", text):  # Jan 0001 is a clock that was never set, and the library reads 2001
        return None
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, LookupError, ArithmeticError):
        return None


def json_in(response: Response, what: str, setting: str = "HUGGY_BASE_URL") -> Any:
    """The answer as JSON, whatever it holds. Raises MangledAnswer, and AnswerTooLarge where it takes too much memory.

    This is the one net for what decoding an answer can do; `HttpTransport.send` is that for getting it.
    """
    body = response.body.strip()
    if not body:
        raise errors.MangledAnswer(f"The answer for {what} is empty, again and again: try later, or check {setting}.")
    if body.startswith(b"<"):
        raise errors.MangledAnswer(
            f"The answer for {what} is a web page, not JSON: check that {setting} is the API's address, "
            "and that no proxy answers in its place."
        )
    if _weight(body) > MOST_MEMORY:
        raise too_large(what, setting)
    try:
        value = _parsed(body)
    except RecursionError:
        raise _too_deep(what) from None
    except (ValueError, ArithmeticError, MemoryError):
        raise errors.MangledAnswer(f"The answer for {what} is cut off or not JSON: try later.") from None
    if _is_deep(value):
        raise _too_deep(what)
    return value


def _too_deep(what: str) -> errors.MangledAnswer:
    return errors.MangledAnswer(f"The answer for {what} is nested too deep to be read: try later.")


def too_large(what: str, setting: str) -> errors.AnswerTooLarge:
    return errors.AnswerTooLarge(
        f"The answer for {what} is larger than any answer of the API: check that {setting} is its address."
    )


def _weight(body: bytes) -> int:
    """About how many bytes of memory JSON takes at the most, once it is read."""
    is_plain = body.isascii() and rb"\u" not in body
    return len(body) * (1 if is_plain else WIDEST) + A_VALUE * sum(map(body.count, (b"[", b"{", b",", b":")))


def _is_deep(value: object) -> bool:
    """Whether lists and objects lie deeper in each other than `MOST_LEVELS`. Without a call for each level."""
    level, depth = [value], 0
    while level and depth <= MOST_LEVELS:
        insides = (each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list))
        level, depth = [each for inside in insides for each in inside], depth + 1
    return bool(level)


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


def is_text(response: Response) -> bool:
    """Whether all of the answer is the UTF-8 (or -16, or -32) that JSON is written in: else some of it was replaced."""
    try:
        response.body.decode(json.detect_encoding(response.body), "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) < MOST_DIGITS else float(digits)


def _kind(value: object) -> str:
    if value is None:
        return "null"
    return {dict: "an object", list: "a list", str: "a text", bool: "a truth value"}.get(type(value), "a number")
