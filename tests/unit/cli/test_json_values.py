"""Every value can be written as JSON."""

import json
import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huggy_connector.cli.json_values import to_json_value

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(alphabet=st.characters(codec=None, exclude_categories=()))
    | st.datetimes(timezones=st.none() | st.just(UTC))
    | st.dates()
    | st.decimals()
    | st.binary()
    | st.uuids()
    | st.timedeltas()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers() | st.floats(), inner)
    ),
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (math.nan, None),
        ({"a": [math.inf, {"b": (-math.inf, 1.5)}]}, {"a": [None, {"b": [None, 1.5]}]}),
        (2**70, 2**70),
        (Decimal("1.10"), "1.10"),
        (datetime(2026, 11, 1, 10, tzinfo=UTC), "2026-11-01T10:00:00+00:00"),
        ([date(2026, 11, 1), time(10, 30)], ["2026-11-01", "10:30:00"]),
        ({4242: {"chats": 1}}, {"4242": {"chats": 1}}),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Path("a/b"), "a/b"),
        (timedelta(hours=1), "1:00:00"),
        ("half \ud83d of an emoji", "half \ufffd of an emoji"),
        ({"\udc00": "😀"}, {"\ufffd": "😀"}),
    ],
)
def test_a_value_becomes_a_json_value(value: object, expected: object) -> None:
    assert to_json_value(value) == expected


@given(VALUES)
def test_any_value_becomes_valid_json_that_is_read_back_equal(value: Any) -> None:
    converted = to_json_value(value)
    document = json.dumps(converted, ensure_ascii=False, allow_nan=False).encode()
    assert json.loads(document) == converted
