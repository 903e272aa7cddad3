"""One value of a query or of --set: read as its kind, or one sentence that quotes nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from huggy_connector.actions.field_values import read_value
from huggy_connector.catalogue.actions.types import FieldKind
from huggy_connector.errors import ConfigurationError


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        (FieldKind.ID, 77, 77),
        (FieldKind.ID, " 77 ", 77),
        (FieldKind.ID, Decimal("77.00"), 77),
        (FieldKind.ID, 77.0, 77),
        (FieldKind.TEXT, "Olá, João", "Olá, João"),
        (FieldKind.TEXT, 7, "7"),
        (FieldKind.TEXT, Decimal("7.50"), "7.50"),
        (FieldKind.TEXT, True, "true"),
        (FieldKind.TEXT, date(2026, 11, 30), "2026-11-30"),
        (FieldKind.TEXT, datetime(2026, 11, 30, 8, 5, tzinfo=UTC), "2026-11-30T08:05:00+00:00"),
        (FieldKind.TEXT, "see https://example.com/a.pdf", "see https://example.com/a.pdf"),
        (FieldKind.BOOLEAN, "sim", True),
        (FieldKind.BOOLEAN, False, False),
        (FieldKind.BOOLEAN, 0, False),
        (FieldKind.JSON, '{"1": "Um"}', {"1": "Um"}),
        (FieldKind.JSON, {"a": [Decimal("1.5"), None]}, {"a": ["1.5", None]}),
        (FieldKind.JSON, ("a", "b"), ["a", "b"]),
    ],
)
def test_a_value_that_fits_is_read_as_its_kind(kind: FieldKind, value: Any, read: Any) -> None:
    found = read_value(kind, value, "field", 3)
    assert (found, type(found)) == (read, type(read))


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        (FieldKind.ID, "secret 7", "is no id: a whole number above 0 is due"),
        (FieldKind.ID, 0, "is no id: a whole number above 0 is due"),
        (FieldKind.ID, -7, "is no id: a whole number above 0 is due"),
        (FieldKind.ID, 7.5, "is no whole number, and an id is due"),
        (FieldKind.ID, float("nan"), "is no whole number, and an id is due"),
        (FieldKind.ID, float("inf"), "is no whole number, and an id is due"),
        (FieldKind.ID, True, "is yes or no, and an id is due"),
        (FieldKind.ID, 2**63, "is no id: a whole number above 0 is due"),
        (FieldKind.TEXT, {"a": 1}, "is a list or an object, and a text is due: let the query make a text of it"),
        (FieldKind.TEXT, "a\x00b", "holds a zero byte"),
        (FieldKind.TEXT, "https://me:secret@example.com/a.pdf", "holds a URL with a password: give one without"),
        (FieldKind.BOOLEAN, "secret", "is neither yes nor no"),
        (FieldKind.JSON, "{secret", "is no JSON"),
    ],
)
def test_a_value_that_does_not_fit_is_one_sentence_that_quotes_nothing(
    kind: FieldKind, value: Any, reason: str
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read_value(kind, value, "field", 3)
    assert str(raised.value) == f"field of row 3 {reason}."
