"""The target of a row in one normal form: what the ledger knows it by, and what the allow-list names. Pure.

A phone or an e-mail becomes a hash with HUGGY_HASH_KEY, so that the ledger holds no address of a person. All forms of
one phone give one hash, whether it stands under `mobile` or `phone`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final
from urllib.parse import unquote

from huggy_connector.catalogue import IDS
from huggy_connector.catalogue.actions.types import TARGET_COLUMNS, Action, Target
from huggy_connector.errors import ConfigurationError
from huggy_connector.privacy.masks import hash_value
from huggy_connector.privacy.policy import check_hash_key
from huggy_connector.rows.phones import normalize_phone

_LISTED: Final = re.compile(r"(chat|contact)\s*:\s*([0-9]{1,19})", re.ASCII)
_METHODS: Final = ("POST", "PUT", "PATCH", "DELETE")
_COMPANY: Final = re.compile(r"companies/[0-9]+/", re.ASCII)
_PERSONAL: Final = re.compile(r"(?<![^/])(?:[^/]*@[^/]*|\+[0-9]{8,}|55[0-9]{10,11})(?![^/])", re.ASCII)
"""Parts of a path that may be an e-mail address or a phone."""
_REACHING: Final = re.compile(
    r"chats/[^/]+/(messages|flow|chatform|close|transfer)|contacts/[^/]+/execflow|flows/[^/]+/contact/[^/]+/exec",
    re.ASCII,
)
"""Paths by which something may reach a customer: a message, a flow, a survey. There is an action for each."""


def parse_allowed(listed: Iterable[str]) -> frozenset[str]:
    """Return HUGGY_ACTIONS_ALLOW in the form of targets. Raises ConfigurationError for anything else."""
    allowed = set()
    for text in listed:
        match = _LISTED.fullmatch(text.strip().casefold())
        if match is None:
            raise ConfigurationError(
                f"HUGGY_ACTIONS_ALLOW {text!r}: write chat: or contact: and an id, such as contact:800001."
            )
        allowed.add(f"{match[1]}:{int(match[2])}")
    return frozenset(allowed)


def normalize_target(action: Action, values: Mapping[str, Any], *, hash_key: bytes) -> tuple[str, int | None]:
    """Return the target of a row as the ledger knows it, and the id of the chat or contact; None where it has none.

    `values` are the row of the query with what `--set` gave. Raises ConfigurationError for a target that is missing,
    NULL, or not what it should be.
    """
    columns = TARGET_COLUMNS[action.target]
    given = [name for name in columns if name in values]
    if not given:
        raise ConfigurationError(f"{action.name} needs the column {' or '.join(columns)}: add it to the query.")
    match action.target:
        case Target.NEW_CONTACT:
            return _normalize_new_contact(action, {name: values[name] for name in given}, hash_key), None
        case Target.ADDRESS:
            return normalize_address(values.get("method"), values[given[0]], hash_key=hash_key), None
        case Target.CONTACT:
            kind = "contact"
        case Target.CHAT_OR_CONTACT if given[0] == "contact_id":
            kind = "contact"
        case _:
            kind = "chat"
    number = read_target_id(values[given[0]], column=given[0])
    return f"{kind}:{number}", number


def read_target_id(value: Any, *, column: str) -> int:
    """Return an id above 0 that a query gave as a number or a text. Raises ConfigurationError."""
    if value is None:
        raise ConfigurationError(f"The column {column} is NULL in a row: leave such rows out, or give their id.")
    if isinstance(value, float | Decimal) and math.isfinite(value) and value == int(value):
        value = int(value)
    text = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    number = int(text) if re.fullmatch(r"\+?[0-9]{1,19}", text, re.ASCII) else 0
    if number not in IDS:
        raise ConfigurationError(
            f"The column {column} holds something that is no id in a row: give whole numbers above 0."
        )
    return number


def _normalize_new_contact(action: Action, given: Mapping[str, Any], hash_key: bytes) -> str:
    texts = {name: str(value).strip() for name, value in given.items() if value is not None and str(value).strip()}
    if not texts:
        raise ConfigurationError(f"{action.name}: a row has neither mobile, phone nor email: leave such rows out.")
    check_hash_key(hash_key, why="The ledger keeps a new contact's phone or e-mail as a hash")
    name, text = next(iter(texts.items()))
    if name == "email":
        if not re.fullmatch(r"[^\s@]+@[^\s@]+", text):
            raise ConfigurationError(f"{action.name}: the column email holds no e-mail address in a row.")
        return f"email:{hash_value(text, hash_key)}"
    number = normalize_phone(text)
    if number is None:
        raise ConfigurationError(
            f"{action.name}: the column {name} holds no phone number in a row: write it as 5511987654321."
        )
    return f"mobile:{hash_value(number, hash_key)}"


def normalize_address(method: Any, path: Any, *, hash_key: bytes) -> str:
    """Return method and path of a request as the ledger knows them. Raises ConfigurationError.

    Letter case, the company and outer slashes make no difference. A part that may be somebody's phone or e-mail is
    hashed.
    """
    verb = str(method or "").strip().upper()
    if verb not in _METHODS:
        raise ConfigurationError(f"request needs a method: --set method={', '.join(_METHODS[:-1])} or {_METHODS[-1]}.")
    if path is None:
        raise ConfigurationError("The column path is NULL in a row: leave such rows out, or give their path.")
    plain = _read_path(str(path))
    if _PERSONAL.search(plain):
        check_hash_key(hash_key, why="The ledger keeps a phone or an e-mail in a path as a hash")
    return f"{verb}:{_PERSONAL.sub(lambda part: hash_value(part[0], hash_key), plain)}"


def reaches_by_address(target: str) -> bool:
    """Return whether a request's target is a path by which something may reach a customer."""
    return _REACHING.fullmatch(target.partition(":")[2]) is not None


def find_ids_in_address(target: str) -> frozenset[str]:
    """Return the chats and contacts that the path of a request names, as targets."""
    parts = target.partition(":")[2].split("/")
    kinds = {"chats": "chat", "contacts": "contact", "contact": "contact"}
    pairs = pairwise(parts)
    return frozenset(f"{kinds[name]}:{int(each)}" for name, each in pairs if name in kinds and each.isdecimal())


def _read_path(text: str) -> str:
    path = text.strip()
    for _ in range(3):  # what is encoded twice is decoded twice: the server may do so
        path = unquote(path)
    is_foreign = "//" in path or "\\" in path or ":" in path
    parts = path.strip("/").split("/")
    if is_foreign or not path.isprintable() or {"", ".", ".."} & set(parts) or set(" ?#%") & set(path):
        raise ConfigurationError(
            "The column path holds no path below the API's address in a row: write it as chats/700001/reopen, and what "
            "follows a ? in the column query."
        )
    return _COMPANY.sub("", "/".join(parts).casefold(), count=1)
