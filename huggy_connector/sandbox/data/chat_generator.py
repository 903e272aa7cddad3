"""The chats that the account has at the start: each is a function of the seed and the row, and is never stored.

A *row* is the number of a chat in the order of creation, from 0.
"""

from __future__ import annotations

from math import log
from random import Random

from huggy_connector.sandbox.data.contacts import Contacts
from huggy_connector.sandbox.data.desk import Desk
from huggy_connector.sandbox.data.rhythm import DAY, Rhythm, busyness_at, next_working_time
from huggy_connector.sandbox.data.rng import WeightedChoice, random_bits, seeded_random
from huggy_connector.sandbox.data.state.chat_state import (
    CLOSED_SITUATION,
    ODD_SITUATIONS,
    OPEN_SITUATIONS,
    ChatFacts,
    ChatState,
)
from huggy_connector.sandbox.options import Options

MAX_MESSAGES = 120

_STATE_STREAM, _OPEN_STREAM = 11, 12
_BOT_ONLY_SHARE = 0.18
_OPEN_SITUATION_CHOICE = WeightedChoice(OPEN_SITUATIONS, (0.35, 0.25, 0.40))


class ChatGenerator:
    """The chats at the start. `open_situations` has, by row, the situation of those that are open then."""

    def __init__(self, options: Options, desk: Desk, contacts: Contacts, rhythm: Rhythm, *, now: int) -> None:
        self.initial_count = options.chats
        self._now = now
        self._seed = options.seed * 2
        self._odd_share = options.odd_situations
        self._quirks = options.quirks
        self._desk = desk
        self._contacts = contacts
        self._rhythm = rhythm
        self.open_situations = self._choose_open(options.open_chats)

    def _choose_open(self, count: int) -> dict[int, str]:
        rng, rows = seeded_random(self._seed, _OPEN_STREAM, 0), dict[int, str]()
        count = min(count, self.initial_count)
        while len(rows) < count:
            # Nearly all are recent; a few have been open for weeks.
            reach = self.initial_count // 4 if rng.random() < 0.05 else count * 1.3
            row = self.initial_count - 1 - int(rng.expovariate(1 / (reach or 1)))
            if row >= 0:
                rows.setdefault(row, _OPEN_SITUATION_CHOICE.pick(rng.random()))
        return rows

    def facts(self, row: int) -> ChatFacts:
        """Return what the filters compare. A row that does not exist at the start begins with the bot."""
        bits = random_bits(self._seed, row)
        situation = self.open_situations.get(row) if row < self.initial_count else OPEN_SITUATIONS[0]
        if situation is None:
            odd = (bits & 0xFFF) / 0x1000
            situation = (
                ODD_SITUATIONS[int(odd / self._odd_share * len(ODD_SITUATIONS))]
                if odd < self._odd_share
                else CLOSED_SITUATION
            )
        department = self._desk.department_choice.choices.index(
            self._desk.department_choice.pick((bits >> 24 & 0xFF) / 0x100)
        )
        seats = self._desk.departments[department].agents
        agent = seats[(bits >> 32 & 0x3FF) % len(seats)]
        if situation in ("auto", "wait_for_chat") or (situation not in OPEN_SITUATIONS and self._is_bot_only(bits)):
            agent = -1
        if situation == "auto":
            department = -1
        return ChatFacts(
            self._desk.channel_choice.pick((bits >> 12 & 0xFFF) / 0x1000),
            department,
            agent,
            self._choose_contact(row, bits),
            situation,
        )

    @staticmethod
    def _is_bot_only(bits: int) -> bool:
        return (bits >> 54 & 0x3FF) / 0x400 < _BOT_ONLY_SHARE

    def _choose_contact(self, row: int, bits: int) -> int | None:
        """Choose a contact that exists by then: the newest one, or one that comes back, more often a recent one."""
        contact_count = self._contacts.initial_count
        if not contact_count or (self._quirks and bits % 509 == 0):
            return None
        newest = min(contact_count - 1, row * contact_count // max(self.initial_count, 1))
        u = (bits >> 42 & 0xFFF) / 0x1000
        if u < 0.35:
            return newest
        return newest - int(newest * ((u - 0.35) / 0.65) ** 3)

    def created_at(self, row: int) -> int:
        """Return when the chat began. It never falls as rows grow."""
        return self._rhythm.time_at((row + random_bits(self._seed + 3, row) / 2**64) / self.initial_count)

    def state(self, row: int) -> ChatState:
        """Return the state of the chat at the start."""
        facts, created, rng = self.facts(row), self.created_at(row), seeded_random(self._seed, _STATE_STREAM, row)
        message_count = min(MAX_MESSAGES, 2 + int(rng.lognormvariate(log(9), 0.8)))
        if row in self.open_situations:
            return self._open_state(facts, created, message_count, rng)
        if facts.agent < 0:
            end = created + 20 + int(rng.lognormvariate(log(240), 0.9))
            return self._closed_state(facts, created, None, end, message_count=message_count, rng=rng)
        load = busyness_at(created)
        patience = 6.0 if self._desk.channels[facts.channel].type == "email" else 1.0
        wait = rng.lognormvariate(log(110 + 70 * load), 0.9) * patience
        handling = rng.lognormvariate(log(480 + 90 * load), 0.8) * patience
        attended = next_working_time(created) + 5 + int(wait)
        return self._closed_state(
            facts, created, attended, attended + 30 + int(handling), message_count=message_count, rng=rng
        )

    def _closed_state(
        self, facts: ChatFacts, created: int, attended: int | None, end: int, *, message_count: int, rng: Random
    ) -> ChatState:
        """Return the state of a chat that ended at `end`, or sooner if that is in the future."""
        if end > self._now:
            squeeze = (self._now - created) * rng.uniform(0.3, 1.0) / (end - created)
            end = created + int((end - created) * squeeze)
            attended = attended and created + int((attended - created) * squeeze)
        department = None if attended is None and rng.random() < 0.7 else facts.department
        tabulation = None
        if department is not None and rng.random() < (0.2 if attended is None else 0.9):
            tabulation = rng.choice(self._desk.departments[department].tabulations)[0]
        closed = facts.situation != "queue_v2"
        return ChatState(
            channel=facts.channel,
            contact=facts.contact,
            situation=facts.situation,
            created=created,
            updated=min(self._now, end + int(rng.expovariate(1 / DAY))) if rng.random() < 0.04 else end,
            department=department,
            agent=None if attended is None else facts.agent,
            second_agent=rng.randrange(len(self._desk.agents)) if attended and rng.random() < 0.07 else None,
            attended=attended,
            closed=end if closed else None,
            tabulation=tabulation if closed else None,
            message_count=message_count,
            messages_until=end,
        )

    def _open_state(self, facts: ChatFacts, created: int, message_count: int, rng: Random) -> ChatState:
        updated = self._now - int((self._now - created) * rng.random() ** 2)
        return ChatState(
            channel=facts.channel,
            contact=facts.contact,
            situation=facts.situation,
            created=created,
            updated=updated,
            department=None if facts.department < 0 else facts.department,
            agent=None if facts.agent < 0 else facts.agent,
            attended=None if facts.agent < 0 else created + int((updated - created) * rng.random()),
            message_count=message_count,
            messages_until=updated,
        )
