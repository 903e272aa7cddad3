"""The marts after many small loads are those of one full computation, whatever changed meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from huggy_connector.catalogue import get_resource
from huggy_connector.sweep import make_facts_reader
from huggy_connector.warehouse import BusinessCalendar
from huggy_connector.warehouse.load.merge import history_writer
from huggy_connector.warehouse.marts import refresh
from huggy_connector.warehouse.marts.calendar import ServiceTarget

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]


STEPS: list[list[dict[str, Any]]] = [
    [
        {"id": 1, "contactId": 5, "createdAt": "2026-11-03 10:00:00", "closedAt": "2026-11-03 11:00:00"},
        {"id": 2, "contactId": 6, "createdAt": "2026-11-04 10:00:00", "attendedAt": "2026-11-04 10:05:00"},
        {"id": 3, "contactId": 5, "createdAt": "2026-11-05 10:00:00", "situation": "in_chat"},
        {"id": 5, "contactId": 5, "createdAt": "2026-11-05 12:00:00"},
    ],
    [{"id": 4, "contactId": 5, "createdAt": "2026-11-02 10:00:00"}],
    [{"id": 1, "contactId": 5, "createdAt": None, "updatedAt": "2026-11-08 10:00:00", "closedAt": "x"}],
    [{"id": 3, "contactId": 6, "createdAt": "2026-11-06 10:00:00", "updatedAt": "2026-11-07 10:00:00"}],
]
"""New chats; one from before the contact's others; one that loses its day; one that gets another contact and day."""


@pytest.mark.parametrize("in_parts", [False, True], ids=["few rows", "in parts, as of many rows"])
def test_what_is_touched_is_computed_again_and_gives_what_a_full_computation_gives(
    desk: Desk, new_desk: Callable[[str], Desk], chat: Chat, monkeypatch: pytest.MonkeyPatch, *, in_parts: bool
) -> None:
    at_once = new_desk("once")
    if in_parts:
        monkeypatch.setattr(refresh, "MAX_ROWS_PER_BATCH", 2)
        monkeypatch.setattr(history_writer, "IDS_AT_ONCE", 1)
        monkeypatch.setattr(history_writer, "KEYS_AT_ONCE", 1)
    for minute, rows in enumerate(STEPS):
        for each in (desk, at_once):
            each.land([chat(row["id"], **row) for row in rows], minute=minute, mode="incremental")
        desk.land([{"id": 7, "name": "Ana"}], resource="agents", minute=minute)
        at_once.land([{"id": 7, "name": "Ana"}], resource="agents", minute=minute)
        desk.load()
    monkeypatch.undo()
    at_once.load()
    assert desk.marts() == at_once.marts()
    versions = "SELECT * FROM history.chats ORDER BY id, valid_from"
    assert desk.read(versions) == at_once.read(versions)
    assert desk.read("SELECT chat_id, previous_chat_at::VARCHAR FROM marts.chat_times ORDER BY 1") == [
        (1, None),
        (2, None),
        (3, "2026-11-04 13:00:00+00"),
        (4, None),
        (5, "2026-11-02 13:00:00+00"),
    ]


def test_the_chats_by_day_add_up_to_the_chats(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1), chat(2, createdAt="0000-00-00 00:00:00"), chat(3, channel=None, agentId=None)])
    desk.load()
    sums = "sum(chats), sum(open + closed), (SELECT count(*) FROM chats)"
    assert desk.read(f"SELECT {sums} FROM marts.chats_by_day") == [(3, 3, 3)]


def test_another_calendar_makes_the_marts_anew_and_the_same_one_does_not(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, attendedAt="2026-11-03 10:10:00", createdAt="2026-11-03 10:00:00")])
    desk.load()
    around = BusinessCalendar(country="", hours=((),) * 7, targets=(ServiceTarget("queue_wait", 1, "calendar"),))
    assert (desk.load(calendar=around).published, desk.load(calendar=around).published) == (True, False)
    assert desk.read("SELECT queue_seconds, queue_business_seconds FROM marts.chat_times") == [(600, 0)]
    assert desk.read("SELECT metric, missed FROM marts.sla_by_day") == [("queue_wait", 1)]


def test_a_view_of_an_older_release_goes(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)])
    desk.load()
    with duckdb.connect(str(desk.warehouse)) as connection:
        connection.execute("CREATE VIEW marts.old AS SELECT 1 AS one")
        connection.execute("INSERT INTO meta.definitions VALUES ('marts.old', '')")
    desk.load()
    assert desk.read("SELECT * FROM duckdb_views() WHERE view_name = 'old'") == []


def test_before_anything_is_landed_every_mart_is_there_and_empty(desk: Desk) -> None:
    desk.land([], resource="agents")
    desk.load()
    found = {title for title, rows in desk.marts().items() if rows}
    assert found == {"marts.calendar", "marts.targets"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"closedAt": "", "updatedAt": "2026-11-02 10:00:00"}, {"closedAt": "", "updatedAt": "2026-11-05 10:00:00"}),
        ({"closedAt": "2031-05-03 10:00:00"}, None),
    ],
    ids=["only the last change of a chat that is closed without a time", "a closing in a year far ahead"],
)
def test_the_marts_are_a_function_of_the_tables(
    desk: Desk, chat: Chat, first: dict[str, Any], second: dict[str, Any] | None
) -> None:
    desk.land([chat(1, situation="finishing", **first)])
    desk.load()
    desk.land(
        [chat(1, situation="finishing", **second) if second else chat(2)], minute=None if second else 400 * 24 * 60
    )
    desk.load()
    grown = desk.marts()
    desk.load(rebuild=True)
    assert desk.marts() == grown
    assert desk.read("SELECT count(closed_day) FROM marts.chat_times WHERE chat_id = 1") == [(1,)]


