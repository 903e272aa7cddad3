"""Versions of rows: which ids a load changes, and what must be read again for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.landing import Manifest
from huggy_connector.warehouse.load.merge.history import HistoryChange, plan_history

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
OLD, NEW = "2026-11-04 10:00:00", "2026-11-05 10:00:00"


def plan(desk: Desk, tables: DuckDBPyConnection, *manifests: Manifest) -> tuple[HistoryChange, list[str]]:
    """Return the change, and what was read again, from a landing that has nothing any more."""
    reread: list[str] = []

    def reread_sightings(ids: str) -> None:
        reread.append(f"sightings of {tables.execute(f'SELECT count(*) FROM {ids}').fetchall()[0][0]}")

    def reread_rows(sightings: str) -> None:
        reread.append(f"rows of {tables.execute(f'SELECT count(*) FROM {sightings}').fetchall()[0][0]}")
        tables.execute("CREATE OR REPLACE TEMP TABLE reread_rows (id BIGINT)")

    stage = desk.stage(tables, *manifests)
    return plan_history(stage, reread_sightings=reread_sightings, reread_rows=reread_rows), reread


def spans(tables: DuckDBPyConnection) -> list[tuple[Any, ...]]:
    """Return the spans to write as (id, first minute, last minute)."""
    found = tables.execute("SELECT id, first_at, last_at FROM history_spans ORDER BY id, span").fetchall()
    return [(row[0], *((each - NOON) / timedelta(minutes=1) for each in row[1:])) for row in found]


def test_in_a_first_load_every_row_begins_a_version(desk: Desk, chat: Chat, tables: DuckDBPyConnection) -> None:
    change, reread = plan(desk, tables, desk.land([chat(1), chat(2)]))
    assert (change.is_first, change.spliced_ids, reread) == (True, 0, [])


def test_an_id_seen_for_the_first_time_and_once_is_new_and_one_seen_twice_is_spliced(
    desk: Desk, chat: Chat, tables: DuckDBPyConnection
) -> None:
    desk.apply(tables, desk.land([chat(1)], minute=1))
    change, reread = plan(
        desk, tables, desk.land([chat(2), chat(3)], minute=2), desk.land([chat(3, channel="email")], minute=3)
    )
    assert (change.is_first, change.new_ids, change.spliced_ids, reread) == (False, 1, 1, [])
    assert spans(tables) == [(3, 2, 2), (3, 3, 3)]


UNCHANGED: dict[str, dict[str, Any]] = {
    "the same values, later": {"minute": 9},
    "the same values, between two readings": {"minute": 3},
    "values that make no version": {"minute": 9, "unread": 5, "lastMessage": {"text": "x"}},
    "an older time of change, later": {"minute": 9, "channel": "email", "updatedAt": OLD},
}


@pytest.mark.parametrize("reading", UNCHANGED.values(), ids=UNCHANGED)
def test_a_reading_that_changes_no_version_splices_nothing(
    desk: Desk, chat: Chat, tables: DuckDBPyConnection, reading: dict[str, Any]
) -> None:
    for minute in (1, 5):
        desk.apply(tables, desk.land([chat(1, updatedAt=NEW)], minute=minute))
    row = {"updatedAt": NEW, **reading}
    minute = row.pop("minute")
    change, reread = plan(desk, tables, desk.land([chat(1, **row)], minute=minute))
    assert (change.new_ids, change.spliced_ids, change.reread_rows, reread) == (0, 0, 0, [])


SPLICED: dict[str, tuple[dict[str, Any], list[tuple[int, int]], list[str]]] = {
    "other values, later": ({"minute": 9, "channel": "email"}, [(1, 5), (9, 9)], []),
    "the same values, earlier": ({"minute": 0}, [(0, 5)], []),
    "other values, earlier": ({"minute": 0, "channel": "email"}, [(0, 0), (1, 5)], []),
    "other values, in between": (
        {"minute": 3, "channel": "email"},
        [(1, 1), (3, 3), (5, 5)],
        ["sightings of 1"],
    ),
    "the end made stale": (
        {"minute": 3, "updatedAt": "2026-11-06 10:00:00"},
        [(1, 3)],
        ["sightings of 1"],
    ),
    "the whole span made stale": ({"minute": 0, "updatedAt": "2026-11-06 10:00:00"}, [(0, 0)], ["sightings of 1"]),
}


@pytest.mark.parametrize(("reading", "expected", "asked"), SPLICED.values(), ids=SPLICED)
def test_a_reading_is_put_in_its_place_and_only_what_the_ends_do_not_show_is_read_again(
    desk: Desk,
    chat: Chat,
    tables: DuckDBPyConnection,
    reading: dict[str, Any],
    expected: list[tuple[int, int]],
    asked: list[str],
) -> None:
    for minute in (1, 5):
        desk.apply(tables, desk.land([chat(1, updatedAt=NEW), chat(2)], minute=minute))
    row = {"updatedAt": NEW, **reading}
    minute = row.pop("minute")
    change, reread = plan(desk, tables, desk.land([chat(1, **row)], minute=minute))
    assert (change.new_ids, change.spliced_ids, reread) == (0, 1, asked)
    assert spans(tables) == [(1, first, last) for first, last in expected]


def test_an_id_whose_row_the_landing_no_longer_has_stays_as_it_was(
    desk: Desk, chat: Chat, tables: DuckDBPyConnection
) -> None:
    desk.apply(tables, desk.land([chat(1, updatedAt=None, channel="undated")], minute=2))
    desk.apply(tables, desk.land([chat(1, updatedAt=OLD, channel="beats it")], minute=3))
    change, reread = plan(desk, tables, desk.land([chat(1, updatedAt=NEW, channel="newest")], minute=1))
    assert (reread, change.spliced_ids, change.reread_rows) == (["rows of 1"], 0, 0)
    assert spans(tables) == []
    assert tables.execute("SELECT * FROM stage_winners").fetchall() == []


def test_the_macro_as_of_a_moment_gives_what_the_condition_gives(desk: Desk, chat: Chat) -> None:
    first = desk.land([chat(1, channel="a")]).started_at
    second = desk.land([chat(1, channel="b"), chat(2, channel="b")]).started_at
    desk.load()
    told = {
        moment: desk.read(f"SELECT id, channel FROM history.chats_as_of('{moment}') ORDER BY id")
        for moment in (first - timedelta(seconds=1), first, second - timedelta(seconds=1), second)
    }
    assert list(told.values()) == [[], [(1, "a")], [(1, "a")], [(1, "b"), (2, "b")]]
    assert told == {
        moment: desk.read(
            f"SELECT id, channel FROM history.chats WHERE valid_from <= '{moment}'"
            f" AND (valid_to IS NULL OR valid_to > '{moment}') ORDER BY id"
        )
        for moment in told
    }
