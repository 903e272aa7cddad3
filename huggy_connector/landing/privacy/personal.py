"""Personal data told by the value itself, whatever the field is called: what is found, where, and the text without it.

    email   an address, in any script
    cpf     11 digits with the right check digits; as 000.000.000-00 also with wrong ones: nothing else is written so
    cnpj    14 digits, or letters and digits as issued since July 2026, in the same way
    cep     00000-000 or 00.000-000; eight bare digits only after the word CEP
    phone   a number that could be rung in Brazil or, with a plus sign, anywhere; 0800 and the like are nobody's

Check digits are python-stdnum's, numbers of phones phonenumbers'. Why these: docs/decisions/0021.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from huggy_connector.landing.privacy.masks import masked


class Kind(StrEnum):
    """What a value is."""

    EMAIL = "email"
    CPF = "cpf"
    CNPJ = "cnpj"
    CEP = "cep"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Found:
    """`text[start:end]` is of this kind."""

    kind: Kind
    start: int
    end: int


REGION = "BR"
_SHORTEST = len("a@b.c")
_REMEMBERED = 200
"""Characters of the longest text whose outcome is kept: values that come again are short."""
_PASSES = 3

_MAYBE = re.compile(r"@|[0-9](?:[^0-9]{0,4}[0-9]){7}|[0-9A-Za-z]{4}-?[0-9]{2}(?![0-9A-Za-z])")
"""What a text without which nothing is in it that is looked for."""
_TIME = re.compile(r"[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}(?:[ T][0-9:.,]{4,}(?:Z| ?[-+][0-9:]{2,6})?)?")
_EMAIL = re.compile(r"(?<![\w.+%!#$&'^{}|~-])[\w.+%!#$&'^{}|~-]+@[\w-]+(?:\.[\w-]+)+")

_START, _END = r"(?<![0-9A-Za-z])(?<![0-9][-.,/])", r"(?![0-9A-Za-z]|[-.,/][0-9])"
_CPF = re.compile(rf"(?:{_START}|(?<=[Cc][Pp][Ff]))[0-9]{{3}}[. ]?[0-9]{{3}}[. ]?[0-9]{{3}}[-./ ]?[0-9]{{2}}{_END}")
_CNPJ = re.compile(
    rf"(?:{_START}|(?<=[Cc][Nn][Pp][Jj]))"
    rf"[0-9A-Za-z]{{2}}[. ]?[0-9A-Za-z]{{3}}[. ]?[0-9A-Za-z]{{3}}[/ ]?[0-9A-Za-z]{{4}}[- ]?[0-9]{{2}}{_END}"
)
_CEP = re.compile(
    rf"{_START}[0-9]{{2}}\.?[0-9]{{3}}-[0-9]{{3}}{_END}|(?<![a-z])cep[^0-9a-z]{{0,4}}([0-9]{{8}}){_END}", re.IGNORECASE
)
_AS_CPF = re.compile(r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}")
_AS_CNPJ = re.compile(r"[0-9A-Za-z]{2}\.[0-9A-Za-z]{3}\.[0-9A-Za-z]{3}/[0-9A-Za-z]{4}-[0-9]{2}")
_PHONE = re.compile(
    r"(?<![0-9A-Za-z])(?<![0-9][-.,/])(?:"
    r"(?P<here>(?:\+?55[ .-]{0,2})?(?:\(0?[0-9]{2}\)|0?[0-9]{2})[ ./-]{0,2}(?:9[ .-]?)?[0-9]{4}[ .-]?[0-9]{4})"
    r"|\+[1-9](?:[ ().-]{0,2}[0-9]){7,14}"
    r"|(?P<near>9[0-9]{4}-[0-9]{4})"
    r")(?![0-9A-Za-z]|[-.,/][0-9])"
)
"""With its area, with its country, or the number of a mobile alone, which needs its hyphen."""
_SIGNS = str.maketrans("", "", ".-/ ")


def found(text: str, *, bare: bool = True) -> tuple[Found, ...]:
    """What is in a text, in order, nothing twice. `bare`: digits without any sign between them count, too.

    >>> [each.kind.value for each in found("CPF 529.982.247-25, maria@cliente.example")]
    ['cpf', 'email']
    """
    return _looked_for(text, bare) if _is_likely(text) else ()


def covered(text: str, *, bare: bool = True) -> tuple[str, tuple[Kind, ...]]:
    """The text with a mask in place of all that is found in it, and of what kinds that was."""
    if not _is_likely(text):
        return text, ()
    return _remembered(text, bare) if len(text) <= _REMEMBERED else _covered(text, bare)


def _is_likely(text: str) -> bool:
    """Whether it is worth a closer look."""
    return len(text) >= _SHORTEST and bool(_MAYBE.search(text if text.isascii() else _as_ascii(text)))


def _covered(text: str, bare: bool) -> tuple[str, tuple[Kind, ...]]:  # noqa: FBT001
    kinds: list[Kind] = []
    for _ in range(_PASSES):
        if not (each := found(text, bare=bare)):
            return text, tuple(kinds)
        kinds += [one.kind for one in each]
        text = _without(text, each)
    # What masks have joined into something that looks like personal data once more.
    return ("***" if found(text, bare=bare) else text), tuple(kinds)


_remembered = lru_cache(maxsize=16_384)(_covered)


def _without(text: str, places: tuple[Found, ...]) -> str:
    kept, start = [], 0
    for each in places:
        kept += [text[start : each.start], masked(text[each.start : each.end])]
        start = each.end
    return "".join((*kept, text[start:]))


def _looked_for(text: str, bare: bool) -> tuple[Found, ...]:  # noqa: FBT001
    text = _as_ascii(text)
    if _TIME.fullmatch(text.strip()):
        return ()
    places: list[Found] = []
    for look in (_emails, _cnpjs, _cpfs, _phones, _ceps):
        new = [*look(text, bare)]
        for each in new:  # what is found is not looked through again
            text = text[: each.start] + "\n" * (each.end - each.start) + text[each.end :]
        places += new
    return tuple(sorted(places, key=lambda each: each.start))


def _emails(text: str, _: bool) -> Iterator[Found]:  # noqa: FBT001
    if "@" in text:
        yield from (Found(Kind.EMAIL, *match.span()) for match in _EMAIL.finditer(text))


def _cpfs(text: str, bare: bool) -> Iterator[Found]:  # noqa: FBT001
    from stdnum.br import cpf

    for match in _CPF.finditer(text):
        told = match[0]
        if _AS_CPF.fullmatch(told) or ((bare or not told.isdigit()) and cpf.is_valid(told.translate(_SIGNS))):
            yield Found(Kind.CPF, *match.span())


def _cnpjs(text: str, bare: bool) -> Iterator[Found]:  # noqa: FBT001
    from stdnum.br import cnpj

    for match in _CNPJ.finditer(text):
        told = match[0]
        is_told = (bare or not told.isalnum()) and _may_be_a_cnpj(told) and cnpj.is_valid(told)
        if is_told or _AS_CNPJ.fullmatch(told):
            yield Found(Kind.CNPJ, *match.span())


def _may_be_a_cnpj(told: str) -> bool:
    """Letters are capitals then, and words are no number: some fourteen letters in a hundred pass the check."""
    has_letters = not told.translate(_SIGNS).isdigit()
    return not has_letters or (told == told.upper() and " " not in told and any(map(str.isdigit, told[:-2])))


def _phones(text: str, bare: bool) -> Iterator[Found]:  # noqa: FBT001
    """Those that can be rung, and those written so plainly that a wrong area makes them no less a person's."""
    for match in _PHONE.finditer(text):
        told = match[0]
        if match["near"] or ((bare or not told.isdigit()) and _is_a_persons(told, plainly=told[0] in "+(")):
            yield Found(Kind.PHONE, *match.span())


