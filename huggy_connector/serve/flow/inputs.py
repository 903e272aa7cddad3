"""The inputs of a flow's request: from its address, its headers and its body, all alike. Pure.

    /flow/customer?phone=5531987654321      X-Huggy-Phone: 5531987654321
    {"phone": "5531987654321"}              phone=5531987654321, as a form of either kind

A name may be written with capitals and hyphens: `Contact-Id` is `contact_id`. A value that is blank or null counts as
not given. Two values for one name are a mistake, unless they are the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

from huggy_connector.serve.flow.secrets import HEADER
from huggy_connector.warehouse.flow.query_file import InvalidInput

PREFIX = b"x-huggy-"
MAX_FIELDS = 64
"""Inputs of a request at most."""

Headers = Iterable[tuple[bytes, bytes]]


def read_inputs(query_string: bytes, headers: Headers, body: bytes) -> Mapping[str, str]:
    """Return the inputs by name. Raises InvalidInput for what cannot be read."""
    headers = [*headers]
    found = dict[str, str]()
    for number, (name, value) in enumerate(_iter_all(query_string, headers, body)):
        key = name.strip().lower().replace("-", "_")
        text = _read_value(value).strip()
        if number >= MAX_FIELDS:
            raise InvalidInput(f"there are more than {MAX_FIELDS} inputs")
        if text and found.setdefault(key, text) != text:
            raise InvalidInput("an input has two values")
    return found


def _iter_all(query_string: bytes, headers: Headers, body: bytes) -> Iterator[tuple[str, Any]]:
    yield from _parse_form(query_string)
    content_type = b""
    for name, value in headers:
        if name == b"content-type":
            content_type = value
        elif name.startswith(PREFIX) and name != HEADER:
            yield name.removeprefix(PREFIX).decode("latin-1"), _decode(value)
    yield from _iter_body(content_type, body)


def _iter_body(content_type: bytes, body: bytes) -> Iterator[tuple[str, Any]]:
    """Yield the fields of a body. Its first sign says more than its type, which flows leave as it is."""
    body = body.strip()
    kind = content_type.lower()
    if not body:
        return
    if kind.startswith(b"multipart/form-data"):
        yield from _parse_parts(content_type, body)
    elif body[:1] in b"{[" or b"json" in kind:
        yield from _parse_json(body)
    else:
        yield from _parse_form(body)


def _parse_form(text: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(_decode(text), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError:  # too many fields, or escapes that are no UTF-8
        raise InvalidInput("the form cannot be read") from None


def _parse_json(body: bytes) -> Iterable[tuple[str, Any]]:
    try:
        document = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise InvalidInput("the JSON cannot be read") from None
    if not isinstance(document, dict):
        raise InvalidInput("the JSON is no object")
    return document.items()


def _parse_parts(content_type: bytes, body: bytes) -> Iterator[tuple[str, str]]:
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type + b"\r\n\r\n" + body)
    if not message.is_multipart():
        raise InvalidInput("the form cannot be read")
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            yield name, _decode(content)


def _read_value(value: Any) -> str:
    """Return a value as text. Raises InvalidInput for an object, a list or a truth value."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            raise InvalidInput("an input is true or false")
        case int():
            return str(value)
        case float() if value.is_integer():
            return str(int(value))
        case float():
            return repr(value)
        case _:
            raise InvalidInput("an input is an object or a list")


def _decode(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")


def _refuse_constant(_: str) -> None:
    raise ValueError
