"""What an answer to a write means, and what a missing answer means: whether it is done, and may be sent again. Pure.

Source: section 3.2 of the reference. No reason quotes an answer: it may hold personal data.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

from huggy_connector import errors
from huggy_connector.api.http_messages import Response
from huggy_connector.api.protocol import decode_json, parse_id, parse_retry_after
from huggy_connector.api.writes.complaint import Complaint, list_texts, read_code, says_missing_parameter
from huggy_connector.api.writes.types import Outcome, OutcomeKind, WriteRequest
from huggy_connector.catalogue.actions.types import Action, Effect, Target

SUCCESS: Final = range(200, 300)
REDIRECTS: Final = range(300, 400)
REFUSALS: Final = range(400, 500)


def read_answer(response: Response, request: WriteRequest, action: Action, *, now: datetime) -> Outcome:
    """Return what became of a write that was answered."""
    status = response.status
    if status in SUCCESS:
        return _read_success(response, request, action)
    if status in REDIRECTS:
        return Outcome(
            OutcomeKind.REFUSED,
            f"redirected: the API leads elsewhere ({status}), and no write follows: check HUGGY_BASE_URL.",
        )
    if status in REFUSALS and status != HTTPStatus.REQUEST_TIMEOUT:
        return _read_refusal(response, now=now)
    return _unknown(f"the API failed ({status}): it may be done.")


def read_failure(error: errors.HuggyError, request: WriteRequest) -> Outcome:
    """Return what became of a write that failed with an error of `Writer`'s transport, budget or credentials."""
    match error:
        case errors.RateLimited():
            return Outcome(OutcomeKind.NOT_SENT, f"rate_limited: {error}", retry_after=error.retry_after)
        case errors.NeverSent() | errors.Interrupted():
            return Outcome(OutcomeKind.NOT_SENT, f"never_sent: {error}")
        case errors.AnswerTooLarge():
            return _unknown(f"the answer for {request.what} is too large to be one of the API: it may be done.")
        case errors.Unauthorized() | errors.ConfigurationError() | errors.Overlong():
            return Outcome(OutcomeKind.STOPPED, f"stopped: {error}")
        case _:
            return _unknown(f"the answer for {request.what} did not come whole: it may be done.")


def _unknown(sentence: str) -> Outcome:
    return Outcome(OutcomeKind.UNKNOWN, f"unknown: {sentence}")


def _read_refusal(response: Response, *, now: datetime) -> Outcome:
    status, complaint = response.status, Complaint.of(_decode(response))
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return Outcome(OutcomeKind.STOPPED, "unauthorized: the API does not accept the token (401).")
        case _ if (outcome := read_code(complaint)) is not None:
            return outcome
        case HTTPStatus.TOO_MANY_REQUESTS:
            pause = parse_retry_after(response.headers, now=now)
            return Outcome(
                OutcomeKind.NOT_SENT, "rate_limited: the API took no more requests (429).", retry_after=pause
            )
        case HTTPStatus.NOT_FOUND:
            reason = "not_found: Huggy has no such chat, contact, flow or path (404)."
        case HTTPStatus.FORBIDDEN:
            reason = "forbidden: the chat is in a state such as with the bot, or the token may not write (403)."
        case _:
            reason = f"{complaint.describe()} ({status})."
    return Outcome(OutcomeKind.REFUSED, reason)


# An answer with a status of success ----------------------------------------------------------------------------------


def _read_success(response: Response, request: WriteRequest, action: Action) -> Outcome:
    try:
        value = decode_json(response, request.what) if response.body.strip() else None
    except errors.ApiError:
        if request.expects_record or response.body.lstrip()[:1] in {b"<", b"{", b"["}:
            return _unknown("its answer is cut off, or no answer of the API: it may be done.")
        value = response.body.decode("utf-8", "replace")
    if isinstance(value, list):
        value = next((each for each in value if isinstance(each, dict)), None)
    record = value if isinstance(value, dict) else {"text": value}
    kind = _record_kind(action, request)
    ids = _find_ids(record, response, kind)
    is_running = action.name == "run_flow" and "chat" in ids
    if (outcome := _read_refusal_inside(record, request, response.status, is_running=is_running)) is not None:
        return outcome
    if request.expects_record and kind not in ids:
        return _unknown("its answer names no id: it may be done.")
    return Outcome(OutcomeKind.DONE, ids=ids)


def _read_refusal_inside(
    record: Mapping[str, Any], request: WriteRequest, status: int, *, is_running: bool
) -> Outcome | None:
    """Return the refusal that a successful status hides; None if there is none.

    `is_running`: whether it names the chat of a flow. Such an answer has a reason although the flow runs.
    """
    complaint = Complaint.of(record)
    if complaint.is_made and (outcome := read_code(complaint)) is not None:
        return outcome
    if complaint.is_made and not is_running:
        return Outcome(OutcomeKind.REFUSED, f"{complaint.describe()} ({status}).")
    said = (
        _read_text(text, request) for key in ("text", "body", "message") if isinstance(text := record.get(key), str)
    )
    return next((outcome for outcome in said if outcome is not None), None)


def _read_text(text: str, request: WriteRequest) -> Outcome | None:
    """Return a refusal if a text says that a parameter is missing. What was sent may be such a sentence itself."""
    if not says_missing_parameter(text):
        return None
    similar = [_normalize(sent) for sent in list_texts(request.body) if says_missing_parameter(sent)]
    if any(sent in _normalize(text) for sent in similar):
        return None
    if similar:
        return _unknown("its answer may be a refusal, or the text that was sent: it may be done.")
    return Outcome(OutcomeKind.REFUSED, "missing_parameter: the API says that a parameter is missing (200).")


def _normalize(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _record_kind(action: Action, request: WriteRequest) -> str | None:
    """Return what the `id` of the answer is of: `message`, `chat` or `contact`; None if that is not known."""
    if action.name == "open_chat":
        return "chat"
    if action.effect in {Effect.MESSAGE, Effect.OTHER}:
        return "message" if request.expects_record else None
    return "chat" if action.target is Target.CHAT else "contact"


def _find_ids(record: Mapping[str, Any], response: Response, kind: str | None) -> dict[str, int]:
    """Return the ids of the answer by `message`, `chat`, `contact`: numbers or texts, of its body or its Location."""
    ids: dict[str, Any] = {
        "chat": record.get("chatID") or record.get("chatId") or _id_in(record.get("chat")),
        "contact": record.get("contactID") or record.get("contactId") or _id_in(record.get("customer")),
    }
    if kind is not None:
        created = re.search(r"/(\d+)/?$", response.headers.get("location", ""))
        ids[kind] = record.get("id") or (created[1] if created else None) or ids.get(kind)
    return {name: number for name, value in ids.items() if (number := parse_id(value)) is not None}


def _id_in(value: Any) -> Any:
    return value.get("id") if isinstance(value, dict) else None


def _decode(response: Response) -> Any:
    try:
        return decode_json(response, "an answer")
    except errors.ApiError:
        return None
