"""When the receiver was up or failing, as its heartbeats write it."""

from __future__ import annotations

import sqlite3

import pytest

from huggy_connector.webhook.span_log import LONGEST_GAP, SpanLog

SECOND = 1_000_000


@pytest.fixture
def file() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE spans (number INTEGER PRIMARY KEY, kind, start_at, end_at)")
    return connection


def spans(file: sqlite3.Connection) -> list[tuple[str, int, int]]:
    return file.execute("SELECT kind, start_at / 1000000, end_at / 1000000 FROM spans ORDER BY number").fetchall()


def beat(log: SpanLog, file: sqlite3.Connection, *seconds: int) -> None:
    for second in seconds:
        log.write(file, second * SECOND)
        log.settle(is_committed=True)


def test_heartbeats_are_one_span_until_one_is_missed_or_the_clock_goes_back(file: sqlite3.Connection) -> None:
    log = SpanLog()
    beat(log, file, 100, 105, 110, 200, 205, 50, 55)
    assert spans(file) == [("up", 100, 110), ("up", 200, 205), ("up", 50, 55)]


def test_failures_wait_for_a_heartbeat_that_is_durable_and_are_written_once(file: sqlite3.Connection) -> None:
    log = SpanLog()
    beat(log, file, 100)
    for second in (101, 103, 104, 150):
        log.fail(second * SECOND)
    file.execute("BEGIN")
    log.write(file, 151 * SECOND)
    file.execute("ROLLBACK")
    log.settle(is_committed=False)
    log.fail(151 * SECOND)
    beat(log, file, 152, 153)
    assert spans(file) == [("up", 100, 100), ("up", 152, 153), ("failing", 101, 104), ("failing", 150, 151)]


def test_a_failure_while_others_are_written_is_not_lost(file: sqlite3.Connection) -> None:
    log = SpanLog()
    log.fail(100 * SECOND)
    log.write(file, 101 * SECOND)
    log.fail(101 * SECOND)
    log.settle(is_committed=True)
    beat(log, file, 102)
    assert spans(file)[1:] == [("failing", 100, 100), ("failing", 101, 101)]


def test_a_span_that_a_rollback_took_back_begins_anew(file: sqlite3.Connection) -> None:
    log = SpanLog()
    file.execute("BEGIN")
    log.write(file, 100 * SECOND)
    file.execute("ROLLBACK")
    log.settle(is_committed=False)
    beat(log, file, 101, 101 + LONGEST_GAP // SECOND)
    assert spans(file) == [("up", 101, 121)]
