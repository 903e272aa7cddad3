"""Renders the pages docs/tables.md and docs/tables.pt-BR.md: a diagram, then each table, view and mart in words."""

from __future__ import annotations

from collections.abc import Iterator

from huggy_connector.catalogue import RESOURCES, Text
from huggy_connector.warehouse.marts.definitions import read_definitions
from huggy_connector.warehouse.marts.mart_definition import MartDefinition, RefreshKind
from huggy_connector.warehouse.read.dictionary import (
    Language,
    describe_definition,
    format_markdown,
    list_macros,
    list_tables,
    translate,
)
from huggy_connector.warehouse.schema.table_spec import TableSpec

RELATIONS = (
    *(
        (column.references, resource.name, column.name)
        for resource in RESOURCES.values()
        for column in resource.columns
        if column.references is not None
    ),
    ("messages", "message_speakers", "message_id"),
    ("chats", "chat_agents", "chat_id"),
    ("agents", "chat_agents", "agent_id"),
    ("chats", "chat_channels", "chat_id"),
    ("channels", "chat_channels", "channel_id"),
    ("contacts", "contact_custom_fields", "contact_id"),
    ("contacts", "contact_organizations", "contact_id"),
    ("organizations", "contact_organizations", "organization_id"),
    ("contacts", "contact_groups", "contact_id"),
    ("groups", "contact_groups", "group_id"),
    ("chats", "marts.chat_times", "chat_id"),
    ("chats", "marts.chat_timeline", "chat_id"),
    ("chats", "marts.flow_runs", "chat_id"),
    ("chats", "marts.chat_spells", "chat_id"),
    ("chats", "marts.reopenings", "chat_id"),
    ("chats", "marts.handoffs", "chat_id"),
)
"""The parent table, the child table, and the column of the child that holds the parent's `id`: those of the catalogue,
and those of the views and marts. Every join also needs company_id.
"""

_TEXTS = {
    "en": (
        "# Tables",
        "Written by `python -m scripts.tables` from the code. · [Em português](tables.pt-BR.md)",
        "Every join has `company_id` beside the column that is shown.",
        {
            "main": "What the API lists, and what is made of it",
            "marts": "Marts",
            "history": "History",
            "meta": "What the warehouse knows of itself",
            "macros": "Macros",
        },
        ("Refresh", "Definition and worked example"),
    ),
    "pt-BR": (
        "# Tabelas",
        "Escrito por `python -m scripts.tables` a partir do código. · [In English](tables.md)",
        "Todo join leva `company_id` ao lado da coluna indicada.",
        {
            "main": "O que a API lista, e o que é feito disso",
            "marts": "Marts",
            "history": "Histórico",
            "meta": "O que o warehouse sabe de si mesmo",
            "macros": "Macros",
        },
        ("Atualização", "Definição e exemplo"),
    ),
}

_REFRESH_TEXTS = {
    RefreshKind.VIEW: Text("view", "visão (view)"),
    RefreshKind.WHOLE: Text("whole", "refeito por inteiro"),
    RefreshKind.CHATS: Text("touched chats", "os atendimentos que mudaram"),
    RefreshKind.EVENTS: Text("events of touched chats", "os eventos dos atendimentos que mudaram"),
    RefreshKind.VERSIONS: Text("versions of touched chats", "as versões dos atendimentos que mudaram"),
    RefreshKind.DAYS: Text("touched days", "os dias que mudaram"),
}


def render_dictionary(language: Language) -> str:
    """Return the whole page as Markdown."""
    title, intro, joins, schemas, labels = _TEXTS[language]
    lines = [title, "", intro, "", *_draw_diagram(), "", joins, ""]
    by_title = {definition.table.title: definition for definition in read_definitions()}
    for schema, heading in schemas.items():
        if schema == "macros":
            lines += [f"## {heading}", ""]
            lines += [
                f"- `{macro.schema}.{macro.name}({', '.join(macro.parameters)})`: {translate(macro.comment, language)}"
                for macro in list_macros()
            ]
            continue
        lines += [f"## {heading}", ""]
        for table in (table for table in list_tables() if table.schema == schema):
            section = format_markdown([table], language=language).replace("## ", "### ", 1)
            lines += section.splitlines()
            definition = by_title.get(table.title)
            lines += ["", *_describe_mart(definition, labels, language), ""] if definition else [""]
    return "\n".join(lines).rstrip() + "\n"


def _draw_diagram() -> Iterator[str]:
    """Yield the lines of a Mermaid diagram: the tables with their keys, and the columns that join them."""
    yield "```mermaid"
    yield "erDiagram"
    for parent, child, column in RELATIONS:
        yield f"    {_to_entity_name(parent)} ||--o{{ {_to_entity_name(child)} : {column}"
    tables = {table.title: table for table in list_tables()}
    drawn_titles = dict.fromkeys(title for relation in RELATIONS for title in relation[:2])
    for title in drawn_titles:
        yield f"    {_to_entity_name(title)} {{"
        yield from (f"        {line}" for line in _list_key_columns(tables[title]))
        yield "    }"
    yield "```"


def _to_entity_name(title: str) -> str:
    return title.replace(".", "_")


def _list_key_columns(table: TableSpec) -> Iterator[str]:
    """Yield the ids and the name of a table."""
    foreign_keys = {column for _, child, column in RELATIONS if child == table.title}
    for column in table.columns:
        if column.name in {"company_id", "id", "name"} | foreign_keys:
            mark = " PK" if column.name in table.key else " FK" if column.name in foreign_keys else ""
            yield f"{column.type} {column.name}{mark}"


def _describe_mart(definition: MartDefinition, labels: tuple[str, ...], language: Language) -> Iterator[str]:
    refresh_label, file_label = labels
    table = definition.table
    folder = "marts" if table.schema == "marts" else "views"
    yield from (f"- {line}" for line in describe_definition(table, language))
    yield f"- {refresh_label}: {translate(_REFRESH_TEXTS[definition.refresh], language)}"
    yield f"- {file_label}: [{definition.file}](../huggy_connector/warehouse/{folder}/{definition.file})"
