"""Words lead to tables and columns in both languages, and every table is in one group."""

from __future__ import annotations

import pytest

from huggy_connector.catalogue import Text
from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse import list_tables
from huggy_connector.warehouse.read.dictionary_search import _MART_GROUPS, group_tables, search_dictionary
from huggy_connector.warehouse.schema.table_spec import TableSpec, column

CALLS = TableSpec(
    "main",
    "calls",
    Text("One row a call.", "Uma linha por ligação."),
    (
        column("wait_minutes", "DOUBLE", "Until it was answered.", "Até ser atendida."),
        column("agent", "VARCHAR", "Who took it after the wait.", "Quem atendeu."),
    ),
)
WAITS = TableSpec("marts", "waits", Text("How long.", "Quanto tempo."), (column("day", "DATE", "Day.", "Dia."),))


def found(text: str) -> list[str]:
    return [
        f"{each.table.title}.{each.column.name}" if each.column else each.table.title
        for each in search_dictionary(text, tables=[CALLS, WAITS])
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("wait", ["marts.waits", "calls.wait_minutes", "calls.agent"]),
        ("LIGACAO", ["calls"]),
        ("Ligação linha", ["calls"]),
        ("answered minutes", ["calls.wait_minutes"]),
        ("day", ["marts.waits.day"]),
    ],
)
def test_names_come_before_meanings_and_tables_before_columns(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("agnet", "No table or column is about 'agnet': did you mean agent?"),
        ("xyzzy", "No table or column is about 'xyzzy': `huggy describe` lists all tables."),
        (" ?", "There is nothing to search for: give a word, such as `huggy describe --search wait`."),
    ],
)
def test_what_is_not_found_is_told_with_close_words(text: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        found(text)
    assert str(caught.value) == sentence


def test_a_formula_is_searched_too() -> None:
    assert "marts.handling_by_day" in {each.table.title for each in search_dictionary("interpolated attended_at")}


def test_every_table_is_in_one_group_and_no_group_names_a_mart_that_is_not_there() -> None:
    grouped = [table.title for group in group_tables() for table in group.tables]
    assert sorted(grouped) == sorted(table.title for table in list_tables())
    named = {f"marts.{name}" for _, names in _MART_GROUPS for name in names}
    assert named - {*grouped} == set()


def test_a_mart_that_no_group_names_is_in_a_group_of_its_own() -> None:
    assert [(group.title.en, [table.name for table in group.tables]) for group in group_tables([CALLS, WAITS])] == [
        ("What the API gives", ["calls"]),
        ("Other marts", ["waits"]),
    ]
