"""Rows of a query become rows of an action, or one sentence says why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from huggy_connector.actions.guards import normalize_target
from huggy_connector.actions.row_reader import Question, check_campaign, read_rows
from huggy_connector.actions.types import PlannedRow, RowKey
from huggy_connector.catalogue.actions import get_action
from huggy_connector.errors import ConfigurationError

KEY = b"invented-key-of-forty-characters-in-all!"


def read(
    action: str, columns: Sequence[str], *rows: Sequence[Any], shared: Mapping[str, str] | None = None
) -> tuple[PlannedRow, ...]:
    question = Question(get_action(action), "spring", shared or {})
    return read_rows(
        question, columns, rows, normalize_target=lambda action, row: normalize_target(action, row, hash_key=KEY)
    )


def test_columns_and_shared_values_become_fields_with_their_target() -> None:
    found = read(
        "send_message", ("id", "text", "contact_id", "purpose"), (7, "Oi", 8, "2026-11"), shared={"is_internal": "yes"}
    )
    assert found == (
        PlannedRow(
            get_action("send_message"),
            RowKey("spring", "send_message", "chat:7", "2026-11"),
            7,
            {"text": "Oi", "is_internal": True},
            8,
        ),
    )


def test_columns_with_a_prefix_are_parts_of_a_field() -> None:
    (row,) = read(
        "send_template",
        ("chat_id", "param_1", "param_2"),
        (7, "Ana", 5),
        shared={"template_id": "77", "category": "Utility"},
    )
    assert row.fields == {"template_id": 77, "category": "utility", "params": {"1": "Ana", "2": "5"}}


def test_a_null_is_a_field_that_was_not_given() -> None:
    assert read("update_contact", ("contact_id", "name", "custom_plan"), (8, None, "gold"))[0].fields == {
        "custom_fields": {"plan": "gold"}
    }


def test_a_contact_as_target_is_the_person() -> None:
    assert read("open_chat", ("contact_id",), (8,))[0].contact_id == 8


def test_no_rows_are_no_error() -> None:
    assert read("close_chat", ("id",)) == ()


@pytest.mark.parametrize(
    ("action", "columns", "rows", "shared", "sentence"),
    [
        (
            "assign_chat",
            ("id",),
            [(7,)],
            {},
            "assign_chat needs agent_id: let the query return it as a column, or give it with --set.",
        ),
        (
            "close_chat",
            ("tabulation_id",),
            [(7,)],
            {},
            "close_chat needs id or chat_id: let the query return it as a column, or give it with --set.",
        ),
        (
            "close_chat",
            ("id", "tabulaton_id"),
            [(7, 1)],
            {},
            (
                "close_chat has no tabulaton_id, which the query gives: it takes id, chat_id, tabulation_id, comment, "
                "send_feedback, contact_id, purpose."
            ),
        ),
        (
            "close_chat",
            ("id",),
            [(7,)],
            {"token": "secret"},
            (
                "close_chat has no token, which --set gives: it takes id, chat_id, tabulation_id, comment, "
                "send_feedback, "
                "contact_id, purpose."
            ),
        ),
        (
            "close_chat",
            ("id",),
            [(7,), (None,), (None,)],
            {},
            "2 of 3 rows of the query have no id, row 2 the first: leave them out with WHERE.",
        ),
        (
            "assign_chat",
            ("id", "agent_id"),
            [(7, 1), (8, None)],
            {},
            (
                "1 of 2 rows of the query have no agent_id, row 2 the first: leave them out with WHERE, or give them a "
                "value."
            ),
        ),
        (
            "close_chat",
            ("id",),
            [(7,), (8,), (7,), (8,), (9,)],
            {},
            (
                "2 targets come more than once in the query, the first in rows 1 and 3: let it return each "
                "once, or tell "
                "them apart by a column purpose."
            ),
        ),
        (
            "assign_chat",
            ("id", "agent_id"),
            [(7, 1)],
            {"agent_id": "1"},
            "Both the query and --set give agent_id: leave one of them out.",
        ),
        (
            "close_chat",
            ("id", "chat_id", "contact_id"),
            [(7, 8, 9)],
            {},
            "id and chat_id name the target of close_chat twice: let the query return one of them.",
        ),
        (
            "send_template",
            ("id", "category", "template_id"),
            [(7, "secret", 1)],
            {},
            "category of row 1 is none of marketing, utility, authentication.",
        ),
        (
            "send_template",
            ("id", "params", "param_1"),
            [(7, '["a"]', "b")],
            {"template_id": "1", "category": "utility"},
            "The query gives params and columns that are parts of it: leave one of them out.",
        ),
    ],
)
def test_rows_that_cannot_be_planned_are_one_sentence(
    action: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], shared: Mapping[str, str], sentence: str
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read(action, columns, *rows, shared=shared)
    assert str(raised.value) == sentence


@pytest.mark.parametrize("name", ["", " ", "a/b", "a\\b", "a\nb", "a\x85b", "a\u2028b", "\u202ea", "x" * 101])
def test_a_campaign_needs_a_name_that_a_list_can_show(name: str) -> None:
    with pytest.raises(ConfigurationError):
        check_campaign(name)
    assert check_campaign(" csat 2026-11 ") == "csat 2026-11"
