"""The data dictionary: the meaning of every table and column, for `huggy describe` and docs/tables.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from huggy_connector.catalogue import RESOURCES, Resource, Text
from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse.marts.definitions import read_definitions
from huggy_connector.warehouse.read.name_suggestions import suggest_tables
from huggy_connector.warehouse.schema.meta import META
from huggy_connector.warehouse.schema.table_spec import TableMacro, TableSpec
from huggy_connector.warehouse.schema.tables import as_of_macro, tables_of

Language = Literal["en", "pt-BR"]

DEFINITION_LABELS: dict[Language, tuple[str, str]] = {
    "en": ("Formula", "Edge cases"),
    "pt-BR": ("Fórmula", "Casos especiais"),
}
"""The label of a formula, and of its edge cases."""

_TABLE_HEADERS = {
    "en": ("Column", "Type", "Meaning", "Key"),
    "pt-BR": ("Coluna", "Tipo", "Significado", "Chave"),
}


def list_tables(resources: Iterable[Resource] = RESOURCES.values()) -> tuple[TableSpec, ...]:
    """Return every table and view of a warehouse: those of the resources with history, views and marts, and `meta`."""
    resource_tables = (table for resource in resources for table in tables_of(resource))
    return (*resource_tables, *(definition.table for definition in read_definitions()), *META)


def list_macros(resources: Iterable[Resource] = RESOURCES.values()) -> tuple[TableMacro, ...]:
    """Return every macro of a warehouse."""
    return tuple(as_of_macro(resource) for resource in resources if resource.history)


def find_table(name: str, *, tables: Sequence[TableSpec] | None = None) -> TableSpec:
    """Return the table of a name with or without its schema.

    Raises ConfigurationError with the names that are close, or with all if none is.
    """
    tables = list_tables() if tables is None else tables
    for table in tables:
        if name.lower() in {table.title, table.name, f"{table.schema}.{table.name}"}:
            return table
    if suggestion := suggest_tables(name, tables):
        raise ConfigurationError(f"There is no table called {name!r}: {suggestion}")
    titles = ", ".join(table.title for table in tables)
    raise ConfigurationError(f"There is no table called {name!r}: choose from {titles}.")


def describe_definition(table: TableSpec, language: Language) -> Iterator[str]:
    """Yield lines that explain how a view or mart is computed, as its SQL file does. Yield none for other tables."""
    formula, edge_cases = DEFINITION_LABELS[language]
    for definition in read_definitions():
        if definition.table == table:
            if definition.formula:
                yield f"{formula}: {translate(definition.formula, language)}"
            yield f"{edge_cases}: {translate(definition.edge_cases, language)}"


def format_markdown(tables: Iterable[TableSpec], *, language: Language = "en") -> str:
    """Return a Markdown section for each table, with a list of its columns."""
    head = _TABLE_HEADERS[language]
    lines: list[str] = []
    for table in tables:
        lines += [f"## {table.title}", "", translate(table.comment, language), ""]
        if table.key:
            lines += [f"{head[3]}: {', '.join(f'`{column}`' for column in table.key)}", ""]
        lines += [f"| {' | '.join(head[:3])} |", "|---|---|---|"]
        lines += [
            f"| `{column.name}` | `{column.type}` | {translate(column.comment, language)} |" for column in table.columns
        ]
        lines.append("")
    return "\n".join(lines)


def translate(text: Text, language: Language) -> str:
    """Return the text in one of the two languages."""
    return text.en if language == "en" else text.pt
