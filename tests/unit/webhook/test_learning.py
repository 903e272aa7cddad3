"""The window for learning a token: once, for a quarter of an hour, for the company that it was opened for."""

from __future__ import annotations

import sqlite3

import pytest

from huggy_connector.webhook.learning import WINDOW, is_window_open, open_window, read_learned, use_window

END = int(WINDOW.total_seconds()) * 1_000_000


@pytest.fixture
def file() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE meta (name TEXT PRIMARY KEY, value)")
    connection.execute("CREATE TABLE learned (company_id INTEGER PRIMARY KEY, digest, learned_at)")
    return connection


def test_a_window_is_used_once(file: sqlite3.Connection) -> None:
    assert not use_window(file, 7, "a", now=1)
    open_window(file, None, now=1)
    assert [use_window(file, 7, digest, now=2) for digest in "bc"] == [True, False]
    assert read_learned(file) == {7: "b"}


def test_a_new_window_lets_another_token_take_the_place_of_the_last(file: sqlite3.Connection) -> None:
    for digest in "ab":
        open_window(file, 7, now=1)
        assert use_window(file, 7, digest, now=1)
    assert read_learned(file) == {7: "b"}


@pytest.mark.parametrize(("now", "is_open"), [(99, False), (100, True), (100 + END, True), (101 + END, False)])
def test_a_window_is_open_for_its_time_also_where_the_clock_is_set_back(
    file: sqlite3.Connection, now: int, is_open: bool
) -> None:
    open_window(file, None, now=100)
    assert (is_window_open(file, None, now=now), use_window(file, 7, "a", now=now)) == (is_open, is_open)


def test_a_window_for_one_company_is_closed_to_others(file: sqlite3.Connection) -> None:
    open_window(file, 7, now=100)
    assert [use_window(file, company, "a", now=100) for company in (8, 7)] == [False, True]
