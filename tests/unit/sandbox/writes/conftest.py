"""A client that writes into an account, without a server: each call is one write."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.server.api import Api, ApiCall
from huggy_connector.sandbox.server.v2.reads import ReadsV2
from huggy_connector.sandbox.server.writes.write_call import WriteCall
from huggy_connector.sandbox.server.writes.writes import Writes
from tests.unit.sandbox.conftest import create_account

LATER = 90.0
"""Seconds after the start: when the client writes."""


@dataclass(frozen=True)
class Reply:
    """The status, the value of the JSON (None for a body that is none), and the headers."""

    status: int
    value: Any
    headers: tuple[tuple[str, str], ...] = ()


class Client:
    """A client of an account that was just made. `fault` is the fault of the next write."""

    def __init__(self, **choices: Any) -> None:
        self.account: Account = create_account(**({"quirks": False, "open_chats": 60} | choices))
        self.writes = Writes(self.account)

    def write(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        version: str = "v3",
        fault: str = "",
        language: str = "pt-br",
        content_type: str = "application/json",
    ) -> Reply:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        number = self.writes.log.next_number()
        chosen = self.writes.faults.choose(number, requested=fault)
        call = WriteCall(method, tuple(path.strip("/").split("/")), {}, language, number, LATER)
        answer = self.writes.answer(call, version=version, fault=chosen, content_type=content_type, body=raw)
        is_json = answer.body and answer.content_type == "application/json"
        return Reply(answer.status, json.loads(answer.body) if is_json else None, answer.headers)

    def read(self, path: str, *, version: str = "v3", **query: str) -> Any:
        reader = ReadsV2(self.account) if version == "v2" else Api(self.account)
        return json.loads(reader.answer(ApiCall("GET", tuple(path.strip("/").split("/")), query, "en")).body)

    def chat(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = self.read(f"/chats/{number}")
        return found

    def find_chat(self, situation: str, *, channel: str = "whatsapp-enterprise") -> int:
        """Return the id of the newest chat in this situation."""
        number: int = self.read("/chats", situation=situation, channel=channel)[0]["id"]
        return number

    def texts(self, number: int) -> list[str]:
        return [message["text"] for message in self.read(f"/chats/{number}/messages")]
