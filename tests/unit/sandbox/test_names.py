"""The invented names, and how an e-mail address writes them."""

from __future__ import annotations

import re

import pytest

from huggy_connector.sandbox.data import names
from huggy_connector.sandbox.data.names import FIRST_NAMES, LAST_NAMES, to_email_part


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("Ana", "ana"),
        ("Conceição", "conceicao"),
        ("D'Ávila", "davila"),
        ("ÉDSON", "edson"),
        ("Índigo", "indigo"),
        ("Lübke", "lubke"),
        ("", ""),
    ],
)
def test_an_address_has_no_accents_capitals_or_apostrophes(name: str, part: str) -> None:
    assert to_email_part(name) == part


def test_every_name_becomes_plain_letters_and_stays_a_name_of_its_own() -> None:
    for everyone in (FIRST_NAMES, LAST_NAMES):
        parts = [to_email_part(name) for name in everyone]
        assert [part for part in parts if not re.fullmatch(r"[a-z]+", part)] == []
        assert len(set(parts)) == len(parts)


@pytest.mark.parametrize("name", ["STREETS", "DISTRICTS", "ORGANIZATIONS", "GROUPS", "PLANS", "ORIGINS"])
def test_no_list_names_anything_twice(name: str) -> None:
    assert len(set(getattr(names, name))) == len(getattr(names, name))


def test_every_city_is_in_one_state_of_two_letters() -> None:
    assert len(dict(names.CITIES)) == len(names.CITIES)
    assert all(re.fullmatch(r"[A-Z]{2}", state) for _, state in names.CITIES)
