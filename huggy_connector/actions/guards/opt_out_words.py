"""Finds the customers who answered that they want no more messages. Pure.

A message counts if it is one of the words and nothing else but small words around it: "PARAR!", "Sair, por favor",
"quero parar de receber mensagens". "Não quero parar" and "cancelar meu pedido" say something else.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from huggy_connector.catalogue import RESOURCES
from huggy_connector.model import Row
from huggy_connector.privacy.suppression_list import parse_id
from huggy_connector.rows.paths import first_value

_FILLERS: Final = frozenset(
    {"a", "as", "da", "de", "do", "e", "eu", "favor", "lista", "mais", "me", "mensagem", "mensagens", "msg", "msgs"}
    | {"muito", "o", "obg", "obrigada", "obrigado", "os", "pf", "pfv", "por", "promocao", "promocoes", "quero"}
    | {"receber", "to", "messages", "please", "promotions", "thanks", "gracias", "mensaje", "mensajes", "promociones"}
)
"""Words that change nothing of what such an answer means, without accents."""
_STAFF: Final = frozenset({"agent", "virtual_agent", "virtual"})
_COLUMNS: Final = {column.name: column.paths for column in RESOURCES["messages"].columns}


def normalize_answer(text: str) -> tuple[str, ...]:
    """Return the words of a text without case, accents, punctuation, emoji and invisible characters.

    Letters that are written apart are one word: "P.A.R.A.R" is "parar".
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = (
        each
        if unicodedata.category(each)[0] in "LN"
        else ""
        if unicodedata.category(each) in ("Mn", "Me", "Cf")
        else " "
        for each in plain
    )
    words = "".join(kept).split()
    return ("".join(words),) if len(words) > 1 and all(len(word) == 1 for word in words) else tuple(words)


class OptOutWords:
    """The words by which a customer says so. Without words nobody does."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._words = frozenset(filter(None, map(normalize_answer, words)))

    def is_opt_out(self, text: object) -> bool:
        """Return whether a customer's message says that they want no more messages."""
        words = normalize_answer(text) if isinstance(text, str) else ()
        return any(_without_fillers(words, but=meant) == meant for meant in self._words)


def _without_fillers(words: tuple[str, ...], *, but: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in _FILLERS or word in but)


def find_opt_outs(messages: Iterable[Row], *, words: OptOutWords, contact_id: int | None = None) -> dict[int, str]:
    """Return the contacts who said so, with when: the time as the API gives it, or an ISO one; "" if there is none.

    `messages` are rows of the API or of the warehouse. `contact_id` is the chat's customer, for those that name none.
    """
    found: dict[int, str] = {}
    for message in messages:
        customer = parse_id(_value(message, "contact_id")) or contact_id
        if customer is not None and is_from_customer(message, customer) and words.is_opt_out(_value(message, "text")):
            at = _value(message, "sent_at")
            when = at.isoformat() if isinstance(at, datetime) else str(at or "")
            found[customer] = max(found.get(customer, ""), when)
    return found


def is_from_customer(message: Row, customer: int | None) -> bool:
    """Return whether the chat's customer wrote a message: not a note, not our side, not another person.

    The rule of docs/speakers.md, as far as one message tells. Where the sender's id is the customer's, an agent may
    have the same number: then an opt-out too many is the lesser harm.
    """
    if _is_true(_value(message, "is_internal")) or _value(message, "type") == "internalEvent":
        return False
    sender = parse_id(_value(message, "sender_id"))
    if sender is not None and customer is not None:
        return sender == customer
    return not _is_staff(message)


def is_signed_by(message: Row, customer: int | None) -> bool:
    """Return whether a message names the customer as its sender, and by no word of our side."""
    is_theirs = customer is not None and parse_id(_value(message, "sender_id")) == customer
    return is_theirs and is_from_customer(message, customer) and not _is_staff(message)


def _is_staff(message: Row) -> bool:
    return str(_value(message, "sender_type") or "").strip().casefold() in _STAFF


def _value(message: Mapping[str, Any], column: str) -> Any:
    return first_value(message, (column, *_COLUMNS[column]))


def _is_true(value: object) -> bool:
    return value is True or str(value).strip().casefold() in ("1", "true")
