"""One row: read, asked, claimed, sent once, recorded, read back. The order is the promise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from huggy_connector.actions.one_row import Done, RowEnd, do_row, prepare, settle_unknown
from huggy_connector.actions.types import LedgerRow, RowState
from huggy_connector.api.writes.types import Outcome, OutcomeKind, WriteRequest
from huggy_connector.catalogue.actions.types import Action
from huggy_connector.errors import LedgerUnusable
from tests.unit.actions.desk import (
    CHAT,
    PERSON,
    Desk,
    Gate,
    Memory,
    Says,
    Wire,
    against,
    against_read,
    chat_row,
    ledger_row,
    make_tools,
    message_row,
)

UNKNOWN = Outcome(OutcomeKind.UNKNOWN, "500: it may be done")


def test_the_claim_is_written_before_the_request_leaves_and_the_answer_after_it() -> None:
    memory = Memory.of(ledger_row())
    seen: list[Any] = []
    wire = Wire(on_send=lambda _: seen.append([*memory.log]))
    assert do_row(memory.held[1], make_tools(Desk(), memory, wire)) == RowEnd(Done.SETTLED)
    assert seen == [[("claim", 1, "")]]
    assert memory.log == [("claim", 1, ""), ("record sent", 1, "")]
    assert (memory.held[1].contact_id, memory.held[1].ids) == (PERSON, {"message": 600011})


def test_a_row_that_another_process_has_claimed_is_not_sent() -> None:
    memory, wire = Memory.of(ledger_row()), Wire()
    stale = memory.held[1]
    memory.claim(1, mark={})
    assert do_row(stale, make_tools(Desk(), memory, wire)) == RowEnd(Done.LEFT)
    assert wire.sent == []


@pytest.mark.parametrize("where", ["check_planned", "check_before_send"])
def test_a_row_that_a_rule_is_against_is_skipped_with_the_rule(where: str) -> None:
    memory, wire = Memory.of(ledger_row()), Wire()
    rule = against(PERSON) if where == "check_planned" else against_read(PERSON)
    do_row(memory.held[1], make_tools(Desk(), memory, wire, **{where: rule}))
    assert (wire.sent, memory.log) == ([], [("skip opt_out", 1, "the person wants no messages")])


def test_an_answer_that_the_chat_shows_is_kept_before_the_row_is_skipped() -> None:
    memory, wire, kept = Memory.of(ledger_row()), Wire(), list[int]()
    says = Says(opted_out=PERSON)
    do_row(
        memory.held[1],
        make_tools(Desk(), memory, wire, check_before_send=lambda _, __: says, on_answer=kept.append),
    )
    assert (wire.sent, kept, memory.log) == ([], [PERSON], [("skip opt_out", 1, says.reason)])


def test_a_person_who_was_reached_meanwhile_is_skipped_at_the_claim() -> None:
    memory, wire, answers = Memory.of(ledger_row()), Wire(), iter([None, Says("too_soon", "reached")])
    do_row(memory.held[1], make_tools(Desk(), memory, wire, check_planned=lambda _: next(answers)))
    assert (wire.sent, memory.log) == ([], [("skip too_soon", 1, "reached")])


def test_a_state_that_is_so_already_is_skipped() -> None:
    memory, wire = Memory.of(ledger_row("close_chat")), Wire()
    do_row(memory.held[1], make_tools(Desk({CHAT: chat_row(situation="finishing")}), memory, wire))
    assert (wire.sent, memory.log) == ([], [("skip already_so", 1, "it is so already")])


def test_a_chat_that_is_gone_is_refused_without_a_request() -> None:
    memory, wire = Memory.of(ledger_row()), Wire()
    do_row(memory.held[1], make_tools(Desk({}), memory, wire))
    assert (wire.sent, memory.held[1].state, memory.held[1].reason) == (
        [],
        RowState.REFUSED,
        "not_found: the chat or contact is gone",
    )


def test_a_closed_gate_leaves_the_row_planned_with_its_sentence() -> None:
    memory, wire = Memory.of(ledger_row()), Wire()
    assert do_row(memory.held[1], make_tools(Desk(), memory, wire, gate=Gate(0))) == RowEnd(Done.LEFT, "It is closed.")
    assert (wire.sent, memory.log) == ([], [])


def test_a_gate_that_closes_while_the_row_waits_for_its_turn_lets_nothing_leave() -> None:
    class Closing(Gate):
        def may_send(self, *, reaches_person: bool = True) -> str | None:
            del reaches_person
            self.closes_after -= 1
            return None if self.closes_after >= 0 else "It closed."

    memory, wire = Memory.of(ledger_row()), Wire()
    end = do_row(memory.held[1], make_tools(Desk(), memory, wire, gate=Closing(1)))
    assert (end, wire.sent, memory.log) == (RowEnd(Done.LEFT, "It closed."), [], [])


@pytest.mark.parametrize("kind", [OutcomeKind.NOT_SENT, OutcomeKind.STOPPED])
def test_what_never_arrived_is_planned_again_and_the_run_pauses(kind: OutcomeKind) -> None:
    memory = Memory.of(ledger_row())
    end = do_row(memory.held[1], make_tools(Desk(), memory, Wire([Outcome(kind, "The token is dead.")])))
    assert (end, memory.held[1].state) == (RowEnd(Done.LEFT, "The token is dead."), RowState.PLANNED)


def test_a_template_that_is_not_taken_stops_the_run_and_its_own_row_does_not_stop_the_next_one() -> None:
    memory, reason = Memory.of(ledger_row()), "template: WhatsApp does not take this template (132001)."
    outcome = Outcome(OutcomeKind.STOPPED, reason, refuses_row=True)
    end = do_row(memory.held[1], make_tools(Desk(), memory, Wire([outcome])))
    assert (end, memory.held[1].state) == (RowEnd(Done.SETTLED, reason), RowState.REFUSED)


def test_a_refusal_is_final_and_its_opt_out_is_kept() -> None:
    memory, opted_out = Memory.of(ledger_row()), list[int]()
    outcome = Outcome(OutcomeKind.REFUSED, "131050: no marketing", is_opt_out=True)
    do_row(memory.held[1], make_tools(Desk(), memory, Wire([outcome]), opted_out=opted_out))
    assert (memory.held[1].state, memory.held[1].reason, opted_out) == (
        RowState.REFUSED,
        "131050: no marketing",
        [PERSON],
    )


def test_an_unknown_message_that_reading_back_shows_is_confirmed_and_not_sent_again() -> None:
    memory, desk = Memory.of(ledger_row()), Desk(shown={CHAT: [message_row(600011), message_row(600010)]})
    wire = Wire([UNKNOWN])
    assert do_row(memory.held[1], make_tools(desk, memory, wire)) == RowEnd(Done.SETTLED)
    assert (len(wire.sent), memory.held[1].state, memory.held[1].ids["message"]) == (1, RowState.CONFIRMED, 600011)


def test_an_unknown_message_that_reading_back_does_not_show_stays_unknown() -> None:
    memory, wire = Memory.of(ledger_row()), Wire([UNKNOWN])
    desk = Desk(shown={CHAT: [message_row(600010)]})
    assert do_row(memory.held[1], make_tools(desk, memory, wire)) == RowEnd(Done.LEFT)
    assert (len(wire.sent), memory.held[1].state) == (1, RowState.UNKNOWN)


def test_an_unknown_closing_that_was_not_done_is_freed_and_at_the_third_time_stays_unknown() -> None:
    memory, wire = Memory.of(ledger_row("close_chat")), Wire([UNKNOWN])
    tools = make_tools(Desk(), memory, wire)
    ends = [do_row(memory.held[1], tools).done for _ in range(3)]
    assert (ends, len(wire.sent)) == ([Done.AGAIN, Done.AGAIN, Done.LEFT], 3)
    assert memory.held[1].state is RowState.UNKNOWN


def test_a_new_record_that_was_not_found_is_freed_for_the_next_run() -> None:
    memory, wire = Memory.of(ledger_row("open_chat", target=f"contact:{PERSON}")), Wire([UNKNOWN])
    desk = Desk({CHAT: chat_row(situation="finishing")})
    assert do_row(memory.held[1], make_tools(desk, memory, wire)).done is Done.LEFT
    assert (len(wire.sent), memory.held[1].state) == (1, RowState.PLANNED)


def test_a_closing_that_the_api_answers_is_confirmed_by_reading_back() -> None:
    memory, desk = Memory.of(ledger_row("close_chat")), Desk()
    wire = Wire(on_send=lambda _: desk.chats.update({CHAT: chat_row(situation="finishing")}))
    do_row(memory.held[1], make_tools(desk, memory, wire))
    assert [what for what, _, _ in memory.log] == ["claim", "record sent", "settle confirmed"]


def test_a_closing_that_the_api_answers_and_does_not_show_is_sent_and_not_confirmed() -> None:
    memory = Memory.of(ledger_row("close_chat"))
    do_row(memory.held[1], make_tools(Desk(), memory, Wire()))
    assert memory.held[1].state is RowState.SENT


def test_what_another_process_has_claimed_again_is_not_settled() -> None:
    memory = Memory.of(ledger_row("close_chat"))
    stale = memory.claim(1, mark={})
    assert stale is not None
    memory.record(1, RowState.UNKNOWN)
    memory.settle(1, RowState.PLANNED, reason="", attempt=1)
    memory.claim(1, mark={})
    memory.record(1, RowState.UNKNOWN)
    assert settle_unknown(stale, make_tools(Desk(), memory, Wire())) is Done.LEFT
    assert (memory.held[1].state, memory.held[1].attempts) == (RowState.UNKNOWN, 2)


@pytest.mark.parametrize("survey", [True, False])
def test_a_closing_with_a_survey_is_not_tried_again_for_the_customer_would_get_two(survey: bool) -> None:
    memory, wire = Memory.of(ledger_row("close_chat", fields={"send_feedback": survey})), Wire([UNKNOWN])
    end = do_row(memory.held[1], make_tools(Desk(), memory, wire))
    assert (end.done, memory.held[1].state) == (
        (Done.LEFT, RowState.UNKNOWN) if survey else (Done.AGAIN, RowState.PLANNED)
    )


def test_preparing_a_row_changes_nothing() -> None:
    memory, wire = Memory.of(ledger_row()), Wire()
    prepared = prepare(memory.held[1], make_tools(Desk(), memory, wire))
    assert (prepared.request is not None, memory.log, wire.sent) == (True, [], [])


def test_the_contact_is_read_where_a_list_names_people_by_phone() -> None:
    desk = Desk()
    prepare(ledger_row(), make_tools(desk, Memory(), Wire(), needs_contact=True))
    assert desk.asked == [f"chat {CHAT}", f"contact {PERSON}"]


def test_what_never_had_its_turn_was_not_claimed() -> None:
    memory = Memory.of(ledger_row())

    def send(request: WriteRequest, action: Action, *, before: Callable[[], None]) -> Outcome:
        del request, action, before
        return Outcome(OutcomeKind.STOPPED, "no_token: The token is dead.")

    end = do_row(memory.held[1], make_tools(Desk(), memory, Wire(), send=send))
    assert (end, memory.log) == (RowEnd(Done.LEFT, "no_token: The token is dead."), [])


def test_a_write_that_never_left_is_sent_again_under_the_same_claim() -> None:
    memory = Memory.of(ledger_row())

    def send(request: WriteRequest, action: Action, *, before: Callable[[], None]) -> Outcome:
        del request, action
        before()
        before()
        return Outcome(OutcomeKind.DONE)

    do_row(memory.held[1], make_tools(Desk(), memory, Wire(), send=send))
    assert ([what for what, _, _ in memory.log], memory.held[1].attempts) == (["claim", "record sent"], 1)


def test_a_ledger_that_fails_at_the_claim_stops_the_request_and_says_why() -> None:
    class Full(Memory):
        def claim(self, row_id: int, *, mark: Mapping[str, Any], contact_id: int | None = None) -> LedgerRow | None:
            raise LedgerUnusable("The disk is full.")

    memory, wire = Full.of(ledger_row()), Wire()
    with pytest.raises(LedgerUnusable):
        do_row(memory.held[1], make_tools(Desk(), memory, wire))
    assert wire.sent == []
