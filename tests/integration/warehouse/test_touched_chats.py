"""Whatever happens to the chats, the marts after a refresh of what is touched are those of a full one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from huggy_connector.warehouse import BusinessCalendar
from huggy_connector.warehouse.marts.refresh import refresh_marts
from tests.sizes import FULL

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CALENDAR = BusinessCalendar()
HIGHEST = 2**63 - 1
Change = tuple[int, int, int | None, int | None, bool, int | None]
"""A chat's company and id, its contact, the hour of its opening, whether its deletion is confirmed, and that of its
closing; None while it is open.
"""
CHANGES = st.tuples(
    st.sampled_from([1, 2]),
    st.sampled_from([-1, 3, 4, 4095, 4096, 9000, HIGHEST]),
    st.sampled_from([None, 5, 5, 6]),
    st.sampled_from([None, 0, 1, 30, 30]),
    st.booleans(),
    st.sampled_from([None, 0, 1, 2, 30, 31]),
)
STORIES = st.lists(st.lists(CHANGES | st.tuples(st.sampled_from([3, HIGHEST])), max_size=4), min_size=2, max_size=4)
"""Refreshes, and before each the chats that change, or the ids that go."""


def change_chat(connection: DuckDBPyConnection, change: tuple[Any, ...]) -> None:
    """Replace a chat by delete and insert, as a load does, or remove an id from all companies."""
    if len(change) == 1:
        connection.execute("DELETE FROM chats WHERE id = ?", change)
        return
    company_id, chat_id, contact_id, hour, deleted, closed = change
    connection.execute("DELETE FROM chats WHERE company_id = ? AND id = ?", [company_id, chat_id])
    connection.execute(
        "INSERT INTO chats BY NAME SELECT ? AS company_id, ? AS id, ? AS contact_id, ? AS row_hash,"
        " CASE WHEN ? THEN 'confirmed' END AS deleted_grade, TIMESTAMPTZ '2026-11-02 10:00:00+00' AS fetched_at,"
        " TIMESTAMPTZ '2026-11-01 10:00:00+00' + to_hours(?) AS created_at,"
        " TIMESTAMP '2026-11-01 07:00:00' + to_hours(?) AS created_at_local,"
        " TIMESTAMPTZ '2026-11-01 10:00:00+00' + to_hours(?) AS closed_at,"
        " TIMESTAMP '2026-11-01 07:00:00' + to_hours(?) AS closed_at_local",
        # The tracked fields are in the hash.
        [company_id, chat_id, contact_id, f"{contact_id} {hour} {closed}", deleted, hour, hour, closed, closed],
    )


def read_marts(connection: DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    titles = (
        "chat_times",
        *(f"internal_{name}_by_day" for name in ("resolution", "queue_wait", "handling", "first_response")),
    )
    return {
        title: connection.execute(f"SELECT COLUMNS(*)::VARCHAR FROM marts.{title} ORDER BY ALL").fetchall()
        for title in titles
    }


@given(story=STORIES)
@pytest.mark.proof
@settings(
    max_examples=300 if FULL else 3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example(story=[[(1, 3, 5, 1, False, 0), (1, 9000, 5, 30, False, 0)], [(1, 3, 5, 1, False, 1)]])
@example(story=[[(1, 3, 5, 1, False, 0), (1, 9000, 5, 30, False, 0)], [(1, 4, 5, 2, False, 0)]])
@example(story=[[(1, 3, 5, 1, False, 0), (1, 9000, 5, 30, False, 0)], [(1, 3, 6, 1, False, 0)]])
@example(story=[[(1, 3, 5, 1, False, 0), (1, 9000, 5, 30, False, 0)], [(1, 3, 5, 1, True, 0)]])
@example(story=[[(1, 3, 5, 1, False, 0), (1, 9000, 5, 30, False, 0)], [(3,)]])
@example(story=[[(1, 3, 5, 1, False, 2), (1, 9000, 5, 30, False, None)], [(1, 3, 5, 1, False, None)]])
@example(story=[[(1, 3, 5, 1, False, None), (1, 9000, 5, 30, False, None)], [(1, 3, 5, 1, False, 30)]])
@example(story=[[(1, 3, 5, 0, False, 31), (1, 4, 5, 1, False, 1), (1, 9000, 5, 30, False, 31)], [(3,)]])
def test_a_refresh_of_what_is_touched_gives_what_a_full_one_gives(
    tables: DuckDBPyConnection, story: list[list[tuple[Any, ...]]]
) -> None:
    tables.execute("DELETE FROM chats")
    for changes in story:
        for change in changes:
            change_chat(tables, change)
        refresh_marts(tables, CALENDAR)
    grown = read_marts(tables)
    tables.execute("DELETE FROM meta.definitions")
    refresh_marts(tables, CALENDAR)
    assert read_marts(tables) == grown


def test_a_chat_whose_messages_grow_is_computed_again(tables: DuckDBPyConnection) -> None:
    tables.execute("INSERT INTO agents (company_id, id) VALUES (1, 7)")
    for number in (1, 2):
        change_chat(tables, (1, number, 5, number, False, 30))
    counts = []
    for sender in (5, 7, 7):
        tables.execute(
            "INSERT INTO messages BY NAME SELECT 1 AS company_id, 1 AS chat_id, 5 AS contact_id, ? AS sender_id,"
            " 'text' AS type, TIMESTAMPTZ '2026-11-01 12:00:00+00' AS sent_at,"
            " TIMESTAMPTZ '2026-11-02 11:00:00+00' AS fetched_at, count(*) AS id FROM messages",
            [sender],
        )
        refresh_marts(tables, CALENDAR)
        counts += tables.execute(
            "SELECT chat_id, contact_messages, agent_messages FROM marts.chat_times ORDER BY ALL"
        ).fetchall()
    assert counts == [(1, 1, 0), (2, None, None), (1, 1, 1), (2, None, None), (1, 1, 2), (2, None, None)]


@pytest.mark.parametrize(
    ("change", "written"),
    [
        pytest.param((1, 2, 5, 2, False, 1), [2], id="a change of a chat that stays in its place"),
        pytest.param((1, 2, 5, 2, False, 2), [2, 3], id="a closing before the next chat of the contact"),
        pytest.param((1, 2, 5, 2, False, None), [2, 3], id="a chat that is opened again"),
        pytest.param((1, 9, 5, 9, False, 0), [9], id="a new chat"),
        pytest.param((1, 9, 5, 0, False, -1), [1, 9], id="a new chat before the others of its contact"),
        pytest.param(
            (1, 9, 5, 0, False, 0), [1, 2, 3, 9], id="a closed one before them, whose closings are unreadable"
        ),
        pytest.param((1, 2, 6, 2, False, 0), [2, 3], id="a chat that goes to another contact"),
        pytest.param((1, 2, 5, 2, True, 0), [3], id="a chat that is deleted"),
    ],
)
def test_only_chats_that_change_are_written_again(
    tables: DuckDBPyConnection, change: Change, written: list[int]
) -> None:
    for number in (1, 2, 3):
        change_chat(tables, (1, number, 5, number, False, 0))
    refresh_marts(tables, CALENDAR)
    (highest,) = tables.execute("SELECT max(rowid) FROM marts.chat_times").fetchall()[0]
    change_chat(tables, change)
    refresh_marts(tables, CALENDAR)
    found = tables.execute("SELECT chat_id FROM marts.chat_times WHERE rowid > ? ORDER BY 1", [highest]).fetchall()
    assert [row[0] for row in found] == written


def test_replies_follow_the_times_of_messages_and_are_unknown_after_a_later_change(tables: DuckDBPyConnection) -> None:
    tables.execute("INSERT INTO agents (company_id, id) VALUES (1, 7)")
    change_chat(tables, (1, 1, 5, 1, False, None))
    tables.execute(
        "INSERT INTO messages BY NAME SELECT 1 AS company_id, 1 AS chat_id, 5 AS contact_id,"
        " unnest([1, 2, 3, 4]) AS id, unnest([5, 7, 5, 7]) AS sender_id, 'text' AS type,"
        " TIMESTAMPTZ '2026-11-02 11:00:00+00' AS fetched_at,"
        " TIMESTAMPTZ '2026-11-01 11:00:00+00' + to_minutes(unnest([-10, 20, 30, 40])::BIGINT) AS sent_at"
    )
    replies = []
    for change in (
        "SELECT 1",
        "UPDATE messages SET sent_at = sent_at + to_minutes(5) WHERE id = 4",
        "UPDATE chats SET row_hash = 'later', updated_at = '2026-11-03', fetched_at = '2026-11-03'",
    ):
        tables.execute(change)
        refresh_marts(tables, CALENDAR)
        replies += tables.execute(
            "SELECT replies, reply_seconds_total, next_replies, next_reply_seconds_total FROM marts.chat_times"
        ).fetchall()
    # The first message was written before the opening at 11:00, and counts at it.
    assert replies == [(2, 1800, 1, 600), (2, 2100, 1, 900), (None, None, None, None)]
