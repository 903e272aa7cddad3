"""Random numbers without state: even, independent of each other, and the same at every call."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise, product
from math import nextafter

import pytest

from huggy_connector.sandbox.data.rng import WeightedChoice, random_bits, seeded_random

GREATEST_BELOW_ONE = nextafter(1.0, 0.0)


def test_the_bits_are_a_function_of_the_seed_and_the_number() -> None:
    asked = list(product(range(60), range(60)))
    bits = {(seed, number): random_bits(seed, number) for seed, number in asked}
    assert {pair: random_bits(*pair) for pair in reversed(asked)} == bits
    assert len(set(bits.values())) == len(asked)
    assert all(0 <= value < 2**64 for value in bits.values())


def test_each_of_the_64_bits_is_set_for_half_of_the_numbers() -> None:
    drawn = [random_bits(2, number) for number in range(4000)]
    shares = [sum(value >> bit & 1 for value in drawn) / len(drawn) for bit in range(64)]
    assert 0.45 < min(shares) <= max(shares) < 0.55


def test_the_next_number_changes_half_of_the_bits() -> None:
    flips = [(a ^ b).bit_count() for a, b in pairwise(random_bits(1, number) for number in range(2000))]
    assert 31 < sum(flips) / len(flips) < 33
    assert min(flips) > 8


def test_one_more_draw_in_a_stream_changes_no_other_stream() -> None:
    first, second = seeded_random(1, 11, 7), seeded_random(1, 12, 7)
    expected = [seeded_random(1, 12, 7).random(), first.random()]
    for _ in range(5):
        first.random()
    assert [second.random(), seeded_random(1, 11, 7).random()] == expected


def test_every_seed_stream_and_number_draws_something_else() -> None:
    numbers = (0, 1, 700_000 * 512, 2**48 - 1)
    drawn = [seeded_random(*each).random() for each in product(range(4), range(90, 96), numbers)]
    assert len(set(drawn)) == len(drawn)


def test_a_choice_is_picked_as_often_as_its_share_says() -> None:
    choice = WeightedChoice("abc", (5, 3, 2))
    assert Counter(choice.pick(n / 1000) for n in range(1000)) == {"a": 500, "b": 300, "c": 200}


@pytest.mark.parametrize("shares", [(0, 1, 0, 1, 0), (0.0, 1e-9, 0.0, 1e9, 0.0)])
def test_a_choice_without_a_share_is_never_picked(shares: tuple[float, ...]) -> None:
    choice = WeightedChoice("abcde", shares)
    assert {choice.pick(u) for u in (0.0, 1e-19, 0.25, 0.5, 0.75, GREATEST_BELOW_ONE)} <= set("bd")


@pytest.mark.parametrize("share", [0.1, 1.0, 3.3, 30, 64, 97, 1e300])
def test_the_greatest_number_below_one_picks_the_last_choice(share: float) -> None:
    assert WeightedChoice("ab", (share, share)).pick(GREATEST_BELOW_ONE) == "b"
