"""How the chats went that the account was born with: a function of the seed and the row, never stored.

A *row* is the number of a chat in the order of creation, from 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from random import Random

from huggy_connector.sandbox.chance import Wheel, dice, mix
from huggy_connector.sandbox.desk import Desk
from huggy_connector.sandbox.options import Options
from huggy_connector.sandbox.people import People
from huggy_connector.sandbox.rhythm import DAY, Rhythm, load_at, next_open

OPEN = ("auto", "wait_for_chat", "in_chat")
CLOSED = "finishing"
ODD = ("filed", "blocked", "queue_v2")
MOST_MESSAGES = 120

_LIFE, _START = 11, 12
_BOT_ONLY = 0.18
_OPENING = Wheel(OPEN, (0.35, 0.25, 0.40))


@dataclass(frozen=True, slots=True)
class Facts:
    """What the filters ask for; cheap enough to look at every row."""

    channel: int
    department: int
    agent: int
    contact: int | None
    situation: str


@dataclass(frozen=True, slots=True)
class Life:
    """A chat's course up to now. Times are local seconds. `said` messages were spread until `said_until`; `later` are
    the times and kinds (`message`, `event`) of what followed since the start, in order.
    """

    channel: int
    contact: int | None
    situation: str
    created: int
    updated: int
    department: int | None = None
    agent: int | None = None
    second_agent: int | None = None
    attended: int | None = None
    closed: int | None = None
    tabulation: int | None = None
    said: int = 1
    said_until: int = 0
    later: tuple[tuple[int, str], ...] = ()


class Births:
    """The chats of the start. `open` are those still open then, by row."""

    def __init__(self, options: Options, desk: Desk, people: People, rhythm: Rhythm, *, now: int) -> None:
        self.born = options.chats
        self._now = now
        self._seed = options.seed * 2
        self._odd_share = options.odd_situations
        self._quirks = options.quirks
        self._desk = desk
        self._people = people
        self._rhythm = rhythm
        self.open = self._opened(options.open_chats)

    def _opened(self, count: int) -> dict[int, str]:
        rng, rows = dice(self._seed, _START, 0), dict[int, str]()
        count = min(count, self.born)
        while len(rows) < count:
            # Nearly all are recent; a few were forgotten weeks ago.
            reach = self.born // 4 if rng.random() < 0.05 else count * 1.3
            row = self.born - 1 - int(rng.expovariate(1 / (reach or 1)))
            if row >= 0:
                rows.setdefault(row, _OPENING.spin(rng.random()))
        return rows

    def facts(self, row: int) -> Facts:
        """What the filters ask for. A row not born yet is with the bot."""
        bits = mix(self._seed, row)
        situation = self.open.get(row) if row < self.born else OPEN[0]
        if situation is None:
            odd = (bits & 0xFFF) / 0x1000
            situation = ODD[int(odd / self._odd_share * len(ODD))] if odd < self._odd_share else CLOSED
        department = self._desk.department_wheel.choices.index(
            self._desk.department_wheel.spin((bits >> 24 & 0xFF) / 0x100)
        )
        seats = self._desk.departments[department].agents
        agent = seats[(bits >> 32 & 0x3FF) % len(seats)]
        if situation in ("auto", "wait_for_chat") or (situation not in OPEN and self._bot_only(bits)):
            agent = -1
        if situation == "auto":
            department = -1
        return Facts(
            self._desk.channel_wheel.spin((bits >> 12 & 0xFFF) / 0x1000),
            department,
            agent,
            self._contact(row, bits),
            situation,
        )

    @staticmethod
    def _bot_only(bits: int) -> bool:
        return (bits >> 54 & 0x3FF) / 0x400 < _BOT_ONLY

    def _contact(self, row: int, bits: int) -> int | None:
        """Someone who was there already: the newest contact of the time, or one who comes back, sooner than later."""
        born = self._people.born
        if not born or (self._quirks and bits % 509 == 0):
            return None
        newest = min(born - 1, row * born // max(self.born, 1))
        u = (bits >> 42 & 0xFFF) / 0x1000
        if u < 0.35:
            return newest
        return newest - int(newest * ((u - 0.35) / 0.65) ** 3)

    def created_at(self, row: int) -> int:
        """When the chat began; it never falls as rows grow."""
        return self._rhythm.at((row + mix(self._seed + 3, row) / 2**64) / self.born)

    def life(self, row: int) -> Life:
        """The chat's course up to the start."""
        facts, created, rng = self.facts(row), self.created_at(row), dice(self._seed, _LIFE, row)
        said = min(MOST_MESSAGES, 2 + int(rng.lognormvariate(log(9), 0.8)))
        if row in self.open:
            return self._still_open(facts, created, said, rng)
        if facts.agent < 0:
            end = created + 20 + int(rng.lognormvariate(log(240), 0.9))
            return self._ended(facts, created, None, end, said=said, rng=rng)
        load = load_at(created)
        patience = 6.0 if self._desk.channels[facts.channel].type == "email" else 1.0
        wait = rng.lognormvariate(log(110 + 70 * load), 0.9) * patience
        handling = rng.lognormvariate(log(480 + 90 * load), 0.8) * patience
        attended = next_open(created) + 5 + int(wait)
        return self._ended(facts, created, attended, attended + 30 + int(handling), said=said, rng=rng)

    def _ended(self, facts: Facts, created: int, attended: int | None, end: int, *, said: int, rng: Random) -> Life:
        """A life up to `end`, squeezed if that lies in the future."""
        if end > self._now:
            squeeze = (self._now - created) * rng.uniform(0.3, 1.0) / (end - created)
            end = created + int((end - created) * squeeze)
            attended = attended and created + int((attended - created) * squeeze)
        department = None if attended is None and rng.random() < 0.7 else facts.department
        tabulation = None
        if department is not None and rng.random() < (0.2 if attended is None else 0.9):
            tabulation = rng.choice(self._desk.departments[department].tabulations)[0]
        closed = facts.situation != "queue_v2"
        return Life(
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
            said=said,
            said_until=end,
        )

    def _still_open(self, facts: Facts, created: int, said: int, rng: Random) -> Life:
        updated = self._now - int((self._now - created) * rng.random() ** 2)
        return Life(
            channel=facts.channel,
            contact=facts.contact,
            situation=facts.situation,
            created=created,
            updated=updated,
            department=None if facts.department < 0 else facts.department,
            agent=None if facts.agent < 0 else facts.agent,
            attended=None if facts.agent < 0 else created + int((updated - created) * rng.random()),
            said=said,
            said_until=updated,
        )
