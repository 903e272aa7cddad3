"""What clients do to the agents of the account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.data.writes.refused import INVALID, MISSING, WriteRefused
from huggy_connector.sandbox.data.writes.values import read_number, read_text

Json = dict[str, Any]

_FIELDS = ("name", "phone", "email")
_TYPES = (1, 2, 3)


class AgentWrites:
    """The writer of an account's agents."""

    def __init__(self, account: Account) -> None:
        self._desk = account.desk

    def create(self, body: Mapping[str, Any]) -> Json:
        """Create an agent, who needs an e-mail address that no other has. Return the agent."""
        fields = self._read_fields(body)
        if not fields.get("email"):
            raise WriteRefused(INVALID, "field", "email")
        if any(agent["email"] == fields["email"] for agent in self._desk.agents):
            raise WriteRefused(INVALID, "exists", "email")
        return self._desk.add_agent({"name": fields["email"]} | fields)

    def update(self, number: str, body: Mapping[str, Any]) -> int:
        """Give an agent other values. Return the id. Raise WriteRefused where there is no such agent."""
        for position, agent in enumerate(self._desk.agents):
            if str(agent["id"]) == number:
                self._desk.update_agent(position, self._read_fields(body))
                return int(number)
        raise WriteRefused(MISSING, "missing")

    @staticmethod
    def _read_fields(body: Mapping[str, Any]) -> Json:
        if read_number(body, "type") not in (None, *_TYPES):
            raise WriteRefused(INVALID, "field", "type")
        return {key: read_text(body, key) for key in _FIELDS if body.get(key)}
