"""What both versions of the API ask of a write before it is spelled: complete fields, and a body that is JSON. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Any

from huggy_connector.catalogue.actions.types import Action, Target
from huggy_connector.errors import ConfigurationError

MAX_DEPTH = 50
"""Levels of nested lists and objects in a body."""
_PATH = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-]+(?:/[A-Za-z0-9._~!$&'()*+,;=:@-]+)*")


def check_fields(action: Action, target_id: int | None, fields: Mapping[str, Any]) -> None:
    """Raise ConfigurationError if a field is missing or unknown, or the target's id is missing."""
    known = {field.name for field in action.fields}
    if unknown := [name for name in fields if name not in known]:
        raise ConfigurationError(f"{action.name} has no field {unknown[0]}: see `huggy act list`.")
    for field in action.fields:
        value = fields.get(field.name)
        if field.required and (value is None or value == ""):
            raise ConfigurationError(f"{action.name} needs {field.name}: give it as a column or with --set.")
        if field.choices and value is not None and value not in field.choices:
            raise ConfigurationError(f"{field.name} of {action.name} is none of {', '.join(field.choices)}.")
    if target_id is None and action.target not in {Target.NEW_CONTACT, Target.ADDRESS}:
        raise ConfigurationError(f"{action.name} needs the id of a {action.target}.")


def choose_target(action: Action, target: Target | None) -> Target:
    """Return what the id of an action's target is of. Raises ConfigurationError where the action does not say it."""
    if action.target is not Target.CHAT_OR_CONTACT:
        return action.target
    if target not in {Target.CHAT, Target.CONTACT}:
        raise ConfigurationError(f"{action.name} has to know whether its target is a chat or a contact.")
    return Target(target)


def clean_body(body: Mapping[str, Any], what: str) -> dict[str, Any]:
    """Return a body as plain JSON: what a database gives becomes texts and numbers. Raises ConfigurationError."""
    return {_clean_text(str(key), what): _clean(value, what, MAX_DEPTH) for key, value in body.items()}


def _clean(value: Any, what: str, depth: int) -> Any:
    if isinstance(value, list | tuple) and depth:
        return [_clean(each, what, depth - 1) for each in value]
    if isinstance(value, dict) and depth:
        return {_clean_text(str(key), what): _clean(each, what, depth - 1) for key, each in value.items()}
    return _clean_scalar(value, what)


def _clean_scalar(value: Any, what: str) -> Any:
    if value is None or isinstance(value, int) or (isinstance(value, float) and isfinite(value)):
        return value
    if isinstance(value, str):
        return _clean_text(value, what)
    if isinstance(value, Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else str(value)
    if isinstance(value, date):
        return value.isoformat()
    raise ConfigurationError(f"A value of {what} cannot be sent as JSON: give texts, numbers, lists or objects.")


def _clean_text(text: str, what: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ConfigurationError(f"A text of {what} holds half of a character: correct the query.") from None
    return text


def write_text(value: Any) -> str:
    """Return a value as the text that a template or a flow gets: "" for NULL, true or false, digits, ISO dates."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case date():
            return value.isoformat()
        case _:
            return str(value)


def write_texts(values: Any, what: str) -> dict[str, str]:
    """Return an object of texts: of an object, or of a list by position from 1. Raises ConfigurationError."""
    if isinstance(values, list | tuple):
        values = {str(number): value for number, value in enumerate(values, 1)}
    if not isinstance(values, dict) or any(isinstance(each, dict | list | tuple) for each in values.values()):
        raise ConfigurationError(f"{what} has to be a list of texts, or an object of them.")
    return {str(name): write_text(value) for name, value in values.items()}


def read_object(value: Any, what: str) -> Mapping[str, Any]:
    """Return a JSON object; {} for None. Raises ConfigurationError."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigurationError(f"{what} has to be an object.")
    return value


def clean_path(path: str) -> str:
    """Return a path below the API's address. Raises ConfigurationError if it could lead elsewhere."""
    path = path.strip().strip("/")
    segments = path.split("/")
    if not _PATH.fullmatch(path) or {".", ".."} & {*segments} or ":" in segments[0]:
        raise ConfigurationError(
            "The path of a request is one below the API's address, such as chats/700001/reopen; its query is `query`."
        )
    return path
