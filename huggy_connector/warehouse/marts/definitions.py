"""Reads the views of `main` and the marts. Each is one SQL file, and the head of the file explains it.

    -- Sentence in English: what one row or the number is.
    -- The same in Portuguese.
    --
    -- Formula: how it is computed.
    -- Edge cases:
    --   What does not count, what is NULL.
    -- Fórmula and Casos especiais: the same in Portuguese.
    -- Refresh: view | whole | touched chats | events of touched chats |
    --   versions of touched chats | touched days, and why.
    -- Groups: day, channel, department, agent. Only where rows are of several groupings: see grouped_views.py.
    --
    -- Columns:
    --   day DATE: Meaning. | The same in Portuguese.
    --   channel VARCHAR
    --
    -- Example: what it shows.
    --   chats
    --   | id | created_at       |
    --   | 1  | 2026-11-09 09:00 |
    --   gives (condition)
    --   | day        | chats |
    --   | 2026-11-09 | 1     |
    SELECT ...

A mart whose query is `AS marts.chat_times` has the columns and the query of that one. A column without a meaning has
the meaning of the column of that name in marts.chat_times. An empty cell is NULL. Times are local. A view reads only
from its own schema: DuckDB 1.2 looks in no other when the file is attached. To add a mart, add a file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from graphlib import TopologicalSorter
from importlib.resources import files
from textwrap import dedent

from huggy_connector.catalogue import Text
from huggy_connector.warehouse.marts.grouped_views import split_groups
from huggy_connector.warehouse.marts.mart_definition import (
    Cells,
    ExampleRows,
    MartDefinition,
    RefreshKind,
    WorkedExample,
)
from huggy_connector.warehouse.schema.table_spec import TableColumn, TableSpec

FACT_TABLE = "chat_times"
"""The mart from which most others are computed, and which tells which chats are touched."""


@cache
def read_definitions() -> tuple[MartDefinition, ...]:
    """Return all views and marts in the order of creation: each after those that it reads.

    The views of `main` come first, because the marts read them. Raises ValueError for a file in another form.
    """
    texts = {name: (schema, text) for schema, folder in _FOLDERS for name, text in _read_sql_files(folder)}
    shared = {
        column.name: column for column in parse_definition("marts", FACT_TABLE, texts[FACT_TABLE][1]).table.columns
    }
    files_parsed = {name: parse_definition(schema, name, text, shared=shared) for name, (schema, text) in texts.items()}
    facts = files_parsed[FACT_TABLE]
    for name, definition in files_parsed.items():
        if definition.query == f"AS marts.{FACT_TABLE}":
            table = replace(definition.table, columns=facts.table.columns)
            files_parsed[name] = replace(definition, table=table, query=facts.query)
    parsed = {each.table.name: each for each in files_parsed.values() for each in split_groups(each, shared)}
    dependencies = {
        name: find_dependencies(definition.query, parsed.keys() - {name}) for name, definition in sorted(parsed.items())
    }
    ordered = [parsed[name] for name in TopologicalSorter(dependencies).static_order()]
    return tuple(sorted(ordered, key=lambda definition: definition.table.schema != "main"))


_FOLDERS = (("main", "views"), ("marts", "marts"))

_READ_NAME = re.compile(r"(?:(?<!DISTINCT )\bFROM|\bJOIN)\s+(?:(?:main|marts)\.)?(?:touched_)?([a-z_]+)(?![\w.])")
"""A name after FROM or JOIN. `touched_chat_times` is a part of marts.chat_times. IS DISTINCT FROM compares values."""


def find_dependencies(query: str, names: Collection[str]) -> list[str]:
    """Return those of `names`, sorted, that a query reads: they stand after FROM or JOIN, not in a list with commas."""
    return sorted(set(_READ_NAME.findall(query)).intersection(names))


def _read_sql_files(folder: str) -> Iterator[tuple[str, str]]:
    for file in sorted((files("huggy_connector.warehouse") / folder).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".sql"):
            yield file.name.removesuffix(".sql"), file.read_text(encoding="utf-8")


def parse_definition(
    schema: str, name: str, text: str, *, shared: Mapping[str, TableColumn] | None = None
) -> MartDefinition:
    """Return the definition in the text of an SQL file. Raises ValueError if the text is not in the form above.

    `shared` are the columns of marts.chat_times, for those that the file names without a meaning.
    """
    head, query = _split_head(text)
    english, portuguese, *_ = head
    sections = _split_sections(head[2:])
    refresh = next((kind for kind in RefreshKind if sections["Refresh"][0].startswith(kind)), None)
    if refresh is None:
        raise ValueError(f"{name}.sql: {sections['Refresh'][0]!r} is no way to refresh")
    table = TableSpec(
        schema,
        name,
        Text(english, portuguese),
        tuple(_parse_columns(sections["Columns"][1:], shared or {})),
        view=refresh is RefreshKind.VIEW,
    )
    return MartDefinition(
        table,
        query,
        refresh,
        Text(_join_lines(sections["Formula"]), _join_lines(sections["Fórmula"])) if "Formula" in sections else None,
        Text(_join_lines(sections["Edge cases"]), _join_lines(sections["Casos especiais"])),
        _parse_example(sections["Example"]),
        tuple(sections["Groups"][0].rstrip(".").split(", ")) if "Groups" in sections else (),
        f"{name}.sql",
    )


def _join_lines(lines: Sequence[str]) -> str:
    return " ".join(filter(None, lines))


def _split_head(text: str) -> tuple[list[str], str]:
    lines = text.splitlines()
    end = next(number for number, line in enumerate(lines) if not line.startswith("--"))
    return [line[2:].removeprefix(" ").rstrip() for line in lines[:end]], "\n".join(lines[end:]).strip()


def _split_sections(lines: Sequence[str]) -> dict[str, list[str]]:
    """Return by title the text on the line of the title, then the lines below it without their indent."""
    sections: dict[str, list[str]] = {}
    section: list[str] = []
    for line in lines:
        if title := re.match(
            r"(Formula|Edge cases|Fórmula|Casos especiais|Refresh|Groups|Columns|Example):\s*(.*)", line
        ):
            section = sections[title[1]] = [title[2]]
        elif line:
            section.append(line.removeprefix("  "))
    return sections


def _parse_columns(lines: Sequence[str], shared: Mapping[str, TableColumn]) -> Iterator[TableColumn]:
    for line in dedent("\n".join(lines)).replace("\n  |", " |").splitlines():
        name_and_type, colon, meaning = line.partition(": ")
        name, column_type = name_and_type.split(" ", 1)
        if not colon:
            if column_type != shared[name].type:
                raise ValueError(f"the column {name} is a {shared[name].type} in marts.{FACT_TABLE}")
            yield shared[name]
        else:
            english, portuguese = meaning.split(" | ")
            yield TableColumn(name, column_type, Text(english, portuguese))


def _parse_example(lines: Sequence[str]) -> WorkedExample:
    words = [lines[0]]
    tables: dict[str, list[Cells]] = {}
    titles = re.compile(r"([a-z_.]+)(?: \((.*)\))?$")
    condition, rows = "true", list[Cells]()
    for number, line in enumerate(lines[1:], start=1):
        if line.startswith("|"):
            rows.append(tuple(cell.strip() or None for cell in line.strip().strip("|").split("|")))
        elif (title := titles.match(line)) and (number + 1 == len(lines) or lines[number + 1].startswith("|")):
            rows = tables[title[1]] = []
            condition = title[2] or "true"
        else:
            words.append(line)
    expected = _to_example_rows(tables.pop("gives"))
    return WorkedExample(
        " ".join(words), {name: _to_example_rows(cells) for name, cells in tables.items()}, expected, condition
    )


def _to_example_rows(cells: Sequence[Cells]) -> ExampleRows:
    return ExampleRows(tuple(str(name) for name in cells[0]), tuple(cells[1:]))
