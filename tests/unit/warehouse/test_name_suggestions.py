"""A misspelt name of a table leads to the tables that it may mean."""

import pytest

from huggy_connector.warehouse import find_table
from huggy_connector.warehouse.read.name_suggestions import fold_text, join_names, suggest_tables

TABLES = [
    find_table(name)
    for name in (
        *("contacts", "history.contacts", "contact_groups", "chats", "marts.chats_by_day", "marts.chat_times"),
        *("marts.queue_wait_by_day", "marts.sla_by_day", "marts.agent_performance"),
    )
]


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("chat", "did you mean chats, marts.chat_times or marts.chats_by_day?"),
        ("Contact", "did you mean contacts, contact_groups or history.contacts?"),
        ("qeue_wait_by_day", "did you mean marts.queue_wait_by_day, marts.chats_by_day or marts.sla_by_day?"),
        ("sla", "did you mean marts.sla_by_day?"),
        ("marts.agent_performence", "did you mean marts.agent_performance?"),
        ("queue_seconds", "it is a column of marts.chat_times."),
        ("by", ""),
        ("xyzzy", ""),
        ("", ""),
    ],
)
def test_a_name_suggests_those_it_is_close_to_or_a_part_of_and_a_column_its_tables(name: str, suggestion: str) -> None:
    assert suggest_tables(name, TABLES) == suggestion


def test_text_is_folded_and_names_are_joined() -> None:
    assert fold_text("SITUAÇÃO do Atendimento") == "situacao do atendimento"
    assert [join_names(names) for names in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a or b", "a, b or c"]
