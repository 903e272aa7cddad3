"""Adjacent versions of a row: which columns differ, and how two with the same values become one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.catalogue import RESOURCES
from huggy_connector.warehouse.file.engine import EngineLimits
from huggy_connector.warehouse.file.publish_log import insert_rows
from huggy_connector.warehouse.load.merge.adjacent_versions import changed_columns, merge_adjacent_versions
from huggy_connector.warehouse.schema.migrate import migrate_tables
from huggy_connector.warehouse.schema.tables import history_table_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

AGENTS = RESOURCES["agents"]
HISTORY = history_table_of(AGENTS)
COLUMNS = [column.name for column in HISTORY.columns]
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def connection() -> Iterator[DuckDBPyConnection]:
    with EngineLimits().connect(None) as connection:
        migrate_tables(connection, (HISTORY,))
        yield connection


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def versions(agent_id: int, names: str, **fields: Any) -> list[dict[str, Any]]:
    """Return versions of an agent, one a minute, named by these letters; all say that everything changed."""
    return [
        {
            "company_id": 1,
            "id": agent_id,
            "name": name,
            "row_hash": f"hash {name}",
            "valid_from": at(minute),
            "valid_to": at(minute + 1) if minute < len(names) - 1 else None,
            "last_seen_at": at(minute) + timedelta(seconds=30),
            "last_version_at": at(minute) - timedelta(days=1),
            "changed": ["name", "email"],
            **fields,
        }
        for minute, name in enumerate(names)
    ]


def merged(connection: DuckDBPyConnection, rows: list[dict[str, Any]], condition: str = "true") -> list[Any]:
    insert_rows(connection, HISTORY, rows)
    merge_adjacent_versions(connection, AGENTS, COLUMNS, condition)
    return connection.execute(
        f"SELECT id, name, valid_from, valid_to, last_seen_at, last_version_at, changed FROM {HISTORY.sql}"
        " ORDER BY company_id, id, valid_from"
    ).fetchall()


def test_same_neighbours_become_one_that_ends_as_the_last_of_them_did(connection: DuckDBPyConnection) -> None:
    day, seen = timedelta(days=1), timedelta(seconds=30)
    assert merged(connection, versions(7, "aabbba")) == [
        (7, "a", at(0), at(2), at(1) + seen, at(1) - day, None),
        (7, "b", at(2), at(5), at(4) + seen, at(4) - day, ["name"]),
        (7, "a", at(5), None, at(5) + seen, at(5) - day, ["name"]),
    ]


def test_what_changed_is_written_again_and_null_differs_from_a_value(connection: DuckDBPyConnection) -> None:
    rows = versions(7, "abc")
    for row, email in zip(rows, (None, None, "c@example.com"), strict=True):
        row["email"] = email
    assert [row[-1] for row in merged(connection, rows)] == [None, ["name"], ["name", "email"]]


def test_rows_outside_the_condition_stay_as_they_are(connection: DuckDBPyConnection) -> None:
    other = [*versions(8, "aa"), *versions(7, "bb", company_id=2)]
    told = merged(connection, [*versions(7, "aa"), *other], "company_id = 1 AND id = 7")
    assert [(row[0], row[1], row[-1]) for row in told] == [
        (7, "a", None),
        *[(8, "a", ["name", "email"])] * 2,
        *[(7, "b", ["name", "email"])] * 2,
    ]


@pytest.mark.parametrize("seed", range(5))
def test_runs_are_found_whatever_order_the_versions_lie_in(connection: DuckDBPyConnection, seed: int) -> None:
    dice = random.Random(seed)
    names = {agent_id: "".join(dice.choices("ab", k=dice.randint(1, 9))) for agent_id in range(30)}
    rows = [row for agent_id, each in names.items() for row in versions(agent_id, each)]
    dice.shuffle(rows)
    told = [(row[0], row[1]) for row in merged(connection, rows)]
    assert told == [(agent_id, name) for agent_id, each in names.items() for name, _ in groupby(each)]


@pytest.mark.parametrize(
    ("values", "changed"),
    [
        ("1 AS a, 'x' AS \"d'água\", 1 AS a_before, 'x' AS \"d'água_before\"", []),
        ("1 AS a, 'x' AS \"d'água\", 2 AS a_before, 'y' AS \"d'água_before\"", ["a", "d'água"]),
        ("NULL AS a, NULL AS \"d'água\", NULL AS a_before, 'y' AS \"d'água_before\"", ["d'água"]),
    ],
)
def test_the_columns_that_differ_are_named_in_their_order(values: str, changed: list[str]) -> None:
    names = changed_columns(["a", "d'água"], now="n.{}", before="b.{}")
    both = '(SELECT a, "d\'água" FROM told) n, (SELECT a_before AS a, "d\'água_before" AS "d\'água" FROM told) b'
    with EngineLimits().connect(None) as connection:
        assert connection.execute(f"WITH told AS (SELECT {values}) SELECT {names} FROM {both}").fetchall() == [
            (changed,)
        ]
