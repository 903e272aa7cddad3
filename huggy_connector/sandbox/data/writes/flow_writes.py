"""The chats that clients open and the flows that they run in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.data.desk import FLOWS
from huggy_connector.sandbox.data.state.chat_state import ChatState, WrittenMessage
from huggy_connector.sandbox.data.writes.chat_writes import ChatWrites
from huggy_connector.sandbox.data.writes.refused import INVALID, MISSING, WriteRefused
from huggy_connector.sandbox.data.writes.values import read_needed_number, read_text

Json = dict[str, Any]

_FLAGS = {"in_chat": "whenInChat", "wait_for_chat": "whenWaitForChat", "auto": "whenInAuto"}


@dataclass(frozen=True, slots=True)
class FlowRun:
    """A flow that was run in a chat, or was not, because its contact has a chat. `chat` is the chat's row."""

    chat: int
    is_run: bool = True


class FlowWrites:
    """The writer of an account's new chats and runs of flows."""

    def __init__(self, account: Account, chats: ChatWrites) -> None:
        self._account = account
        self._chats = chats

    def open_chat(self, contact: int, body: Mapping[str, Any], elapsed: float) -> int:
        """Open a chat of a contact with the agent whose token writes. Return its row. A second one is opened too."""
        channel = self._find_channel(read_text(body, "channelUuid"), "channelUuid")
        moment = self._account.local_time(elapsed)
        return self._account.open_chat(_empty_chat(contact, channel, moment, situation="in_chat", agent=0))

    def run_in_chat(self, row: int, body: Mapping[str, Any], elapsed: float) -> None:
        """Run a flow in a chat. Its first message is the bot's."""
        flow = _read_flow(body, "flowId")
        self._chats.append(row, _first_message(flow, body), elapsed, flow=flow)

    def run_for_contact(self, contact: int, body: Mapping[str, Any], elapsed: float) -> FlowRun:
        """Run a flow for a contact: in a new chat, or in an open one where the flags allow it."""
        channel = self._find_channel(read_text(body, "uuid"), "uuid", is_needed=True)
        flow = _read_flow(body, "flowId")
        row = self._find_open_chat(contact)
        if row is not None:
            flag = _FLAGS[self._account.chats.situation(row)]
            if body.get(flag) not in (True, 1, "1", "true"):
                return FlowRun(row, is_run=False)
            self._chats.append(row, _first_message(flow, body), elapsed, flow=flow)
            return FlowRun(row)
        moment = self._account.local_time(elapsed)
        state = _empty_chat(contact, channel, moment, situation="auto")
        return FlowRun(self._account.open_chat(state.with_written(_first_message(flow, body), moment), flow=flow))

    def _find_open_chat(self, contact: int) -> int | None:
        facts = self._account.chats.lifecycles.facts
        return max((row for row in self._account.open_rows() if facts(row).contact == contact), default=None)

    def _find_channel(self, uuid: str, field: str, *, is_needed: bool = False) -> int:
        if not uuid and not is_needed:
            return 0
        for number, channel in enumerate(self._account.desk.channels):
            if channel.uuid == uuid:
                return number
        raise WriteRefused(INVALID, "channel", field)


def _empty_chat(contact: int, channel: int, moment: int, *, situation: str, agent: int | None = None) -> ChatState:
    return ChatState(
        channel=channel,
        contact=contact,
        situation=situation,
        created=moment,
        updated=moment,
        agent=agent,
        attended=None if agent is None else moment,
        message_count=0,
        has_session=False,
    )


def _read_flow(body: Mapping[str, Any], key: str) -> int:
    flow = read_needed_number(body, key)
    if flow not in FLOWS:
        raise WriteRefused(MISSING, "missing")
    variables = body.get("variables") or {}
    if not isinstance(variables, dict) or not all(isinstance(value, str) for value in variables.values()):
        raise WriteRefused(INVALID, "field", "variables")
    return flow


def _first_message(flow: int, body: Mapping[str, Any]) -> WrittenMessage:
    told = "".join(f" {name}: {value}." for name, value in (body.get("variables") or {}).items())
    return WrittenMessage("bot", f"Olá! Este é o fluxo {FLOWS[flow]}.{told}")
