"""What a client writes into a chat: text, files and templates of WhatsApp."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from typing import Any

from huggy_connector.sandbox.data.desk import TEMPLATES
from huggy_connector.sandbox.data.state.chat_state import WrittenMessage
from huggy_connector.sandbox.data.writes.refused import INVALID, WriteRefused
from huggy_connector.sandbox.data.writes.values import read_needed_number, read_text

Json = dict[str, Any]

_REFUSED_AUDIO = ("ogg", "webm", "wav", "m4a")
_KINDS = {
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp"), "image"),
    **dict.fromkeys(("mp3", "aac", "amr"), "audio"),
    **dict.fromkeys(("mp4", "3gp"), "video"),
}
_MOST_BYTES = 15 * 1024 * 1024
_PLACE = re.compile(r"\{(\d+)\}")


class ParameterMissing(Exception):
    """A template's parameter is missing: the API says so in the text of an answer 200, and sends nothing."""

    def __init__(self, parameter: str) -> None:
        super().__init__(parameter)
        self.parameter = parameter


def read_message(body: Mapping[str, Any]) -> WrittenMessage:
    """Return the message of a request's body. Raise WriteRefused, or ParameterMissing for a template's."""
    if body.get("hsm") is not None:
        return WrittenMessage("agent", _read_template(body["hsm"]))
    text, name = read_text(body, "text"), read_text(body, "fileName")
    file, data = read_text(body, "file"), read_text(body, "fileBase64")
    is_internal = body.get("isInternal") in (True, 1, "1", "true")
    if body.get("options") is not None and not _are_options(body["options"]):
        raise WriteRefused(INVALID, "field", "options")
    if data:
        _check_data(data, name)
        file = f"https://cdn.example.com/files/{name}"
    elif file and not file.startswith(("http://", "https://")):
        raise WriteRefused(INVALID, "file", "file")
    if not text and not file:
        raise WriteRefused(INVALID, "field", "text")
    kind = _KINDS.get(file.rpartition(".")[2].lower(), "document") if file else "text"
    return WrittenMessage("agent", text, kind, file or None, is_internal=is_internal)


def _check_data(data: str, name: str) -> None:
    """Refuse what is no bare base64, what has no name, is too big, or is audio that Huggy does not take."""
    try:
        size = len(b64decode(data, validate=True))
    except (Base64Error, ValueError):
        raise WriteRefused(INVALID, "file", "fileBase64") from None
    if not name or size > _MOST_BYTES or name.rpartition(".")[2].lower() in _REFUSED_AUDIO:
        raise WriteRefused(INVALID, "file", "fileBase64")


def _are_options(options: Any) -> bool:
    return isinstance(options, list) and all(
        isinstance(each, dict) and each.get("id") and each.get("title") for each in options
    )


def _read_template(hsm: Any) -> str:
    """Return the text of a template with its parameters."""
    if not isinstance(hsm, dict):
        raise WriteRefused(INVALID, "field", "hsm")
    text = TEMPLATES.get(read_needed_number(hsm, "template_id"))
    if text is None:
        raise WriteRefused(INVALID, "132001", "template_id")
    given = hsm.get("params") or {}
    if not isinstance(given, dict):
        raise WriteRefused(INVALID, "field", "params")
    wanted = _PLACE.findall(text)
    if missing := [each for each in wanted if not str(given.get(each) or "").strip()]:
        raise ParameterMissing(missing[0])
    if set(given) - set(wanted):
        raise WriteRefused(INVALID, "132000", "params")
    if any(re.search(r"[\n\t]| {4}", str(value)) for value in given.values()):
        raise WriteRefused(INVALID, "132018", "params")
    return _PLACE.sub(lambda place: str(given[place[1]]), text)
