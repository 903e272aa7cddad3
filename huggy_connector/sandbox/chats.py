"""The chats as JSON: a life written down the way the API writes it, with all its spellings."""

from __future__ import annotations

from random import Random
from typing import Any

from huggy_connector.sandbox.births import OPEN
from huggy_connector.sandbox.chance import dice, mix
from huggy_connector.sandbox.desk import Desk
from huggy_connector.sandbox.lives import Lives
from huggy_connector.sandbox.options import Options
from huggy_connector.sandbox.people import People
from huggy_connector.sandbox.rhythm import text_of
from huggy_connector.sandbox.talk import Talk

Json = dict[str, Any]

_FIRST_ID = 700_001
_SPELLING = 31


class Chats:
    """The chats of the account; it lives on from the `born` ones by `arrive` and `change`."""

    name = "chats"

    def __init__(self, options: Options, desk: Desk, people: People, lives: Lives) -> None:
        self.lives = lives
        self.revisions: dict[int, int] = {}
        self._options = options
        self._seed = options.seed * 2
        self._desk = desk
        self._people = people
        self._talk = Talk(options, desk, people)

    @property
    def born(self) -> int:
        """Rows at the start."""
        return self.lives.born

    def id_of(self, row: int) -> int:
        """Ids grow with the row and leave gaps, as those of an account among others do."""
        return _FIRST_ID + 3 * row + mix(self._seed + 1, row) % 3

    def row_of(self, number: int) -> int | None:
        """The row with this id, if there ever was one."""
        row = (number - _FIRST_ID) // 3
        return row if 0 <= row < self.lives.known and self.id_of(row) == number else None

    def arrive(self, moment: int) -> int:
        """A new chat; its row."""
        return self.lives.arrive(moment)

    def change(self, row: int, moment: int, rng: Random) -> None:
        """The chat goes one step on; a closed one is tabulated anew."""
        self.lives.advance(row, moment, rng)
        self._revise(row)

    def close(self, row: int, moment: int, rng: Random) -> None:
        """The chat ends."""
        self.lives.close(row, moment, rng)
        self._revise(row)

    def touch(self, row: int, moment: int) -> None:
        """Only updatedAt changes."""
        self.lives.touch(row, moment)
        self._revise(row)

    def _revise(self, row: int) -> None:
        self.revisions[row] = self.revisions.get(row, 0) + 1

    def activity(self, row: int) -> int:
        """What an order by activity sorts by."""
        return self.lives.life(row).updated

    def is_broken(self, row: int) -> bool:
        """Whether the row carries a value of the wrong kind."""
        return mix(self._seed + 7, row) / 2**64 < self._options.broken_values

    def row(self, row: int) -> Json:
        """The chat as list and detail show it."""
        life, desk = self.lives.life(row), self._desk
        department = None if life.department is None else desk.departments[life.department]
        part = [number for number in (life.agent, life.second_agent) if number is not None]
        channel = desk.channels[life.channel]
        tabulation = life.tabulation
        chat: Json = {
            "id": self.id_of(row),
            "agentId": None if life.agent is None else desk.agents[life.agent]["id"],
            "secondAgentId": None if life.second_agent is None else desk.agents[life.second_agent]["id"],
            "contactId": None if life.contact is None else self._people.id_of(life.contact),
            "departmentId": department and department.id,
            "tabulationId": tabulation,
            "chatTabulation": tabulation and {"id": str(tabulation), "name": desk.tabulation_name(tabulation)},
            "lastMessage": self._talk.last(row, life),
            "chatDepartment": None,
            "unread": mix(self._seed + 9, row) % 5 if life.situation in OPEN else 0,
            "chatCustomer": None if life.contact is None else self._people.card(life.contact),
            "workflowID": None,
            "workflowStepID": None,
            "queueNumber": 1 + row % 9 if life.situation == "wait_for_chat" else None,
            "situation": life.situation,
            "createdAt": text_of(life.created),
            "updatedAt": text_of(life.updated),
            "attendedAt": None if life.attended is None else text_of(life.attended),
            "closedAt": None if life.closed is None else text_of(life.closed),
            "enabledSession": life.situation in OPEN and channel.type == "whatsapp-enterprise",
            "channel": channel.type,
            "channels": [{"uuid": channel.uuid, "id": channel.id, "name": channel.name, "type": channel.type}],
            "agents": [desk.agents[number] for number in dict.fromkeys(part)],
        }
        self._vary(chat, dice(self._seed, _SPELLING, row))
        if self.is_broken(row):
            chat |= _BROKEN[row % len(_BROKEN)]
        return chat

    def messages(self, row: int, *, events: bool) -> list[Json]:
        """The chat's messages, newest first."""
        life = self.lives.life(row)
        customer = None if life.contact is None else self._people.card(life.contact)
        department = None if life.department is None else self._desk.departments[life.department]
        snapshot = {
            "id": self.id_of(row),
            "channel": self._desk.channels[life.channel].type,
            "entrypoint": None,
            "situation": life.situation,
            "department": {"id": department.id, "name": department.name} if department else False,
            "customer": customer,
            "workflowID": None,
            "workflowStepID": None,
            "currentFlowID": "3210",
        }
        return self._talk.messages(row, life, snapshot, events=events)

    def situation(self, row: int) -> str:
        """The chat's situation now."""
        return self.lives.facts(row).situation

    def matches(self, row: int, wanted: dict[str, str]) -> bool:
        """Whether the chat passes the filters `situation`, `agent`, `customer` and `channel`."""
        facts = self.lives.facts(row)
        agent = "" if facts.agent < 0 else str(self._desk.agents[facts.agent]["id"])
        contact = "" if facts.contact is None else str(self._people.id_of(facts.contact))
        channel = self._desk.channels[facts.channel].type
        held = {"situation": facts.situation, "agent": agent, "customer": contact, "channel": channel}
        return all(held[key] == value for key, value in wanted.items())

    def _vary(self, chat: Json, rng: Random) -> None:
        """What differs from row to row without meaning anything."""
        if rng.random() < 0.15:
            chat |= {"workflowID": rng.randint(1, 4), "workflowStepID": rng.randint(10, 40)}
        if self._options.quirks:
            _spell(chat, rng)
        if self._options.unknown_fields:
            chat |= {"protocol": f"2025{rng.randrange(10**8):08d}", "sla": {"policy": "Ouro", "breached": False}}


