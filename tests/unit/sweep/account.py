"""A model account with any clock. The production walk reads it in one run after another, and the list moves."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

from pyroaring import BitMap64

from huggy_connector.model import Certificate
from huggy_connector.sweep import Cursor, IncrementalWalk, PageAnswer, PageRequest, RowFacts

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SIZE = 20
OPEN = ("auto", "in_chat")
CLOCKS = ("right", "behind", "ahead", "set back", "backdated", "none", "wild")
ORDERS = ("creation", "activity", "clock")

Make = Callable[..., IncrementalWalk]


@dataclass(frozen=True, slots=True)
class Case:
    """A case: what happens to the account between its runs (`rounds` of them), and more slowly during a run."""

    rows: int
    clock: str = "right"
    order: str = "creation"
    rounds: int = 3
    arrivals: int = 30
    touches: int = 30
    closings: int = 10
    departures: int = 0
    meanwhile: float = 0.1
    """Moves for each answer of a run."""
    filters_work: bool = True
    streams: int = 4
    seed: int = 0


@dataclass(slots=True)
class Account:
    """A list of chats. New chats come to the head. In the order `clock`, it is sorted by creation time."""

    case: Case
    random: Random
    rows: list[RowFacts] = field(default_factory=list)
    now: datetime = NOW
    next_id: int = 1
    gone: set[int] = field(default_factory=set)
    is_set_back: bool = False

    def stamp(self) -> datetime | None:
        """Return the time that the account's clock shows."""
        hours = timedelta(hours=1)
        times: dict[str, tuple[datetime | None, ...]] = {
            "right": (self.now,),
            "behind": (self.now - 2 * hours,),
            "ahead": (self.now + 9 * hours,),
            "set back": (self.now - (3 if self.is_set_back else 0) * hours,),
            "backdated": (self.now, self.now, self.now, self.now - hours, self.now - 9_000 * hours),
            "none": (None, self.now),
            "wild": (None, self.now, self.now - 90_000 * hours, self.now + 90_000 * hours),
        }
        return self.random.choice(times[self.case.clock])

    def arrive(self) -> None:
        self.now += timedelta(seconds=self.random.choice((1, 30, 300)))
        at = self.stamp()
        situation = self.random.choice((*OPEN, "queue", "finishing"))
        fact = RowFacts(self.next_id, "0", at, at, situation, situation != "finishing")
        self.next_id += 1
        place = 0
        if self.case.order == "clock" and at is not None:
            place = next(
                (n for n, each in enumerate(self.rows) if each.created is not None and each.created <= at),
                len(self.rows),
            )
        self.rows.insert(place, fact)

    def touch(self, *, closes: bool = False) -> None:
        """Change a row. In a list ordered by activity it goes to the head."""
        where = [n for n, each in enumerate(self.rows) if each.is_open]
        if not where:
            return
        self.now += timedelta(seconds=5)
        place = self.random.choice(where)
        fact = self.rows[place]
        fact = replace(fact, version=str(int(fact.version) + 1), updated=self.stamp())
        if closes:
            fact = replace(fact, situation="finishing", is_open=False)
        if self.case.order == "activity":
            del self.rows[place]
            self.rows.insert(0, fact)
        else:
            self.rows[place] = fact

    def leave(self) -> None:
        if self.rows:
            self.gone.add(self.rows.pop(self.random.randrange(len(self.rows))).id)

    def live(self) -> None:
        """Do what happens between two runs."""
        moves = [self.arrive] * self.random.randrange(1 + self.case.arrivals)
        moves += [self.touch] * self.random.randrange(1 + self.case.touches)
        moves += [lambda: self.touch(closes=True)] * self.random.randrange(1 + self.case.closings)
        moves += [self.leave] * self.random.randrange(1 + self.case.departures)
        self.random.shuffle(moves)
        for place, move in enumerate(moves):
            self.is_set_back = self.is_set_back or place > len(moves) // 2
            move()
        self.now += timedelta(minutes=self.random.choice((1, 60, 1_440)))

    def answer(self, request: PageRequest) -> PageAnswer:
        if request.id is not None:
            found = [fact for fact in self.rows if fact.id == request.id]
            return PageAnswer(request, found, self.now, is_refused=not found, is_gone=not found)  # type: ignore[arg-type]
        wanted = dict(request.filters).get("situation") if self.case.filters_work else None
        rows = [fact for fact in self.rows if wanted is None or fact.situation == wanted]
        return PageAnswer(request, rows[request.page * SIZE : (request.page + 1) * SIZE], self.now)  # type: ignore[arg-type]

    def full_cursor(self) -> Cursor:
        """Return the cursor that an exact full sweep of this moment leaves."""
        near = self.rows[:400]
        return Cursor(
            self.now,
            BitMap64(fact.id for fact in self.rows),
            {fact.id: fact.version for fact in near},
            tuple(fact.id for fact in near[:40]),
            frozenset(fact.id for fact in self.rows if fact.is_open),
            tuple(sorted({fact.situation or "" for fact in self.rows if fact.is_open} - {*OPEN})),
            len(self.rows),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a case.

    `missing`: rows that were there throughout a run and that neither this run nor an earlier one has read. `stale`:
    records that still count as open though they were closed before the run. `requests`: those of the longest run.
    """

    certificates: tuple[Certificate, ...]
    missing: frozenset[int]
    stale: frozenset[int]
    requests: int

    @property
    def is_wrong(self) -> bool:
        return bool(self.missing or self.stale)


def as_facts(fact: object) -> RowFacts:
    assert isinstance(fact, RowFacts)
    return fact


def read(account: Account, walk: IncrementalWalk, *, meanwhile: float) -> tuple[dict[int, RowFacts], int]:
    """Drive the walk to its end and return its rows and requests. Answers come in any order while the list moves."""
    got: dict[int, RowFacts] = {}
    out: list[PageRequest] = []
    requests = 0
    while not walk.is_finished:
        while (request := walk.next_request()) is not None:
            out.append(request)
            requests += 1
            assert requests < 20_000, "the walk does not end"
        request = out.pop(account.random.randrange(len(out)))
        while account.random.random() < meanwhile:
            account.random.choice((account.arrive, account.touch))()
        answer = account.answer(request)
        got.update({as_facts(row).id: as_facts(row) for row in answer.rows})
        walk.receive(answer)
    return got, requests


def run(case: Case, make: Make = IncrementalWalk) -> Outcome:
    """Make one run after another. A full sweep follows a run that is not exact, as in `huggy sync`."""
    account = Account(case, Random(case.seed))
    for _ in range(case.rows):
        account.arrive()
    cursor, most = account.full_cursor(), 0
    certificates: list[Certificate] = []
    missing, stale = set[int](), set[int]()
    for _ in range(case.rounds):
        account.live()
        there = {fact.id: fact for fact in account.rows}
        walk = make(
            as_facts, cursor=cursor, started_at=account.now, open_situations=OPEN, streams=case.streams, pages_hint=None
        )
        got, requests = read(account, walk, meanwhile=case.meanwhile)
        most = max(most, requests)
        certificate = walk.certificate()
        certificates.append(certificate)
        if not certificate.exact:
            cursor = account.full_cursor()
            continue
        still = {fact.id for fact in account.rows}
        missing |= {number for number in there.keys() & still if number not in cursor.ids and number not in got}
        closed = {number for number in cursor.open_ids if number in there and not there[number].is_open}
        stale |= {number for number in closed & still if number not in got or got[number].is_open}
        left = walk.next_cursor()
        cursor = Cursor.from_state(json.loads(json.dumps(left.state())), left.ids)
    return Outcome(tuple(certificates), frozenset(missing), frozenset(stale), most)


def case_of(seed: int) -> Case:
    """Return the reproducible case of a seed."""
    random = Random(f"account {seed}")
    order = random.choice(ORDERS)
    rows = random.choice((0, random.randrange(60), random.randrange(1_500), 20 * random.randrange(30)))
    return Case(
        rows=rows,
        clock=random.choice(CLOCKS),
        order=order,
        rounds=random.randrange(1, 5),
        arrivals=random.choice((0, 5, 90, 400)),
        touches=random.choice((0, 10, 100)),
        closings=random.choice((0, 10, 60)),
        # A row that is inserted below the head while another one leaves changes no length (docs/sweep.md).
        departures=0 if order == "clock" else random.choice((0, 0, 3, 30)),
        meanwhile=0.0 if order == "clock" else random.choice((0.0, 0.05, 0.4)),
        filters_work=random.random() < 0.8,
        streams=random.randrange(1, 7),
        seed=seed,
    )
