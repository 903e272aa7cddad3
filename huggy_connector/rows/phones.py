"""Phone numbers as people and Huggy write them: one number, whatever its form. Pure.

Brazil's mobile numbers got a ninth digit, a 9 in front, between 2012 and 2016. WhatsApp still names many of them
without it, and Huggy stores what the channel gave. So the same person is 5531987654321, 553187654321 and
(31) 98765-4321.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

REGION = "BR"
BRAZIL = "55"
_LONGEST = 40
"""Characters beyond which a text is no phone number."""
_WRITTEN = re.compile(r"(?:tel:)?[\s+()./\-\d]+")
_NO_AREA = "00"
"""The area code of invented numbers, such as the sandbox's. All of them are mobile numbers."""
_NATIONAL = re.compile(rf"(?P<area>[1-9][1-9]|{_NO_AREA})(?P<subscriber>9?[0-9]{{8}})")
_WITH_COUNTRY = re.compile(rf"(?:00)?{BRAZIL}{_NATIONAL.pattern}")
"""No number of another country has these digits. Many write 00 for the plus, though Brazil's networks do not."""
_INVENTED = re.compile(rf"(?P<area>{_NO_AREA})(?P<subscriber>9?[0-9]{{8}})")
_FORMER_LENGTH = 8
_FORMER_MOBILE = "6789"
"""First digits that mobile numbers had before the ninth digit. Those of fixed lines are 2 to 5."""


def normalize_phone(text: str) -> str | None:
    """Return the digits of a number with its country code, a Brazilian mobile number with its ninth digit.

    A number without a country code is taken for a Brazilian one if it can be one; it needs its area code. Return None
    for anything else.

    >>> normalize_phone("(31) 8765-4321"), normalize_phone("+1 415 555 2671"), normalize_phone("98765-4321")
    ('5531987654321', '14155552671', None)
    """
    text = text.strip()
    if len(text) > _LONGEST or not _WRITTEN.fullmatch(text):
        return None
    return _read_full_digits(text) or _read_by_library(text)


def phone_forms(text: str) -> frozenset[str]:
    """Return the digits of every form of a number: with and without Brazil's 55, and with and without the ninth digit.

    The set is empty where `normalize_phone` returns None.

    >>> sorted(phone_forms("+55 31 98765-4321"))
    ['31987654321', '3187654321', '5531987654321', '553187654321']
    """
    number = normalize_phone(text)
    if number is None:
        return frozenset()
    if not (match := _WITH_COUNTRY.fullmatch(number)):
        return frozenset((number,))
    area, subscriber = match["area"], match["subscriber"]
    subscribers = (subscriber, subscriber[1:] if _has_former_form(area, subscriber) else subscriber)
    return frozenset(country + area + each for each in subscribers for country in ("", BRAZIL))


def _read_full_digits(text: str) -> str | None:
    """Read a number of Brazil that is written with its country code, the usual case, or one of the area 00."""
    if not (match := _WITH_COUNTRY.fullmatch(text) or _INVENTED.fullmatch(text)):
        digits = "".join(str(unicodedata.digit(sign)) for sign in text if sign.isdigit())
        match = _WITH_COUNTRY.fullmatch(digits) or _INVENTED.fullmatch(digits)
    return _join(match["area"], match["subscriber"]) if match else None


def _read_by_library(text: str) -> str | None:
    """Read a number without its country code as one of Brazil if there is such a one, else as one of abroad."""
    import phonenumbers as library

    number = _parse(text)
    if number is None:
        return None
    national = library.national_significant_number(number)
    local = _NATIONAL.fullmatch(national) if number.country_code == int(BRAZIL) else None
    here = _join(local["area"], local["subscriber"]) if local else f"{number.country_code}{national}"
    if _is_valid(_parse(f"+{here}")) or ("+" in text and library.is_possible_number(number)):
        return here
    if "+" not in text and _is_valid(abroad := _parse(f"+{text.lstrip('0 ')}")):
        return f"{abroad.country_code}{library.national_significant_number(abroad)}"
    return here if local else None


def _is_valid(number: Any) -> bool:
    import phonenumbers as library

    return number is not None and library.is_valid_number(number)


def _parse(text: str) -> Any:
    """Return the number as the library reads it from Brazil, or None."""
    import phonenumbers as library

    try:
        return library.parse(text, REGION)
    except library.NumberParseException:
        return None


def _join(area: str, subscriber: str) -> str:
    """Return a number of Brazil with its country code, and with the ninth digit if it is a mobile one."""
    lacks_ninth = len(subscriber) == _FORMER_LENGTH and _has_former_form(area, f"9{subscriber}")
    return f"{BRAZIL}{area}{'9' if lacks_ninth else ''}{subscriber}"


def _has_former_form(area: str, subscriber: str) -> bool:
    """Return whether nine digits were eight once: otherwise the last eight may be somebody's fixed line."""
    return len(subscriber) > _FORMER_LENGTH and (area == _NO_AREA or subscriber[1] in _FORMER_MOBILE)
