"""What a refusal says: codes of WhatsApp, and texts in three languages. It is read, and never quoted. Pure.

Source: section 4.5 of the reference for the codes; whether Huggy passes them on is not proven.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from huggy_connector.api.writes.types import Outcome, OutcomeKind

CODES: Final[Mapping[int, tuple[str, str]]] = {
    130472: ("experiment", "This person is in an experiment of Meta's and gets no marketing."),
    131026: ("undeliverable", "WhatsApp cannot deliver to this number."),
    131047: ("window_closed", "More than 24 hours have passed since the customer wrote: only a template may be sent."),
    131048: ("spam_limit", "WhatsApp limits this number for spam: send nothing, and look at its quality in the panel."),
    131049: ("marketing_cap", "This person has got enough marketing for now: do not try again soon."),
    131050: ("opt_out", "This person takes no marketing any more."),
    131056: ("pair_rate", "Too many messages to this person in a short time."),
}
"""Codes of WhatsApp that refuse a message: a name, and a sentence."""
STOPPING_CODES: Final = frozenset({131048})
TEMPLATE_CODES: Final = range(132000, 133000)
"""The template is missing, paused, or its parameters do not fit: every further message would be refused too."""
OPT_OUT: Final = 131050
_CODE: Final = re.compile(r"(?<!\d)(13\d{4})(?!\d)")

_PARAMETER: Final = r"\b(?:param|field|argument|par[aâá]metro|campo|atributo)\w*"
_MISSING: Final = (
    r"\b(?:missing|required|mandatory|not (?:informed|provided|sent|given|present)"
    r"|falt\w*|ausente\w*|obrigat[oó]ri\w*|n[aã]o (?:foi |foram )?(?:informad|enviad|fornecid|preenchid)\w*"
    r"|requerid\w*|obligatori\w*|no (?:fue |fueron |ha sido )?(?:informad|enviad|proporcionad|indicad)\w*)"
)
_MISSING_PARAMETER: Final = re.compile(
    rf"{_PARAMETER}.{{0,60}}?{_MISSING}|{_MISSING}.{{0,60}}?{_PARAMETER}", re.IGNORECASE | re.DOTALL
)
_EXISTS: Final = re.compile(
    r"already (?:exist|regist)|j[aá] (?:exist|cadastrad|est[aá] cadastrad|possui)|ya (?:exist|est[aá] regist)",
    re.IGNORECASE,
)
_INVALID_FILE: Final = re.compile(
    r"\b(?:arquivo|archivo|file|media|m[ií]dia)\b.{0,40}(?:inv[aá]lid|not supported|n[aã]o suportad|no soportad)"
    r"|invalid (?:file|media)",
    re.IGNORECASE,
)
_CONTACT_KEYS: Final = frozenset({"email", "mobile", "phone"})


def says_missing_parameter(text: str) -> bool:
    """Say whether a text complains of a missing parameter, in English, Portuguese or Spanish."""
    return _MISSING_PARAMETER.search(text) is not None


@dataclass(frozen=True, slots=True)
class Complaint:
    """What an answer complains of: the texts of its `reason`, `error` and `errors`, and the keys of an object there."""

    is_made: bool
    texts: tuple[str, ...] = ()
    keys: frozenset[str] = frozenset()

    @classmethod
    def of(cls, value: Any) -> Complaint:
        if isinstance(value, list):
            value = next((each for each in value if isinstance(each, dict)), None)
        if not isinstance(value, dict):
            return cls(is_made=False, texts=(value,) if isinstance(value, str) else ())
        parts = [value[key] for key in ("reason", "error", "errors") if value.get(key)]
        texts = [*list_texts(parts), *(str(number) for number in _list_numbers(parts))]
        keys = {str(key) for part in parts if isinstance(part, dict) for key in part}
        failed = value.get("success") is False
        return cls(is_made=bool(parts) or failed, texts=tuple(texts), keys=frozenset(keys))

    def describe(self) -> str:
        """Return a code and a sentence without its full stop; it quotes nothing of the answer."""
        text = " ".join(self.texts)
        if _EXISTS.search(text) or self.keys & _CONTACT_KEYS:
            return "already_exists: Huggy has such a contact, or does not take its phone or e-mail"
        if _INVALID_FILE.search(text):
            return "invalid_file: Huggy does not take this kind of file"
        if says_missing_parameter(text):
            return "missing_parameter: the API says that a parameter is missing"
        return "refused: the API refused it, and did nothing"


def _list_numbers(value: Any) -> Iterator[int]:
    match value:
        case bool():
            return
        case int():
            yield value
        case dict():
            for each in value.values():
                yield from _list_numbers(each)
        case list():
            for each in value:
                yield from _list_numbers(each)


def read_code(complaint: Complaint) -> Outcome | None:
    """Return the outcome that a code of WhatsApp in a refusal stands for; None without a code."""
    match = _CODE.search(" ".join(complaint.texts))
    if match is None:
        return None
    code = int(match[1])
    if code in TEMPLATE_CODES:
        return Outcome(
            OutcomeKind.STOPPED,
            f"template: WhatsApp does not take this template ({code}): it is missing, paused, or has other parameters.",
        )
    name, sentence = CODES.get(code, ("whatsapp", "WhatsApp refused it."))
    kind = OutcomeKind.STOPPED if code in STOPPING_CODES else OutcomeKind.REFUSED
    return Outcome(kind, f"{name}: {sentence} ({code})", is_opt_out=code == OPT_OUT)


def list_texts(value: Any) -> Iterator[str]:
    """Yield all texts inside a JSON value."""
    match value:
        case str():
            yield value
        case Mapping():
            for each in value.values():
                yield from list_texts(each)
        case list() | tuple():
            for each in value:
                yield from list_texts(each)
