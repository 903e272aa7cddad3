"""Builds requests and decodes answers. Pure: it takes bytes and returns rows or an error.

Source: developers.huggy.io, API v3.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from math import isfinite
from typing import Any

from huggy_connector import errors
from huggy_connector.api.http_messages import Request, Response
from huggy_connector.catalogue import IDS
from huggy_connector.model import Row

TIMESTAMP_WINDOW = 366 * 86_400.0
"""Seconds: a Retry-After that is this close to now, as a Unix time, is an instant and not a duration."""

PLAUSIBLE_YEARS = range(1970, 2200)
"""Years that a running clock may show."""

MAX_INTEGER_DIGITS = 400
"""Digits of a number that is read as a whole number."""

MAX_MEMORY = 32 * 2**20
"""Bytes of memory that a decoded answer may take. A page of 20 records with the longest texts takes a few millions."""
BYTES_PER_VALUE = 64
"""Bytes of memory that a value takes, about, however short its text is."""
BYTES_PER_CHARACTER = 4
"""Bytes of memory that each character of a text takes if one of them is outside the basic plane."""
MAX_DEPTH = 500
"""Levels of nested lists and objects: not every tool can write deeper ones again."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The token's owner and their company."""

    agent_id: int
    name: str
    company_id: int


def build_list_request(
    path: str, *, company_id: int | None, page: int | None, filters: tuple[tuple[str, str], ...] = ()
) -> Request:
    """Return the request for one page of a list. `page` is None if the list comes in one answer."""
    paging = () if page is None else (("page", str(page)),)
    what = path if page is None else f"page {page} of {path}"
    return Request.get(_build_path(path, company_id), what, paging + filters)


def build_row_request(path: str, row_id: int, *, company_id: int | None) -> Request:
    """Return the request for one record by its id."""
    return Request.get(_build_path(f"{path}/{row_id}", company_id), f"{path} {row_id}")


def build_profile_request(*, company_id: int | None) -> Request:
    """Return the request for the profile of the token's owner."""
    return Request.get(_build_path("agents/profile", company_id), "the token's profile")


def _build_path(path: str, company_id: int | None) -> str:
    return path if company_id is None else f"companies/{company_id}/{path}"


def decode_rows(response: Response, what: str) -> Sequence[Row]:
    """Return the rows of a list. Raises MangledAnswer, AnswerTooLarge or UnexpectedShape: a page is never cut.

    An element that is no record (a null, a text) becomes an empty row: it keeps its position, and no other row is lost.
    """
    value = decode_json(response, what)
    if not isinstance(value, list):
        raise errors.UnexpectedShape(
            f"The answer for {what} is {_describe_type(value)} where a list is due: "
            "check that HUGGY_BASE_URL is the API's address."
        )
    if value and not any(isinstance(row, dict) for row in value):
        raise errors.UnexpectedShape(f"The answer for {what} holds {_describe_type(value[0])} where a record is due.")
    return [row if isinstance(row, dict) else {} for row in value]


def decode_row(response: Response, what: str) -> Row:
    """Return one record. Raises MangledAnswer, AnswerTooLarge or UnexpectedShape."""
    value = decode_json(response, what)
    if not isinstance(value, dict):
        raise errors.UnexpectedShape(f"The answer for {what} is {_describe_type(value)} where a record is due.")
    return value


def decode_profile(response: Response, *, company_id: int | None = None) -> Profile:
    """Return the profile. `company_id` is used if the profile names no company. Raises as `decode_row`."""
    row = decode_row(response, "the token's profile")
    agent = parse_id(row.get("id"))
    company = parse_id(row.get("companyID") or row.get("companyId")) or company_id
    if company is None:
        raise errors.UnexpectedShape(
            "The token's profile names no company: set HUGGY_COMPANY_ID to the number of your account."
        )
    if agent is None:
        raise errors.UnexpectedShape("The token's profile has no id: check that HUGGY_BASE_URL is the API's address.")
    return Profile(agent_id=agent, name=str(row.get("name") or ""), company_id=company)


def parse_id(value: object) -> int | None:
    """Return the id that a number or a text of digits stands for; None for anything else."""
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
        "Not found: {what}. Check HUGGY_BASE_URL (it ends in the version of the API), HUGGY_COMPANY_ID and the id.",
    ),
    HTTPStatus.TOO_MANY_REQUESTS: (
        errors.RateLimited,
        "The account's request limit is used up by others too: lower HUGGY_REQUESTS_PER_SECOND while they run.",
    ),
}