_BROKEN: tuple[Json, ...] = (
    {"updatedAt": "0000-00-00 00:00:00"},
    {"unread": "muitas"},
    {"departmentId": "Comercial"},
    {"createdAt": "2025-13-45 99:00:00", "closedAt": "ontem"},
)


def _spell(chat: Json, rng: Random) -> None:
    if rng.random() < 0.04:
        chat["id"] = str(chat["id"])
    if rng.random() < 0.05 and chat["contactId"] is not None:
        chat["contactId"] = str(chat["contactId"])
    if rng.random() < 0.05:
        chat["unread"] = str(chat["unread"])
    if rng.random() < 0.5:
        chat["channels"][0]["id"] = str(chat["channels"][0]["id"])
    _spell_empty(chat, rng)


def _spell_empty(chat: Json, rng: Random) -> None:
    for key in ("closedAt", "attendedAt"):
        if chat[key] is None and rng.random() < 0.4:
            chat[key] = ""
    if (department := chat["departmentId"]) is not None:
        chat["chatDepartment"] = rng.choice((None, department, {"id": department}))
    if chat["tabulationId"] is None and rng.random() < 0.3:
        chat["chatTabulation"] = rng.choice(([], ""))
    for key in ("secondAgentId", "queueNumber", "workflowStepID", "chatTabulation"):
        if not chat[key] and rng.random() < 0.02:
            del chat[key]
