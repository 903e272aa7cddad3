"""Rows of a table get the hashes that the landing has of them."""

from datetime import UTC, datetime

import duckdb
import pytest

from huggy_connector.warehouse.admin.hash_updates import update_hashes, values_clause

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("key", "kind", "values"), [("id", "BIGINT", (1, 2, 3)), ("event_id", "VARCHAR", ("a", "b", "c'"))]
)
def test_the_rows_with_this_key_and_time_that_meet_the_condition_are_updated(
    key: str, kind: str, values: tuple[int | str, ...]
) -> None:
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE t (company_id BIGINT, {key} {kind}, fetched_at TIMESTAMPTZ, row_hash VARCHAR)")
    connection.executemany(
        "INSERT INTO t VALUES (?, ?, ?, 'old')",
        [(company, value, NOON.isoformat()) for company in (1, 2) for value in values],
    )
    hashes = [
        (values[0], NOON, "new"),
        (values[0], NOON, "new"),
        (values[1], NOON.replace(hour=13), "new"),
        (values[2], NOON, "other"),
    ]
    update_hashes(connection, "t", "fetched_at", "company_id = 1", hashes, key=key)
    update_hashes(connection, "t", "fetched_at", "true", [], key=key)

    assert connection.execute(f"SELECT company_id, {key}, row_hash FROM t ORDER BY ALL").fetchall() == [
        (1, values[0], "new"),
        (1, values[1], "old"),
        (1, values[2], "other"),
        *((2, value, "old") for value in values),
    ]


def test_no_rows_are_a_query_without_rows() -> None:
    assert duckdb.connect().execute(values_clause([], width=2)).fetchall() == []
    assert duckdb.connect().execute(values_clause([(1, "a'b")], width=2)).fetchall() == [(1, "a'b")]
