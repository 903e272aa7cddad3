"""The order in which views and marts are created, and how they round."""

import re

import pytest

from huggy_connector.warehouse.marts.definitions import find_dependencies, read_definitions

NAMES = frozenset({"chat_times", "groups", "names", "targets"})


@pytest.mark.parametrize(
    "query",
    [
        "SELECT groups FROM contacts",
        'SELECT u.one FROM contacts AS c, unnest(c."groups") AS u(one)',
        "SELECT c.groups AS names FROM contacts AS c WHERE c.targets IS NOT NULL",
        "SELECT a.id FROM agents AS a WHERE a.name IS DISTINCT FROM names",
        "SELECT names.id FROM agents AS a WHERE a.id IS NOT DISTINCT FROM names.id",
        "SELECT id FROM names_of_agents",
    ],
)
def test_a_column_with_the_name_of_a_view_is_no_dependency(query: str) -> None:
    assert find_dependencies(query, NAMES) == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT * FROM groups", ["groups"]),
        ("FROM contacts SEMI JOIN groups USING (company_id)", ["groups"]),
        ("FROM contacts ANTI JOIN (SELECT company_id FROM groups) USING (company_id)", ["groups"]),
        ("FROM marts.chat_times AS t\nLEFT JOIN marts.names AS a ON a.id = t.agent_id", ["chat_times", "names"]),
        ("FROM clocked AS t CROSS JOIN marts.targets AS s", ["targets"]),
        ("SELECT day FROM touched_chat_times", ["chat_times"]),
    ],
)
def test_a_name_after_from_or_join_is_a_dependency(query: str, expected: list[str]) -> None:
    assert find_dependencies(query, NAMES) == expected


def test_each_definition_follows_those_that_it_reads() -> None:
    names = [definition.table.name for definition in read_definitions()]
    for position, definition in enumerate(read_definitions()):
        assert set(find_dependencies(definition.query, names)) <= set(names[:position])


def test_the_views_of_main_are_created_before_the_marts() -> None:
    schemas = [definition.table.schema for definition in read_definitions()]
    assert schemas == sorted(schemas)


def test_no_mart_rounds_a_binary_fraction_which_versions_of_duckdb_round_differently() -> None:
    queries = [definition.query for definition in read_definitions()]
    rounded = [call for query in queries for call in re.findall(r"\bround\(.*?\)::DOUBLE|\bround\(.*", query)]
    assert len(rounded) > 30
    assert [call for call in rounded if not re.search(r"::DECIMAL\(38, 9\), \d\)::DOUBLE$", call)] == []
