"""The endpoints of API v2 that read, for requests that are accepted and authenticated.

What v2 lacks is answered 404 and counted, so that a test can prove that a client never asks for it: departments, the
profile of a token, tabulations, companies in the path, and every filter of the chats.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.server.api import ApiCall, page_slice
from huggy_connector.sandbox.server.faults import Answer, json_answer
from huggy_connector.sandbox.server.ratings import rating_answer
from huggy_connector.sandbox.server.refusals import api_error
from huggy_connector.sandbox.server.v2.shapes import (
    Json,
    to_v2_agent,
    to_v2_chat,
    to_v2_contact,
    to_v2_message,
)

_CONTACT_FILTERS = frozenset({"mobile", "phone"})


class ReadsV2:
    """The lists and records of an account in v2. `lacking` counts the requests for what v2 does not have."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._has_quirks = account.options.quirks
        self.lacking: Counter[str] = Counter()
        self._endpoints: dict[tuple[str, ...], tuple[Callable[[ApiCall], Answer], frozenset[str]]] = {
            ("chats",): (self._chats, frozenset({"page"})),
            ("chats", "*"): (self._chat, frozenset()),
            ("chats", "*", "messages"): (self._messages, frozenset({"page"})),
            ("chats", "*", "feedback"): (self._feedback, frozenset()),
            ("contacts",): (self._contacts, frozenset({"page", *_CONTACT_FILTERS})),
            ("contacts", "*"): (self._contact, frozenset()),
            ("agents",): (self._agents, frozenset({"page"})),
            ("agents", "*"): (self._agent, frozenset()),
        }

    def answer(self, call: ApiCall) -> Answer:
        """Return the answer to a GET, from the account as it is at this moment."""
        template = tuple("*" if part.isdecimal() else part for part in call.parts)
        endpoint, parameters = self._endpoints.get(template, (None, frozenset[str]()))
        if endpoint is None or call.query.keys() - parameters:
            query = "&".join(sorted(call.query.keys() - parameters))
            self.lacking[f"{'/'.join(template)}{f'?{query}' if query else ''}"] += 1
            return api_error("missing", call.language)
        return endpoint(call)

    def _chats(self, call: ApiCall) -> Answer:
        return self._page(call, "chats")

    def _contacts(self, call: ApiCall) -> Answer:
        wanted = {name: call.query[name] for name in _CONTACT_FILTERS & call.query.keys()}
        if not wanted:
            return self._page(call, "contacts")
        rows = self._account.find_contacts(**wanted)
        found = [to_v2_contact(self._account.contacts.record(row), has_quirks=self._has_quirks) for row in rows]
        return json_answer(200, [each for each in found if all(each[name] == text for name, text in wanted.items())])

    def _page(self, call: ApiCall, name: str) -> Answer:
        part, resource_list = page_slice(call, self._account.options.page_size), self._account.resource_lists[name]
        if part is None:
            return api_error("page", call.language)
        rows = [] if resource_list.is_emptied else resource_list.listing.rows(part.start, part.stop)
        records: Sequence[Json | None] = [self._record(name, row) for row in rows]
        if call.page_fault == "null" and records:
            middle = len(records) // 2
            records = [*records[:middle], None, *records[middle + 1 :]]
        return json_answer(200, records)

    def _record(self, name: str, row: int) -> Json:
        if name == "chats":
            return to_v2_chat(self._account.chats.record(row))
        return to_v2_contact(self._account.contacts.record(row), has_quirks=self._has_quirks)

    def _chat(self, call: ApiCall) -> Answer:
        return self._detail(call, "chats")

    def _feedback(self, call: ApiCall) -> Answer:
        """Return the customer's rating of a chat that has ended, `[]` for none."""
        return rating_answer(self._account, call.parts[1], call.language)

    def _contact(self, call: ApiCall) -> Answer:
        return self._detail(call, "contacts")

    def _detail(self, call: ApiCall, name: str) -> Answer:
        row = self._account.resource_lists[name].find(call.parts[1])
        return api_error("missing", call.language) if row is None else json_answer(200, self._record(name, row))

    def _agents(self, call: ApiCall) -> Answer:
        part = page_slice(call, self._account.options.page_size)
        return api_error("page", call.language) if part is None else json_answer(200, self._all_agents()[::-1][part])

    def _agent(self, call: ApiCall) -> Answer:
        found = next((each for each in self._all_agents() if str(each["id"]) == call.parts[1]), None)
        return api_error("missing", call.language) if found is None else json_answer(200, found)

    def _all_agents(self) -> list[Json]:
        agents = enumerate(self._account.desk.agents)
        return [to_v2_agent(each, place=place, has_quirks=self._has_quirks) for place, each in agents]

    def _messages(self, call: ApiCall) -> Answer:
        row = self._account.resource_lists["chats"].find(call.parts[1])
        part = page_slice(call, self._account.options.page_size)
        if row is None:
            return api_error("missing", call.language)
        if self._account.chats.situation(row) == "auto":
            return api_error("forbidden", call.language)
        if part is None:
            return api_error("page", call.language)
        messages = self._account.chats.messages(row, events=False)[part]
        return json_answer(200, [to_v2_message(each, has_quirks=self._has_quirks) for each in messages])
