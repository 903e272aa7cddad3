"""The data dictionary has every table and column, finds them by name, and explains them in both languages."""

from __future__ import annotations

from collections import Counter

import pytest

from huggy_connector.catalogue import RESOURCES, Text, get_resource
from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse import find_table, format_markdown, list_tables
from huggy_connector.warehouse.marts.definitions import read_definitions
from huggy_connector.warehouse.read.dictionary import Language, describe_definition, list_macros, translate
from huggy_connector.warehouse.schema.table_spec import TableSpec, column

NOTES = TableSpec(
    "main",
    "notes",
    Text("One.", "Um."),
    (column("company_id", "BIGINT", "Whose.", "De quem."), column("text", "VARCHAR", "What.", "O quê.")),
    ("company_id", "text"),
)
LOG = TableSpec("meta", "log", Text("Two.", "Dois."), (column("at", "TIMESTAMPTZ", "When.", "Quando."),))


def test_every_table_and_column_is_explained_in_both_languages() -> None:
    texts = [table.comment for table in list_tables()]
    texts += [column.comment for table in list_tables() for column in table.columns]
    assert [text for text in texts if not text.en.strip() or not text.pt.strip()] == []


def test_no_two_tables_and_no_two_columns_of_a_table_have_the_same_name() -> None:
    names = [
        Counter(table.title for table in list_tables()),
        *(Counter(column.name for column in table.columns) for table in list_tables()),
    ]
    assert [name for counted in names for name, count in counted.items() if count > 1] == []


def test_the_dictionary_of_some_resources_leaves_out_the_tables_of_the_others() -> None:
    titles = {table.title for table in list_tables([get_resource("agents")])}
    assert {"agents", "history.agents", "marts.chat_times", "meta.loads"} <= titles
    assert titles.isdisjoint({"chats", "history.chats", "contacts", "messages"})


def test_each_resource_with_a_history_has_a_macro() -> None:
    named = {f"{macro.schema}.{macro.name}" for macro in list_macros()}
    assert named == {f"history.{name}_as_of" for name, resource in RESOURCES.items() if resource.history}
    assert list_macros([get_resource("messages")]) == ()


def test_a_table_is_found_with_or_without_its_schema() -> None:
    names = ("chats", "main.chats", "CHATS", "loads", "meta.loads", "History.Chats", "chat_times")
    assert [find_table(name).title for name in names] == [
        "chats",
        "chats",
        "chats",
        "meta.loads",
        "meta.loads",
        "history.chats",
        "marts.chat_times",
    ]


@pytest.mark.parametrize("name", ["chat", "", "meta.chats", "chats.", "chats; DROP TABLE chats"])
def test_an_unknown_table_is_told_with_those_there_are(name: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        find_table(name, tables=[NOTES, LOG])
    assert str(raised.value) == f"There is no table called {name!r}: choose from notes, meta.log."


def test_without_tables_the_choice_is_from_the_whole_dictionary() -> None:
    with pytest.raises(ConfigurationError, match=r"choose from .*chats, .*marts\.chat_times, .*meta\.loads"):
        find_table("xyzzy")


def test_the_section_of_a_table_is_whole() -> None:
    assert format_markdown([NOTES], language="pt-BR") == (
        "## notes\n"
        "\n"
        "Um.\n"
        "\n"
        "Chave: `company_id`, `text`\n"
        "\n"
        "| Coluna | Tipo | Significado |\n"
        "|---|---|---|\n"
        "| `company_id` | `BIGINT` | De quem. |\n"
        "| `text` | `VARCHAR` | O quê. |\n"
    )


def test_sections_follow_one_another_and_a_table_without_a_key_names_none() -> None:
    page = format_markdown(iter([NOTES, LOG]))
    assert page.endswith(
        "| `text` | `VARCHAR` | What. |\n"
        "\n"
        "## meta.log\n"
        "\n"
        "Two.\n"
        "\n"
        "| Column | Type | Meaning |\n"
        "|---|---|---|\n"
        "| `at` | `TIMESTAMPTZ` | When. |\n"
    )


@pytest.mark.parametrize(
    ("language", "labels"), [("en", ("Formula: ", "Edge cases: ")), ("pt-BR", ("Fórmula: ", "Casos especiais: "))]
)
def test_a_mart_is_explained_by_its_formula_and_its_edge_cases(language: Language, labels: tuple[str, str]) -> None:
    for definition in read_definitions():
        texts = [*([definition.formula] if definition.formula else []), definition.edge_cases]
        assert list(describe_definition(definition.table, language)) == [
            f"{label}{translate(text, language)}" for label, text in zip(labels[-len(texts) :], texts, strict=True)
        ]


def test_a_table_that_is_no_view_and_no_mart_has_no_formula() -> None:
    assert [*describe_definition(find_table("chats"), "en"), *describe_definition(find_table("meta.loads"), "en")] == []
