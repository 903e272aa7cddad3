"""The items of events: rows of the account as the webhook writes them, with all its spellings."""

from __future__ import annotations

from random import Random
from typing import Any

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.data.rhythm import format_time
from huggy_connector.sandbox.data.state.chat_state import ChatState

Json = dict[str, Any]

_PERSON = ("id", "name", "mobile", "phone", "email")
_SENDER = (*_PERSON, "photo")
_CONTACT = (*_PERSON, "photo", "custom_fields")


class Items:
    """A writer of the items of an account's events. The generator that each call takes decides on the spelling."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._desk = account.desk
        self._has_quirks = account.options.quirks
        self._has_unknown_fields = account.options.unknown_fields

    def chat(self, row: int, rng: Random, *, agent: bool = False) -> Json:
        """Return a chat as it is now, with its agent where it is asked for."""
        state, record = self._account.chats.lifecycles.state(row), self._account.chats.record(row)
        item: Json = {
            "id": self._spell_id(self._account.chats.id_of(row), rng),
            "channel": self._channel(state),
            "situation": state.situation,
            "department": self._department(state, rng),
            "customer": None if state.contact is None else self._person(state.contact, _PERSON, rng),
            "workflowID": record.get("workflowID"),
            "workflowStepID": record.get("workflowStepID"),
        }
        if agent and state.agent is not None:
            item["agent"] = {key: self._desk.agents[state.agent][key] for key in _PERSON}
        return self._finish(item, rng)

    def closed_chat(self, row: int, rng: Random) -> Json:
        """Return a chat that has ended. It names neither the customer nor the agent."""
        state = self._account.chats.lifecycles.state(row)
        tabulation = state.tabulation
        item: Json = {
            "id": self._spell_id(self._account.chats.id_of(row), rng),
            "channel": self._channel(state),
            "situation": state.situation,
            "tabulation": tabulation and {"id": tabulation, "name": self._desk.tabulation_name(tabulation)},
            "closed": rng.choice((True, 1)) if self._has_quirks else True,
            "closed_at": format_time(state.closed or state.updated),
        }
        return self._finish(item, rng)

    def messages(self, row: int, before: ChatState | None, rng: Random) -> list[Json]:
        """Return the messages that came after the chat was in the state `before`, oldest first. None: all."""
        return [self._message(message, rng) for message in self._account.chats.messages_since(row, before)]

    def contact(self, row: int, rng: Random, *, is_new: bool) -> Json:
        """Return a contact. Only a new one names its channel."""
        item = self._person(row, _CONTACT, rng)
        summary = self._account.contacts.summary(row)
        if is_new:
            channel = self._desk.channels[row % len(self._desk.channels)]
            item["channel"] = {"name": channel.name, "source": channel.type}
        elif not self._has_quirks or rng.random() < 0.8:
            item |= {"organizations": summary["organizations"], "groups": summary["groups"]}
        return self._finish(item, rng)

    def widget_visitor(self, row: int, rng: Random) -> Json | None:
        """Return the contact of a chat that began in the widget of a site. None: it has no contact."""
        state = self._account.chats.lifecycles.state(row)
        if state.contact is None:
            return None
        channel = self._desk.channels[state.channel]
        item = self._person(state.contact, _PERSON, rng)
        item |= {"widget": channel.id, "channel": {"name": channel.name, "source": channel.type}}
        return self._finish(item, rng)

    def flow(self, row: int, rng: Random, *, flow: int, label: str, answers: Json, last_message: str) -> Json:
        """Return a run of a flow in a chat. `answers` are the flow's own variables."""
        state, chats = self._account.chats.lifecycles.state(row), self._account.chats
        contact: Json = {} if state.contact is None else self._account.contacts.summary(state.contact)
        first, _, second = str(contact.get("name") or "").partition(" ")
        agent: Json = {} if state.agent is None else self._desk.agents[state.agent]
        department = None if state.department is None else self._desk.departments[state.department]
        item: Json = {
            "chatID": self._spell_id(chats.id_of(row), rng),
            "flowID": self._spell_id(flow, rng),
            "flowToken": label,
            "context": {
                "SYSTEM.CHAT_ID": str(chats.id_of(row)),
                "SYSTEM.CHAT_CREATED_DATE": format_time(state.created),
                "SYSTEM.DEPARTMENT_NAME": department.name if department else "",
                "SYSTEM.CLIENT_NAME": contact.get("name") or "",
                "SYSTEM.CLIENT_FIRST_NAME": first,
                "SYSTEM.CLIENT_SECOND_NAME": second,
                "SYSTEM.CLIENT_NUMBER": contact.get("mobile") or "",
                "SYSTEM.CLIENT_EMAIL": contact.get("email") or "",
                "SYSTEM.AGENT_NAME": agent.get("name") or "",
                "SYSTEM.AGENT_MAIL": agent.get("email") or "",
                "SYSTEM.COMPANY_NAME": "Empresa Inventada",
                "SYSTEM.CURRENT_MESSAGE": last_message,
                **answers,
            },
        }
        return self._finish(item, rng)

    def _message(self, message: Json, rng: Random) -> Json:
        chat, receiver, sender = message["chat"], message["receiver"], message["sender"]
        item: Json = {
            "id": self._spell_id(message["id"], rng),
            "body": message["text"] if "text" in message else message["body"],
            "is_internal": message["isInternal"],
            "is_email": message["isEmail"],
            "sender": sender and {key: sender[key] for key in _SENDER},
            "senderType": message["senderType"],
            "receiver": receiver and {key: receiver[key] for key in _SENDER},
            "receiverType": message["receiverType"],
            "file": message["file"],
            "channel": message["channel"],
            "chat": {
                "id": self._spell_id(chat["id"], rng),
                "channel": chat["channel"],
                "situation": chat["situation"],
                "department": self._spell_department(chat["department"], rng),
                "entrypoint": rng.choice((None, "555")) if self._has_quirks else None,
            },
            "send_at": message["sendAt"] if "sendAt" in message else message["send_at"],
            "read_at": rng.choice(("", None)) if self._has_quirks else None,
        }
        if customer := message.get("customer"):
            item["customer"] = {key: customer[key] for key in ("id", "name", "custom_fields")}
            item["chat"]["customer"] = {"id": customer["id"]}
        return self._finish(item, rng)

    def _finish(self, item: Json, rng: Random) -> Json:
        if self._has_unknown_fields:
            item |= {"protocol": f"2025{rng.randrange(10**8):08d}", "sla": {"policy": "Ouro", "breached": False}}
        return item | {"company": {"id": self._account.options.company}}

    def _person(self, row: int, keys: tuple[str, ...], rng: Random) -> Json:
        summary = self._account.contacts.summary(row)
        return {key: summary[key] for key in keys} | {"id": self._spell_id(summary["id"], rng)}

    def _channel(self, state: ChatState) -> str:
        return self._desk.channels[state.channel].type

    def _department(self, state: ChatState, rng: Random) -> Any:
        if state.department is None:
            return False
        department = self._desk.departments[state.department]
        return self._spell_department({"id": department.id, "name": department.name}, rng)

    def _spell_department(self, department: Any, rng: Random) -> Any:
        """Return a department as an object, or as its id. `False` is none."""
        if not self._has_quirks or not isinstance(department, dict):
            return department
        return rng.choice((department, department["id"], str(department["id"])))

    def _spell_id(self, number: int, rng: Random) -> int | str:
        return str(number) if self._has_quirks and rng.random() < 0.2 else number
