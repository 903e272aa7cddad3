"""How a chat goes: who wrote when through which channel, how long it waited, how it ended.

A *row* is the number of a chat in the order of creation, from 0. The life of a row born with the account is a function
of the seed and the row; only rows that arrived or changed since the start are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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


class Lives:
    """Every chat's life, by row."""

    def __init__(self, options: Options, desk: Desk, people: People, rhythm: Rhythm, *, now: int) -> None:
        self.born = options.chats
        self.known = options.chats
        self.now = now
        self.touched: dict[int, Life] = {}
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
        """What the filters ask for, as it is now."""
        life = self.touched.get(row)
        if life is None:
            return self._facts_at_birth(row)
        agent, department = life.agent, life.department
        return Facts(
            life.channel,
            -1 if department is None else department,
            -1 if agent is None else agent,
            life.contact,
            life.situation,
        )

    def _facts_at_birth(self, row: int) -> Facts:
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
        life = self.touched.get(row)
        if life is not None:
            return life.created
        return self._rhythm.at((row + mix(self._seed + 3, row) / 2**64) / self.born)

    def life(self, row: int) -> Life:
        """The chat's course up to now."""
        return self.touched.get(row) or self._life_at_birth(row)

    def _life_at_birth(self, row: int) -> Life:
        facts, created, rng = self._facts_at_birth(row), self.created_at(row), dice(self._seed, _LIFE, row)
        load = load_at(created)
        said = min(MOST_MESSAGES, 2 + int(rng.lognormvariate(log(9), 0.8)))
        life = Life(
            channel=facts.channel,
            contact=facts.contact,
            situation=facts.situation,
            created=created,
            updated=created,
            department=None if facts.department < 0 else facts.department,
            said=said,
        )
        if row in self.open:
            return self._still_open(life, None if facts.agent < 0 else facts.agent, rng)
        if facts.agent < 0:
            end = created + 20 + int(rng.lognormvariate(log(240), 0.9))
            return self._ended(replace(life, department=life.department if rng.random() < 0.3 else None), end, rng)
        patience = 6.0 if self._desk.channels[facts.channel].type == "email" else 1.0
        wait = rng.lognormvariate(log(110 + 70 * load), 0.9) * patience
        handling = rng.lognormvariate(log(480 + 90 * load), 0.8) * patience
        attended = next_open(created) + 5 + int(wait)
        second = None
        if rng.random() < 0.07:
            second = rng.randrange(len(self._desk.agents))
        life = replace(life, agent=facts.agent, second_agent=second, attended=attended)
        return self._ended(life, attended + 30 + int(handling), rng)

    def _ended(self, life: Life, end: int, rng: Random) -> Life:
        """The life up to `end`, squeezed if that lies in the future."""
        closed, attended = end, life.attended
        if closed > self.now:
            squeeze = (self.now - life.created) * rng.uniform(0.3, 1.0) / (closed - life.created)
            closed = life.created + int((closed - life.created) * squeeze)
            attended = attended and life.created + int((attended - life.created) * squeeze)
        updated = min(self.now, closed + int(rng.expovariate(1 / DAY))) if rng.random() < 0.04 else closed
        tabulation = None
        if life.department is not None and rng.random() < (0.9 if life.agent is not None else 0.2):
            tabulation = rng.choice(self._desk.departments[life.department].tabulations)[0]
        if life.situation == "queue_v2":
            return replace(life, attended=attended, updated=updated, said_until=closed)
        return replace(
            life, attended=attended, closed=closed, updated=updated, tabulation=tabulation, said_until=closed
        )

    def _still_open(self, life: Life, agent: int | None, rng: Random) -> Life:
        updated = self.now - int((self.now - life.created) * rng.random() ** 2)
        attended = life.created + int((updated - life.created) * rng.random()) if agent is not None else None
        return replace(life, agent=agent, attended=attended, updated=updated, said_until=updated)

    def arrive(self, moment: int) -> int:
        """A new chat, with the bot or in the queue; its row."""
        row = self.known
        self.known += 1
        facts = self._facts_at_birth(row)
        queued = mix(self._seed + 5, row) % 4 == 0
        self.touched[row] = Life(
            channel=facts.channel,
            contact=facts.contact,
            situation=OPEN[1] if queued else OPEN[0],
            created=moment,
            updated=moment,
            department=0 if queued else None,
            said_until=moment,
        )
        self.open[row] = self.touched[row].situation
        return row

    def advance(self, row: int, moment: int, rng: Random) -> None:
        """The next thing that happens to a chat: it goes from the bot to the queue, to an agent, to its end; a closed
        one is tabulated anew.
        """
        life, department = self.life(row), rng.randrange(len(self._desk.departments))
        if life.situation not in OPEN:
            tabulations = self._desk.departments[life.department or 0].tabulations
            other = [number for number, _ in tabulations if number != life.tabulation]
            self._set(row, replace(life, tabulation=rng.choice(other), updated=moment))
        elif life.situation == "auto":
            self._set(row, replace(life, situation="wait_for_chat", department=department, updated=moment))
        elif life.situation == "wait_for_chat":
            seats = self._desk.departments[life.department or 0].agents
            self._set(
                row,
                replace(
                    life,
                    situation="in_chat",
                    agent=rng.choice(seats),
                    attended=moment,
                    updated=moment,
                    later=(*life.later, (moment, "event"), (moment, "message")),
                ),
            )
        else:
            self.close(row, moment, rng)

    def close(self, row: int, moment: int, rng: Random) -> None:
        """The chat ends now, with a tabulation if it had a department."""
        life, tabulation = self.life(row), None
        if life.department is not None:
            tabulation = rng.choice(self._desk.departments[life.department].tabulations)[0]
        later = (*life.later, (moment, "message"), (moment, "event"))
        self._set(
            row,
            replace(life, situation=CLOSED, closed=moment, updated=moment, tabulation=tabulation, later=later),
        )

    def touch(self, row: int, moment: int) -> None:
        """Something invisible happened: only updatedAt tells."""
        self._set(row, replace(self.life(row), updated=moment))

    def _set(self, row: int, life: Life) -> None:
        self.touched[row] = life
        if life.situation in OPEN:
            self.open[row] = life.situation
        else:
            self.open.pop(row, None)