def decode_error(response: Response, what: str, *, now: datetime) -> errors.ApiError | None:
    """Return the error that a status stands for; None for a success. It quotes no body: that may hold personal data."""
    status = response.status
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if status in _ERRORS:
        kind, sentence = _ERRORS[status]
        message = sentence.format(what=what)
        if kind is errors.RateLimited:
            return errors.RateLimited(message, parse_retry_after(response.headers, now=now))
        return kind(message)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return errors.ServerFailed(f"The API failed with status {status} for {what}, again and again: try later.")
    return errors.Refused(f"The API refused {what} with status {status}: check HUGGY_BASE_URL and HUGGY_API_VERSION.")


def describe_response(response: Response) -> str:
    """Return status, content type and size of an answer, without its contents."""
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    named = kind if re.fullmatch(r"[A-Za-z0-9.+/-]{1,60}", kind) else "no content type"
    return f"status {response.status}, {named}, {len(response.body):,} bytes"


def parse_retry_after(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Return the seconds of a Retry-After header, written as a number or a date; None if it is not readable.

    A number that is a Unix time of these years (a common mistake of servers) counts as an instant.
    """
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        date = _parse_http_date(text)
        return None if date is None else max(0.0, (date - now).total_seconds())
    if not isfinite(seconds):
        return None
    from_now = seconds - now.timestamp()
    return max(0.0, from_now if abs(from_now) < TIMESTAMP_WINDOW else seconds)


def parse_server_time(headers: Mapping[str, str]) -> datetime | None:
    """Return the server's clock (UTC), to the second; None if there is none, or no running clock shows such a time."""
    date = _parse_http_date(headers.get("date", ""))
    return date if date is not None and date.year in PLAUSIBLE_YEARS else None


def _parse_http_date(text: str) -> datetime | None:
    if re.search(r"[A-Za-z] 0\d{3} ", text):  # year 0001: a clock that was never set; the library would read 2001
        return None
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, LookupError, ArithmeticError):
        return None


def decode_json(response: Response, what: str, setting: str = "HUGGY_BASE_URL") -> Any:
    """Return the decoded JSON of an answer. Raises MangledAnswer, or AnswerTooLarge if it takes too much memory.

    All failures of decoding are caught here; all failures of the connection are caught in `HttpTransport.send`.
    """
    body = response.body.strip()
    if not body:
        raise errors.MangledAnswer(f"The answer for {what} is empty, again and again: try later, or check {setting}.")
    if body.startswith(b"<"):
        raise errors.MangledAnswer(
            f"The answer for {what} is a web page, not JSON: check that {setting} is the API's address, "
            "and that no proxy answers in its place."
        )
    if _estimate_memory(body) > MAX_MEMORY:
        raise too_large_error(what, setting)
    try:
        value = _parse_json(body)
    except RecursionError:
        raise _too_deep_error(what) from None
    except (ValueError, ArithmeticError, MemoryError):
        raise errors.MangledAnswer(f"The answer for {what} is cut off or not JSON: try later.") from None
    if _is_deep(value):
        raise _too_deep_error(what)
    return value


def _too_deep_error(what: str) -> errors.MangledAnswer:
    return errors.MangledAnswer(f"The answer for {what} is nested too deep to be read: try later.")


def too_large_error(what: str, setting: str) -> errors.AnswerTooLarge:
    return errors.AnswerTooLarge(
        f"The answer for {what} is larger than any answer of the API: check that {setting} is its address."
    )


def _estimate_memory(body: bytes) -> int:
    """Return about how many bytes of memory a JSON text takes at most when it is decoded."""
    is_plain = body.isascii() and rb"\u" not in body
    return len(body) * (1 if is_plain else BYTES_PER_CHARACTER) + BYTES_PER_VALUE * sum(
        map(body.count, (b"[", b"{", b",", b":"))
    )


def _is_deep(value: object) -> bool:
    """Say whether lists and objects are nested deeper than `MAX_DEPTH`. It does not recurse."""
    level, depth = [value], 0
    while level and depth <= MAX_DEPTH:
        insides = (each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list))
        level, depth = [each for inside in insides for each in inside], depth + 1
    return bool(level)


def _parse_json(body: bytes) -> Any:
    """Parse JSON. Bytes that are no UTF-8 become U+FFFD, and a number that is too large becomes infinite."""
    try:
        return json.loads(body)
    except UnicodeDecodeError:
        return _parse_json(body.decode("utf-8", "replace").encode())
    except json.JSONDecodeError:
        raise
    except ValueError:  # more digits than Python reads
        return json.loads(body, parse_int=_parse_integer)


def is_unicode(response: Response) -> bool:
    """Say whether the whole answer is UTF-8, -16 or -32, as JSON must be. If not, `decode_json` replaces some bytes."""
    try:
        response.body.decode(json.detect_encoding(response.body), "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def _parse_integer(digits: str) -> int | float:
    return int(digits) if len(digits) < MAX_INTEGER_DIGITS else float(digits)


def _describe_type(value: object) -> str:
    if value is None:
        return "null"
    return {dict: "an object", list: "a list", str: "a text", bool: "a truth value"}.get(type(value), "a number")
