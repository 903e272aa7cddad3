"""Values of a row by their dotted path."""

from typing import Any

import pytest

from huggy_connector.rows.paths import first_value, value_at

ROW: dict[str, Any] = {"id": 1, "a": {"b": {"c": 2}, "n": None, "f": False}, "t": "text", "a.b": 3}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", 1),
        ("a.b", {"c": 2}),
        ("a.b.c", 2),
        ("a.f", False),
        ("a.n", None),
        ("a.n.x", None),
        ("a.x", None),
        ("t.x", None),
        ("x", None),
    ],
)
def test_the_value_at_a_path_or_none(path: str, value: Any) -> None:
    assert value_at(ROW, path) == value


def test_a_row_that_is_no_object_has_no_values() -> None:
    row: Any = ["a"]
    assert value_at(row, "a") is None


def test_the_first_path_that_has_a_value_counts_even_if_it_is_false() -> None:
    assert first_value(ROW, ("x", "a.n", "a.f", "id")) is False
    assert first_value(ROW, ("x", "a.n")) is None
    assert first_value(ROW, ()) is None
