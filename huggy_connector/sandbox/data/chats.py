"""The chats as JSON: the state of a chat as the API writes it, with all its spellings."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from huggy_connector.sandbox.data.chat_lifecycle import ChatLifecycles
from huggy_connector.sandbox.data.contacts import Contacts
from huggy_connector.sandbox.data.desk import Desk
from huggy_connector.sandbox.data.message_generator import MessageGenerator
from huggy_connector.sandbox.data.rhythm import format_time
from huggy_connector.sandbox.data.rng import random_bits, seeded_random
from huggy_connector.sandbox.data.state.chat_state import OPEN_SITUATIONS, ChatState
from huggy_connector.sandbox.options import Options

Json = dict[str, Any]

WHATSAPP = "whatsapp-enterprise"
"""The channel that has a window of 24 hours."""

_FIRST_ID = 700_001
_SPELLING_STREAM = 31


class Chats:
    """The chats of the account: `initial_count` at the start; `add`, `change` and `close` move them on."""

    name = "chats"

    def __init__(self, options: Options, desk: Desk, contacts: Contacts, lifecycles: ChatLifecycles) -> None:
        self.lifecycles = lifecycles
        self.revisions: dict[int, int] = {}
        self._options = options
        self._seed = options.seed * 2
        self._desk = desk
        self._contacts = contacts
        self._message_generator = MessageGenerator(options, desk, contacts)

    @property
    def initial_count(self) -> int:
        """The number of rows at the start."""
        return self.lifecycles.initial_count

    def id_of(self, row: int) -> int:
        """Return the id of a row. Ids grow with the row and leave gaps, because other accounts take ids too."""
        return _FIRST_ID + 3 * row + random_bits(self._seed + 1, row) % 3

    def row_of(self, number: int) -> int | None:
        """Return the row with this id, or None if there never was one."""
        row = (number - _FIRST_ID) // 3
        return row if 0 <= row < self.lifecycles.row_count and self.id_of(row) == number else None

    def add(self, moment: int) -> int:
        """Add a new chat. Return its row."""
        return self.lifecycles.add(moment)

    def change(self, row: int, moment: int, rng: Random) -> None:
        """Move the chat one step on. A closed chat gets another tabulation."""
        self.lifecycles.advance(row, moment, rng)
        self._count_revision(row)

    def close(self, row: int, moment: int, rng: Random) -> None:
        """Close the chat."""
        self.lifecycles.close(row, moment, rng)
        self._count_revision(row)

    def touch(self, row: int, moment: int) -> None:
        """Change nothing but updatedAt."""
        self.lifecycles.touch(row, moment)
        self._count_revision(row)

    def update(self, row: int, state: ChatState) -> None:
        """Give the chat another state."""
        self.lifecycles.save(row, state)
        self._count_revision(row)

    def _count_revision(self, row: int) -> None:
        self.revisions[row] = self.revisions.get(row, 0) + 1

    def last_activity(self, row: int) -> int:
        """Return when the chat was last updated. An order by activity sorts by it."""
        return self.lifecycles.state(row).updated

    def is_broken(self, row: int) -> bool:
        """Return whether the row has a value of the wrong kind."""
        return random_bits(self._seed + 7, row) / 2**64 < self._options.broken_values

    def record(self, row: int) -> Json:
        """Return the chat as the list and the detail show it."""
        state, desk = self.lifecycles.state(row), self._desk
        department = None if state.department is None else desk.departments[state.department]
        participants = [number for number in (state.agent, state.second_agent) if number is not None]
        channel = desk.channels[state.channel]
        tabulation = state.tabulation
        chat: Json = {
            "id": self.id_of(row),
            "agentId": None if state.agent is None else desk.agents[state.agent]["id"],
            "secondAgentId": None if state.second_agent is None else desk.agents[state.second_agent]["id"],
            "contactId": None if state.contact is None else self._contacts.id_of(state.contact),
            "departmentId": department and department.id,
            "tabulationId": tabulation,
            "chatTabulation": tabulation and {"id": str(tabulation), "name": desk.tabulation_name(tabulation)},
            "lastMessage": self._message_generator.last_message(row, state),
            "chatDepartment": None,
            "unread": self._unread(row, state),
            "chatCustomer": None if state.contact is None else self._contacts.summary(state.contact),
            "workflowID": None,
            "workflowStepID": None,
            "queueNumber": 1 + row % 9 if state.situation == "wait_for_chat" else None,
            "situation": state.situation,
            "createdAt": format_time(state.created),
            "updatedAt": format_time(state.updated),
            "attendedAt": None if state.attended is None else format_time(state.attended),
            "closedAt": None if state.closed is None else format_time(state.closed),
            "enabledSession": self.has_open_window(row, state),
            "channel": channel.type,
            "channels": [{"uuid": channel.uuid, "id": channel.id, "name": channel.name, "type": channel.type}],
            "agents": [desk.agents[number] for number in dict.fromkeys(participants)],
        }
        self._add_variations(chat, state, seeded_random(self._seed, _SPELLING_STREAM, row))
        if self.is_broken(row):
            chat |= _BROKEN_VALUES[row % len(_BROKEN_VALUES)]
        return chat

    def feedback(self, row: int) -> Json | list[Any]:
        """Return the customer's rating of a chat that has ended, or an empty list."""
        bits, closed = random_bits(self._seed + 13, row), self.lifecycles.state(row).closed
        if closed is None or bits % 3:
            return []
        return {"chatID": self.id_of(row), "rate": 1 + bits % 5, "comment": "", "created_at": format_time(closed)}

    def version_of(self, row: int) -> tuple[int, int, int]:
        """Return a value that changes whenever the record does."""
        contact_version = 0
        if self._contacts.written.fields and (contact := self.lifecycles.facts(row).contact) is not None:
            contact_version = self._contacts.revisions.get(contact, 0)
        return self.revisions.get(row, 0), contact_version, self._desk.revision

    def _unread(self, row: int, state: ChatState) -> int:
        is_open = state.situation in OPEN_SITUATIONS
        return random_bits(self._seed + 9, row) % 5 if is_open and not state.is_read else 0

    def has_open_window(self, row: int, state: ChatState) -> bool:
        """Return whether WhatsApp takes more than templates: the chat is open, its customer wrote within 24 hours."""
        if state.situation not in OPEN_SITUATIONS or self._desk.channels[state.channel].type != WHATSAPP:
            return False
        is_over = random_bits(self._seed + 11, row) / 2**64 < self._options.closed_windows
        return state.has_session and not is_over

    def messages(self, row: int, *, events: bool) -> list[Json]:
        """Return the chat's messages, newest first."""
        state = self.lifecycles.state(row)
        return self._message_generator.messages(row, state, self._snapshot(row, state), events=events)

    def messages_since(self, row: int, before: ChatState | None) -> list[Json]:
        """Return the chat's messages that came after it was in the state `before`, oldest first. None: all."""
        state = self.lifecycles.state(row)
        known = 0 if before is None else len(self._message_generator.lines(row, before))
        return self._message_generator.messages_from(known, row, state, self._snapshot(row, state), events=False)

    def _snapshot(self, row: int, state: ChatState) -> Json:
        """Return what a message shows of its chat."""
        customer = None if state.contact is None else self._contacts.summary(state.contact)
        department = None if state.department is None else self._desk.departments[state.department]
        return {
            "id": self.id_of(row),
            "channel": self._desk.channels[state.channel].type,
            "entrypoint": None,
            "situation": state.situation,
            "department": {"id": department.id, "name": department.name} if department else False,
            "customer": customer,
            "workflowID": state.workflow or None,
            "workflowStepID": state.workflow_step,
            "currentFlowID": "3210",
        }

    def situation(self, row: int) -> str:
        """Return the chat's situation now."""
        return self.lifecycles.facts(row).situation

    def matches(self, row: int, filters: Mapping[str, str]) -> bool:
        """Return whether the chat passes the filters `situation`, `agent`, `customer` and `channel`."""
        facts = self.lifecycles.facts(row)
        agent = "" if facts.agent < 0 else str(self._desk.agents[facts.agent]["id"])
        contact = "" if facts.contact is None else str(self._contacts.id_of(facts.contact))
        channel = self._desk.channels[facts.channel].type
        values = {"situation": facts.situation, "agent": agent, "customer": contact, "channel": channel}
        return all(values[key] == value for key, value in filters.items())

    def _add_variations(self, chat: Json, state: ChatState, rng: Random) -> None:
        """Vary what differs from row to row and means nothing."""
        if rng.random() < 0.15:
            chat |= {"workflowID": rng.randint(1, 4), "workflowStepID": rng.randint(10, 40)}
        if state.workflow is not None:
            chat |= {"workflowID": state.workflow or None, "workflowStepID": state.workflow_step}
        if self._options.quirks:
            _vary_spelling(chat, rng)
        if self._options.unknown_fields:
            chat |= {"protocol": f"2025{rng.randrange(10**8):08d}", "sla": {"policy": "Ouro", "breached": False}}


_BROKEN_VALUES: tuple[Json, ...] = (
    {"updatedAt": "0000-00-00 00:00:00"},
    {"unread": "muitas"},
    {"departmentId": "Comercial"},
    {"createdAt": "2025-13-45 99:00:00", "closedAt": "ontem"},
)


def _vary_spelling(chat: Json, rng: Random) -> None:
    if rng.random() < 0.04:
        chat["id"] = str(chat["id"])
    if rng.random() < 0.05 and chat["contactId"] is not None:
        chat["contactId"] = str(chat["contactId"])
    if rng.random() < 0.05:
        chat["unread"] = str(chat["unread"])
    if rng.random() < 0.5:
        chat["channels"][0]["id"] = str(chat["channels"][0]["id"])
    _vary_empty_values(chat, rng)


def _vary_empty_values(chat: Json, rng: Random) -> None:
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
