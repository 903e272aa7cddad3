"""The backlog of past days is what the versions of the chats tell, counted here a second time, chat by chat."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from huggy_connector.warehouse import BusinessCalendar
from huggy_connector.warehouse.marts.refresh import refresh_marts
from tests.sizes import FULL

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from tests.integration.warehouse.conftest import Desk

CALENDAR = BusinessCalendar()
START = datetime(2026, 11, 3, tzinfo=UTC)
LAST = 8
"""The day of the last landing. Days count from `START`."""

Version = tuple[int, int | None, int]
"""Days until it is read, hours from the start to its closing (None: it is open), and its department."""
VERSIONS = st.tuples(st.integers(0, 2), st.none() | st.integers(0, 120), st.sampled_from([31, 32]))
STORIES = st.lists(st.lists(VERSIONS, min_size=1, max_size=4), min_size=1, max_size=3)
"""The versions of each chat. All are opened at noon of day 0."""


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def read_hours(versions: Sequence[Version]) -> list[int]:
    """When each version was read: in the evening of a day, an hour after the other if on one day."""
    days = [sum(version[0] for version in versions[: number + 1]) for number in range(len(versions))]
    return [day * 24 + 18 + number for number, day in enumerate(days)]


def fill(connection: DuckDBPyConnection, chat_id: int, versions: Sequence[Version]) -> None:
    """Insert a chat with its versions. A version is seen last an hour after it is read."""
    connection.execute(f"DELETE FROM chats WHERE id = {chat_id}; DELETE FROM history.chats WHERE id = {chat_id}")
    hours = read_hours(versions)
    for number, (_, closed, department) in enumerate(versions):
        values = {
            "company_id": 1,
            "id": chat_id,
            "situation": "in_chat" if closed is None else "finishing",
            "department_id": department,
            "created_at": at(12),
            "closed_at": None if closed is None else at(closed),
            "row_hash": f"{number} {versions}",
        }
        places = ", ".join(f"${name} AS {name}" for name in values)
        local = "created_at::TIMESTAMP AS created_at_local, closed_at::TIMESTAMPTZ::TIMESTAMP AS closed_at_local"
        until = at(hours[number + 1]) if number + 1 < len(versions) else None
        connection.execute(
            f"INSERT INTO history.chats BY NAME SELECT *, {local}, $read AS valid_from, $until::TIMESTAMPTZ AS"
            f" valid_to, CASE WHEN valid_to IS NOT NULL THEN $read END AS last_seen_at FROM (SELECT {places})",
            values | {"read": at(hours[number]), "until": until},
        )
    connection.execute(
        f"INSERT INTO chats BY NAME SELECT *, {local}, $read AS fetched_at FROM (SELECT {places})",
        values | {"read": at(LAST * 24 + 12)},
    )


def told(stories: Sequence[Sequence[Version]]) -> tuple[Counter[tuple[int, int]], Counter[tuple[int, str]]]:
    """The open chats by day and department, and by day what was opened, reopened and closed."""
    backlog, flows = Counter[tuple[int, int]](), Counter[tuple[int, str]]()
    for versions in stories:
        hours = read_hours(versions)
        steps: list[tuple[int, int | None]] = []  # the day, and the department while it is open
        was_open, seen = False, 12
        for number, ((_, closed, department), read) in enumerate(zip(versions, hours, strict=True)):
            if number == 0:
                steps.append((0, department))
                flows[0, "opened"] += 1
                was_open = True
            if closed is None:
                day = 0 if number == 0 else read // 24
                if not was_open:
                    flows[day, "opened"] += 1
                    flows[day, "reopened"] += 1
                steps.append((day, department))
            elif was_open:
                is_told = len(versions) == 1 or seen <= closed <= read  # one version alone: as the chat is now
                day = max((closed if is_told else read) // 24, steps[-1][0])
                steps.append((day, None))
                flows[day, "closed"] += 1
            was_open, seen = closed is None, read
        for day in range(LAST + 1):
            *_, (_, where) = (step for step in steps if step[0] <= day)
            if where is not None:
                backlog[day, where] += 1
    return backlog, flows


@given(stories=STORIES)
@pytest.mark.proof
@settings(
    max_examples=200 if FULL else 2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@example(
    stories=[[(0, 14, 31), (3, None, 31), (1, 90, 32)], [(1, None, 31), (0, None, 32)], [(0, 5, 31), (1, None, 31)]]
)
@example(stories=[[(0, None, 31), (2, None, 32), (0, 20, 32)], [(2, 12, 31), (1, 200, 32)]])
def test_the_backlog_of_each_day_is_that_of_the_versions(
    tables: DuckDBPyConnection, stories: list[list[Version]]
) -> None:
    tables.execute(
        "DELETE FROM chats; DELETE FROM history.chats; DELETE FROM meta.snapshots; DELETE FROM meta.definitions"
    )
    tables.execute("DELETE FROM meta.published_figures; DELETE FROM meta.restatements")
    tables.execute("INSERT INTO meta.snapshots (company_id, timezone) VALUES (1, 'UTC')")
    for chat_id, versions in enumerate(stories):
        fill(tables, chat_id, versions[:1])
    refresh_marts(tables, CALENDAR)
    for chat_id, versions in enumerate(stories):
        fill(tables, chat_id, versions)
    refresh_marts(tables, CALENDAR)  # of what is touched
    backlog, flows = told(stories)
    days = f"day - DATE '{START:%Y-%m-%d}'"
    rows = tables.execute(
        f"SELECT {days}, department_id, backlog FROM marts.backlog_by_day WHERE backlog > 0"
    ).fetchall()
    assert {(day, department): open_chats for day, department, open_chats in rows} == backlog
    for name in ("opened", "reopened", "closed"):
        sums = f"SELECT {days}, sum({name})::BIGINT FROM marts.backlog_by_day GROUP BY 1 HAVING sum({name}) > 0"
        assert dict(tables.execute(sums).fetchall()) == {
            day: count for (day, kind), count in flows.items() if kind == name
        }
    published = "SELECT * FROM meta.published_figures ORDER BY ALL"
    grown = tables.execute("FROM marts.chat_spells ORDER BY ALL").fetchall(), tables.execute(published).fetchall()
    tables.execute("DELETE FROM meta.definitions")
    refresh_marts(tables, CALENDAR)  # of all
    assert tables.execute("FROM marts.chat_spells ORDER BY ALL").fetchall() == grown[0]
    assert tables.execute(published).fetchall() == grown[1]


def test_the_first_closing_settles_the_service_level(tables: DuckDBPyConnection) -> None:
    tables.execute("INSERT INTO meta.snapshots (company_id, timezone) VALUES (1, 'UTC')")
    tables.execute("UPDATE meta.snapshots SET timezone = 'UTC'")
    verdicts, agents = [], []
    for versions in ([(0, 14, 31)], [(0, 14, 31), (4, None, 32)], [(0, 14, 31), (4, None, 32), (1, 132, 32)]):
        fill(tables, 1, versions)
        for table in ("chats", "history.chats"):
            tables.execute(f"UPDATE {table} SET agent_id = department_id - 24")
        refresh_marts(tables, CALENDAR)
        verdicts += tables.execute(
            "SELECT department_id, met, missed FROM marts.sla_by_day WHERE metric = 'resolution'"
        ).fetchall()
        agents.append(
            tables.execute(
                "SELECT agent_id, month::VARCHAR, chats, closed, missed, in_time"
                " FROM marts.agent_performance ORDER BY agent_id"
            ).fetchall()
        )
    assert verdicts == [(31, 1, 0)] * 3
    november = "2026-11-01"
    settled, now = (7, november, 0, 0, 1, 0.0), (8, november, 1, 0, None, None)  # never answered, and passed on later
    assert agents == [[(7, november, 1, 1, 1, 0.0)], [settled, now], [settled, (8, november, 1, 1, None, None)]]


def test_a_late_snapshot_that_changes_the_past_alone_is_counted(
    desk: Desk, chat: Callable[..., dict[str, Any]]
) -> None:
    opened = {"createdAt": "2026-11-22 08:00:00", "updatedAt": "2026-11-22 08:00:00"}
    desk.land([chat(1, situation="in_chat", **opened)], minute=3 * 24 * 60, mode="incremental")
    desk.load()
    told = "SELECT reopens, reopens_basis, handoffs FROM marts.chat_times"
    assert desk.read(told) == [(None, None, 0)]
    closed = chat(1, closedAt="2026-11-22 08:30:00", agentId=8, **opened)
    desk.land([closed], minute=0, mode="incremental")
    desk.load()
    assert desk.read(told) == [(1, "history", 1)]
    assert desk.read("SELECT from_day::VARCHAR, began FROM marts.chat_spells ORDER BY ALL") == [
        ("2026-11-22", "opened"),
        ("2026-11-25", "reopened"),
    ]
