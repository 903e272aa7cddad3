"""A desk of chats and contacts in memory: what a run reads, writes and remembers, without network and disk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from huggy_connector.actions.observe import Before
from huggy_connector.actions.one_row import Tools
from huggy_connector.actions.types import LedgerRow, PlannedRow, RowKey, RowState
from huggy_connector.api.writes.types import Outcome, OutcomeKind, WriteMethod, WriteRequest
from huggy_connector.catalogue.actions.types import Action
from huggy_connector.model import Row

CHAT = 700001
PERSON = 800001


def chat_row(**changes: Any) -> dict[str, Any]:
    return {
        "id": CHAT,
        "situation": "in_chat",
        "agentId": 9001,
        "enabledSession": True,
        "chatCustomer": {"id": PERSON},
        "lastMessage": {"id": 600010},
        **changes,
    }


def message_row(number: int, text: str = "Bom dia", **changes: Any) -> dict[str, Any]:
    return {"id": number, "text": text, "senderType": "agent", "isInternal": False, **changes}


def ledger_row(action: str = "send_message", *, number: int = 1, **changes: Any) -> LedgerRow:
    target = changes.pop("target", f"chat:{CHAT}")
    target_id = changes.pop(
        "target_id", int(target.partition(":")[2]) if target.partition(":")[2].isdecimal() else None
    )
    fields = changes.pop("fields", {"text": "Bom dia"} if action == "send_message" else {})
    return LedgerRow(
        number, RowKey("spring", action, target), RowState.PLANNED, target_id=target_id, fields=fields, **changes
    )


@dataclass
class Desk:
    """What the API shows. `asked` are the reads, in order."""

    chats: dict[int, Row] = field(default_factory=lambda: {CHAT: chat_row()})
    contacts: dict[int, Row] = field(default_factory=lambda: {PERSON: {"id": PERSON, "name": "Cliente Um"}})
    shown: dict[int, list[Row] | None] = field(default_factory=dict)
    """Messages by chat, newest first; None where a bot has the chat."""
    asked: list[str] = field(default_factory=list)

    def chat(self, chat_id: int) -> Row | None:
        self.asked.append(f"chat {chat_id}")
        return self.chats.get(chat_id)

    def contact(self, contact_id: int) -> Row | None:
        self.asked.append(f"contact {contact_id}")
        return self.contacts.get(contact_id)

    def messages(self, chat_id: int, page: int) -> Sequence[Row] | None:
        self.asked.append(f"messages {chat_id} {page}")
        found = self.shown.get(chat_id, [])
        return None if found is None else found[20 * page : 20 * page + 20]

    def chats_of(self, contact_id: int) -> Sequence[Row]:
        self.asked.append(f"chats of {contact_id}")
        return [chat for chat in self.chats.values() if chat["chatCustomer"]["id"] == contact_id]

    def contacts_with(self, field: str, value: str) -> Sequence[Row]:
        self.asked.append(f"contacts with {field}")
        return [contact for contact in self.contacts.values() if contact.get(field) == value]


@dataclass
class Memory:
    """A ledger that forgets with the test. `log` has what was written, in order."""

    held: dict[int, LedgerRow] = field(default_factory=dict)
    owners: dict[tuple[str, int], int] = field(default_factory=dict)
    log: list[tuple[str, int, str]] = field(default_factory=list)
    lock: Any = field(default_factory=threading.RLock)

    @classmethod
    def of(cls, *rows: LedgerRow) -> Memory:
        return cls({row.id: row for row in rows})

    def claim(self, row_id: int, *, mark: Mapping[str, Any], contact_id: int | None = None) -> LedgerRow | None:
        with self.lock:
            row = self.held[row_id]
            if row.state is not RowState.PLANNED:
                return None
            return self._write(
                "claim",
                replace(row, state=RowState.CLAIMED, mark=mark, contact_id=contact_id, attempts=row.attempts + 1),
            )

    def record(self, row_id: int, state: RowState, *, reason: str = "", ids: Mapping[str, int] | None = None) -> bool:
        with self.lock:
            self.owners |= dict.fromkeys((ids or {}).items(), row_id)
            self._write(f"record {state}", replace(self.held[row_id], state=state, reason=reason, ids=ids or {}))
        return True

    def skip(self, row_id: int, *, rule: str, reason: str) -> bool:
        with self.lock:
            self._write(f"skip {rule}", replace(self.held[row_id], state=RowState.SKIPPED, reason=reason))
        return True

    def settle(
        self,
        row_id: int,
        state: RowState,
        *,
        reason: str,
        ids: Mapping[str, int] | None = None,
        attempt: int | None = None,
    ) -> bool:
        with self.lock:
            row = self.held[row_id]
            if row.state not in {RowState.UNKNOWN, RowState.SENT} or attempt not in {None, row.attempts}:
                return False
            self.owners |= dict.fromkeys((ids or {}).items(), row_id)
            self._write(f"settle {state}", replace(row, state=state, reason=reason, ids=ids or {}))
        return True

    def owner_of(self, kind: str, number: int) -> int | None:
        return self.owners.get((kind, number))

    def open_rows(self, campaign: str, *, limit: int, after: int = 0) -> list[LedgerRow]:
        with self.lock:
            rows = (self.held[number] for number in sorted(self.held) if number > after)
            return [row for row in rows if row.state is RowState.PLANNED and row.key.campaign == campaign][:limit]

    def unknown_rows(self, campaign: str | None = None) -> list[LedgerRow]:
        rows = [row for row in self.held.values() if row.state is RowState.UNKNOWN]
        return [row for row in rows if campaign in {None, row.key.campaign}]

    def _write(self, what: str, row: LedgerRow) -> LedgerRow:
        self.held[row.id] = row
        self.log.append((what, row.id, row.reason))
        return row


@dataclass
class Gate:
    """A gate that is open until `closes_after` rows were claimed."""

    closes_after: int = 10_000
    noted: list[RowState] = field(default_factory=list)

    def turn(self) -> AbstractContextManager[object]:
        return nullcontext()

    def may_send(self, *, reaches_person: bool = True) -> str | None:
        del reaches_person
        return None if len(self.noted) < self.closes_after else "It is closed."

    def note(self, state: RowState) -> None:
        self.noted.append(state)


@dataclass(frozen=True)
class Says:
    """A verdict."""

    rule: str = "opt_out"
    reason: str = "the person wants no messages"
    opted_out: int | None = None


def build(row: PlannedRow) -> WriteRequest:
    path = f"{row.action.name}/{row.target_id}"
    return WriteRequest(method=WriteMethod.POST, path=path, what=row.action.name, body=dict(row.fields))


@dataclass
class Wire:
    """Sends nothing anywhere: `sent` are the requests, `answers` what comes back, the last one for good."""

    answers: list[Outcome] = field(default_factory=lambda: [Outcome(OutcomeKind.DONE, ids={"message": 600011})])
    sent: list[str] = field(default_factory=list)
    on_send: Callable[[WriteRequest], None] = lambda _: None

    def __call__(self, request: WriteRequest, action: Action, *, before: Callable[[], None]) -> Outcome:
        del action
        before()
        self.sent.append(request.path)
        self.on_send(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def make_tools(desk: Desk, memory: Memory, wire: Wire, **changes: Any) -> Tools:
    opted_out: list[int] = changes.pop("opted_out", [])
    tools = Tools(
        ledger=memory,
        reading=desk,
        send=wire,
        build=build,
        check_planned=lambda _: None,
        check_before_send=lambda _, __: None,
        gate=Gate(),
        on_opt_out=opted_out.append,
    )
    return replace(tools, **changes)


def against(person: int) -> Callable[[PlannedRow], Says | None]:
    """A rule about one person, before and after the chat was read."""
    return lambda row: Says() if row.contact_id == person else None


def against_read(person: int) -> Callable[[PlannedRow, Before], Says | None]:
    return lambda row, before: Says() if person in {row.contact_id, before.contact_id} else None


def rows_of(action: str, count: int) -> Iterator[LedgerRow]:
    for number in range(1, count + 1):
        yield ledger_row(action, number=number, target=f"chat:{CHAT + number}")
