"""Who spoke: docs/speakers.md. Its table of cases is what these tests put in and expect."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

PAGE = Path(__file__).parents[3] / "docs" / "speakers.md"
ELSEWHERE = 7
"""Another company."""
OTHER_CHATS = 1_000_000
"""What the id of the other chat of a case is above that of its chat."""


@dataclass(frozen=True)
class Case:
    """A row of the table. Ids of each case are numbers of its own: `number` thousands, and what the table says."""

    number: int
    words: str
    agents: str
    customer: str
    sender: Any
    sender_type: str | None
    kind: str
    speaker: str
    answers: bool

    def told(self, text: str, what: str) -> int | None:
        """The id that `agents: 7, chat: 5` gives for `what`."""
        found = re.search(rf"(?:^|, ){what}: (\d+)(?:,|$)", text)
        return int(found[1]) + self.chat_id if found else None

    @property
    def chat_id(self) -> int:
        return 1_000 * self.number

    @property
    def message(self) -> dict[str, Any]:
        customer = self.told(self.customer, "message")
        sender = self.sender
        if isinstance(sender, dict) and sender["id"] != "ana":
            moved = int(sender["id"]) + self.chat_id
            sender = sender | {"id": str(moved) if isinstance(sender["id"], str) else moved}
        return {
            "id": self.number,
            "chat": {"id": self.chat_id} | ({"customer": {"id": customer}} if customer else {}),
            "sender": sender,
            "senderType": self.sender_type,
            "type": "internalEvent" if self.kind == "internalEvent" else "text",
            "isInternal": self.kind != "text",
            "sendAt": "2026-11-21 10:07:00",
        }

    @property
    def chats(self) -> Iterator[dict[str, Any]]:
        for chat_id, other in ((self.chat_id, ""), (self.chat_id + OTHER_CHATS, "other ")):
            agent = self.told(self.agents, f"{other}chat's agents")
            if other or "chat: none" not in self.customer:
                yield {
                    "id": chat_id,
                    "situation": "finishing",
                    "contactId": self.told(self.customer, f"{other}chat"),
                    "agentId": self.told(self.agents, f"{other}chat's agent_id"),
                    "agents": [] if agent is None else [{"id": agent, "name": "Ana"}],
                    "createdAt": "2026-11-21 10:00:00",
                    "updatedAt": "2026-11-21 10:20:00",
                    "closedAt": "2026-11-21 10:20:00",
                }


def cases() -> list[Case]:
    rows = [line.strip("|").split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    found = []
    for number, cells in enumerate(rows[2:], start=1):
        words, agents, customer, sender, word, kind, speaker, answers = (cell.strip().strip("`") for cell in cells)
        found.append(
            Case(number, words, agents, customer, json.loads(sender), word or None, kind, speaker, bool(answers))
        )
    return found


def landed(desk: Desk) -> list[Case]:
    """The cases, all in one account."""
    told = cases()
    desk.land([chat for case in told for chat in case.chats], minute=0)
    for company_id, whose in ((4242, "agents"), (ELSEWHERE, "other company's agents")):
        agents = [agent for case in told if (agent := case.told(case.agents, whose))]
        desk.land([{"id": agent, "name": "Ana"} for agent in agents], resource="agents", company_id=company_id)
    for resource in ("contacts", "departments"):
        desk.land([], resource=resource)
    desk.land([case.message for case in told], resource="messages", mode="window", minute=24 * 60)
    desk.load()
    return told


def test_each_case_of_the_table_is_told_as_it_says(desk: Desk) -> None:
    told = landed(desk)
    assert desk.read("SELECT message_id, speaker, is_response FROM message_speakers ORDER BY 1") == [
        (case.number, case.speaker, case.answers) for case in told
    ]


def test_the_marts_go_by_the_table(desk: Desk) -> None:
    told = landed(desk)
    responses = desk.read(
        f"SELECT chat_id, first_response_basis, first_response_seconds FROM marts.chat_times"
        f" WHERE chat_id < {OTHER_CHATS} ORDER BY 1"
    )
    assert responses == [
        (case.chat_id, "message", 420) if case.answers else (case.chat_id, None, None)
        for case in told
        if "chat: none" not in case.customer
    ]
    senders = ["note" if case.speaker == "agent" and case.kind == "internal" else case.speaker for case in told]
    assert dict(desk.read("SELECT sender, sum(messages)::INTEGER FROM marts.message_volumes_by_day GROUP BY 1")) == {
        sender: senders.count(sender) for sender in set(senders)
    }


Chat = Callable[..., dict[str, Any]]
TIMES = {"createdAt": "2026-11-19 10:00:00", "attendedAt": "2026-11-19 10:20:00", "closedAt": "2026-11-19 10:40:00"}


def said(number: int, sender: int, sent: str) -> dict[str, Any]:
    return {"id": number, "chat": {"id": 1}, "senderType": "agent", "sender": {"id": sender}, "sendAt": sent}


def test_a_bots_greeting_as_agent_is_no_first_response_and_keeps_no_target(desk: Desk, chat: Chat) -> None:
    greeting, answer = said(1, 1, "2026-11-19 10:00:01"), said(2, 7, "2026-11-19 10:25:00")
    desk.land([chat(1, **TIMES)])
    desk.land([greeting | {"sender": {"id": 1, "name": "Auto"}}, answer], resource="messages", mode="window")
    for resource in ("agents", "contacts", "departments"):
        desk.land([], resource=resource)
    desk.load()
    assert desk.read("SELECT first_response_seconds FROM marts.chat_times") == [(1500,)]
    assert desk.read("SELECT met, missed FROM marts.sla_by_day WHERE metric = 'first_response'") == [(0, 1)]
    assert desk.read("SELECT in_time, median_first_response_minutes FROM marts.agent_performance") == [(0.0, 25.0)]


@pytest.mark.parametrize(
    "later",
    [
        ("agents", [{"id": 9, "name": "Rui"}]),
        ("chats", [{"id": 2, "agentId": 9}]),
        ("chats", [{"id": 2, "agentId": None, "agents": [{"id": 9, "name": "Rui"}]}]),
        ("chats", [{"id": 1, "contactId": 9, "updatedAt": "2026-11-19 11:00:00", **TIMES}]),
    ],
    ids=["the list of agents", "another chat's agent in charge", "another chat's agents", "the chat's customer"],
)
def test_what_a_list_says_later_makes_the_marts_what_they_would_be_from_the_beginning(
    desk: Desk, chat: Chat, later: tuple[str, list[dict[str, Any]]]
) -> None:
    desk.land([chat(1, **TIMES)])
    for resource in ("agents", "contacts", "departments"):
        desk.land([], resource=resource)
    desk.land(
        [said(1, 9, "2026-11-19 10:05:00"), said(2, 7, "2026-11-19 10:25:00")], resource="messages", mode="window"
    )
    desk.load()
    before = desk.marts()
    assert desk.read("SELECT first_response_seconds FROM marts.chat_times") == [(1500,)]
    resource, rows = later
    desk.land(
        [chat(row["id"], **row) if resource == "chats" else row for row in rows], resource=resource, mode="window"
    )
    desk.load()
    grown = desk.marts()
    desk.load(rebuild=True)
    assert desk.marts() == grown != before
    seconds = 1500 if rows[0].get("contactId") else 300
    assert desk.read("SELECT first_response_seconds FROM marts.chat_times WHERE chat_id = 1") == [(seconds,)]


def test_a_file_of_a_release_that_went_by_the_word_is_right_after_a_load_that_brings_nothing(
    desk: Desk, chat: Chat
) -> None:
    """What that release left: no view, and figures of its own rule, with their fingerprints."""
    desk.land([chat(1, **TIMES)])
    for resource in ("agents", "contacts", "departments"):
        desk.land([], resource=resource)
    desk.land(
        [said(1, 1, "2026-11-19 10:00:01"), said(2, 7, "2026-11-19 10:25:00")], resource="messages", mode="window"
    )
    desk.load()
    right = desk.marts()
    with duckdb.connect(str(desk.warehouse)) as connection:
        connection.execute("DROP VIEW message_speakers")
        connection.execute("DELETE FROM meta.definitions WHERE name IN ('message_speakers')")
        connection.execute("UPDATE marts.chat_times SET first_response_seconds = 1, source = source - 1")
        connection.execute("UPDATE marts.internal_first_response_by_day SET median_minutes = 0.02")
        connection.execute("UPDATE marts.message_volumes_by_day SET sender = 'agent'")
    assert (desk.load().published, desk.load().published) == (True, False)
    assert desk.marts() == right
