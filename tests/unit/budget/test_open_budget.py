"""HUGGY_BUDGET, as people may write it."""

from pathlib import Path

import pytest

from huggy_connector.budget import open_budget
from huggy_connector.errors import ConfigurationError


def open_with(spec: str, rate: float = 20.0) -> float:
    return open_budget(spec, scope="a", rate=rate, state_folder=Path("unused"), note=print).rate


@pytest.mark.parametrize(
    ("spec", "rate"),
    [
        ("memory:", 20.0),
        ("memory:?share=0.25", 5.0),
        ("memory:?mode=strict", 20.0),
        ("memory:?share=1&mode=strict", 20.0),
    ],
)
def test_the_budget_has_its_share_of_the_rate(spec: str, rate: float) -> None:
    assert open_with(spec) == rate


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("", "HUGGY_BUDGET is not understood: give file:, file:/some/folder, redis://host:6379/0 or memory:."),
        (
            "postgres://x",
            "HUGGY_BUDGET is not understood: give file:, file:/some/folder, redis://host:6379/0 or memory:.",
        ),
        ("memory:x", "HUGGY_BUDGET is not understood: give file:, file:/some/folder, redis://host:6379/0 or memory:."),
        ("memory:?share=2", "HUGGY_BUDGET's share=2 is not a number above 0 and up to 1."),
        ("memory:?share=0", "HUGGY_BUDGET's share=0 is not a number above 0 and up to 1."),
        ("memory:?share=half", "HUGGY_BUDGET's share=half is not a number above 0 and up to 1."),
        (
            "file:?shares=0.5",
            "HUGGY_BUDGET has no option shares: there are share=0.5, mode=learned|measured|strict and scope=name.",
        ),
        ("memory:?mode=loose", "HUGGY_BUDGET's mode=loose is none of learned, measured, strict."),
        (
            "redis://user:secret@host:port/0",
            "HUGGY_BUDGET is no address of a Redis such as redis://localhost:6379/0: correct it.",
        ),
    ],
)
def test_a_wrong_spec_is_one_sentence(spec: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        open_with(spec)
    assert str(raised.value) == sentence


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_an_invalid_rate_is_refused(rate: float) -> None:
    with pytest.raises(ConfigurationError, match="HUGGY_REQUESTS_PER_SECOND"):
        open_with("memory:", rate)