def _is_a_persons(told: str, *, plainly: bool) -> bool:
    import phonenumbers as library

    try:
        kind = library.number_type(library.parse(told, REGION))
    except library.NumberParseException:
        return False
    return kind in _PEOPLES or (plainly and kind == library.PhoneNumberType.UNKNOWN)


_PEOPLES = frozenset({0, 1, 2, 6, 7})
"""Of `phonenumbers.PhoneNumberType`: fixed line, mobile, either, voice over IP, personal."""


def _ceps(text: str, _: bool) -> Iterator[Found]:  # noqa: FBT001
    for match in _CEP.finditer(text):
        yield Found(Kind.CEP, *match.span(1 if match[1] else 0))


def _as_ascii(text: str) -> str:
    """Of the same length, digits, dashes, spaces and signs of any script as ASCII has them."""
    return text if text.isascii() else "".join(map(_plain_sign, text))


@lru_cache(maxsize=4096)
def _plain_sign(each: str) -> str:
    match unicodedata.category(each):
        case "Nd":
            return str(unicodedata.decimal(each))
        case "Pd":
            return "-"
        case "Zs" | "Cf":
            return " "
        case category if category[0] in "PS":
            told = unicodedata.normalize("NFKC", each)
            return told if len(told) == 1 and told.isascii() else each
        case _:
            return each
