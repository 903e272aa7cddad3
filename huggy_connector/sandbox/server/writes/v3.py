"""The writes of API v3: which path and method does what, and how it is answered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.data.writes.chat_writes import ChatWrites
from huggy_connector.sandbox.data.writes.contact_writes import ContactWrites
from huggy_connector.sandbox.data.writes.flow_writes import FlowWrites
from huggy_connector.sandbox.data.writes.refused import INVALID, WriteRefused
from huggy_connector.sandbox.data.writes.values import read_needed_number, read_text
from huggy_connector.sandbox.server.faults import Answer, json_answer
from huggy_connector.sandbox.server.writes.write_call import Done, Json, WriteCall

Route = Callable[[WriteCall], Done]
Routes = Mapping[tuple[str, ...], Mapping[str, Route]]
"""By path, with `*` for an id, then by method. A path comes before one with `*` that it matches too."""

_EMPTY = Answer(200, b"")
_ANSWERED = ("id", "text", "senderType", "type", "file", "sendAt", "sender")
_COMMENT_KEYS = ("comment", "text", "message", "content")


class WritesOfV3:
    """The routes of an account's writes in v3."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._has_quirks = account.options.quirks
        self._chats = ChatWrites(account)
        self._contacts = ContactWrites(account)
        self._flows = FlowWrites(account, self._chats)
        chats = self._chats
        self.routes: Routes = {
            ("chats", "uploadfile"): {"POST": self._upload},
            ("chats", "*"): {"DELETE": self._delete_chat},
            ("chats", "*", "messages"): {"POST": self._send},
            ("chats", "*", "close"): {"PUT": self._on_chat(chats.close)},
            ("chats", "*", "agent"): {"PUT": self._on_chat(self._assign)},
            ("chats", "*", "transfer"): {"POST": self._on_chat(chats.transfer)},
            ("chats", "*", "assigntome"): {"PUT": self._on_chat(lambda row, _, at: chats.assign_to_owner(row, at))},
            ("chats", "*", "department"): {"PUT": self._on_chat(chats.set_department)},
            ("chats", "*", "queue"): {"PUT": self._on_chat(lambda row, _, at: chats.queue(row, at))},
            ("chats", "*", "read"): {"PUT": self._on_chat(lambda row, _, at: chats.mark_read(row, at))},
            ("chats", "*", "workflow"): {"PUT": self._on_chat(chats.set_step, is_empty=True)},
            ("chats", "*", "tabulation"): {"PUT": self._on_chat(chats.set_tabulation)},
            ("chats", "*", "flow"): {"POST": self._on_chat(self._flows.run_in_chat, is_empty=True)},
            ("timeline", "createcomment", "*"): {"POST": self._comment},
            ("contacts",): {"POST": self._create_contact},
            ("contacts", "*"): {"PUT": self._update_contact, "DELETE": self._delete_contact},
            ("contacts", "*", "chats"): {"POST": self._open_chat},
            ("contacts", "*", "execflow"): {"PUT": self._run_flow},
        }

    def _on_chat(self, change: Callable[[int, Json, float], Any], *, is_empty: bool = False) -> Route:
        """Return the route of a change of a chat. It is answered with the chat, or with nothing."""

        def route(call: WriteCall) -> Done:
            row = self._chats.find(call.parts[1])
            change(row, call.body, call.elapsed)
            ids = {"chat": self._account.chats.id_of(row)}
            if is_empty or (self._has_quirks and call.number % 3 == 0):
                return Done(_EMPTY, ids)
            return Done(json_answer(200, self._account.chats.record(row)), ids)

        return route

    def _assign(self, row: int, body: Json, elapsed: float) -> None:
        self._chats.assign(row, read_needed_number(body, "agentId"), elapsed)

    def _send(self, call: WriteCall) -> Done:
        message = self._chats.send(self._chats.find(call.parts[1]), call.body, call.elapsed)
        return Done(json_answer(200, _to_message_answer(message)), {"message": message["id"]})

    def _comment(self, call: WriteCall) -> Done:
        """Write a note on the timeline of a chat, or of a contact, where nobody can read it over the API."""
        text = next((read_text(call.body, key) for key in _COMMENT_KEYS if call.body.get(key)), "")
        if not text:
            raise WriteRefused(INVALID, "field", "comment")
        number = call.parts[2]
        if self._account.resource_lists["contacts"].find(number) is not None:
            return Done(json_answer(200, {"id": call.number, "comment": text}))
        message = self._chats.comment(self._chats.find(number), text, call.elapsed)
        return Done(json_answer(200, {"id": message["id"], "comment": text}), {"message": message["id"]})

    def _upload(self, call: WriteCall) -> Done:
        name = read_text(call.body, "file")
        if not name:
            raise WriteRefused(INVALID, "file", "file")
        digest = hashlib.sha256(f"{call.number} {name}".encode()).hexdigest()[:32]
        url = f"https://cdn.example.com/files/{digest}/{name}"
        return Done(json_answer(200, {"hash": digest, "url": url, "type": name.rpartition(".")[2]}))

    def _delete_chat(self, call: WriteCall) -> Done:
        self._chats.delete(self._chats.find(call.parts[1]))
        return Done(self._gone(call))

    def _create_contact(self, call: WriteCall) -> Done:
        row = self._contacts.create(call.body, call.elapsed)
        return Done(json_answer(200, self._wrap(self._contact(row), call)), {"contact": self._contact_id(row)})

    def _update_contact(self, call: WriteCall) -> Done:
        row = self._contacts.find(call.parts[1])
        self._contacts.update(row, call.body, call.elapsed)
        is_empty = self._has_quirks and call.number % 2 == 0
        return Done(_EMPTY if is_empty else json_answer(200, self._contact(row)), {"contact": self._contact_id(row)})

    def _delete_contact(self, call: WriteCall) -> Done:
        self._contacts.delete(self._contacts.find(call.parts[1]))
        return Done(self._gone(call))

    def _open_chat(self, call: WriteCall) -> Done:
        row = self._flows.open_chat(self._contacts.find(call.parts[1]), call.body, call.elapsed)
        chat = self._account.chats.record(row)
        return Done(json_answer(200, self._wrap(chat, call)), {"chat": self._account.chats.id_of(row)})

    def _run_flow(self, call: WriteCall) -> Done:
        run = self._flows.run_for_contact(self._contacts.find(call.parts[1]), call.body, call.elapsed)
        return answer_flow_run(self._account, run.chat, is_run=run.is_run, turn=call.number * self._has_quirks)

    def _contact(self, row: int) -> Json:
        contact = self._account.contacts.record(row)
        return contact | {"id": str(contact["id"])}

    def _contact_id(self, row: int) -> int:
        return self._account.contacts.id_of(row)

    def _wrap(self, record: Json, call: WriteCall) -> Json | list[Json]:
        """Return the record, or every second time a list with it."""
        return [record] if self._has_quirks and call.number % 2 else record

    def _gone(self, call: WriteCall) -> Answer:
        return Answer(204, b"") if self._has_quirks and call.number % 2 else _EMPTY


def answer_flow_run(account: Account, chat: int, *, is_run: bool, turn: int) -> Done:
    """Return the answer about a flow's run. `turn` varies it: an object with or without a reason, or nothing."""
    number = account.chats.id_of(chat)
    if not is_run:
        return Done(json_answer(200, {"reason": "O contato já está em atendimento", "chatID": None}), is_applied=False)
    answers = (
        json_answer(200, {"reason": "", "chatID": number}),
        json_answer(200, {"reason": "Fluxo executado", "chatID": str(number)}),
        _EMPTY,
    )
    return Done(answers[turn % len(answers)], {"chat": number})


def _to_message_answer(message: Json) -> Json:
    message = {"text": message.get("body"), "sendAt": message.get("send_at")} | message
    return {key: message[key] for key in _ANSWERED}
