"""Does one row of a campaign: reads, asks the guards, claims, sends once, records, reads back. It knows no threads.

The order is the promise: the claim is on the disk before the request leaves, and what came of it is recorded after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, Protocol

from huggy_connector.actions.observe import Before, Found, read_back, read_before
from huggy_connector.actions.reading import Reading
from huggy_connector.actions.types import LedgerRow, PlannedRow, RowState
from huggy_connector.api.writes.types import Outcome, OutcomeKind, WriteRequest
from huggy_connector.catalogue.actions import get_action
from huggy_connector.catalogue.actions.types import Action, Effect
from huggy_connector.errors import HuggyError

ALREADY_SO: Final = "already_so"
"""The rule by which a row is skipped that is so already, or whose record is gone as it should be."""
NOT_FOUND: Final = "not_found: the chat or contact is gone"
READ_BACK: Final = "read_back"
NOTHING_TAKEN: Final = "The API takes nothing now: the same command goes on."
MOST_ATTEMPTS: Final = 3
"""Claims of one row in all. Only what reading proves undone is claimed again."""
REPEATABLE: Final = frozenset({Effect.STATE, Effect.DELETE, Effect.CREATE})


class Done(StrEnum):
    """What became of a row in this run."""

    SETTLED = "settled"
    LEFT = "left"
    """It waits for the next run, or belongs to another process."""
    AGAIN = "again"
    """Reading proves that it was not done: it may be claimed again."""


@dataclass(frozen=True, slots=True)
class RowEnd:
    """The end of a row in this run. `pause` is the sentence with which the whole run must pause."""

    done: Done
    pause: str = ""


class RuleVerdict(Protocol):
    """What a guard says against a row."""

    @property
    def rule(self) -> str: ...

    @property
    def reason(self) -> str: ...

    @property
    def opted_out(self) -> int | None: ...


class Gate(Protocol):
    """Whether the run may send now."""

    def turn(self) -> AbstractContextManager[object]: ...

    def may_send(self, *, reaches_person: bool = True) -> str | None: ...

    def note(self, state: RowState) -> None: ...


class Send(Protocol):
    """Sends once, and calls `before` right before the request leaves. `Writer.send`."""

    def __call__(self, request: WriteRequest, action: Action, *, before: Callable[[], None]) -> Outcome: ...


class RowLedger(Protocol):
    """The part of the ledger that one row needs."""

    def claim(self, row_id: int, *, mark: Mapping[str, Any], contact_id: int | None = None) -> LedgerRow | None: ...

    def record(
        self, row_id: int, state: RowState, *, reason: str = "", ids: Mapping[str, int] | None = None
    ) -> bool: ...

    def skip(self, row_id: int, *, rule: str, reason: str) -> bool: ...

    def settle(
        self,
        row_id: int,
        state: RowState,
        *,
        reason: str,
        ids: Mapping[str, int] | None = None,
        attempt: int | None = None,
    ) -> bool: ...

    def owner_of(self, kind: str, number: int) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Tools:
    """What a row is done with. Threads share it."""

    ledger: RowLedger
    reading: Reading
    send: Send
    build: Callable[[PlannedRow], WriteRequest]
    check_planned: Callable[[PlannedRow], RuleVerdict | None]
    check_before_send: Callable[[PlannedRow, Before], RuleVerdict | None]
    gate: Gate
    on_opt_out: Callable[[int], None]
    """Keeps that a person takes no such messages any more."""
    on_answer: Callable[[int], None] = lambda _: None
    """Keeps that a person answered that they want no more: the chat that was read shows it."""
    needs_contact: bool = False
    """Whether the guards must see the contact too: a list names people by phone or e-mail."""
    forms_of: Callable[[Mapping[str, Any]], Sequence[tuple[str, str]]] = lambda _: ()
    """Under which fields and spellings a new contact may exist already."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A row before its claim: what is against it, or its request; with neither its record is gone."""

    row: PlannedRow
    before: Before
    verdict: RuleVerdict | None = None
    request: WriteRequest | None = None


@dataclass(frozen=True, slots=True)
class AlreadySo:
    """The verdict on a row that has nothing left to do."""

    rule: str = ALREADY_SO
    reason: str = "it is so already"
    opted_out: int | None = None


def as_planned(row: LedgerRow) -> PlannedRow:
    """Return a row of the ledger as the guards know it."""
    return PlannedRow(get_action(row.key.action), row.key, row.target_id, row.fields or {}, row.contact_id)


def prepare(row: LedgerRow, tools: Tools) -> Prepared:
    """Read, and ask the guards. It changes nothing: a dry run does the same."""
    planned = as_planned(row)
    if (verdict := tools.check_planned(planned)) is not None:
        return Prepared(planned, Before(), verdict)
    before = read_before(planned.action, row, tools.reading, forms=tools.forms_of(planned.fields))
    if before.is_done:
        return Prepared(planned, before, AlreadySo())
    if before.is_gone:
        return Prepared(planned, before)
    if tools.needs_contact and before.contact is None and before.contact_id is not None:
        before = replace(before, contact=tools.reading.contact(before.contact_id))
    if (verdict := tools.check_before_send(planned, before)) is not None:
        return Prepared(planned, before, verdict)
    if planned.contact_id is None:
        planned = replace(planned, contact_id=before.contact_id)
    return Prepared(planned, before, request=tools.build(planned))


