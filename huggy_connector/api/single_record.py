"""Reads the answer about the one record of a parent, a chat's rating, whatever form it has. Pure.

No public material shows that answer. So an object, a list, an object inside another and a bare value are all read, and
nothing of them is dropped.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from huggy_connector import errors
from huggy_connector.api import protocol
from huggy_connector.api.http_messages import Response
from huggy_connector.model import Row

WRAPPERS: Final = ("feedback", "feedbacks", "data")
"""Keys under which the record may stand inside another object."""
OTHERS: Final = "others"
"""The key, in the record that counts, of the further records of the same parent."""
_TIMES: Final = ("created_at", "createdAt", "rated_at", "ratedAt")
_MAX_DEPTH: Final = 4
_NUMBER = re.compile(r"\s*[+-]?[0-9]+([.,][0-9]+)?\s*", re.ASCII)


def decode_single_record(response: Response, what: str) -> list[Row]:
    """Return the record, or nothing where the answer holds none. Raises MangledAnswer, AnswerTooLarge or NotFound.

    A web page counts as 404: some servers answer so, with status 200, to a path that they do not have.
    """
    body = response.body.strip()
    if not body:
        return []
    if body.startswith(b"<"):
        raise errors.NotFound(f"The answer for {what} is a web page: the API does not seem to have that path.")
    record = read_single_record(protocol.decode_json(response, what))
    return [record] if record else []


def read_single_record(value: Any) -> Row:
    """Return the record that a decoded answer holds, empty if it holds none.

    Of several records the one with the latest time counts, else the last; the others are kept in it, under `OTHERS`. A
    bare number becomes the rating, a bare text the comment.
    """
    records = _find_records(value, depth=0)
    if not records:
        return {}
    latest = max(range(len(records)), key=lambda place: (_time_of(records[place]), place))
    others = [record for place, record in enumerate(records) if place != latest]
    return {**records[latest], OTHERS: others} if others else records[latest]


def _find_records(value: Any, *, depth: int) -> list[Row]:
    if value is None or value is False or value in ("", [], {}):
        return []
    if depth < _MAX_DEPTH:
        if isinstance(value, list):
            return [record for each in value for record in _find_records(each, depth=depth + 1)]
        if isinstance(value, Mapping):
            return _unwrap(value, depth=depth)
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return [{"comment": value}]
    return [{"rate": value}]


def _unwrap(record: Mapping[str, Any], *, depth: int) -> list[Row]:
    """Return the records inside an object, each with the other fields of the object; or the object itself."""
    wrapper = next((key for key in WRAPPERS if isinstance(record.get(key), (dict, list))), None)
    if wrapper is None:
        return [record]
    around = {key: each for key, each in record.items() if key != wrapper}
    inside = _find_records(record[wrapper], depth=depth + 1)
    return [{**around, **each} for each in inside] or ([around] if around else [])


def _time_of(record: Row) -> str:
    """Return the time of the record as it is written, which sorts as it is read; empty if it has none."""
    found = next((record[key] for key in _TIMES if record.get(key)), "")
    return found if isinstance(found, str) else json.dumps(found)
