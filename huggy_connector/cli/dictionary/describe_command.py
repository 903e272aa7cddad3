"""describe: what tables and columns mean, found by name, by words or by group, and what is in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from huggy_connector.cli.options import as_json, complete_tables, resolve_settings, setting_texts
from huggy_connector.cli.output import print_json, print_table, say
from huggy_connector.cli.warehouse_commands import language_option
from huggy_connector.errors import ConfigurationError

if TYPE_CHECKING:
    from huggy_connector.report import Language
    from huggy_connector.warehouse import TableSpec
    from huggy_connector.warehouse.read.profiles import ColumnProfile, TableProfile

NO_TEXT = '""'
SHOWN_VALUES = 4
"""The most common values of a column that a line shows. The JSON has all."""


@click.command()
@click.argument("table", required=False, shell_complete=complete_tables)
@click.option("--search", metavar="WORDS", help="List the tables and columns that are about these words.")
@click.option("--profile", is_flag=True, help="What is in the columns of TABLE: NULLs, range, most common values.")
@language_option("Of the meanings.")
@setting_texts("warehouse", "timezone")
@as_json
def describe(
    *,
    table: str | None,
    search: str | None,
    profile: bool,
    language: Language,
    explicit: dict[str, Any],
    as_json: bool,
) -> None:
    """What the tables and their columns mean, and what is in them.

    \b
    Examples: huggy describe
              huggy describe chats --language pt-BR
              huggy describe --search "first response"
              huggy describe chats --profile
    """
    if (table is not None and search is not None) or (profile and table is None):
        raise ConfigurationError("Give one table, or words to --search; --profile is about one table.")
    if search is not None:
        _show_found(search, language, as_json=as_json)
    elif table is None:
        _show_groups(language, as_json=as_json)
    elif profile:
        _show_profiles(table, explicit, as_json=as_json)
    else:
        _show_table(table, language, as_json=as_json)


def _show_found(words: str, language: Language, *, as_json: bool) -> None:
    from huggy_connector.warehouse.read.dictionary import translate
    from huggy_connector.warehouse.read.dictionary_search import search_dictionary

    found = search_dictionary(words)
    if as_json:
        print_json(
            {
                "found": [
                    {
                        "table": each.table.title,
                        "column": each.column and each.column.name,
                        "type": each.column and each.column.type,
                        "comment": asdict(each.meaning),
                    }
                    for each in found
                ]
            }
        )
        return
    print_table(
        ("table", "column", "meaning"),
        (
            (each.table.title, each.column.name if each.column else "", translate(each.meaning, language))
            for each in found
        ),
    )


def _show_groups(language: Language, *, as_json: bool) -> None:
    from huggy_connector.warehouse.read import dictionary
    from huggy_connector.warehouse.read.dictionary_search import group_tables

    groups = group_tables()
    if as_json:
        titles = {table.title: asdict(group.title) for group in groups for table in group.tables}
        print_json({"tables": [{**asdict(each), "group": titles[each.title]} for each in dictionary.list_tables()]})
        return
    for group in groups:
        _print_meanings(
            ((each.title, dictionary.translate(each.comment, language)) for each in group.tables),
            title=dictionary.translate(group.title, language),
        )
    _print_meanings(
        (
            (f"{each.schema}.{each.name}({', '.join(each.parameters)})", dictionary.translate(each.comment, language))
            for each in dictionary.list_macros()
        ),
        title="Macros",
    )
    say("huggy describe TABLE shows the columns, --search WORDS finds them by what they mean.")


def _print_meanings(rows: Iterable[tuple[str, str]], *, title: str) -> None:
    print_table(("table", "one row is"), rows, title=title)


def _show_table(name: str, language: Language, *, as_json: bool) -> None:
    from huggy_connector.warehouse.read import dictionary

    table = dictionary.find_table(name)
    if as_json:
        print_json({"tables": [{**asdict(table), "group": _title_of_group(table)}]})
        return
    say(dictionary.translate(table.comment, language))
    for line in dictionary.describe_definition(table, language):
        say(line)
    print_table(
        ("column", "type", "meaning"),
        ((each.name, each.type, dictionary.translate(each.comment, language)) for each in table.columns),
    )


def _title_of_group(table: TableSpec) -> dict[str, str]:
    from huggy_connector.warehouse.read.dictionary_search import group_tables

    return next(asdict(group.title) for group in group_tables() if table in group.tables)


def _show_profiles(name: str, explicit: dict[str, Any], *, as_json: bool) -> None:
    from huggy_connector.warehouse.read.dictionary import find_table
    from huggy_connector.warehouse.read.profiles import read_profiles

    table, settings = find_table(name), resolve_settings(explicit)
    profiles = read_profiles(settings.warehouse, table, zone=settings.zone)
    if as_json:
        print_json({"table": table.title, "profiles": [_to_json(each) for each in profiles]})
        return
    for each in profiles:
        print_table(
            ("column", "NULL", "values", "from", "to", "most common"),
            (
                (
                    column.column,
                    f"{column.null_share:.1%}",
                    column.distinct_values,
                    column.min_value,
                    column.max_value,
                    _describe_common(column, each.rows),
                )
                for column in each.columns
            ),
            title=f"{table.title} of company {each.company_id}: {each.rows:,} rows",
        )
        say(f"Counted {each.profiled_at:%Y-%m-%d %H:%M}. Personal data and ids have no values here.")


def _describe_common(column: ColumnProfile, rows: int) -> str:
    shown = [f"{value or NO_TEXT} {count / rows:.1%}" for value, count in column.common_values[:SHOWN_VALUES]]
    return ", ".join(shown + (["..."] if len(column.common_values) > SHOWN_VALUES else []))


def _to_json(profile: TableProfile) -> dict[str, Any]:
    columns = [
        {**asdict(each), "common_values": [{"value": value, "rows": rows} for value, rows in each.common_values]}
        for each in profile.columns
    ]
    return {**asdict(profile), "columns": columns}
