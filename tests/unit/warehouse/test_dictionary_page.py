"""The pages of the tables in docs are those that the code renders now."""

from pathlib import Path

import pytest

from huggy_connector.warehouse import list_tables
from huggy_connector.warehouse.read.dictionary import Language, list_macros
from huggy_connector.warehouse.read.dictionary_page import RELATIONS, render_dictionary

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize(("name", "language"), [("tables.md", "en"), ("tables.pt-BR.md", "pt-BR")])
def test_the_page_in_docs_is_current(name: str, language: Language) -> None:
    written = (DOCS / name).read_text(encoding="utf-8")
    assert written == render_dictionary(language), "the page is stale: run python -m scripts.tables"


def test_every_table_view_and_macro_has_its_section() -> None:
    page = render_dictionary("en")
    assert [each.title for each in list_tables() if f"\n### {each.title}\n" not in page] == []
    assert [each.name for each in list_macros() if f".{each.name}(" not in page] == []


def test_the_diagram_joins_columns_that_exist() -> None:
    columns = {table.title: {column.name for column in table.columns} for table in list_tables()}
    assert [each for each in RELATIONS if "id" not in columns[each[0]] or each[2] not in columns[each[1]]] == []
