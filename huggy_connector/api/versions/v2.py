"""API v2: its paths, and its records with the keys of v3. Pure.

Source: developers.huggy.io, API v2 (headers, token); shapes as public clients of 2018 to 2026 read them.

v2 has no departments, no profile of a token, no company in a path, and no filter that is known to be honoured. A chat
has no situation, no customer, no last message and no names. A message is an item of the webhook.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from huggy_connector.api.versions.types import ApiVersion
from huggy_connector.catalogue import RESOURCES, Resource
from huggy_connector.model import Row
from huggy_connector.rows.spelling import respell, respell_message

RENEWAL: Final = (
    "an administrator renews it in Huggy's panel under Settings > API, with a code that comes by e-mail, and the "
    "renewal ends the old one at once"
)
"""How a person gets another token of v2."""
COMPANY_NEEDED: Final = (
    "API v2 does not tell the company of a token: set HUGGY_COMPANY_ID (company_id in the extra of the Airflow "
    "connection) to the number of your account."
)
LANGUAGE: Final = "pt-br"
"""The language that is asked for unless another one is set: the default of v2 differs from account to account."""

_PATHS: Final = {
    "agents": "agents",
    "chats": "chats",
    "contacts": "contacts",
    "feedbacks": "chats/{id}/feedback",
    "messages": "chats/{id}/messages",
}
_GATHERED: Final = frozenset({"agents"})
"""No public client asks for a second page of them."""
_KEYS: Final = {
    "agents": {"active": "isActive"},
    "contacts": {"birthday": "birthDate", "customFields": "custom_fields"},
}
"""Keys of v2 and of v3 by resource."""


def to_v3_spelling(resource: str, row: Row) -> Row:
    """Return a record with the keys of v3, in the order received. Nothing is lost: a key that both versions have stays.

    A chat gets the type of its first channel as `channel`, which v3 gives by itself.
    """
    if resource == "messages":
        return respell_message(row)
    if resource == "chats":
        return _add_channel(row)
    return respell(row, _KEYS.get(resource, {}))


def _add_channel(chat: Row) -> Row:
    first = next(iter(_list_of(chat.get("channels"))), None)
    kind = first.get("type") if isinstance(first, Mapping) else None
    return chat if "channel" in chat or not isinstance(kind, str) else {**chat, "channel": kind}


def _list_of(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _adapt(resource: Resource) -> Resource:
    """Return the resource with the path of v2, and without filters."""
    life = resource.life and replace(resource.life, asked=())
    is_paged = resource.paged and resource.name not in _GATHERED
    return replace(resource, path=_PATHS[resource.name], life=life, paged=is_paged)


V2 = ApiVersion(
    "v2",
    resources={name: _adapt(RESOURCES[name]) for name in RESOURCES if name in _PATHS},
    to_v3_spelling=to_v3_spelling,
    has_profile=False,
    names_company=False,
    embeds_contacts=False,
    has_events=False,
    gathered=_GATHERED,
)
