"""HUGGY_BUDGET in parts. What is wrong with one: test_open_budget.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from huggy_connector.budget.spec import BudgetSpec
from huggy_connector.budget.window import RateLimit


@pytest.mark.parametrize(
    ("text", "parsed", "rate"),
    [
        ("file:", ("file", "", "file:", None, "learned"), 20),
        ("file:/a/b?share=0.5&mode=strict", ("file", "/a/b", "file:/a/b", 0.5, "strict"), 10),
        ("file:?mode=measured", ("file", "", "file:", None, "measured"), 20),
        ("memory:", ("memory", "", "memory:", None, "learned"), 20),
        ("redis://h:1/0?share=0.5&ssl=1", ("redis", "//h:1/0", "redis://h:1/0?ssl=1", 0.5, "learned"), 20),
    ],
)
def test_a_spec_has_a_kind_a_place_and_options(text: str, parsed: tuple[object, ...], rate: float) -> None:
    spec = BudgetSpec.parse(text)
    assert (spec.kind, spec.place, spec.url, spec.share, spec.rule) == parsed
    assert spec.limit(20, longest_pause=9) == RateLimit(rate, spec.rule, longest_pause=9)
    assert spec.is_redis is text.startswith("redis")


def test_a_file_is_named_after_its_scope_which_it_does_not_show() -> None:
    state = Path("/state")
    default, other = BudgetSpec.parse("file:"), BudgetSpec.parse("file:/other")
    file = default.file("someone", state_folder=state)
    assert (file.parent, other.file("someone", state_folder=state)) == (state, Path("/other") / file.name)
    assert "someone" not in file.name
    assert default.file("someone else", state_folder=state) != file


def test_no_repr_shows_the_password_of_redis() -> None:
    assert "hidden" not in repr(BudgetSpec.parse("redis://:hidden@host:6379/0"))
