"""Whatever is interleaved of two processes, crashes, answers, time-outs, readings and people: no message is sent twice.

The model stands for the run and the server. A request that has left may arrive at any later time, also after the death
of its process, or never. Runs that are broken on purpose show that the model would notice.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from huggy_connector.actions.ledger import MAX_ATTEMPTS, REPEATABLE, Ledger
from huggy_connector.actions.types import LedgerRow, RowState
from huggy_connector.catalogue.actions.types import Effect
from huggy_connector.errors import CampaignStopped
from tests.integration.actions.ledgers import CAMPAIGN, begin, kill, open_ledger, planned
from tests.sizes import FULL

EFFECTS = {1: Effect.MESSAGE, 2: Effect.STATE}
"""By the number of a chat, which is the id of its row too."""
MEMORY = Path("/dev/shm")
PROCESSES = st.sampled_from((0, 1))
ROWS = st.sampled_from(sorted(EFFECTS))
NUMBERS = st.integers(0, 3)
MOSTLY = st.sampled_from((True, True, False))
EXAMPLES = 2000 if FULL else 60


REACHED = Counter[str]()
"""How many rows ended in each state, and how many requests arrived, over all stories."""


@dataclass
class Request:
    """A request of a claim, on its way."""

    row_id: int
    process: int
    has_left: bool = True
    is_answered: bool = False
    is_dead: bool = False
    """It was refused, never left, or its process died before it left: it arrives no more."""


@dataclass
class Server:
    """What arrived, by row, and the message that it made."""

    arrived: Counter[int] = field(default_factory=Counter)
    messages: dict[int, int] = field(default_factory=dict)

    def take(self, row_id: int) -> int:
        self.arrived[row_id] += 1
        self.messages[row_id] = 900 + 10 * row_id + self.arrived[row_id]
        return self.messages[row_id]


class Runs(RuleBasedStateMachine):
    """Two processes that run one campaign on one ledger."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else None))
        self.server = Server()
        self.requests: list[Request] = []
        self.processes: dict[int, Ledger] = {}
        self.looker = open_ledger(self.folder / "actions")
        begin(self.looker)
        self.looker.plan(planned(number, effect=effect) for number, effect in EFFECTS.items())

    def teardown(self) -> None:
        REACHED.update(row.state for row in self.looker.rows(CAMPAIGN))
        REACHED["arrived"] += self.server.arrived.total()
        for ledger in (*self.processes.values(), self.looker):
            ledger.close()
        rmtree(self.folder)

    # What processes do ------------------------------------------------------------------------------------------------

    def start(self, process: int) -> Ledger | None:
        """The process, which begins a run if it is not in one. None while the campaign is stopped."""
        if process not in self.processes:
            ledger = open_ledger(self.folder / "actions")
            try:
                begin(ledger)
            except CampaignStopped:
                ledger.close()
                return None
            ledger.plan(planned(number, effect=effect) for number, effect in EFFECTS.items())
            ledger.abandon_dead()
            self.processes[process] = ledger
        return self.processes[process]

    @rule(process=PROCESSES, row_id=ROWS, leaves=MOSTLY)
    def claim(self, process: int, row_id: int, *, leaves: bool) -> None:
        if ledger := self.start(process):
            claimed = ledger.claim(row_id, mark={"message": 0})
            if claimed is not None:
                assert claimed.fields == {"text": f"text {row_id}"}
                self.requests.append(Request(row_id, process, has_left=leaves))

    @precondition(lambda self: self.find(has_left=False, is_dead=False))
    @rule(number=NUMBERS)
    def leave(self, number: int) -> None:
        self.pick(number, has_left=False, is_dead=False).has_left = True

    @precondition(lambda self: self.processes)
    @rule(number=NUMBERS, is_killed=MOSTLY)
    def end(self, number: int, *, is_killed: bool) -> None:
        process = sorted(self.processes)[number % len(self.processes)]
        ledger = self.processes.pop(process)
        kill(ledger) if is_killed else ledger.close()
        for request in self.requests:
            if request.process == process:
                request.is_answered = True
                request.is_dead = request.is_dead or not request.has_left

    # What the network and the server do -------------------------------------------------------------------------------

    @precondition(lambda self: self.find(has_left=True, is_dead=False))
    @rule(number=NUMBERS)
    def arrive(self, number: int) -> None:
        request = self.pick(number, has_left=True, is_dead=False)
        self.server.take(request.row_id)
        request.is_dead = True

    @precondition(lambda self: self.find(has_left=True, is_answered=False))
    @rule(number=NUMBERS)
    def answer(self, number: int) -> None:
        request = self.pick(number, has_left=True, is_answered=False)
        if not request.is_dead:
            self.server.take(request.row_id)
        self.record(request, RowState.SENT, ids={"message": self.server.messages[request.row_id]})

    @precondition(lambda self: self.find(has_left=True, is_answered=False))
    @rule(number=NUMBERS)
    def time_out(self, number: int) -> None:
        """No answer, a reset, or a 500: it may have arrived, or arrive later."""
        request = self.pick(number, has_left=True, is_answered=False)
        self.record(request, RowState.UNKNOWN, is_dead=request.is_dead)

    @precondition(lambda self: self.find(has_left=True, is_answered=False, is_dead=False))
    @rule(number=NUMBERS, state=st.sampled_from((RowState.REFUSED, RowState.PLANNED)))
    def refuse(self, number: int, state: RowState) -> None:
        """It is refused, or never left (429, no connection): it has not arrived and never will."""
        self.record(self.pick(number, has_left=True, is_answered=False, is_dead=False), state)

    def record(self, request: Request, state: RowState, *, is_dead: bool = True, **more: Any) -> None:
        request.is_answered, request.is_dead = True, is_dead
        self.processes[request.process].record(request.row_id, state, reason="", **more)

    def find(self, **wanted: bool) -> list[Request]:
        return [each for each in self.requests if all(getattr(each, name) == is_so for name, is_so in wanted.items())]

    def pick(self, number: int, **wanted: bool) -> Request:
        found = self.find(**wanted)
        return found[number % len(found)]

    # What settles -----------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.requests)
    @rule(process=PROCESSES)
    def read_back(self, process: int) -> None:
        if ledger := self.start(process):
            ledger.abandon_dead()
            for row in ledger.unknown_rows(CAMPAIGN):
                self.settle(ledger, row)

    def settle(self, ledger: Ledger, row: LedgerRow) -> None:
        if self.server.arrived[row.id]:
            ids = {"message": self.server.messages[row.id]}
            assert ledger.settle(row.id, RowState.CONFIRMED, reason="read", ids=ids, attempt=row.attempts)
        elif EFFECTS[row.id] in REPEATABLE:
            is_planned = ledger.settle(row.id, RowState.PLANNED, reason="not so", attempt=row.attempts)
            assert is_planned == (row.attempts < MAX_ATTEMPTS)

    @precondition(lambda self: self.requests)
    @rule()
    def resolve(self) -> None:
        """A person looks in Huggy. They say that it was not sent only where nothing can arrive any more."""
        self.looker.abandon_dead()
        for row in self.looker.unknown_rows(CAMPAIGN):
            is_sent = bool(self.server.arrived[row.id])
            if is_sent or not [each for each in self.requests if each.row_id == row.id and not each.is_dead]:
                self.looker.resolve(CAMPAIGN, row_id=row.id, as_sent=is_sent, by="ana")

    @rule()
    def skip(self) -> None:
        self.looker.skip(max(EFFECTS), rule="already_so", reason="it is so")

    @rule()
    def stop(self) -> None:
        self.looker.stop(CAMPAIGN)

    @precondition(lambda self: self.looker.is_stopped(CAMPAIGN))
    @rule()
    def resume(self) -> None:
        self.looker.resume(CAMPAIGN)

    # What always holds ------------------------------------------------------------------------------------------------

    @invariant()
    def no_message_is_sent_twice(self) -> None:
        for row_id, effect in EFFECTS.items():
            under_way = [each for each in self.requests if each.row_id == row_id and not each.is_dead]
            if effect is Effect.MESSAGE:
                assert self.server.arrived[row_id] + len(under_way) <= 1

    @invariant()
    def a_request_has_a_claim_on_the_disk(self) -> None:
        rows = {row.id: row for row in self.looker.rows(CAMPAIGN)}
        claims = Counter(request.row_id for request in self.requests)
        assert {row_id: claims[row_id] for row_id in rows} == {row_id: row.attempts for row_id, row in rows.items()}

    @invariant()
    def what_the_ledger_says_is_so_and_the_counts_add_up(self) -> None:
        rows = [*self.looker.rows(CAMPAIGN)]
        for row in rows:
            if row.state in {RowState.SENT, RowState.CONFIRMED}:
                assert self.server.arrived[row.id]
            if row.state in {RowState.REFUSED, RowState.PLANNED, RowState.SKIPPED}:
                assert EFFECTS[row.id] is not Effect.MESSAGE or not self.server.arrived[row.id]
            assert (row.fields is None) == (row.state not in {RowState.PLANNED, RowState.CLAIMED, RowState.UNKNOWN})
        counts = self.looker.counts(CAMPAIGN)
        is_open = [row for row in rows if row.state.is_open]
        assert (
            counts.sent + counts.refused + counts.skipped + counts.unknown + len(is_open)
            == counts.planned
            == len(EFFECTS)
        )


