"""The views of `main` and the marts: an SQL file each, whose head says in words what it is.

    -- Sentence in English: what one row or the number is.
    -- The same in Portuguese.
    --
    -- Formula: how it is computed.
    -- Edge cases:
    --   What does not count, what is NULL.
    -- Fórmula and Casos especiais: the same in Portuguese.
    -- Refresh: view | whole | touched chats | touched days, and why.
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

A column without words means what it means in marts.chat_times. An empty cell is NULL; times are local. What a view
reads lies in its own schema: DuckDB 1.2 looks nowhere else when the file is attached. Adding a mart is adding a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from graphlib import TopologicalSorter
from hashlib import blake2b
from importlib.resources import files
from textwrap import dedent

from huggy_connector.catalogue import Text
from huggy_connector.warehouse.shape import Column, Table

FACTS = "chat_times"
"""The mart that all others are made of."""

Cells = tuple[str | None, ...]


class Refresh(StrEnum):
    """How a publish brings it up to date."""

    VIEW = "view"
    WHOLE = "whole"
    CHATS = "touched chats"
    DAYS = "touched days"


@dataclass(frozen=True, slots=True)
class Rows:
    """A table of an example."""

    columns: tuple[str, ...]
    rows: tuple[Cells, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """What is put into which tables, and what the mart then holds where `condition` is met."""

    words: str
    given: Mapping[str, Rows]
    expected: Rows
    condition: str


@dataclass(frozen=True, slots=True)
class Definition:
    """A view or a mart. `edge_cases` are sentences."""

    table: Table
    query: str
    refresh: Refresh
    formula: Text | None
    edge_cases: Text
    example: Example

    @property
    def fingerprint(self) -> str:
        """32 hex digits: the same where the same rows come of the same tables, with the same comments."""
        told = repr((self.query, self.table, self.refresh))
        return blake2b(told.encode(), digest_size=16).hexdigest()


@cache
def definitions() -> tuple[Definition, ...]:
    """All of them, each after those that it reads, and the views of `main` first: the marts are made of them."""
    texts = {name: (schema, text) for schema, folder in _FOLDERS for name, text in _files(folder)}
    shared = {column.name: column for column in parse("marts", FACTS, texts[FACTS][1]).table.columns}
    found = {name: parse(schema, name, text, shared=shared) for name, (schema, text) in texts.items()}
    reads = {
        name: [other for other in found if other != name and re.search(rf"\b(touched_)?{other}\b", each.query)]
        for name, each in found.items()
    }
    ordered = [found[name] for name in TopologicalSorter(dict(sorted(reads.items()))).static_order()]
    return tuple(sorted(ordered, key=lambda each: each.table.schema != "main"))


_FOLDERS = (("main", "views"), ("marts", "marts"))


def _files(folder: str) -> Iterator[tuple[str, str]]:
    for file in sorted((files("huggy_connector.warehouse") / folder).iterdir(), key=lambda each: each.name):
        if file.name.endswith(".sql"):
            yield file.name.removesuffix(".sql"), file.read_text(encoding="utf-8")


def parse(schema: str, name: str, text: str, *, shared: Mapping[str, Column] | None = None) -> Definition:
    """The definition in a file's text. Raises ValueError for one that is not of the form above."""
    head, query = _halves(text)
    english, portuguese, *_ = head
    sections = _sections(head[2:])
    refresh = next((each for each in Refresh if sections["Refresh"][0].startswith(each)), None)
    if refresh is None:
        raise ValueError(f"{name}.sql: {sections['Refresh'][0]!r} is no way to refresh")
    table = Table(
        schema,
        name,
        Text(english, portuguese),
        tuple(_columns(sections["Columns"][1:], shared or {})),
        view=refresh is Refresh.VIEW,
    )
    return Definition(
        table,
        query,
        refresh,
        Text(_joined(sections["Formula"]), _joined(sections["Fórmula"])) if "Formula" in sections else None,
        Text(_joined(sections["Edge cases"]), _joined(sections["Casos especiais"])),
        _example(sections["Example"]),
    )


def _joined(lines: Sequence[str]) -> str:
    return " ".join(filter(None, lines))


def _halves(text: str) -> tuple[list[str], str]:
    lines = text.splitlines()
    end = next(number for number, line in enumerate(lines) if not line.startswith("--"))
    return [line[2:].removeprefix(" ").rstrip() for line in lines[:end]], "\n".join(lines[end:]).strip()


def _sections(lines: Sequence[str]) -> dict[str, list[str]]:
    """By title: what stands beside it, then the lines below, without their indent."""
    sections: dict[str, list[str]] = {}
    lines_of: list[str] = []
    for line in lines:
        if title := re.match(r"(Formula|Edge cases|Fórmula|Casos especiais|Refresh|Columns|Example):\s*(.*)", line):
            lines_of = sections[title[1]] = [title[2]]
        elif line:
            lines_of.append(line.removeprefix("  "))
    return sections


def _columns(lines: Sequence[str], shared: Mapping[str, Column]) -> Iterator[Column]:
    for line in dedent("\n".join(lines)).replace("\n  |", " |").splitlines():
        named, colon, words = line.partition(": ")
        name, kind = named.split(" ", 1)
        if not colon:
            if kind != shared[name].type:
                raise ValueError(f"the column {name} is a {shared[name].type} in marts.{FACTS}")
            yield shared[name]
        else:
            english, portuguese = words.split(" | ")
            yield Column(name, kind, Text(english, portuguese))


def _example(lines: Sequence[str]) -> Example:
    words = [lines[0]]
    tables: dict[str, list[Cells]] = {}
    titles = re.compile(r"([a-z_]+)(?: \((.*)\))?$")
    condition, rows = "true", list[Cells]()
    for number, line in enumerate(lines[1:], start=1):
        if line.startswith("|"):
            rows.append(tuple(cell.strip() or None for cell in line.strip().strip("|").split("|")))
        elif (title := titles.match(line)) and (number + 1 == len(lines) or lines[number + 1].startswith("|")):
            rows = tables[title[1]] = []
            condition = title[2] or "true"
        else:
            words.append(line)
    expected = _rows(tables.pop("gives"))
    return Example(" ".join(words), {name: _rows(each) for name, each in tables.items()}, expected, condition)


def _rows(cells: Sequence[Cells]) -> Rows:
    return Rows(tuple(str(name) for name in cells[0]), tuple(cells[1:]))
