"""The writes of API v3: which path and method does what, and how it is answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.data.writes.chat_writes import ChatWrites
from huggy_connector.sandbox.server.faults import Answer, json_answer
from huggy_connector.sandbox.server.writes.write_call import Done, Json, WriteCall

Route = Callable[[WriteCall], Done]
Routes = Mapping[tuple[str, ...], Mapping[str, Route]]
"""By path, with `*` for an id, then by method."""

_ANSWERED = ("id", "text", "senderType", "type", "file", "sendAt", "sender")


class WritesOfV3:
    """The routes of an account's writes in v3."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._has_quirks = account.options.quirks
        self._chats = ChatWrites(account)
        self.routes: Routes = {
            ("chats", "*", "messages"): {"POST": self._send},
            ("chats", "*", "close"): {"PUT": self._close},
        }

    def _send(self, call: WriteCall) -> Done:
        message = self._chats.send(self._row(call), call.body, call.elapsed)
        return Done(json_answer(200, to_message_answer(message)), {"message": message["id"]})

    def _close(self, call: WriteCall) -> Done:
        self._chats.close(self._row(call), call.body, call.elapsed)
        return Done(Answer(200, b""))

    def _row(self, call: WriteCall) -> int:
        return self._chats.find(call.parts[1])


def to_message_answer(message: Json) -> Json:
    """Return what a client gets back for its message."""
    message = {"text": message.get("body"), "sendAt": message.get("send_at")} | message
    return {key: message[key] for key in _ANSWERED}