class ClaimsAfterSending(Runs):
    """Broken: the request leaves before its claim is on the disk."""

    @rule(process=PROCESSES, row_id=ROWS, leaves=MOSTLY)
    def claim(self, process: int, row_id: int, *, leaves: bool) -> None:
        ledger = self.start(process)
        if ledger and [row for row in ledger.open_rows(CAMPAIGN, limit=9) if row.id == row_id]:
            self.requests.append(Request(row_id, process))
            if leaves:  # else it is killed in between
                ledger.claim(row_id, mark={})

    @invariant()
    def a_request_has_a_claim_on_the_disk(self) -> None:
        """Not this is looked at, but what it is for."""


class RetriesOn500(Runs):
    """Broken: what has no answer is taken for what never left."""

    @precondition(lambda self: self.find(has_left=True, is_answered=False))
    @rule(number=NUMBERS)
    def time_out(self, number: int) -> None:
        request = self.pick(number, has_left=True, is_answered=False)
        self.record(request, RowState.PLANNED, is_dead=request.is_dead)


class PlansAgainAfterATime(Runs):
    """Broken: what is unknown is planned again, by a timer."""

    @precondition(lambda self: self.requests)
    @rule()
    def resolve(self) -> None:
        self.looker.abandon_dead()
        for row in self.looker.unknown_rows(CAMPAIGN):
            self.looker.resolve(CAMPAIGN, row_id=row.id, as_sent=False, by="a timer")


def run(machine: type[Runs], *, examples: int, phases: tuple[Phase, ...]) -> None:
    checks = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            phases=phases,
            derandomize=not FULL,
            database=None,
            suppress_health_check=checks,
            print_blob=False,
        ),
    )


@pytest.mark.proof
def test_no_interleaving_sends_a_message_twice_or_loses_count() -> None:
    REACHED.clear()
    run(Runs, examples=EXAMPLES, phases=(Phase.generate, Phase.shrink))
    looked_at = {RowState.PLANNED, RowState.CLAIMED, RowState.SENT, RowState.UNKNOWN, "arrived"}
    assert looked_at - {name for name, count in REACHED.items() if count} == set()


@pytest.mark.parametrize("broken", [ClaimsAfterSending, RetriesOn500, PlansAgainAfterATime])
def test_a_run_that_is_broken_on_purpose_is_found(broken: type[Runs]) -> None:
    with pytest.raises(AssertionError):
        run(broken, examples=300, phases=(Phase.generate,))
