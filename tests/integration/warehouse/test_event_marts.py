"""The marts of events say what a second telling of the same rules says, of any history of chats and events."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huggy_connector.pipeline import Pipeline
from huggy_connector.settings import Settings
from huggy_connector.warehouse import BusinessCalendar
from huggy_connector.warehouse.marts import refresh
from huggy_connector.warehouse.marts.calendar import ServiceTarget
from huggy_connector.warehouse.marts.refresh import refresh_marts
from tests.events import NOON, chat_item, event_row, land_events
from tests.integration.warehouse.event_histories import (
    MORNING,
    Life,
    Told,
    flow_lives,
    lives,
    put_lives,
    tell_agents,
    tell_handled,
    tell_queue,
    tell_runs,
    tell_timeline,
)
from tests.sizes import FULL

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from tests.integration.warehouse.conftest import Desk

CALENDAR = BusinessCalendar()
MARTS = ("chat_times", "chat_timeline", "chat_transitions", "flow_runs", "flow_answers", "workflow_moves")
BY_DAY = ("queue_wait_by_day", "surveys_by_day", "sla_by_day", "bot_and_human_by_day", "agent_performance")
random = settings(
    max_examples=300 if FULL else 3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture
def company(tables: DuckDBPyConnection) -> DuckDBPyConnection:
    """All tables, empty, of a company in São Paulo."""
    tables.execute("INSERT INTO meta.snapshots (company_id, timezone) VALUES (1, 'America/Sao_Paulo')")
    return tables


def empty(connection: DuckDBPyConnection) -> None:
    for table in ("chats", "events"):
        connection.execute(f"DELETE FROM {table}")


def load(connection: DuckDBPyConnection, lives: Mapping[int, Life]) -> None:
    """Bring chats and events, and refresh, in one transaction, as a load does."""
    connection.execute("BEGIN")
    put_lives(connection, lives)
    refresh_marts(connection, CALENDAR)
    connection.execute("COMMIT")


def read(connection: DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    """Return the rows, with instants as seconds of the morning."""
    return [
        tuple(int((each - MORNING).total_seconds()) if isinstance(each, datetime) else each for each in row)
        for row in connection.execute(query).fetchall()
    ]


def read_marts(connection: DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    return {
        title: connection.execute(f"SELECT COLUMNS(*)::VARCHAR FROM marts.{title} ORDER BY ALL").fetchall()
        for title in (*MARTS, *BY_DAY)
    }


@given(told=st.lists(lives(), min_size=8, max_size=20))
@pytest.mark.proof
@random
def test_the_timeline_and_the_queue_wait_are_those_of_a_second_telling(
    company: DuckDBPyConnection, told: list[Life]
) -> None:
    empty(company)
    put_lives(company, dict(enumerate(told)))
    refresh_marts(company, CALENDAR)
    rows = read(
        company,
        "SELECT chat_id, position, kind, coalesce(agent_id, department_id, workflow_step_id), from_at, to_at, seconds,"
        " basis FROM marts.chat_timeline ORDER BY chat_id, position",
    )
    expected = [
        (chat_id, position, *row)
        for chat_id, life in enumerate(told)
        for position, row in enumerate(tell_timeline(life), start=1)
    ]
    assert rows == expected
    assert min((row[6] for row in rows if row[6] is not None), default=0) >= 0
    waits = read(company, "SELECT queued_at, queue_basis, queue_seconds FROM marts.chat_times ORDER BY chat_id")
    assert waits == [tell_queue(life) for life in told]
    handled = read(company, "SELECT handled_by, abandoned_seconds FROM marts.chat_times ORDER BY chat_id")
    assert handled == [tell_handled(life) for life in told]
    agents = read(company, "SELECT agents, handoffs, reopens FROM marts.chat_times ORDER BY chat_id")
    assert agents == [tell_agents(life) for life in told]


@given(told=st.lists(flow_lives, min_size=8, max_size=20))
@pytest.mark.proof
@random
def test_the_runs_of_flows_are_those_of_a_second_telling(company: DuckDBPyConnection, told: list[Life]) -> None:
    empty(company)
    put_lives(company, dict(enumerate(told)))
    refresh_marts(company, CALENDAR)
    rows = read(
        company,
        "SELECT chat_id, flow_id, run, started_at, finished_at, seconds, answers FROM marts.flow_runs"
        " ORDER BY chat_id, flow_id, run",
    )
    found = [(*row[:6], None if row[6] is None else json.loads(row[6])) for row in rows]
    expected = [(chat_id, *run) for chat_id, life in enumerate(told) for run in tell_runs(life)]
    assert found == sorted(expected, key=lambda run: (run[0], run[1] is None, run[1] or 0, run[2]))
    answered = [
        (chat_id, flow, run, question, value)
        for chat_id, flow, run, *_, answers in expected
        for question, value in (answers or {}).items()
        if isinstance(value, str | int) and not isinstance(value, bool) and value != ""
    ]
    flat = company.execute("SELECT chat_id, flow_id, run, question, answer FROM marts.flow_answers").fetchall()
    assert sorted(flat, key=repr) == sorted(((*row[:4], str(row[4])) for row in answered), key=repr)


@given(story=st.lists(st.dictionaries(st.sampled_from([1, 2, 3, 5000]), lives() | flow_lives), min_size=2, max_size=4))
@pytest.mark.proof
@random
def test_a_refresh_of_what_is_touched_gives_what_a_full_one_gives(
    company: DuckDBPyConnection, story: list[dict[int, Life]]
) -> None:
    empty(company)
    for step in story:
        load(company, step)
    grown = read_marts(company)
    company.execute("DELETE FROM meta.definitions")
    refresh_marts(company, CALENDAR)
    assert read_marts(company) == grown


BOT = Told("startedChat", 0, 0, 0, 1, "auto", step=1)
QUEUE = Told("receivedMessage", 60, 61, 62, 2, "wait_for_chat")
ANSWERED = Told("finishedAutomationFlow", 50, 50, 50, 3, flow=9, context={"nota": 10})
LIFE = Life(created=0, attended=300, closed=None, is_open=True, agent=7)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param((), (BOT, QUEUE), id="the first events of a chat that was loaded before"),
        pytest.param((BOT,), (BOT, QUEUE), id="an event that came late"),
        pytest.param((BOT, QUEUE), (QUEUE,), id="an event that goes"),
        pytest.param(
            (BOT, ANSWERED), (BOT, Told("finishedAutomationFlow", 50, 50, 50, 3, flow=9)), id="an erased item"
        ),
    ],
)
def test_a_chat_is_touched_by_its_events_alone(
    company: DuckDBPyConnection, before: tuple[Told, ...], after: tuple[Told, ...]
) -> None:
    def put(chat_id: int, events: tuple[Told, ...]) -> None:
        load(company, {chat_id: Life(LIFE.created, LIFE.attended, LIFE.closed, LIFE.is_open, LIFE.agent, events)})

    written_marts = ("chat_times", "chat_transitions", "flow_runs")
    put(1, before)
    put(2, (BOT, QUEUE, ANSWERED))
    places = {
        title: company.execute(f"SELECT max(rowid) FROM marts.{title}").fetchall()[0][0] for title in written_marts
    }
    put(1, after)
    for title in written_marts:
        written = company.execute(f"SELECT DISTINCT chat_id FROM marts.{title} WHERE rowid > ?", [places[title]])
        assert written.fetchall() in ([(1,)], []), title
    grown = read_marts(company)
    company.execute("DELETE FROM meta.definitions")
    refresh_marts(company, CALENDAR)
    assert read_marts(company) == grown


@pytest.mark.parametrize("limit", ["MAX_EVENTS_PER_BATCH", *(["MAX_ROWS_PER_BATCH"] if FULL else [])])
def test_many_chats_are_computed_in_batches(
    company: DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    put_lives(
        company, dict.fromkeys(range(9), Life(0, 300, 900, is_open=False, agent=7, events=(BOT, QUEUE, ANSWERED)))
    )
    refresh_marts(company, CALENDAR)
    at_once = read_marts(company)
    monkeypatch.setattr(refresh, limit, 2)
    company.execute("DELETE FROM meta.definitions")
    refresh_marts(company, CALENDAR)
    assert read_marts(company) == at_once


def test_a_chat_whose_deletion_is_confirmed_has_no_timeline_and_no_runs(company: DuckDBPyConnection) -> None:
    put_lives(company, {1: Life(0, None, None, is_open=True, agent=None, events=(BOT, ANSWERED))})
    refresh_marts(company, CALENDAR)
    assert read(company, "SELECT count(*) FROM marts.flow_runs") == [(1,)]
    company.execute("UPDATE chats SET deleted_grade = 'confirmed'")
    refresh_marts(company, CALENDAR)
    assert {title: rows for title, rows in read_marts(company).items() if rows} == {}


def test_what_an_outdated_definition_knew_of_a_chat_that_went_is_gone_from_the_marts_of_events(
    company: DuckDBPyConnection,
) -> None:
    load(company, {1: Life(0, None, None, is_open=True, agent=None, events=(BOT, ANSWERED))})
    company.execute("DELETE FROM chats")
    company.execute("UPDATE meta.definitions SET fingerprint = '' WHERE name = 'marts.chat_times'")
    refresh_marts(company, CALENDAR)
    assert {title: rows for title, rows in read_marts(company).items() if rows} == {}


def test_the_handling_of_an_open_chat_is_counted_from_its_taking_and_not_from_its_queue(
    company: DuckDBPyConnection,
) -> None:
    company.execute(
        "UPDATE meta.snapshots SET resource = 'chats', mode = 'full', run_key = 'r', started_at = ?", [MORNING]
    )
    put_lives(company, {1: Life(0, 300, None, is_open=True, agent=7, events=(BOT, QUEUE))})
    company.execute("UPDATE chats SET fetched_at = TIMESTAMPTZ '2026-11-09 12:10:00+00', snapshot = 'r'")
    refresh_marts(company, BusinessCalendar(targets=(ServiceTarget("handling", 5.5, "calendar"),)))
    assert read(company, "SELECT pending, missed FROM marts.sla_by_day") == [(1, 0)]


def land_flow(desk: Desk, event: str, *, minute: int, **context: str) -> None:
    row = event_row(event, {"chatID": "700", "flowID": 9, "flowToken": "nps", "context": context}, second=minute * 60)
    desk.made.append(land_events(desk.landing, [row], now=NOON + timedelta(minutes=minute)))


def land_tables(desk: Desk, chat: Callable[..., dict[str, Any]], contact_id: int = 800) -> None:
    desk.land([chat(700, contactId=str(contact_id), createdAt="2026-11-22 08:59:00", situation="auto", agentId=None)])
    for resource in ("agents", "contacts", "departments", "messages"):
        desk.land([], resource=resource)


def test_a_load_of_events_alone_brings_the_marts_up_to_date(desk: Desk, chat: Callable[..., dict[str, Any]]) -> None:
    land_tables(desk, chat)
    desk.load()
    started = event_row("startedChat", chat_item(700))
    queued = event_row(
        "updatedChatDepartment", chat_item(700, situation="wait_for_chat", department={"id": 31}), second=90
    )
    desk.made.append(land_events(desk.landing, [started, queued]))
    desk.load()
    land_flow(desk, "finishedAutomationFlow", minute=1, nota="9")
    desk.load()
    assert desk.read("SELECT kind, seconds, basis FROM marts.chat_timeline ORDER BY position") == [
        ("opened", 0, "api"),
        ("bot", 150, "event"),
        ("queue", None, "event"),
        ("department", None, "event"),
    ]
    assert desk.read("SELECT seconds, answers->>'$.nota' FROM marts.flow_runs") == [(None, "9")]
    assert desk.read("SELECT question, nps FROM marts.surveys_by_day") == [("nota", 100.0)]
    grown = desk.marts()
    desk.load(rebuild=True)
    assert desk.marts() == grown


@pytest.mark.parametrize("are_outdated", [False, True], ids=["marts of this release", "marts of another release"])
def test_what_a_forgotten_person_answered_is_erased(
    desk: Desk, chat: Callable[..., dict[str, Any]], *, are_outdated: bool
) -> None:
    land_tables(desk, chat)
    desk.land([{"id": 800, "name": "Zuleica Quirino"}], resource="contacts")
    land_flow(desk, "finishedAutomationFlow", minute=1, nota="Zuleica gostou")
    desk.load()
    assert desk.read("SELECT contact_id, answer FROM marts.flow_runs JOIN marts.flow_answers USING (run)") == [
        (800, "Zuleica gostou")
    ]
    if are_outdated:
        with duckdb.connect(str(desk.warehouse)) as connection:
            connection.execute("UPDATE meta.definitions SET fingerprint = ''")
    settings = Settings(
        landing=str(desk.root), warehouse=str(desk.warehouse), company_id=4242, report=False, hash_key="k" * 32
    )
    Pipeline(settings).forget(800)
    assert [name for name, rows in (desk.tables() | desk.marts()).items() if "Zuleica" in repr(rows)] == []
    assert desk.read("SELECT contact_id, answers FROM marts.flow_runs") == [(None, None)]
