"""Masks and hashes of values: enough to recognise what one already knows, and no more."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.privacy import hash_value, mask_value
from huggy_connector.privacy.masks import is_masked_or_hashed

KEY = b"a key of more than sixteen characters"


@given(st.text())
@example("maria@cliente.example")
@example("(00) 91234-5678")
@example("000.123.456-78")
def test_a_mask_shows_at_most_four_digits_or_initials_and_never_the_value(text: str) -> None:
    shown = mask_value(text)
    assert shown == "" or (shown != text.strip() and (len(shown) <= 10 or "@" in shown))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("maria.s@cliente.example", "m***@cliente.example"),
        ("Ana <ana@x.com.br>, bia@y.com.br", "b***@y.com.br"),
        ("joão@é.com.br", "j***@é.com.br"),
        ("5500912345678", "***5678"),
        (5500912345678, "***5678"),
        ("+55 (00) 9 1234/5678 ", "***5678"),
        ("12345678", "***5678"),
        ("1234567", "***"),
        ("12345", "***"),
        (7, "***"),
        ("Maria da Silva", "M*** S***"),
        ("  Ana  ", "A***"),
        ("Ação", "A***"),
        ("李小龍", "李***"),
        ("1984-05-06 10:00", "1984-01-01"),
        ("1984/05/06", "1984-01-01"),
        ("1984-05-06T10:00:00-03:00", "1984-01-01"),
        ("06/05/1984", "***1984"),
        ("@maria", "@***"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_a_value_is_masked_like_this(value: Any, shown: str) -> None:
    assert mask_value(value) == shown


def test_a_mask_does_not_tell_the_length_of_a_value() -> None:
    assert {mask_value("a" * length) for length in range(1, 200)} == {"a***"}
    assert {mask_value("1" * length) for length in range(8, 200)} == {"***1111"}
    assert {mask_value("Ana " + "da " * count + "Luz") for count in range(200)} == {"A*** L***"}


@pytest.mark.parametrize("text", ["1" * 200_000, "1 " * 100_000 + "x", "a@" * 100_000, " " * 200_000, "-" * 200_000])
def test_a_huge_text_is_masked_too(text: str) -> None:
    assert len(mask_value(text)) <= 10


@pytest.mark.parametrize("written", [" Maria@Cliente.Example ", "maria@cliente.example", "MARIA@CLIENTE.EXAMPLE\n"])
def test_a_hash_does_not_depend_on_how_a_value_is_written(written: str) -> None:
    assert hash_value(written, KEY) == hmac.digest(KEY, b"maria@cliente.example", hashlib.sha256).hex()[:32]


@pytest.mark.parametrize(("one", "other"), [(123, "123"), ("STRASSE", "straße"), ("ÉMILE", "émile")])
def test_a_number_is_hashed_like_its_text_and_letter_case_makes_no_difference(one: Any, other: Any) -> None:
    assert hash_value(one, KEY) == hash_value(other, KEY)


def test_another_key_another_value_and_half_a_character_give_other_hashes() -> None:
    hashes = {
        hash_value("123", KEY),
        hash_value("123", b"another key"),
        hash_value("124", KEY),
        hash_value("12 3", KEY),
        hash_value("\ud83d", KEY),
    }
    assert len(hashes) == 5


@pytest.mark.parametrize(
    "value",
    [
        *map(mask_value, ["Ana", "Ana Luz", "ana@x.com.br", "5500912345678", "123"]),
        *(hash_value(each, KEY) for each in ("Ana", 1, "")),
    ],
)
def test_a_mask_and_a_hash_are_recognised(value: str) -> None:
    assert is_masked_or_hashed(value)


@pytest.mark.parametrize(
    "value",
    [
        "", "Ana", "ana@x.com.br", "5500912345678", 5500912345678, "***12345", "*****", "A*** B*** C***", "a***@",
        "0123456789ABCDEF0123456789ABCDEF", "0" * 31, "0" * 33, "A***\n", "oi, A***", None, ["A***"],
    ],
)  # fmt: skip
def test_another_value_is_not_taken_for_a_mask(value: Any) -> None:
    assert not is_masked_or_hashed(value)
