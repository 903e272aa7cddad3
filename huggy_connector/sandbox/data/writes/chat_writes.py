"""What clients do to the chats of the account. Each method returns what the API would need for its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.data.chats import WHATSAPP
from huggy_connector.sandbox.data.state.chat_state import CLOSED_SITUATION, OPEN_SITUATIONS, ChatState, WrittenMessage
from huggy_connector.sandbox.data.writes.messages import read_message
from huggy_connector.sandbox.data.writes.refused import FORBIDDEN, INVALID, MISSING, WriteRefused
from huggy_connector.sandbox.data.writes.values import read_needed_number, read_number, read_text

Json = dict[str, Any]

_SITUATIONS = ("auto", "wait_for_chat", "in_chat", "blocked")
_STEPS = range(10, 41)
_WORKFLOW = 1
_MOST_ENTRIES = 500
"""Of a chat: ids leave room for 512."""


class ChatWrites:
    """The writer of an account's chats. `elapsed` counts the seconds since the sandbox started."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._chats = account.chats
        self._desk = account.desk

    def find(self, text: str) -> int:
        """Return the row of a chat by its id as a path writes it. Raise WriteRefused where there is none."""
        row = self._account.resource_lists["chats"].find(text)
        if row is None:
            raise WriteRefused(MISSING, "missing")
        return row

    def send(self, row: int, body: Mapping[str, Any], elapsed: float) -> Json:
        """Write a message into a chat. Return it as the list of messages shows it."""
        state = self._state(row)
        if state.situation == "auto":
            raise WriteRefused(FORBIDDEN, "forbidden")
        message, is_template = read_message(body), body.get("hsm") is not None
        if is_template and self._desk.channels[state.channel].type != WHATSAPP:
            raise WriteRefused(INVALID, "channel", "hsm")
        if not is_template and not message.is_internal:
            self._check_open(row, state)
        return self.append(row, message, elapsed)

    def _check_open(self, row: int, state: ChatState) -> None:
        """Refuse free text where the chat has ended, or WhatsApp's 24 hours are over."""
        if state.situation not in OPEN_SITUATIONS:
            raise WriteRefused(FORBIDDEN, "closed")
        is_whatsapp = self._desk.channels[state.channel].type == WHATSAPP
        if is_whatsapp and not self._chats.has_open_window(row, state):
            raise WriteRefused(INVALID, "131047", "text")

    def append(self, row: int, message: WrittenMessage, elapsed: float, *, flow: int | None = None) -> Json:
        """Append a message to a chat. Return it as the list of messages shows it."""
        before = self._state(row)
        if before.message_count + len(before.later_entries) > _MOST_ENTRIES:
            raise WriteRefused(INVALID, "full")
        self._account.update_chat(row, before.with_written(message, self._moment(elapsed)), flow=flow)
        return self._chats.messages_since(row, before)[-1]

    def close(self, row: int, body: Mapping[str, Any], elapsed: float) -> None:
        """End a chat, with a comment for the agents where there is one. A chat that has ended stays as it is."""
        number, comment = read_number(body, "tabulation"), read_text(body, "comment")
        tabulation = self._check_tabulation(number, "tabulation")
        if self._state(row).situation == CLOSED_SITUATION:
            return
        if comment:
            self.append(row, WrittenMessage("agent", comment, is_internal=True), elapsed)
        state = self._state(row)
        self._account.update_chat(row, state.closed_with(tabulation, self._moment(elapsed)))

    def assign(self, row: int, agent: int, elapsed: float, *, message: str = "") -> None:
        """Give a chat to an agent, out of the bot or the queue too. A message tells it to the customer."""
        position = next((n for n, each in enumerate(self._desk.agents) if each["id"] == agent), None)
        if position is None:
            raise WriteRefused(MISSING, "agent", "agentId")
        self._check_not_ended(row)
        self._account.update_chat(
            row, self._state(row).with_agent(position, self._moment(elapsed), situation="in_chat")
        )
        if message:
            self.append(row, WrittenMessage("agent", message), elapsed)

    def assign_to_owner(self, row: int, elapsed: float) -> None:
        """Give a chat to the agent whose token writes."""
        self.assign(row, self._desk.agents[0]["id"], elapsed)

    def transfer(self, row: int, body: Mapping[str, Any], elapsed: float) -> None:
        """Pass a chat of the queue or of an agent on to an agent."""
        agent, message = read_needed_number(body, "agentId"), read_text(body, "message")
        if self._state(row).situation == "auto":
            raise WriteRefused(FORBIDDEN, "forbidden")
        self.assign(row, agent, elapsed, message=message)

    def set_department(self, row: int, body: Mapping[str, Any], elapsed: float) -> None:
        """Move a chat to a department."""
        number = read_needed_number(body, "department")
        position = next((n for n, each in enumerate(self._desk.departments) if each.id == number), None)
        if position is None:
            raise WriteRefused(INVALID, "department", "department")
        self._account.update_chat(row, self._state(row).in_department(position, self._moment(elapsed)))

    def queue(self, row: int, elapsed: float) -> None:
        """Put a chat into the queue."""
        self._check_not_ended(row)
        self._account.update_chat(
            row, self._state(row).with_agent(None, self._moment(elapsed), situation="wait_for_chat")
        )

    def reopen(self, row: int, elapsed: float) -> None:
        """Let a chat that has ended go on: with its agent, or in the queue. One that is open stays as it is."""
        state = self._state(row)
        if state.situation in OPEN_SITUATIONS:
            return
        situation = "wait_for_chat" if state.agent is None else "in_chat"
        self._account.update_chat(row, state.reopened(situation, self._moment(elapsed)))

    def set_situation(self, row: int, body: Mapping[str, Any], elapsed: float) -> None:
        """Put a chat with the bot, into the queue, to its agent or else the token's, or block it."""
        situation, state = read_text(body, "situation"), self._state(row)
        if situation not in _SITUATIONS:
            raise WriteRefused(INVALID, "situation", "situation")
        if situation == "blocked":
            self._account.update_chat(row, replace(state, situation=situation, updated=self._moment(elapsed)))
            return
        self._check_not_ended(row)
        agent = (state.agent or 0) if situation == "in_chat" else None
        self._account.update_chat(row, state.with_agent(agent, self._moment(elapsed), situation=situation))

    def mark_read(self, row: int, elapsed: float) -> None:
        """Let a chat have nothing unread."""
        self._account.update_chat(row, replace(self._state(row), is_read=True, updated=self._moment(elapsed)))

    def set_step(self, row: int, body: Mapping[str, Any], elapsed: float) -> None:
        """Move a chat to a step of a workflow; an empty text takes it out of the workflow."""
        moment, state = self._moment(elapsed), self._state(row)
        if "stepId" not in body:
            raise WriteRefused(INVALID, "field", "stepId")
        step = read_number(body, "stepId")
        if step is None:
            self._account.update_chat(row, replace(state, workflow=0, workflow_step=None, updated=moment))
            return
        if step not in _STEPS:
            raise WriteRefused(MISSING, "missing")
        self._account.update_chat(row, state.at_step(step, moment, workflow=_WORKFLOW))

    def set_tabulation(self, row: int, body: Mapping[str, Any], elapsed: float) -> None:
        """Give a chat a tabulation."""
        tabulation = self._check_tabulation(read_needed_number(body, "tabulationId"), "tabulationId")
        self._account.update_chat(row, replace(self._state(row), tabulation=tabulation, updated=self._moment(elapsed)))

    def comment(self, row: int, text: str, elapsed: float) -> Json:
        """Write a note that agents see only."""
        return self.append(row, WrittenMessage("agent", text, is_internal=True), elapsed)

    def delete(self, row: int) -> None:
        """Delete a chat for good."""
        self._account.remove_row(self._account.resource_lists["chats"], row)

    def _check_tabulation(self, number: int | None, field: str) -> int | None:
        known = {each for department in self._desk.departments for each, _ in department.tabulations}
        if number is not None and number not in known:
            raise WriteRefused(INVALID, "tabulation", field)
        return number

    def _check_not_ended(self, row: int) -> None:
        if self._state(row).situation not in OPEN_SITUATIONS:
            raise WriteRefused(FORBIDDEN, "closed")

    def _state(self, row: int) -> ChatState:
        return self._chats.lifecycles.state(row)

    def _moment(self, elapsed: float) -> int:
        return self._account.local_time(elapsed)
