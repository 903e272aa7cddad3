"""An account to read, and a server whose clock the test moves."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from aiohttp.test_utils import make_mocked_request

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.options import Options
from huggy_connector.sandbox.server.control import Control
from huggy_connector.sandbox.server.faults import Answer
from huggy_connector.sandbox.server.ground_truth import read_records
from huggy_connector.sandbox.server.server import Server

NOW = "2025-03-10T14:00:00"


def create_account(**choices: Any) -> Account:
    chosen: dict[str, Any] = {"now": NOW, "chats": 400, "days": 10, "open_chats": 12} | choices
    return Account(Options(**chosen))


def list_chats(account: Account) -> list[dict[str, Any]]:
    return read_records(account.resource_lists["chats"], None)


def list_contacts(account: Account) -> list[dict[str, Any]]:
    return read_records(account.resource_lists["contacts"], None)


def read_json(answer: Answer) -> Any:
    return json.loads(answer.body)


class ServerWithClock:
    """A server with a clock that the test sets, and that moves only while the server sleeps."""

    def __init__(self, **choices: Any) -> None:
        chosen: dict[str, Any] = {"now": NOW, "chats": 60, "open_chats": 5} | choices
        self.now = 0.0
        self.slept: list[float] = []
        self.server = Server(Options(**chosen), clock=lambda: self.now, wall=lambda: 1.75e9, sleep=self._sleep)
        self.control = Control(self.server)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def get(self, path: str, *, at: float) -> int:
        self.now = at
        headers = {"Authorization": f"Bearer {self.server.tokens.first_token}"}
        return asyncio.run(self.server.handle(make_mocked_request("GET", path, headers))).status
