import pytest

from huggy_connector.catalogue import Column, Resource, Scalar, Text
from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse import find_table, format_markdown, list_tables
from huggy_connector.warehouse.schema.tables import table_of

TEXT = Text("One.", "Um.")
NOTES = Resource(
    "notes",
    "notes",
    TEXT,
    (Column("id", Scalar.BIGINT, ("id",), TEXT), Column("written_at", Scalar.INSTANT, ("writtenAt",), TEXT)),
)


def test_a_table_is_the_company_the_catalogues_columns_and_the_envelope() -> None:
    table = table_of(NOTES)
    assert [(column.name, column.type) for column in table.columns] == [
        ("company_id", "BIGINT"),
        ("id", "BIGINT"),
        ("written_at", "TIMESTAMPTZ"),
        ("written_at_local", "TIMESTAMP"),
        ("extra", "JSON"),
        ("fetched_at", "TIMESTAMPTZ"),
        ("row_hash", "VARCHAR"),
        ("snapshot", "VARCHAR"),
    ]
    assert (table.schema, table.name, table.key) == ("main", "notes", ("company_id", "id"))


def test_every_table_and_column_is_explained_in_both_languages() -> None:
    texts = [table.comment for table in list_tables()]
    texts += [column.comment for table in list_tables() for column in table.columns]
    assert [text for text in texts if not text.en.strip() or not text.pt.strip()] == []


def test_a_table_is_found_with_or_without_its_schema() -> None:
    assert [find_table(name).title for name in ("chats", "main.chats", "CHATS", "loads", "meta.loads")] == [
        "chats",
        "chats",
        "chats",
        "meta.loads",
        "meta.loads",
    ]


def test_an_unknown_table_is_told_with_those_there_are() -> None:
    with pytest.raises(
        ConfigurationError, match=r"^There is no table called 'chat': choose from .*chats, .*meta\.loads"
    ):
        find_table("chat")


def test_the_dictionary_page_of_a_table_is_whole() -> None:
    assert format_markdown([table_of(NOTES)], language="pt-BR") == (
        "## notes\n"
        "\n"
        "Um.\n"
        "\n"
        "Chave: `company_id`, `id`\n"
        "\n"
        "| Coluna | Tipo | Significado |\n"
        "|---|---|---|\n"
        "| `company_id` | `BIGINT` | Id da conta na Huggy. |\n"
        "| `id` | `BIGINT` | Um. |\n"
        "| `written_at` | `TIMESTAMPTZ` | Um. |\n"
        "| `written_at_local` | `TIMESTAMP` | written_at no fuso da conta, como a API entrega. |\n"
        "| `extra` | `JSON` | Campos que esta versão não conhece. |\n"
        "| `fetched_at` | `TIMESTAMPTZ` | Quando a linha foi lida da API. |\n"
        "| `row_hash` | `VARCHAR` | Impressão digital dos campos acompanhados. |\n"
        "| `snapshot` | `VARCHAR` | A coleta (snapshot): meta.snapshots.run_key. |\n"
    )
