"""A run: several rows at once, stopped without a loss, and never a row twice."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence

import pytest

from huggy_connector.actions.run import CampaignRun, prepare_all
from huggy_connector.actions.types import LedgerRow, RowState
from huggy_connector.api.writes.types import Outcome, OutcomeKind
from huggy_connector.errors import Forbidden, Unreachable
from huggy_connector.model import Row
from tests.unit.actions.desk import (
    CHAT,
    Desk,
    Gate,
    Memory,
    Wire,
    chat_row,
    ledger_row,
    make_tools,
    message_row,
    rows_of,
)


def desk_of(count: int) -> Desk:
    return Desk({CHAT + number: chat_row(id=CHAT + number) for number in range(1, count + 1)})


def test_each_row_is_sent_once() -> None:
    memory, wire = Memory.of(*rows_of("send_message", 500)), Wire()
    run = CampaignRun("spring", memory, make_tools(desk_of(500), memory, wire), workers=8)
    run.run()
    assert Counter(row.state for row in memory.held.values()) == {RowState.SENT: 500}
    assert set(Counter(wire.sent).values()) == {1}
    assert (len(wire.sent), run.pause) == (500, "")


def test_a_gate_that_closes_ends_the_run_and_the_others_wait() -> None:
    memory, wire = Memory.of(*rows_of("send_message", 100)), Wire()
    run = CampaignRun("spring", memory, make_tools(desk_of(100), memory, wire, gate=Gate(5)), workers=1)
    run.run()
    assert (len(wire.sent), run.pause) == (5, "It is closed.")
    assert Counter(row.state for row in memory.held.values()) == {RowState.SENT: 5, RowState.PLANNED: 95}


def test_rows_after_the_last_that_was_approved_are_left_alone() -> None:
    memory, wire = Memory.of(*rows_of("send_message", 10)), Wire()
    CampaignRun("spring", memory, make_tools(desk_of(10), memory, wire), workers=2).run(up_to=4)
    assert sorted(wire.sent) == [f"send_message/{CHAT + number}" for number in (1, 2, 3, 4)]


def test_a_closing_that_is_proved_undone_is_done_again_in_the_same_run() -> None:
    memory, desk = Memory.of(ledger_row("close_chat")), Desk()
    answers = [Outcome(OutcomeKind.UNKNOWN), Outcome(OutcomeKind.DONE)]
    wire = Wire(answers)
    wire.on_send = lambda _: desk.chats.update(
        {CHAT: chat_row(situation="finishing" if len(wire.sent) == 2 else "in_chat")}
    )
    CampaignRun("spring", memory, make_tools(desk, memory, wire)).run()
    assert (len(wire.sent), memory.held[1].state) == (2, RowState.CONFIRMED)


def test_ctrl_c_records_the_answers_under_way_and_begins_nothing_more() -> None:
    memory = Memory.of(*rows_of("send_message", 100))
    wire = Wire()

    def interrupt(ended: int) -> None:
        if ended == 3:
            raise KeyboardInterrupt

    run = CampaignRun("spring", memory, make_tools(desk_of(100), memory, wire), workers=1, progress=interrupt)
    with pytest.raises(KeyboardInterrupt):
        run.run()
    states = Counter(row.state for row in memory.held.values())
    assert (states[RowState.CLAIMED], states[RowState.SENT]) == (0, len(wire.sent))
    assert len(wire.sent) < 100


def test_a_row_that_was_begun_before_ctrl_c_does_not_leave_after_it() -> None:
    released = threading.Event()

    class Slow(Desk):
        def chat(self, chat_id: int) -> Row | None:
            threading.Timer(0.2, released.set).start()
            released.wait()
            return super().chat(chat_id)

    class Interrupted(Memory):
        def open_rows(self, campaign: str, *, limit: int, after: int = 0) -> list[LedgerRow]:
            if after:
                raise KeyboardInterrupt
            return super().open_rows(campaign, limit=limit)

    memory, wire = Interrupted.of(*rows_of("send_message", 1)), Wire()
    run = CampaignRun("spring", memory, make_tools(Slow(desk_of(1).chats), memory, wire))
    with pytest.raises(KeyboardInterrupt):
        run.run()
    assert (wire.sent, memory.held[1].state) == ([], RowState.PLANNED)


class Forbidding(Desk):
    """A desk of which one chat may not be read."""

    forbidden: frozenset[int] = frozenset()

    def chat(self, chat_id: int) -> Row | None:
        if chat_id in self.forbidden:
            raise Forbidden("The token's agent may not read it.")
        return super().chat(chat_id)


def test_a_chat_that_may_not_be_read_waits_and_the_others_go_on() -> None:
    memory, wire, desk = Memory.of(*rows_of("send_message", 10)), Wire(), Forbidding(desk_of(10).chats)
    desk.forbidden = frozenset({CHAT + 3})
    run = CampaignRun("spring", memory, make_tools(desk, memory, wire), workers=2)
    run.run()
    assert (len(wire.sent), memory.held[3].state) == (9, RowState.PLANNED)
    assert run.pause == "1 rows wait: their chat cannot be read. The token's agent may not read it."


def test_many_chats_that_may_not_be_read_end_the_run() -> None:
    memory, desk = Memory.of(*rows_of("send_message", 50)), Forbidding(desk_of(50).chats)
    desk.forbidden = frozenset(desk.chats)
    with pytest.raises(Forbidden):
        CampaignRun("spring", memory, make_tools(desk, memory, Wire()), workers=2).run()


def test_an_api_that_is_away_ends_the_run_and_nothing_is_lost() -> None:
    class Away(Desk):
        def chat(self, chat_id: int) -> Row | None:
            raise Unreachable("No answer.")

    memory = Memory.of(*rows_of("send_message", 20))
    with pytest.raises(Unreachable):
        CampaignRun("spring", memory, make_tools(Away(), memory, Wire()), workers=2).run()
    assert {row.state for row in memory.held.values()} == {RowState.PLANNED}


def test_two_rows_of_one_chat_with_the_same_text_never_share_a_message() -> None:
    """Each answer is lost; the message that reading back shows belongs to one row."""
    desk, wire = Desk(shown={CHAT: [message_row(600010)]}), Wire([Outcome(OutcomeKind.UNKNOWN)])
    rows = [ledger_row(number=1), ledger_row(number=2)]
    memory = Memory.of(*rows)

    def deliver(_: object) -> None:
        shown: Sequence[Row] = desk.shown[CHAT] or []
        newest = 600010 + len(shown)
        desk.shown[CHAT] = [message_row(newest), *shown]
        desk.chats[CHAT] = chat_row(lastMessage={"id": newest})

    wire.on_send = deliver
    CampaignRun("spring", memory, make_tools(desk, memory, wire), workers=4).run()
    assert sorted(row.ids["message"] for row in memory.held.values()) == [600011, 600012]


def test_two_rows_of_one_chat_are_never_under_way_at_once() -> None:
    memory, both = Memory.of(ledger_row(number=1), ledger_row(number=2)), threading.Barrier(2)
    met: list[bool] = []

    def meet(_: object) -> None:
        try:
            both.wait(timeout=0.1)
            met.append(True)
        except threading.BrokenBarrierError:
            both.reset()

    CampaignRun("spring", memory, make_tools(Desk(), memory, Wire(on_send=meet)), workers=4).run()
    assert (met, {row.state for row in memory.held.values()}) == ([], {RowState.SENT})


def test_settling_reads_back_what_is_unknown() -> None:
    memory = Memory.of(ledger_row("close_chat"))
    memory.claim(1, mark={})
    memory.record(1, RowState.UNKNOWN)
    desk = Desk({CHAT: chat_row(situation="finishing")})
    CampaignRun("spring", memory, make_tools(desk, memory, Wire())).settle()
    assert memory.held[1].state is RowState.CONFIRMED


def test_preparing_all_rows_keeps_their_order_and_writes_nothing() -> None:
    memory, wire = Memory(), Wire()
    prepared = prepare_all([*rows_of("send_message", 30)], make_tools(desk_of(30), memory, wire))
    assert [each.row.target_id for each in prepared] == [CHAT + number for number in range(1, 31)]
    assert (memory.log, wire.sent) == ([], [])
