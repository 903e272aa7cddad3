"""How the values of a body are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from huggy_connector.sandbox.data.writes.refused import WriteRefused
from huggy_connector.sandbox.data.writes.values import read_needed_number, read_number, read_text


def test_a_number_may_be_a_text_and_nothing_is_nothing() -> None:
    values = [5, "5", "", None]
    assert [read_number({"a": value}, "a") for value in values] == [5, 5, None, None]
    assert (read_number({}, "a"), read_text({}, "a"), read_text({"a": "x"}, "a")) == (None, "", "x")


NO_NUMBERS: Final[tuple[Any, ...]] = (True, 1.5, "x", [1])
NO_TEXTS: Final[tuple[Any, ...]] = (5, True, {})


@pytest.mark.parametrize(
    ("read", "value"),
    [
        *[(read_number, value) for value in NO_NUMBERS],
        *[(read_needed_number, value) for value in (None, "", *NO_NUMBERS)],
        *[(read_text, value) for value in NO_TEXTS],
    ],
)
def test_anything_else_is_refused(read: Callable[[dict[str, Any], str], Any], value: Any) -> None:
    with pytest.raises(WriteRefused) as refused:
        read({"a": value}, "a")
    assert (refused.value.status, refused.value.kind, refused.value.field) == (400, "field", "a")
