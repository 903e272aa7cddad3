"""Finds tables and columns in the dictionary by words, in both languages, and what a misspelt name may mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from huggy_connector.catalogue import Text
from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse.marts.definitions import read_definitions
from huggy_connector.warehouse.marts.grouped_views import INTERNAL_PREFIX
from huggy_connector.warehouse.read.dictionary import list_tables
from huggy_connector.warehouse.read.name_suggestions import fold_text, join_names
from huggy_connector.warehouse.schema.table_spec import TableColumn, TableSpec


@dataclass(frozen=True, slots=True)
class DictionaryEntry:
    """A table that was found, or one of its columns."""

    table: TableSpec
    column: TableColumn | None = None

    @property
    def meaning(self) -> Text:
        return self.table.comment if self.column is None else self.column.comment


@dataclass(frozen=True, slots=True)
class TableGroup:
    """Tables that answer one kind of question."""

    title: Text
    tables: tuple[TableSpec, ...]


_GROUPED = ("by_day", "by_day_and_channel", "by_day_and_department", "by_day_and_agent")
_PARTS_OF_OTHERS = ("chat_transitions", "past_spells", "settled_chats")
"""Marts that another mart is made of, which is read in their place."""

_MART_GROUPS = (
    (
        Text("One chat", "Um atendimento"),
        ("chat_times", "chat_timeline", "chat_spells", "reopenings", "handoffs", *_PARTS_OF_OTHERS),
    ),
    (Text("Now", "Agora"), ("open_now", "as_of")),
    (
        Text("Is it normal?", "Está normal?"),
        ("days_compared", "weeks_compared", "months_compared", "period_comparisons"),
    ),
    (
        Text("How much", "Quanto"),
        (
            *("chats_by_day", "backlog_by_day", "load_by_hour", "bot_and_human_by_day", "tabulations_by_day"),
            *("returning_contacts_by_day", "conversations_by_day", "message_volumes_by_day"),
        ),
    ),
    (
        Text("How fast, and in time", "Com que rapidez, e no prazo"),
        (
            "sla_by_day",
            "sla_by_chat",
            *(f"queue_wait_{suffix}" for suffix in _GROUPED),
            *(f"first_response_{suffix}" for suffix in _GROUPED),
            "next_reply_by_day",
            *(f"handling_{suffix}" for suffix in _GROUPED),
            *(f"resolution_{suffix}" for suffix in _GROUPED),
            *("targets", "calendar", "desks"),
        ),
    ),
    (Text("Who", "Quem"), ("agent_performance", "names")),
    (
        Text("Whether customers are satisfied", "Se os clientes estão satisfeitos"),
        ("satisfaction_by_day", "satisfaction", "ratings"),
    ),
    (
        Text("Flows, surveys, workflows", "Fluxos, pesquisas, workflows"),
        ("flow_runs", "flow_answers", "surveys_by_day", "workflow_moves"),
    ),
)
"""The marts by the question that they answer. A mart that is not named is in the last group of them."""


def group_tables(tables: Sequence[TableSpec] | None = None) -> tuple[TableGroup, ...]:
    """Return all tables in groups, in the order in which a newcomer wants them. Each table is in one group."""
    tables = list_tables() if tables is None else tables
    marts = {table.name: table for table in tables if table.schema == "marts"}
    named = {name for _, names in _MART_GROUPS for name in names}
    return tuple(
        TableGroup(title, found)
        for title, found in (
            (
                Text("What the API gives", "O que a API entrega"),
                tuple(table for table in tables if table.schema == "main" and not table.view),
            ),
            (
                Text("Its lists, flat", "Suas listas, planas"),
                tuple(table for table in tables if table.schema == "main" and table.view),
            ),
            *((title, tuple(marts[name] for name in names if name in marts)) for title, names in _MART_GROUPS),
            (
                Text("Other marts", "Outros marts"),
                tuple(marts[name] for name in marts if name not in named and not name.startswith(INTERNAL_PREFIX)),
            ),
            (Text("History", "Histórico"), tuple(table for table in tables if table.schema == "history")),
            (
                Text("What the warehouse knows of itself", "O que o warehouse sabe de si mesmo"),
                tuple(table for table in tables if table.schema == "meta"),
            ),
            (
                Text("Internal: what views are made of", "Interno: do que as views são feitas"),
                tuple(marts[name] for name in marts if name.startswith(INTERNAL_PREFIX)),
            ),
        )
        if found
    )


def search_dictionary(text: str, *, tables: Sequence[TableSpec] | None = None) -> tuple[DictionaryEntry, ...]:
    """Return the tables and columns whose name, meaning or formula has every word of `text`, in either language.

    Case and accents make no difference. What has the words in its name comes first, tables before columns. Raises
    ConfigurationError, with words that are close, if nothing is found.
    """
    tables = list_tables() if tables is None else tables
    words, formulas = _split_words(text), _read_formulas()
    if not words:
        raise ConfigurationError("There is nothing to search for: give a word, such as `huggy describe --search wait`.")
    found: list[tuple[tuple[bool, bool], DictionaryEntry]] = []
    for entry in _list_entries(tables):
        name = fold_text(entry.table.title if entry.column is None else entry.column.name)
        formula = formulas.get(entry.table.title, "") if entry.column is None else ""
        meaning = fold_text(f"{entry.meaning.en} {entry.meaning.pt} {formula}")
        if all(word in name or word in meaning for word in words):
            found.append(((not all(word in name for word in words), entry.column is not None), entry))
    if not found:
        raise ConfigurationError(_say_nothing_found(text, words, tables))
    return tuple(entry for _, entry in sorted(found, key=lambda each: each[0]))


def _say_nothing_found(text: str, words: Sequence[str], tables: Sequence[TableSpec]) -> str:
    vocabulary = sorted(
        {
            word
            for entry in _list_entries(tables)
            for part in (entry.table.title, entry.column.name if entry.column else "", *_texts_of(entry))
            for word in _split_words(part.replace("_", " ").replace(".", " "))
            if not word.isdigit()
        }
    )
    close = [each for word in words for each in get_close_matches(word, vocabulary, n=3) if each != word]
    hint = (
        f"did you mean {join_names(list(dict.fromkeys(close))[:3])}?" if close else "`huggy describe` lists all tables."
    )
    return f"No table or column is about {text!r}: {hint}"


def _texts_of(entry: DictionaryEntry) -> tuple[str, str]:
    return entry.meaning.en, entry.meaning.pt


def _list_entries(tables: Sequence[TableSpec]) -> Iterator[DictionaryEntry]:
    yield from map(DictionaryEntry, tables)
    yield from (DictionaryEntry(table, column) for table in tables for column in table.columns)


def _read_formulas() -> dict[str, str]:
    return {
        each.table.title: f"{each.formula.en} {each.formula.pt}"
        for each in read_definitions()
        if each.formula is not None
    }


def _split_words(text: str) -> list[str]:
    return re.findall(r"\w+", fold_text(text))
