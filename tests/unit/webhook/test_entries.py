"""Entries of the inbox: any row can be written and read again, and a refusal keeps nothing of its body."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.webhook.entries import Entry, encode_row, to_instant, to_microseconds

RECEIVED = datetime(2026, 11, 22, 7, 0, 0, 5, tzinfo=UTC)


def test_the_entry_of_a_row_has_its_time_whatever_its_offset() -> None:
    row = {"event": "closedChat", "received_at": RECEIVED.astimezone(timezone(-timedelta(hours=3))).isoformat()}
    assert Entry.of_row(7, row) == Entry(7, 1795330800000005, json.dumps(row, separators=(",", ":")))


def test_a_refusal_is_hash_size_and_reason() -> None:
    entry = Entry.of_refusal(7, b"secret", reason="invalid JSON", received_at=RECEIVED)
    assert entry == Entry(7, 1795330800000005, None, "invalid JSON", "2bb80d537b1da3e38bd30361aa855686", 6)


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1900, 1, 1), max_value=datetime(2261, 12, 31)))  # noqa: DTZ001
@example(RECEIVED)
def test_an_instant_survives(instant: datetime) -> None:
    assert to_instant(to_microseconds(instant)) == instant


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text()))
@example({"half": "\ud83d"})
def test_a_row_survives(row: dict[str, Any]) -> None:
    assert json.loads(encode_row(row)) == row


def test_infinite_numbers_become_text() -> None:
    row = {"item": {"a": [float("inf"), float("-inf"), float("nan"), 1.5]}}
    assert json.loads(encode_row(row)) == {"item": {"a": ["inf", "-inf", "nan", 1.5]}}
