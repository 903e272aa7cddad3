"""Counts of what was recognised as personal: fields and kinds, never a value."""

from __future__ import annotations

import random

import pytest

from huggy_connector.privacy import MaskedDetection, add_detections, describe_counts
from huggy_connector.privacy.detection_counts import OTHER_FIELDS

TOTAL = "values that no rule names look personal, and were masked, hashed or dropped:"
HINT = "To change this, write a rule in HUGGY_PRIVACY."


def test_the_counts_name_fields_and_kinds_and_never_a_value() -> None:
    detections = [MaskedDetection("custom_fields.obs", "cpf")] * 3 + [
        MaskedDetection("name", "phone"),
        MaskedDetection("custom_fields.obs", "email"),
    ]
    counts = add_detections({"name": {"phone": 1}}, detections)

    assert counts == {"name": {"phone": 2}, "custom_fields.obs": {"cpf": 3, "email": 1}}
    assert describe_counts(counts) == f"6 {TOTAL} custom_fields.obs (3 cpf, 1 email), name (2 phone). {HINT}"
    assert (describe_counts({}), add_detections({}, [])) == ("", {})


def test_fields_beyond_a_limit_are_counted_together() -> None:
    counts = add_detections({}, (MaskedDetection(f"seen.{number}", "cpf") for number in range(2_000)))
    assert (len(counts), counts[OTHER_FIELDS]) == (501, {"cpf": 1_500})


def test_a_field_that_was_counted_before_the_limit_still_counts_by_its_name() -> None:
    full = add_detections({}, (MaskedDetection(f"seen.{number}", "cpf") for number in range(500)))
    counts = add_detections(full, [MaskedDetection("seen.7", "email"), MaskedDetection("seen.500", "email")])
    assert (counts["seen.7"], counts[OTHER_FIELDS]) == ({"cpf": 1, "email": 1}, {"email": 1})


def test_the_counts_that_are_added_to_do_not_change() -> None:
    before = {"name": {"phone": 1}}
    add_detections(before, [MaskedDetection("name", "phone"), MaskedDetection("city", "cep")])
    assert before == {"name": {"phone": 1}}


@pytest.mark.parametrize("seed", range(5))
def test_neither_the_order_nor_the_portions_of_detections_make_a_difference(seed: int) -> None:
    chance = random.Random(seed)
    detections = [MaskedDetection(chance.choice("abcde"), chance.choice(["cpf", "cep", "phone"])) for _ in range(200)]
    at_once = add_detections({}, detections)
    chance.shuffle(detections)
    bit_by_bit: dict[str, dict[str, int]] = {}
    while detections:
        portion, detections = detections[:7], detections[7:]
        bit_by_bit = add_detections(bit_by_bit, portion)
    assert bit_by_bit == at_once
    assert describe_counts(bit_by_bit) == describe_counts(at_once)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ("ab", "a (1 cpf), b (1 cpf)"),
        ("edcba", "a (1 cpf), b (1 cpf), c (1 cpf), d (1 cpf), e (1 cpf)"),
        ("gfedcba", "a (1 cpf), b (1 cpf), c (1 cpf), d (1 cpf), e (1 cpf) and 2 more"),
        ("abb", "b (2 cpf), a (1 cpf)"),
    ],
)
def test_the_sentence_names_the_fields_with_the_most_first_and_five_at_most(fields: str, told: str) -> None:
    counts = add_detections({}, (MaskedDetection(field, "cpf") for field in fields))
    assert describe_counts(counts) == f"{len(fields)} {TOTAL} {told}. {HINT}"


def test_large_counts_are_readable() -> None:
    assert describe_counts({"obs": {"cpf": 1_234_567}}).startswith(f"1,234,567 {TOTAL} obs (1,234,567 cpf). ")
