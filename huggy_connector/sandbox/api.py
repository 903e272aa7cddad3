"""The v3 endpoints: what an accepted, authenticated request reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from huggy_connector.sandbox.account import CHAT_FILTERS, Account
from huggy_connector.sandbox.faults import Answer, json_answer
from huggy_connector.sandbox.refusals import reason

_LISTS = ("chats", "contacts", "agents")


@dataclass(frozen=True, slots=True)
class Call:
    """One request as the endpoints see it; `parts` is the path below /v3, `bend` a fault that bends the page."""

    method: str
    parts: tuple[str, ...]
    query: Mapping[str, str]
    language: str
    bend: str = ""


def parts_of(path: str) -> tuple[str, ...]:
    """The path below /v3 in parts, whether or not it ends with a slash."""
    return tuple(path.removeprefix("/v3").strip("/").split("/"))


def shape_of(path: str) -> str:
    """The path with its numbers taken out, to count by."""
    return "/".join("{id}" if part.isdecimal() else part for part in path.rstrip("/").split("/")) or "/"


def page_name(call: Call) -> str:
    """`chats:7` for a page of a list, else `""`."""
    below = _below_company(call.parts)
    page = call.query.get("page", "0")
    return f"{below[0]}:{page}" if len(below) == 1 and below[0] in _LISTS else ""


def _below_company(parts: tuple[str, ...]) -> tuple[str, ...]:
    return parts[2:] if len(parts) > 2 and parts[0] == "companies" else parts


class Api:
    """Answers calls from an account."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._endpoints: dict[tuple[str, ...], Callable[[Call], Answer]] = {
            ("chats",): self._chats,
            ("chats", "*"): self._detail,
            ("chats", "*", "messages"): self._messages,
            ("contacts",): self._contacts,
            ("contacts", "*"): self._detail,
            ("agents",): self._agents,
            ("agents", "profile"): self._profile,
            ("agents", "*"): self._agent,
            ("departments", "parents"): self._departments,
        }

    def answer(self, call: Call) -> Answer:
        """The answer, read from the account as it is at this moment."""
        if call.parts[0] == "companies" and call.parts[1:2] != (str(self._account.options.company),):
            return reason("forbidden", call.language)
        if call.method != "GET":
            return reason("method", call.language)
        below = _below_company(call.parts)
        endpoint = self._endpoints.get(below) or self._endpoints.get((*below[:1], "*", *below[2:]))
        return reason("missing", call.language) if endpoint is None else endpoint(call)

    def _span(self, call: Call) -> slice | None:
        text = call.query.get("page") or "0"
        if not (text.isdecimal() and len(text) < 19):
            return None
        size = self._account.options.page_size
        start = 0 if call.bend == "endless" else int(text) * size
        return slice(start, start + size + {"short": -1, "long": 1}.get(call.bend, 0))

    def _chats(self, call: Call) -> Answer:
        names = [name for name in CHAT_FILTERS if name != "situation" or not self._account.options.ignore_situation]
        wanted = {name: call.query[name] for name in names if call.query.get(name)}
        if not wanted:
            return self._page("chats", call)
        return self._page("chats", call, self._account.find_chats(wanted))

    def _contacts(self, call: Call) -> Answer:
        phone, email = call.query.get("phone") or None, call.query.get("email") or None
        if phone is None and email is None:
            return self._page("contacts", call)
        # A plus sign in a query means a space, and neither is a digit.
        return self._page("contacts", call, self._account.find_contacts(phone=phone, email=email))

    def _page(self, name: str, call: Call, found: Sequence[int] | None = None) -> Answer:
        span, shelf = self._span(call), self._account.shelves[name]
        if span is None:
            return reason("page", call.language)
        if shelf.emptied:
            return Answer(200, b"[]")
        rows = shelf.listing.rows(span.start, span.stop) if found is None else found[span]
        records = [*map(shelf.encoded, rows)]
        if call.bend == "null" and records:
            records[len(records) // 2] = b"null"
        return Answer(200, b"[" + b",".join(records) + b"]")

    def _agents(self, call: Call) -> Answer:
        span, agents = self._span(call), self._account.desk.agents[::-1]
        if span is None:
            return reason("page", call.language)
        return json_answer(200, agents if call.query.get("allPages") == "true" else agents[span])

    def _profile(self, _: Call) -> Answer:
        return json_answer(200, self._account.desk.profile(self._account.options.company))

    def _departments(self, _: Call) -> Answer:
        return json_answer(200, [{"id": each.id, "name": each.name} for each in self._account.desk.departments])

    def _agent(self, call: Call) -> Answer:
        for agent in self._account.desk.agents:
            if str(agent["id"]) == _below_company(call.parts)[1]:
                return json_answer(200, agent)
        return reason("missing", call.language)

    def _detail(self, call: Call) -> Answer:
        name, number = _below_company(call.parts)
        shelf = self._account.shelves[name]
        row = shelf.find(number)
        return reason("missing", call.language) if row is None else Answer(200, shelf.encoded(row))

    def _messages(self, call: Call) -> Answer:
        span, row = self._span(call), self._account.shelves["chats"].find(_below_company(call.parts)[1])
        if row is None:
            return reason("missing", call.language)
        if self._account.chats.situation(row) == "auto":
            return reason("forbidden", call.language)
        if span is None:
            return reason("page", call.language)
        messages = self._account.chats.messages(row, events=call.query.get("showEvents") == "true")
        return Answer(200, json.dumps(messages[span], ensure_ascii=False, separators=(",", ":")).encode())