def message(number: int, sender: str, sent: str) -> dict[str, Any]:
    """Of agent 7, who is in charge, or of customer 1."""
    who = {"id": 7 if sender == "agent" else 1}
    return {"id": number, "chat": {"id": 1}, "senderType": sender, "sender": who, "sendAt": sent}


@pytest.mark.parametrize(
    ("said", "changed", "basis", "seconds"),
    [
        ([("widget", "10:00:10")], "10:30:00", None, None),
        ([("widget", "10:00:10")], "23:30:00", "attended", 300),
        ([("widget", "10:00:10"), ("agent", "10:07:00")], "23:30:00", "message", 420),
        ([("agent", "09:59:58"), ("agent", "10:07:00")], "10:30:00", "message", 420),
    ],
    ids=[
        "messages read after the last change tell that nobody answered",
        "older ones do not",
        "but their answer counts",
        "one before the opening hides no later one",
    ],
)
def test_which_messages_tell_of_the_first_response(
    desk: Desk, chat: Chat, said: list[tuple[str, str]], changed: str, basis: str | None, seconds: int | None
) -> None:
    rows = [message(number, sender, f"2026-11-21 {sent}") for number, (sender, sent) in enumerate(said, 50)]
    desk.land(rows, resource="messages", mode="window", minute=-15 * 60)  # 18:00 on the account's clock
    times = {"createdAt": "2026-11-21 10:00:00", "attendedAt": "2026-11-21 10:05:00", "closedAt": "2026-11-21 10:20:00"}
    desk.land([chat(1, situation="finishing", agentId=7, updatedAt=f"2026-11-21 {changed}", **times)])
    for resource in ("agents", "contacts", "departments"):
        desk.land([], resource=resource)
    desk.load()
    told = "SELECT first_response_basis, first_response_seconds, has_messages FROM marts.chat_times"
    assert desk.read(told) == [(basis, seconds, basis != "attended")]
    assert desk.read("SELECT unanswered, with_messages FROM marts.agent_performance") == [
        (basis is None, basis != "attended")
    ]


def test_now_is_not_moved_by_days_that_are_read_by_themselves(desk: Desk, chat: Chat) -> None:
    now = "SELECT as_of FROM marts.as_of"
    desk.land([chat(1, situation="in_chat")])
    desk.load()
    ((before,),) = desk.read(now)
    august = {"window": {"from": "2026-08-10T00:00:00-03:00", "to": "2026-08-13T00:00:00-03:00"}}
    desk.land([chat(2, createdAt="2026-08-11 10:00:00")], mode="window", claim=august)
    desk.load()
    assert desk.read(now) == [(before,)]
    desk.land([], mode="incremental")
    desk.load()
    assert desk.read(now) == [(desk.made[-1].started_at,)]


def test_a_chat_whose_opening_alone_is_unreadable_has_its_handling(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, createdAt="", attendedAt="2026-11-20 10:00:00", closedAt="2026-11-20 10:20:00", agentId=7)])
    desk.load()
    assert desk.read("SELECT queue_seconds, handling_seconds, resolution_seconds FROM marts.chat_times") == [
        (None, 1200, None)
    ]


def test_the_marts_and_the_runs_agree_on_which_chats_are_open(desk: Desk, chat: Chat) -> None:
    life = get_resource("chats").life
    assert life is not None
    said = (*life.open, *life.closed, "a situation of 2027", "", None)
    states = [(situation, closed) for situation in said for closed in ("2026-11-05 10:00:00", "0000-00-00", None)]
    opened = {"createdAt": "2026-11-03 10:00:00", "updatedAt": "2026-11-03 10:00:00"}
    rows = [
        chat(number, situation=situation, closedAt=closed, **opened)
        for number, (situation, closed) in enumerate(states, start=1)
    ]
    desk.land(rows)
    desk.load()
    facts = make_facts_reader(get_resource("chats"), zone=ZoneInfo("America/Sao_Paulo"))
    found = dict(desk.read("SELECT chat_id, is_open FROM marts.chat_times"))
    assert found == {facts(row).id: facts(row).is_open for row in rows}


def test_a_comment_begins_with_the_formula_and_is_mended_by_the_next_load_without_a_new_computation(
    desk: Desk, chat: Chat
) -> None:
    desk.land([chat(1)])
    desk.load()
    comment = "SELECT comment FROM duckdb_views() WHERE database_name = 'w' AND view_name = 'sla_by_day'"
    [(whole,)] = desk.read(comment)
    assert [whole.index(part) for part in ("Formula: met if ", "Service level by day: ", "Edge cases: ")] == sorted(
        [0, whole.index("Service level by day: "), whole.index("Edge cases: ")]
    )
    with duckdb.connect(str(desk.warehouse)) as connection:
        connection.execute("COMMENT ON VIEW marts.sla_by_day IS 'older'")
        connection.execute("UPDATE marts.chat_times SET channel = 'as it was'")
    desk.land([chat(2)], mode="incremental")
    desk.load()
    assert desk.read(comment) == [(whole,)]
    assert desk.read("SELECT channel FROM marts.chat_times ORDER BY chat_id") == [("as it was",), ("widget",)]
