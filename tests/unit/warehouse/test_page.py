"""The pages of the tables are those that the code gives now."""

from pathlib import Path

import pytest

from huggy_connector.warehouse import all_tables
from huggy_connector.warehouse.dictionary import Language, all_macros
from huggy_connector.warehouse.page import RELATIONS, page

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize(("name", "language"), [("tables.md", "en"), ("tables.pt-BR.md", "pt-BR")])
def test_the_page_is_what_the_code_says(name: str, language: Language) -> None:
    written = (DOCS / name).read_text(encoding="utf-8")
    assert written == page(language), "it is stale: run python -m scripts.tables"


def test_every_table_view_and_macro_has_its_section() -> None:
    told = page("en")
    assert [each.title for each in all_tables() if f"\n### {each.title}\n" not in told] == []
    assert [each.name for each in all_macros() if f".{each.name}(" not in told] == []


def test_the_drawing_joins_columns_that_there_are() -> None:
    columns = {table.title: {column.name for column in table.columns} for table in all_tables()}
    assert [each for each in RELATIONS if "id" not in columns[each[0]] or each[2] not in columns[each[1]]] == []
