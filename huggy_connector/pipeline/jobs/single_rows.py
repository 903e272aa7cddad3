"""The row of the one record that a parent has, a chat's rating: also where the API refuses it or has none. Pure."""

from typing import Final

from huggy_connector.errors import AnswerTooLarge, Forbidden, MangledAnswer, NotFound, Refused, UnexpectedShape
from huggy_connector.model import Row
from huggy_connector.sweep import PageAnswer

WITHOUT_RECORD: Final = (Forbidden, NotFound, Refused, UnexpectedShape, MangledAnswer, AnswerTooLarge)
"""The errors that concern one parent: the run goes on without its record."""


def to_single_row(page: PageAnswer) -> Row:
    """Return the row of a parent: its record if it has one, whose it is, and what the API said (`feedbacks.answer`)."""
    record = next(iter(page.rows), {})
    said = "not_found" if page.is_gone else "refused" if page.is_refused else "read"
    received = record.get("chat")
    parent = {**(received if isinstance(received, dict) else {}), "id": page.request.id}
    return {**record, "chat": parent, "answerKind": said}
