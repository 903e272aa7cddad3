"""Personal data that a value shows by itself, whatever its field is called: finds it, and masks it in the text.

    email   an address, in any script
    cpf     11 digits with the right check digits; as 000.000.000-00 also with wrong ones: nothing else is written so
    cnpj    14 digits, or letters and digits as issued since July 2026, in the same way
    cep     00000-000 or 00.000-000; eight bare digits only after the word CEP
    phone   a number that can be called in Brazil or, with a plus sign, anywhere; 0800 and the like are nobody's

python-stdnum checks the check digits, and phonenumbers the phone numbers. docs/decisions/0021 says why.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from huggy_connector.privacy.masks import mask_value


class PersonalDataKind(StrEnum):
    """The kind of a detected value."""

    EMAIL = "email"
    CPF = "cpf"
    CNPJ = "cnpj"
    CEP = "cep"
    PHONE = "phone"


@dataclass(frozen=True, slots=True)
class Detection:
    """A detected value: `text[start:end]` is of this kind."""

    kind: PersonalDataKind
    start: int
    end: int


REGION = "BR"
_SHORTEST = len("a@b.c")
_LONGEST_CACHED = 200
"""The most characters of a text whose result is cached. Values that come again are short."""
_PASSES = 3

_LIKELY = re.compile(r"@|[0-9](?:[^0-9]{0,4}[0-9]){7}|[0-9A-Za-z]{4}-?[0-9]{2}(?![0-9A-Za-z])")
"""A text without a match holds nothing that the detectors look for."""
_TIME = re.compile(r"[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}(?:[ T][0-9:.,]{4,}(?:Z| ?[-+][0-9:]{2,6})?)?")
_PLAIN = re.compile(rf"[A-Za-z\u00c0-\u024f][ -/:-?A-Z\[-~\u00c0-\u024f]*|{_TIME.pattern}|[0-9]{{1,5}}")
"""Words in Latin letters, a time, or a few digits: in a text that is only that, nothing is detected."""
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
"""A number with its area, a number with its country, or a mobile number alone, which needs its hyphen."""
_WITHOUT_SIGNS = str.maketrans("", "", ".-/ ")


def find_personal_data(text: str, *, accept_bare_digits: bool = True) -> tuple[Detection, ...]:
    """Return what is detected in a text, in order, without overlaps.

    With `accept_bare_digits`, digits without any sign between them count too.

    >>> [each.kind.value for each in find_personal_data("CPF 529.982.247-25, maria@cliente.example")]
    ['cpf', 'email']
    """
    return _detect(text, accept_bare_digits) if _is_likely(text) else ()


def mask_personal_data(text: str, *, accept_bare_digits: bool = True) -> tuple[str, tuple[PersonalDataKind, ...]]:
    """Return the text with a mask in place of each detected value, and the kinds of these values."""
    if not _is_likely(text):
        return text, ()
    return (
        _mask_short_text(text, accept_bare_digits)
        if len(text) <= _LONGEST_CACHED
        else _mask_text(text, accept_bare_digits)
    )


def is_plain(text: str) -> bool:
    """Return whether a text is one of those that most are, in which nothing can be detected. False says nothing."""
    return _PLAIN.fullmatch(text) is not None


def _is_likely(text: str) -> bool:
    """Return whether a text is worth a closer look."""
    return len(text) >= _SHORTEST and bool(_LIKELY.search(text if text.isascii() else _as_ascii(text)))


def _mask_text(text: str, accept_bare_digits: bool) -> tuple[str, tuple[PersonalDataKind, ...]]:  # noqa: FBT001
    kinds: list[PersonalDataKind] = []
    for _ in range(_PASSES):
        if not (detections := find_personal_data(text, accept_bare_digits=accept_bare_digits)):
            return text, tuple(kinds)
        kinds += [detection.kind for detection in detections]
        text = _mask_detections(text, detections)
    # The masks may have joined parts into something that looks like personal data again.
    return ("***" if find_personal_data(text, accept_bare_digits=accept_bare_digits) else text), tuple(kinds)


_mask_short_text = lru_cache(maxsize=16_384)(_mask_text)


def _mask_detections(text: str, detections: tuple[Detection, ...]) -> str:
    parts, start = [], 0
    for detection in detections:
        parts += [text[start : detection.start], mask_value(text[detection.start : detection.end])]
        start = detection.end
    return "".join((*parts, text[start:]))


def _detect(text: str, accept_bare_digits: bool) -> tuple[Detection, ...]:  # noqa: FBT001
    text = _as_ascii(text)
    if _TIME.fullmatch(text.strip()):
        return ()
    detections: list[Detection] = []
    for find in (_find_emails, _find_cnpjs, _find_cpfs, _find_phones, _find_ceps):
        found = [*find(text, accept_bare_digits)]
        for detection in found:  # what is found is not searched again
            text = text[: detection.start] + "\n" * (detection.end - detection.start) + text[detection.end :]
        detections += found
    return tuple(sorted(detections, key=lambda detection: detection.start))


def _find_emails(text: str, _: bool) -> Iterator[Detection]:  # noqa: FBT001
    if "@" in text:
        yield from (Detection(PersonalDataKind.EMAIL, *match.span()) for match in _EMAIL.finditer(text))


def _find_cpfs(text: str, accept_bare_digits: bool) -> Iterator[Detection]:  # noqa: FBT001
    from stdnum.br import cpf

    for match in _CPF.finditer(text):
        digits = match[0]
        if _AS_CPF.fullmatch(digits) or (
            (accept_bare_digits or not digits.isdigit()) and cpf.is_valid(digits.translate(_WITHOUT_SIGNS))
        ):
            yield Detection(PersonalDataKind.CPF, *match.span())


def _find_cnpjs(text: str, accept_bare_digits: bool) -> Iterator[Detection]:  # noqa: FBT001
    from stdnum.br import cnpj

    for match in _CNPJ.finditer(text):
        match_text = match[0]
        is_valid = (
            (accept_bare_digits or not match_text.isalnum()) and _may_be_cnpj(match_text) and cnpj.is_valid(match_text)
        )
        if is_valid or _AS_CNPJ.fullmatch(match_text):
            yield Detection(PersonalDataKind.CNPJ, *match.span())


def _may_be_cnpj(text: str) -> bool:
    """Return whether a text can be a CNPJ, by its letters.

    If it has letters, they must be capitals, without spaces, and with a digit before the check digits. Otherwise about
    one in a hundred such words would pass the check.
    """
    has_letters = not text.translate(_WITHOUT_SIGNS).isdigit()
    return not has_letters or (text == text.upper() and " " not in text and any(map(str.isdigit, text[:-2])))


def _find_phones(text: str, accept_bare_digits: bool) -> Iterator[Detection]:  # noqa: FBT001
    """Yield numbers that can be called, and numbers written so clearly as a phone that a wrong area does not matter."""
    for match in _PHONE.finditer(text):
        number = match[0]
        if match["near"] or (
            (accept_bare_digits or not number.isdigit())
            and _is_personal_number(number, is_written_as_phone=number[0] in "+(")
        ):
            yield Detection(PersonalDataKind.PHONE, *match.span())


def _is_personal_number(number: str, *, is_written_as_phone: bool) -> bool:
    import phonenumbers as library

    try:
        kind = library.number_type(library.parse(number, REGION))
    except library.NumberParseException:
        return False
    return kind in _PERSONAL_NUMBER_TYPES or (is_written_as_phone and kind == library.PhoneNumberType.UNKNOWN)


_PERSONAL_NUMBER_TYPES = frozenset({0, 1, 2, 6, 7})
"""Values of `phonenumbers.PhoneNumberType`: fixed line, mobile, either, voice over IP, personal."""


def _find_ceps(text: str, _: bool) -> Iterator[Detection]:  # noqa: FBT001
    for match in _CEP.finditer(text):
        yield Detection(PersonalDataKind.CEP, *match.span(1 if match[1] else 0))


def _as_ascii(text: str) -> str:
    """Return a text of the same length, with digits, dashes, spaces and signs of any script replaced by ASCII ones."""
    return text if text.isascii() else "".join(map(_ascii_character, text))


@lru_cache(maxsize=4096)
def _ascii_character(character: str) -> str:
    match unicodedata.category(character):
        case "Nd":
            return str(unicodedata.decimal(character))
        case "Pd":
            return "-"
        case "Zs" | "Cf":
            return " "
        case category if category[0] in "PS":
            normalized = unicodedata.normalize("NFKC", character)
            return normalized if len(normalized) == 1 and normalized.isascii() else character
        case _:
            return character
