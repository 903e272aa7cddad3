"""The v3 endpoints, for requests that are accepted and authenticated."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from huggy_connector.sandbox.data.account import CHAT_FILTERS, Account
from huggy_connector.sandbox.server.faults import Answer, json_answer
from huggy_connector.sandbox.server.ratings import rating_answer
from huggy_connector.sandbox.server.refusals import api_error

VERSIONS = ("v3", "v2")
_LISTS = ("chats", "contacts", "agents")


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One request as the endpoints see it. `parts` is the path below /v3 or /v2; `page_fault` alters the page."""

    method: str
    parts: tuple[str, ...]
    query: Mapping[str, str]
    language: str
    page_fault: str = ""


def version_of(path: str) -> str:
    """Return `v3` or `v2`, whichever the path is below; `""` for any other path."""
    first = path.split("/", 2)[1:2]
    return first[0] if first and first[0] in VERSIONS else ""


def split_path(path: str) -> tuple[str, ...]:
    """Return the parts of the path below the version. A slash at its end makes no difference."""
    return tuple(path.removeprefix(f"/{version_of(path)}").strip("/").split("/"))


def to_path_template(path: str) -> str:
    """Return the path with `{id}` for each number. Requests are counted by it."""
    return "/".join("{id}" if part.isdecimal() else part for part in path.rstrip("/").split("/")) or "/"


def page_name(call: ApiCall) -> str:
    """Return a name such as `chats:7` for a page of a list, else `""`."""
    below = _strip_company(call.parts)
    page = call.query.get("page", "0")
    return f"{below[0]}:{page}" if len(below) == 1 and below[0] in _LISTS else ""


def page_slice(call: ApiCall, size: int) -> slice | None:
    """Return the part of a list that a page shows; None for a page that is no number."""
    text = call.query.get("page") or "0"
    if not (text.isdecimal() and len(text) < 19):
        return None
    start = 0 if call.page_fault == "endless" else int(text) * size
    return slice(start, start + size + {"short": -1, "long": 1}.get(call.page_fault, 0))


def _strip_company(parts: tuple[str, ...]) -> tuple[str, ...]:
    return parts[2:] if len(parts) > 2 and parts[0] == "companies" else parts


class Api:
    """The API of an account."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._endpoints: dict[tuple[str, ...], Callable[[ApiCall], Answer]] = {
            ("chats",): self._chats,
            ("chats", "*"): self._detail,
            ("chats", "*", "messages"): self._messages,
            ("chats", "*", "agents"): self._chat_agents,
            ("chats", "*", "feedback"): self._feedback,
            ("contacts",): self._contacts,
            ("contacts", "*"): self._detail,
            ("agents",): self._agents,
            ("agents", "profile"): self._profile,
            ("agents", "*"): self._agent,
            ("departments", "parents"): self._departments,
        }

    def answer(self, call: ApiCall) -> Answer:
        """Return the answer, from the account as it is at this moment."""
        if call.parts[0] == "companies" and call.parts[1:2] != (str(self._account.options.company),):
            return api_error("forbidden", call.language)
        if call.method != "GET":
            return api_error("method", call.language)
        below = _strip_company(call.parts)
        endpoint = self._endpoints.get(below) or self._endpoints.get((*below[:1], "*", *below[2:]))
        return api_error("missing", call.language) if endpoint is None else endpoint(call)

    def _page_slice(self, call: ApiCall) -> slice | None:
        return page_slice(call, self._account.options.page_size)

    def _chats(self, call: ApiCall) -> Answer:
        names = [name for name in CHAT_FILTERS if name != "situation" or not self._account.options.ignore_situation]
        wanted = {name: call.query[name] for name in names if call.query.get(name)}
        if not wanted:
            return self._page("chats", call)
        return self._page("chats", call, self._account.find_chats(wanted))

    def _contacts(self, call: ApiCall) -> Answer:
        wanted = {name: call.query[name] for name in ("phone", "mobile", "email") if call.query.get(name)}
        if not wanted:
            return self._page("contacts", call)
        # A plus sign in a query means a space, and neither is a digit.
        return self._page("contacts", call, self._account.find_contacts(**wanted))

    def _page(self, name: str, call: ApiCall, found: Sequence[int] | None = None) -> Answer:
        part, resource_list = self._page_slice(call), self._account.resource_lists[name]
        if part is None:
            return api_error("page", call.language)
        if resource_list.is_emptied:
            return Answer(200, b"[]")
        rows = resource_list.listing.rows(part.start, part.stop) if found is None else found[part]
        records = [*map(resource_list.to_json, rows)]
        if call.page_fault == "null" and records:
            records[len(records) // 2] = b"null"
        return Answer(200, b"[" + b",".join(records) + b"]")

    def _agents(self, call: ApiCall) -> Answer:
        part, agents = self._page_slice(call), self._account.desk.agents[::-1]
        if part is None:
            return api_error("page", call.language)
        return json_answer(200, agents if call.query.get("allPages") == "true" else agents[part])

    def _profile(self, _: ApiCall) -> Answer:
        return json_answer(200, self._account.desk.profile(self._account.options.company))

    def _departments(self, _: ApiCall) -> Answer:
        return json_answer(200, [{"id": each.id, "name": each.name} for each in self._account.desk.departments])

    def _agent(self, call: ApiCall) -> Answer:
        for agent in self._account.desk.agents:
            if str(agent["id"]) == _strip_company(call.parts)[1]:
                return json_answer(200, agent)
        return api_error("missing", call.language)

    def _detail(self, call: ApiCall) -> Answer:
        name, number = _strip_company(call.parts)
        resource_list = self._account.resource_lists[name]
        row = resource_list.find(number)
        return api_error("missing", call.language) if row is None else Answer(200, resource_list.to_json(row))

    def _chat_agents(self, call: ApiCall) -> Answer:
        """Return the agents who are in a chat now."""
        row = self._account.resource_lists["chats"].find(_strip_company(call.parts)[1])
        if row is None:
            return api_error("missing", call.language)
        return json_answer(200, self._account.chats.record(row)["agents"])

    def _feedback(self, call: ApiCall) -> Answer:
        """Return the customer's rating of a chat that has ended, `[]` for none."""
        return rating_answer(self._account, _strip_company(call.parts)[1], call.language)

    def _messages(self, call: ApiCall) -> Answer:
        part, row = (
            self._page_slice(call),
            self._account.resource_lists["chats"].find(_strip_company(call.parts)[1]),
        )
        if row is None:
            return api_error("missing", call.language)
        if self._account.chats.situation(row) == "auto":
            return api_error("forbidden", call.language)
        if part is None:
            return api_error("page", call.language)
        messages = self._account.chats.messages(row, events=call.query.get("showEvents") == "true")
        return Answer(200, json.dumps(messages[part], ensure_ascii=False, separators=(",", ":")).encode())
