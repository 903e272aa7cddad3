"""The log of publishes and rollbacks in the schema `meta`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from huggy_connector import __version__
from huggy_connector.warehouse.file.engine import EngineLimits
from huggy_connector.warehouse.file.publish_log import insert_rows, record_publish, record_rollback, was_rolled_back
from huggy_connector.warehouse.schema import meta, table_spec
from huggy_connector.warehouse.schema.migrate import migrate_tables

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOON.replace(hour=13)


@pytest.fixture
def connection() -> Iterator[DuckDBPyConnection]:
    with EngineLimits().connect(None) as connection:
        migrate_tables(connection, meta.META)
        yield connection


def publish(connection: DuckDBPyConnection, version: int) -> None:
    record_publish(connection, version=version, now=NOON, reason="load", snapshots=2, rows_changed=30)
    finding = {"version": version, "check_name": "fresh", "table_name": "chats", "level": "warn", "passed": True}
    insert_rows(connection, meta.QUALITY, [finding | {"detail": f"of {version}"}])


def read(connection: DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def test_a_publish_is_a_row_with_what_made_it_and_by_which_versions(connection: DuckDBPyConnection) -> None:
    publish(connection, 1)
    assert read(connection, "SELECT * FROM meta.publishes") == [
        (1, NOON, "load", 2, 30, table_spec.FORMAT, __version__, duckdb.__version__)
    ]


def test_a_rollback_repeats_the_newest_publish_with_its_format_and_findings(connection: DuckDBPyConnection) -> None:
    publish(connection, 1)
    publish(connection, 2)
    connection.execute("UPDATE meta.publishes SET format_version = 3, connector_version = '0.1' WHERE version = 2")
    record_rollback(connection, version=9, now=LATER, to=2)
    assert read(connection, "SELECT * FROM meta.publishes WHERE version > 2") == [
        (9, LATER, "rollback to 2", 0, 0, 3, "0.1", duckdb.__version__)
    ]
    assert read(connection, "SELECT * FROM meta.quality WHERE version > 2") == [
        (9, "fresh", "chats", "warn", True, "of 2")
    ]


@pytest.mark.parametrize(
    ("version", "to", "expected"), [(3, 1, True), (3, 2, False), (2, 1, False), (4, 1, False), (1, 1, False)]
)
def test_only_the_very_rollback_that_was_recorded_is_found(
    connection: DuckDBPyConnection, version: int, to: int, *, expected: bool
) -> None:
    publish(connection, 1)
    publish(connection, 2)
    record_rollback(connection, version=3, now=LATER, to=1)
    assert was_rolled_back(connection, version=version, to=to) is expected


def test_rows_are_inserted_as_they_are_with_nulls_and_any_text(connection: DuckDBPyConnection) -> None:
    texts = [None, "", "d'água", 'a "b".c', "日本語 🎈", "x" * 100_000, "NULL", "{}"]
    rows = [{"version": number, "detail": text} for number, text in enumerate(texts)]
    insert_rows(connection, meta.QUALITY, rows)
    assert read(connection, "SELECT version, detail, passed FROM meta.quality ORDER BY version") == [
        (number, text, None) for number, text in enumerate(texts)
    ]


def test_thousands_of_rows_stay_whole_rows(connection: DuckDBPyConnection) -> None:
    rows = [{"version": number, "check_name": f"check {number}"} for number in range(5_000)]
    insert_rows(connection, meta.QUALITY, rows)
    told = "SELECT count(*), count(*) FILTER (check_name = 'check ' || version) FROM meta.quality"
    assert read(connection, told) == [(5_000, 5_000)]


def test_no_rows_insert_nothing(connection: DuckDBPyConnection) -> None:
    insert_rows(connection, meta.QUALITY, [])
    assert read(connection, "SELECT count(*) FROM meta.quality") == [(0,)]
