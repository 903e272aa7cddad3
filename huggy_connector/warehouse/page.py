"""The pages docs/tables.md and docs/tables.pt-BR.md: a drawing, then every table, view and mart in words."""

from __future__ import annotations

from collections.abc import Iterator

from huggy_connector.catalogue import Text
from huggy_connector.warehouse.definitions import Definition, Refresh, definitions
from huggy_connector.warehouse.dictionary import (
    Language,
    all_macros,
    all_tables,
    as_markdown,
    definition_of,
    words,
)
from huggy_connector.warehouse.shape import Table

RELATIONS = (
    ("contacts", "chats", "contact_id"),
    ("agents", "chats", "agent_id"),
    ("departments", "chats", "department_id"),
    ("tabulations", "chats", "tabulation_id"),
    ("chats", "messages", "chat_id"),
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
)
"""The `id` of a table, the table that holds it, and the column it stands in. Every join has company_id beside it."""

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

_REFRESHED = {
    Refresh.VIEW: Text("view", "visão (view)"),
    Refresh.WHOLE: Text("whole", "refeito por inteiro"),
    Refresh.CHATS: Text("touched chats", "os atendimentos que mudaram"),
    Refresh.DAYS: Text("touched days", "os dias que mudaram"),
}


def page(language: Language) -> str:
    """The whole page."""
    title, intro, joins, schemas, labels = _TEXTS[language]
    lines = [title, "", intro, "", *_drawing(), "", joins, ""]
    made = {each.table.title: each for each in definitions()}
    for schema, heading in schemas.items():
        if schema == "macros":
            lines += [f"## {heading}", ""]
            lines += [
                f"- `{each.schema}.{each.name}({', '.join(each.parameters)})`: {words(each.comment, language)}"
                for each in all_macros()
            ]
            continue
        lines += [f"## {heading}", ""]
        for table in (table for table in all_tables() if table.schema == schema):
            section = as_markdown([table], language=language).replace("## ", "### ", 1)
            lines += section.splitlines()
            lines += ["", *_definition(made[table.title], labels, language), ""] if table.title in made else [""]
    return "\n".join(lines).rstrip() + "\n"


def _drawing() -> Iterator[str]:
    """An entity diagram in Mermaid: each table with its key, and the columns that lead from one to another."""
    yield "```mermaid"
    yield "erDiagram"
    for parent, child, column in RELATIONS:
        yield f"    {_entity(parent)} ||--o{{ {_entity(child)} : {column}"
    tables = {table.title: table for table in all_tables()}
    drawn = dict.fromkeys(title for relation in RELATIONS for title in relation[:2])
    for title in drawn:
        yield f"    {_entity(title)} {{"
        yield from (f"        {line}" for line in _shown(tables[title]))
        yield "    }"
    yield "```"


def _entity(title: str) -> str:
    return title.replace(".", "_")


def _shown(table: Table) -> Iterator[str]:
    """Its ids and its name."""
    led = {column for _, child, column in RELATIONS if child == table.title}
    for column in table.columns:
        if column.name in {"company_id", "id", "name"} | led:
            mark = " PK" if column.name in table.key else " FK" if column.name in led else ""
            yield f"{column.type} {column.name}{mark}"


def _definition(made: Definition, labels: tuple[str, ...], language: Language) -> Iterator[str]:
    refresh, file = labels
    folder = "marts" if made.table.schema == "marts" else "views"
    yield from (f"- {line}" for line in definition_of(made.table, language))
    yield f"- {refresh}: {words(_REFRESHED[made.refresh], language)}"
    yield (f"- {file}: [{made.table.name}.sql](../huggy_connector/warehouse/{folder}/{made.table.name}.sql)")
