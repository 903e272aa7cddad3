"""The answers to `GET /chats/{id}/feedback`. The real ones were never seen, so an option gives them in many forms."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.data.rhythm import DAY, format_time, to_seconds
from huggy_connector.sandbox.data.rng import random_bits
from huggy_connector.sandbox.server.faults import Answer, json_answer
from huggy_connector.sandbox.server.refusals import api_error

_NONE: Final = (json_answer(200, []), json_answer(200, {}), json_answer(200, None), Answer(204, b""))
"""The ways to say that a chat has no rating. 404 is one more."""
LATE_DAYS, CHANGED_DAYS = 3, 2
"""Days after the closing at which a late rating comes, and another one changes, with the option mixed."""


def rating_answer(account: Account, number: str, language: str) -> Answer:
    """Return the answer for the chat with this id, in the form that the option `feedback` asks for."""
    row = account.resource_lists["chats"].find(number)
    if row is None or account.options.feedback == "absent":
        return api_error("missing", language)
    rating, bits = account.chats.feedback(row), random_bits(account.options.seed * 2 + 17, row)
    if account.options.feedback == "plain":
        return json_answer(200, rating)
    if isinstance(rating, list):
        return [*_NONE, api_error("missing", language)][bits % 5]
    return _vary(rating, bits, age=account.local_time(0.0) - to_seconds(datetime.fromisoformat(rating["created_at"])))


def _vary(rating: dict[str, Any], bits: int, *, age: int) -> Answer:
    """Return the rating in one of its forms. `age` is how many seconds ago the chat was closed."""
    said = rating | {"comment": "A moça resolveu na hora." if bits >> 9 & 1 else ""}
    changed_at = format_time(to_seconds(datetime.fromisoformat(rating["created_at"])) + CHANGED_DAYS * DAY)
    changed = said | {"rate": 6 - rating["rate"], "created_at": changed_at}
    forms: tuple[Any, ...] = (
        said,
        said | {"rate": str(rating["rate"])},
        [said],
        {"feedback": said, "surveyID": 5},
        [] if age < LATE_DAYS * DAY else said,
        said if age < CHANGED_DAYS * DAY else [said, changed],
        said | {"rate": "ótimo"},
    )
    return json_answer(200, forms[bits % len(forms)] if bits >> 16 & 255 else said | {"rate": 99})
