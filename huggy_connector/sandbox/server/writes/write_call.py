"""One write as the routes see it, and what a route gives back."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from huggy_connector.sandbox.data.writes.refused import INVALID, WriteRefused
from huggy_connector.sandbox.server.faults import Answer

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class WriteCall:
    """A write that is accepted and authenticated. `parts` is the path below the version and the company, in small
    letters; `number` counts the writes from 1, `elapsed` the seconds since the start.
    """

    method: str
    parts: tuple[str, ...]
    body: Json
    language: str = ""
    number: int = 1
    elapsed: float = 0.0


@dataclass(frozen=True, slots=True)
class Done:
    """A write that was answered: the ids of what it made or changed, and whether it was done at all."""

    answer: Answer
    ids: Json = field(default_factory=dict)
    is_applied: bool = True


_FILE_NAME = re.compile(rb'filename="([^"\r\n]+)"')


def read_body(content_type: str, body: bytes) -> Json:
    """Return the JSON object of a request, `{}` for none; of an upload its file's name and size.

    Raise WriteRefused for anything else.
    """
    if content_type.startswith("multipart/"):
        name = _FILE_NAME.search(body)
        return {"file": name[1].decode(errors="replace"), "size": len(body)} if name else {}
    if not body.strip():
        return {}
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise WriteRefused(INVALID, "json") from None
    # PHP writes an empty object as an empty list.
    if value == []:
        return {}
    if not isinstance(value, dict):
        raise WriteRefused(INVALID, "json")
    return value
