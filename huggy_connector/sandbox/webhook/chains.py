"""What Huggy tells of what happens in the account: a chain of events for each move of a row.

A change that leaves no trace here is one that Huggy does not tell: only who polls finds it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from random import Random
from typing import Any

from huggy_connector.sandbox.data.account import Account, Move
from huggy_connector.sandbox.data.desk import FLOWS
from huggy_connector.sandbox.data.rng import seeded_random
from huggy_connector.sandbox.data.state.chat_state import OPEN_SITUATIONS, ChatState
from huggy_connector.sandbox.webhook.items import Items

Json = dict[str, Any]

_SPELLING_STREAM = 96
_WELCOME = (3210, FLOWS[3210])
_SURVEYS = ((3211, FLOWS[3211], range(11)), (3212, FLOWS[3212], range(1, 6)))
_SURVEY_SHARE, _ANSWER_SHARE = 0.5, 0.6
_SURVEY_SECONDS = (5, 90)


@dataclass(frozen=True, slots=True)
class Happening:
    """One event that is to be told."""

    event: str
    item: Json


@dataclass(frozen=True, slots=True)
class Chain:
    """The events that one move made, at a local second. `chat` is the row of the chat that moved."""

    happenings: tuple[Happening, ...]
    moment: int
    chat: int | None = None


class Teller:
    """Hears of moves and keeps the chains that they make, until they are taken."""

    def __init__(self, account: Account) -> None:
        self.heard = 0
        """How many events there have been."""
        self._chats = account.chats
        self._items = Items(account)
        self._account = account
        self._seed = account.options.seed
        self._moves = 0
        self._chains: deque[Chain] = deque()
        self._surveys: list[tuple[int, int, Chain]] = []

    def hear(self, move: Move) -> None:
        """Keep the chain of a move. A move that Huggy does not tell makes none."""
        self._moves += 1
        rng = seeded_random(self._seed, _SPELLING_STREAM, self._moves)
        if move.resource == "contacts":
            event = "createdCustomer" if move.is_new else "updatedCustomer"
            self.tell(Happening(event, self._items.contact(move.row, rng, is_new=move.is_new)), moment=move.moment)
        else:
            self.tell(*self._tell_chat(move, rng), moment=move.moment, chat=move.row)

    def tell(self, *happenings: Happening, moment: int, chat: int | None = None) -> None:
        """Keep a chain of events."""
        if happenings:
            self._chains.append(Chain(happenings, moment, chat))
            self.heard += len(happenings)

    def take(self, moment: int) -> Iterator[Chain]:
        """Yield what has been told by `moment`, in its order, and what is told while this goes on."""
        while self._surveys and self._surveys[0][0] <= moment:
            chain = heappop(self._surveys)[2]
            self.tell(*chain.happenings, moment=chain.moment, chat=chain.chat)
        while self._chains:
            yield self._chains.popleft()

    def _tell_chat(self, move: Move, rng: Random) -> Iterator[Happening]:
        row, before, now = move.row, move.before, self._chats.lifecycles.state(move.row)
        if before is None:
            yield from self._tell_start(row, now, rng)
        else:
            yield from self._tell_changes(row, before, now, rng)
        is_welcome = before is None and now.situation == "auto"
        if flow := move.flow or (_WELCOME[0] if is_welcome else None):
            yield self._flow("startedAutomationFlow", row, (flow, FLOWS[flow]), {}, rng)
        for item in self._items.messages(row, before, rng):
            if item["senderType"] in ("agent", "virtual_agent"):
                yield Happening("sentAllMessage", item)
                continue
            yield Happening("receivedAllMessage", item)
            if now.situation in ("auto", "wait_for_chat"):
                yield Happening("receivedMessage", item)
        if before is not None and before.situation in OPEN_SITUATIONS and now.situation not in OPEN_SITUATIONS:
            yield Happening("closedChat", self._items.closed_chat(row, rng))
            yield from self._begin_survey(move, rng)

    def _tell_start(self, row: int, now: ChatState, rng: Random) -> Iterator[Happening]:
        yield Happening("startedChat", self._items.chat(row, rng))
        is_widget = self._account.desk.channels[now.channel].type == "widget"
        if is_widget and (visitor := self._items.widget_visitor(row, rng)):
            yield Happening("startedWidgetAttendance", visitor)

    def _tell_changes(self, row: int, before: ChatState, now: ChatState, rng: Random) -> Iterator[Happening]:
        if before.situation == "auto" != now.situation:
            yield self._flow("finishedAutomationFlow", row, _WELCOME, {"form.motivo": "2ª via"}, rng)
        if before.situation == "wait_for_chat" != now.situation:
            yield Happening("leftQueue", self._items.chat(row, rng))
        if now.agent not in (None, before.agent):
            yield Happening("agentEntered", self._items.chat(row, rng, agent=True))
        if now.department != before.department:
            yield Happening("updatedChatDepartment", self._items.chat(row, rng))
        if (now.workflow, now.workflow_step) != (before.workflow, before.workflow_step):
            yield Happening("updatedWorkflowStep", self._items.chat(row, rng))

    def _begin_survey(self, move: Move, rng: Random) -> Iterator[Happening]:
        """Begin a survey in some chats that end. Some customers answer it, a while later."""
        if rng.random() >= _SURVEY_SHARE:
            return
        flow, label, marks = rng.choice(_SURVEYS)
        yield self._flow("startedAutomationFlow", move.row, (flow, label), {}, rng)
        if rng.random() < _ANSWER_SHARE:
            mark, due = str(rng.choice(marks)), move.moment + rng.randint(*_SURVEY_SECONDS)
            answer = self._flow("finishedAutomationFlow", move.row, (flow, label), {"nota": mark}, rng)
            heappush(self._surveys, (due, self._moves, Chain((answer,), due, move.row)))

    def _flow(self, event: str, row: int, flow: tuple[int, str], answers: Json, rng: Random) -> Happening:
        number, label = flow
        last_message = str(answers.get("nota", "1"))
        item = self._items.flow(row, rng, flow=number, label=label, answers=answers, last_message=last_message)
        return Happening(event, item)