def do_row(row: LedgerRow, tools: Tools) -> RowEnd:
    """Do a planned row to its end. Raises what reading and the ledger raise: then the row waits."""
    if (pause := tools.gate.may_send(reaches_person=as_planned(row).reaches_person)) is not None:
        return RowEnd(Done.LEFT, pause)
    prepared = prepare(row, tools)
    if prepared.verdict is not None:
        if prepared.verdict.opted_out is not None:
            tools.on_answer(prepared.verdict.opted_out)
        return _skip(row, prepared.verdict, tools)
    claim = _Claim(row, prepared, tools)
    try:
        if prepared.request is None:
            return _end(claim.take(), RowState.REFUSED, NOT_FOUND, {}, tools)
        outcome = tools.send(prepared.request, prepared.row.action, before=claim)
    except _NotClaimed as reason:
        if reason.end is not None:
            return reason.end
        raise (reason.__cause__ or reason) from None
    if claim.taken is None:  # it never was its turn
        return RowEnd(Done.LEFT, outcome.reason or NOTHING_TAKEN)
    return _record(claim.taken, outcome, prepared.row, tools)


class _NotClaimed(Exception):
    """The row was not claimed, so its request does not leave: because of `end`, or of the error that caused it."""

    def __init__(self, end: RowEnd | None = None) -> None:
        super().__init__(end)
        self.end = end


@dataclass(slots=True)
class _Claim:
    """The claim of a row. It is made on the disk when it is the request's turn, right before that leaves.

    So a killed process leaves no claims that only waited. A write that never left is sent again under the same claim.
    """

    row: LedgerRow
    prepared: Prepared
    tools: Tools
    taken: LedgerRow | None = None

    def __call__(self) -> None:
        self.take()

    def take(self) -> LedgerRow:
        """Claim the row. Raises _NotClaimed. One thread after another, so that caps and rules hold for all."""
        if self.taken is not None:
            return self.taken
        planned, tools = self.prepared.row, self.tools
        try:
            with tools.gate.turn():
                if (pause := tools.gate.may_send(reaches_person=planned.reaches_person)) is not None:
                    raise _NotClaimed(RowEnd(Done.LEFT, pause))
                if (verdict := tools.check_planned(planned)) is not None:  # another row may have reached this person
                    raise _NotClaimed(_skip(self.row, verdict, tools))
                mark = self.prepared.before.mark
                self.taken = tools.ledger.claim(self.row.id, mark=mark, contact_id=planned.contact_id)
        except HuggyError as error:
            raise _NotClaimed from error
        if self.taken is None:
            raise _NotClaimed(RowEnd(Done.LEFT))
        return self.taken


def _skip(row: LedgerRow, verdict: RuleVerdict, tools: Tools) -> RowEnd:
    tools.ledger.skip(row.id, rule=verdict.rule, reason=verdict.reason)
    return RowEnd(Done.SETTLED)


def _record(claimed: LedgerRow, outcome: Outcome, planned: PlannedRow, tools: Tools) -> RowEnd:
    """Write down what came of it, before anything else is done."""
    if outcome.is_opt_out and planned.contact_id is not None:
        tools.on_opt_out(planned.contact_id)
    match outcome.kind:
        case OutcomeKind.DONE:
            end = _end(claimed, RowState.SENT, outcome.reason, outcome.ids, tools)
            if planned.action.effect in REPEATABLE and _read_back(claimed, tools).is_done:
                tools.ledger.settle(claimed.id, RowState.CONFIRMED, reason=READ_BACK)
            return end
        case OutcomeKind.REFUSED:
            return _end(claimed, RowState.REFUSED, outcome.reason, outcome.ids, tools)
        case OutcomeKind.UNKNOWN:
            tools.ledger.record(claimed.id, RowState.UNKNOWN, reason=outcome.reason, ids=outcome.ids)
            done = settle_unknown(replace(claimed, state=RowState.UNKNOWN), tools)
            tools.gate.note(RowState.CONFIRMED if done is Done.SETTLED else RowState.UNKNOWN)
            return RowEnd(done)
        case OutcomeKind.STOPPED if outcome.refuses_row:
            return replace(_end(claimed, RowState.REFUSED, outcome.reason, {}, tools), pause=outcome.reason)
        case OutcomeKind.NOT_SENT | OutcomeKind.STOPPED:
            tools.ledger.record(claimed.id, RowState.PLANNED, reason=outcome.reason)
            return RowEnd(Done.LEFT, outcome.reason or NOTHING_TAKEN)


def _end(claimed: LedgerRow, state: RowState, reason: str, ids: Mapping[str, int], tools: Tools) -> RowEnd:
    tools.ledger.record(claimed.id, state, reason=reason, ids=ids)
    tools.gate.note(state)
    return RowEnd(Done.SETTLED)


def settle_unknown(row: LedgerRow, tools: Tools) -> Done:
    """Settle a row of which nobody knows what became, as far as reading proves. A message is never freed.

    The ledger settles what it holds as unknown, with as many claims as were read: another process may have been faster.
    """
    found = _read_back(row, tools)
    if found.is_done:
        tools.ledger.settle(row.id, RowState.CONFIRMED, reason=READ_BACK, ids=found.ids, attempt=row.attempts)
        return Done.SETTLED
    effect = get_action(row.key.action).effect
    may_repeat = effect in REPEATABLE and not as_planned(row).reaches_person  # a slow server may do it still
    if found.is_done is False and may_repeat and row.attempts < MOST_ATTEMPTS:
        reason = "read_back: it was not done"
        is_free = tools.ledger.settle(row.id, RowState.PLANNED, reason=reason, attempt=row.attempts)
        # A new record may still be on its way: it waits for the next run, which looks it up first.
        return Done.AGAIN if is_free and effect is not Effect.CREATE else Done.LEFT
    return Done.LEFT


def _read_back(row: LedgerRow, tools: Tools) -> Found:
    return read_back(
        get_action(row.key.action),
        row,
        tools.reading,
        is_owned=lambda kind, number: tools.ledger.owner_of(kind, number) not in {None, row.id},
        forms=tools.forms_of(row.fields or {}),
    )
