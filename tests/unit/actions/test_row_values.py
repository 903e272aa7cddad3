"""A row comes back from the ledger as it went in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.actions.ledger.row_values import to_instant, to_microseconds
from huggy_connector.actions.types import LedgerRow, RowKey, RowState
from huggy_connector.catalogue.actions.types import Effect
from tests.unit.actions.ledgers import BEGIN, planned, row, tables

FIELDS = {"text": "Olá, não 😀\n", "template_id": 31, "is_internal": True, "params": ["a", {"b": None}], "phone": None}


def test_a_planned_row_comes_back_as_it_was_planned() -> None:
    with tables(planned(700001, contact_id=800001, fields=FIELDS)) as connection:
        found = row(connection)
    assert found == LedgerRow(
        id=1,
        key=RowKey("spring", "message", "chat:700001", "november"),
        state=RowState.PLANNED,
        target_id=700001,
        contact_id=800001,
        fields=FIELDS,
        updated_at=BEGIN,
    )


def test_whether_it_reaches_a_person_is_kept_for_each_row_a_note_reaches_nobody() -> None:
    message = planned(1)
    action = replace(message.action, hidden_by="is_internal")
    note = replace(message, action=action, key=replace(message.key, target="chat:2"), fields={"is_internal": True})
    with tables(message, note, planned(3, effect=Effect.STATE, campaign="summer")) as connection:
        found = connection.execute("SELECT target, reaches_person FROM rows ORDER BY id").fetchall()
    assert found == [("chat:1", 1), ("chat:2", 0), ("chat:3", 0)]


def test_what_is_sent_is_not_shown_where_a_row_is_printed() -> None:
    with tables(planned(700001, fields=FIELDS)) as connection:
        shown = repr(row(connection)), repr(planned(700001, fields=FIELDS))
    assert not [text for text in shown if "Olá" in text]


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1)))  # noqa: DTZ001 -- zone below
@example(datetime(2026, 11, 22, 7, 0, 0, 1))  # noqa: DTZ001
def test_an_instant_keeps_its_microseconds(naive: datetime) -> None:
    instant = naive.replace(tzinfo=UTC)
    assert to_instant(to_microseconds(instant)) == instant
    assert to_microseconds(instant + timedelta(microseconds=1)) == to_microseconds(instant) + 1
