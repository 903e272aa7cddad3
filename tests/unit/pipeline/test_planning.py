"""The plan of a call: what is known already, what rules leave out, what would be sent."""

from __future__ import annotations

import pytest

from huggy_connector.actions.guards.whatsapp import Channel
from huggy_connector.actions.types import PlannedRow, RowKey
from huggy_connector.catalogue.actions import get_action
from huggy_connector.model import Row
from huggy_connector.pipeline.campaigns import CampaignRequest
from huggy_connector.pipeline.campaigns.planning import as_ledger_row, make_plan, name_channel
from tests.unit.actions.desk import CHAT, Desk, Gate, Memory, Says, Wire, chat_row, make_tools

UUID = "00000000-0000-4000-8000-0000000000aa"


def row(number: int, action: str = "close_chat") -> PlannedRow:
    return PlannedRow(get_action(action), RowKey("idle", action, f"chat:{number}"), number, {}, number)


REQUEST = CampaignRequest(action="close_chat", campaign="idle", rows=[])
ROWS = [row(CHAT + number) for number in range(6)]


def desk() -> Desk:
    chats: dict[int, Row] = {CHAT + number: chat_row(id=CHAT + number) for number in range(5)}
    chats[CHAT + 1] = chat_row(situation="finishing")
    return Desk(chats)


def test_a_plan_asks_the_rules_and_reads_nothing() -> None:
    reads = desk()
    tools = make_tools(reads, Memory(), Wire(), check_planned=lambda row: Says() if row.target_id == CHAT + 2 else None)
    plan = make_plan(REQUEST, ROWS, tools, known={ROWS[0].key}, reads=False)
    assert (plan.known, plan.skipped, plan.would_send, reads.asked) == (1, {"opt_out": 1}, 4, [])
    assert len(plan.previews) == 3


def test_a_dry_run_reads_each_chat_and_writes_nothing() -> None:
    memory, wire = Memory(), Wire()
    plan = make_plan(REQUEST, ROWS, make_tools(desk(), memory, wire), known=(), reads=True)
    assert (plan.skipped, plan.refused, plan.would_send) == ({"already_so": 1}, 1, 4)
    assert (memory.log, wire.sent) == ([], [])


def test_a_closed_gate_is_told_in_the_plan() -> None:
    plan = make_plan(REQUEST, ROWS, make_tools(desk(), Memory(), Wire(), gate=Gate(0)), known=(), reads=False)
    assert plan.pause == "It is closed."


@pytest.mark.parametrize(
    ("channels", "wished", "named"),
    [
        ([Channel(UUID, "Vendas", "whatsapp-enterprise")], None, UUID),
        ([Channel(UUID, "Vendas", "whatsapp-enterprise")], "vendas", UUID),
        ([], None, None),
        ([Channel(UUID, "Vendas", "widget")], None, None),
    ],
)
def test_a_channel_is_named_where_the_chats_tell_which_it_is(
    channels: list[Channel], wished: str | None, named: str | None
) -> None:
    fields = {} if wished is None else {"channel_uuid": wished}
    planned = PlannedRow(get_action("open_chat"), RowKey("idle", "open_chat", "contact:8"), 8, fields)
    assert name_channel(planned, channels).fields.get("channel_uuid") == named


def test_a_row_of_no_ledger_is_known_to_the_run() -> None:
    made = as_ledger_row(row(7))
    assert (made.id, made.key, made.target_id, made.contact_id) == (0, row(7).key, 7, 7)
