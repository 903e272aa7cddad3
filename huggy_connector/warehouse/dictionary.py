"""What every table and column means, in English and Portuguese: for `huggy describe` and docs/tables.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from huggy_connector.catalogue import RESOURCES, Resource, Text
from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse.definitions import definitions
from huggy_connector.warehouse.meta import META
from huggy_connector.warehouse.shape import Macro, Table
from huggy_connector.warehouse.tables import as_of, tables_of

Language = Literal["en", "pt-BR"]

DEFINED: dict[Language, tuple[str, str]] = {
    "en": ("Formula", "Edge cases"),
    "pt-BR": ("Fórmula", "Casos especiais"),
}
"""What stands before a formula, and before what it leaves out."""
_HEADS = {
    "en": ("Column", "Type", "Meaning", "Key"),
    "pt-BR": ("Coluna", "Tipo", "Significado", "Chave"),
}


def all_tables(resources: Iterable[Resource] = RESOURCES.values()) -> tuple[Table, ...]:
    """Every table and view of a warehouse: those of the resources (history included), what is made of them, `meta`."""
    own = (table for resource in resources for table in tables_of(resource))
    return (*own, *(each.table for each in definitions()), *META)


def all_macros(resources: Iterable[Resource] = RESOURCES.values()) -> tuple[Macro, ...]:
    """Every macro of a warehouse."""
    return tuple(as_of(resource) for resource in resources if resource.history)


def table_named(name: str, *, tables: Sequence[Table] | None = None) -> Table:
    """The table, with or without its schema. Raises ConfigurationError naming those there are."""
    tables = all_tables() if tables is None else tables
    for table in tables:
        if name.lower() in {table.title, table.name, f"{table.schema}.{table.name}"}:
            return table
    known = ", ".join(table.title for table in tables)
    raise ConfigurationError(f"There is no table called {name!r}: choose from {known}.")


def definition_of(table: Table, language: Language) -> Iterator[str]:
    """How a view or mart is computed, as in its SQL file; nothing for a table of the API."""
    formula, edge_cases = DEFINED[language]
    for each in definitions():
        if each.table == table:
            if each.formula:
                yield f"{formula}: {words(each.formula, language)}"
            yield f"{edge_cases}: {words(each.edge_cases, language)}"


def as_markdown(tables: Iterable[Table], *, language: Language = "en") -> str:
    """A section a table, each with its columns."""
    head = _HEADS[language]
    lines: list[str] = []
    for table in tables:
        lines += [f"## {table.title}", "", words(table.comment, language), ""]
        if table.key:
            lines += [f"{head[3]}: {', '.join(f'`{column}`' for column in table.key)}", ""]
        lines += [f"| {' | '.join(head[:3])} |", "|---|---|---|"]
        lines += [
            f"| `{column.name}` | `{column.type}` | {words(column.comment, language)} |" for column in table.columns
        ]
        lines.append("")
    return "\n".join(lines)


def words(text: Text, language: Language) -> str:
    """The text in one of the two languages."""
    return text.en if language == "en" else text.pt
