"""The writes of API v2: every action of a chat is a POST. They change the same account as those of v3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.data.writes.agent_writes import AgentWrites
from huggy_connector.sandbox.data.writes.chat_writes import ChatWrites
from huggy_connector.sandbox.data.writes.contact_writes import ContactWrites
from huggy_connector.sandbox.data.writes.flow_writes import FlowWrites
from huggy_connector.sandbox.data.writes.refused import INVALID, WriteRefused
from huggy_connector.sandbox.data.writes.values import read_needed_number
from huggy_connector.sandbox.server.faults import Answer, json_answer
from huggy_connector.sandbox.server.v2.shapes import to_v2_contact, to_v2_message
from huggy_connector.sandbox.server.writes.v3 import Route, Routes, answer_flow_run
from huggy_connector.sandbox.server.writes.write_call import Done, Json, WriteCall

_EMPTY = Answer(200, b"")
_CONTACT_KEYS = ("contactId", "customerId", "contact")


class WritesOfV2:
    """The routes of an account's writes in v2."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._has_quirks = account.options.quirks
        self._chats = ChatWrites(account)
        self._contacts = ContactWrites(account)
        self._agents = AgentWrites(account)
        self._flows = FlowWrites(account, self._chats)
        chats = self._chats
        self.routes: Routes = {
            ("contacts",): {"POST": self._create_contact},
            ("contacts", "*"): {"PUT": self._update_contact, "DELETE": self._delete_contact},
            ("chats",): {"POST": self._open_chat},
            ("chats", "*", "messages"): {"POST": self._send},
            ("chats", "*", "close"): {"POST": self._on_chat(self._close)},
            ("chats", "*", "reopen"): {"POST": self._on_chat(lambda row, _, at: chats.reopen(row, at))},
            ("chats", "*", "queue"): {"POST": self._on_chat(lambda row, _, at: chats.queue(row, at))},
            ("chats", "*", "chatform"): {"POST": self._on_chat(self._ask_form)},
            ("chats", "*", "situation"): {"POST": self._on_chat(chats.set_situation)},
            ("chats", "*", "department"): {"POST": self._on_chat(chats.set_department)},
            ("chats", "*", "flow"): {"POST": self._on_chat(self._flows.run_in_chat)},
            ("agents",): {"POST": self._create_agent},
            ("agents", "*"): {"PUT": self._update_agent},
            ("flows", "*", "contact", "*", "exec"): {"POST": self._run_flow},
        }

    def _on_chat(self, change: Callable[[int, Json, float], Any]) -> Route:
        """Return the route of a change of a chat. It is answered with nothing."""

        def route(call: WriteCall) -> Done:
            row = self._chats.find(call.parts[1])
            change(row, call.body, call.elapsed)
            return Done(_EMPTY, {"chat": self._account.chats.id_of(row)})

        return route

    def _close(self, row: int, body: Json, elapsed: float) -> None:
        """Close a chat. One that is in the queue is not closed: it must be in another situation first."""
        if self._account.chats.situation(row) == "wait_for_chat":
            raise WriteRefused(INVALID, "queued")
        self._chats.close(row, {key: value for key, value in body.items() if key == "sendFeedback"}, elapsed)

    def _ask_form(self, row: int, body: Json, elapsed: float) -> None:
        """Ask the customer to fill in a form."""
        form = read_needed_number(body, "chatform")
        self._chats.send(row, {"text": f"Por favor, preencha o formulário {form}."}, elapsed)

    def _send(self, call: WriteCall) -> Done:
        body = {key: value for key, value in call.body.items() if key in ("text", "file")}
        message = self._chats.send(self._chats.find(call.parts[1]), body, call.elapsed)
        shown = to_v2_message(message, has_quirks=self._has_quirks)
        return Done(json_answer(200, shown), {"message": message["id"]})

    def _create_contact(self, call: WriteCall) -> Done:
        row = self._contacts.create(call.body, call.elapsed)
        number = self._account.contacts.id_of(row)
        contact = to_v2_contact(self._account.contacts.record(row), has_quirks=self._has_quirks) | {"id": str(number)}
        body = [contact] if self._has_quirks and call.number % 2 else contact
        return Done(json_answer(201, body, ("Location", f"/clients/{number}")), {"contact": number})

    def _update_contact(self, call: WriteCall) -> Done:
        row = self._contacts.find(call.parts[1])
        self._contacts.update(row, call.body, call.elapsed)
        return Done(_EMPTY, {"contact": self._account.contacts.id_of(row)})

    def _delete_contact(self, call: WriteCall) -> Done:
        self._contacts.delete(self._contacts.find(call.parts[1]))
        return Done(Answer(204, b""))

    def _open_chat(self, call: WriteCall) -> Done:
        contact = next((call.body[key] for key in _CONTACT_KEYS if call.body.get(key)), None)
        if contact is None:
            raise WriteRefused(INVALID, "field", _CONTACT_KEYS[0])
        row = self._flows.open_chat(self._contacts.find(str(contact)), call.body, call.elapsed)
        number = self._account.chats.id_of(row)
        return Done(Answer(201, b"", headers=(("Location", f"/chats/{number}"),)), {"chat": number})

    def _create_agent(self, call: WriteCall) -> Done:
        agent = self._agents.create(call.body)
        answer = json_answer(201, {"id": str(agent["id"])}, ("Location", f"/agents/{agent['id']}"))
        return Done(answer, {"agent": agent["id"]})

    def _update_agent(self, call: WriteCall) -> Done:
        return Done(_EMPTY, {"agent": self._agents.update(call.parts[1], call.body)})

    def _run_flow(self, call: WriteCall) -> Done:
        contact = self._contacts.find(call.parts[3])
        call = replace(call, body=call.body | {"flowId": call.parts[1]})
        run = self._flows.run_for_contact(contact, call.body, call.elapsed)
        return answer_flow_run(self._account, run.chat, is_run=run.is_run, turn=call.number * self._has_quirks)
