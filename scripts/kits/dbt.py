"""Renders the sources of a dbt project: each table with its meaning, its key, its parents, and how fresh it is."""

from __future__ import annotations

from typing import Any

from huggy_connector.warehouse.read.dictionary import Language, translate
from huggy_connector.warehouse.schema.table_spec import TableSpec
from scripts.kits.facts import LISTED, SCHEMAS, explain, find_key, list_landed_by_default, list_parents, list_schema
from scripts.kits.writing import to_yaml

DATABASE = "huggy"
"""The name under which the project attaches the connector's file."""

WARN_AFTER_HOURS, ERROR_AFTER_HOURS = 26, 50
"""A sync a day, and two hours for it."""

_HEAD = (
    "# Written by `python -m scripts.kits` from the catalogue. Do not edit: put your own properties in another file.\n"
)
_WORDS = {
    "en": (
        "What Huggy's API lists, and the flat views of it.",
        "Figures of the service desk.",
        "Versions of the rows.",
        "What the warehouse knows of itself.",
    ),
    "pt-BR": (
        "O que a API da Huggy lista, e as visões planas disso.",
        "Números do atendimento.",
        "Versões das linhas.",
        "O que o warehouse sabe de si mesmo.",
    ),
}


def name_source(schema: str) -> str:
    """Return the name by which a model calls a schema: `source('huggy_marts', 'chats_by_day')`."""
    return "huggy" if schema == "main" else f"huggy_{schema}"


def render_sources(language: Language) -> str:
    """Return the whole file, with the descriptions in one language."""
    sources = [
        {
            "name": name_source(schema),
            "database": DATABASE,
            "schema": schema,
            "description": words,
            "tables": [_describe_table(table, language) for table in list_schema(schema)],
        }
        for schema, words in zip(SCHEMAS, _WORDS[language], strict=True)
    ]
    return _HEAD + to_yaml({"version": 2, "sources": sources})


def _describe_table(table: TableSpec, language: Language) -> dict[str, Any]:
    described: dict[str, Any] = {"name": table.name, "description": explain(table, language)}
    if freshness := _find_freshness(table):
        described["config"] = freshness
    if key := find_key(table):
        config = {"config": {"severity": "warn"}} if table.name in LISTED else {}
        described["data_tests"] = [{"huggy_unique_rows": {"arguments": {"columns": list(key)}, **config}}]
    parents = dict(list_parents(table))
    described["columns"] = [
        {
            "name": column.name,
            "description": translate(column.comment, language),
            "data_type": column.type,
            **({"data_tests": tests} if (tests := _list_tests(table, column.name, parents.get(column.name))) else {}),
        }
        for column in table.columns
    ]
    return described


def _list_tests(table: TableSpec, column: str, parent: str | None) -> list[Any]:
    """Return the tests of one column. A parent that is missing is a warning: it may be older than the first sync."""
    tests: list[Any] = ["not_null"] if column in table.key else []
    if parent is not None:
        to = f"source('{name_source('main')}', '{parent}')"
        tests.append({"huggy_has_parent": {"arguments": {"to": to}, "config": {"severity": "warn"}}})
    return tests


def _find_freshness(table: TableSpec) -> dict[str, Any] | None:
    """Return when a table is too old: by the company whose last snapshot is the oldest, with or without new rows."""
    resource = "chats" if table.title == "marts.chat_times" else table.name
    if table.title not in {*list_landed_by_default(), "marts.chat_times"}:
        return None
    started = f"SELECT min(last_snapshot_started_at) FROM {DATABASE}.meta.freshness WHERE resource = '{resource}'"
    return {
        "loaded_at_query": started,
        "freshness": {
            "warn_after": {"count": WARN_AFTER_HOURS, "period": "hour"},
            "error_after": {"count": ERROR_AFTER_HOURS, "period": "hour"},
        },
    }
