"""The chat as it was read just before the row is sent."""

from __future__ import annotations

from typing import Any

import pytest

from huggy_connector.actions.guards import Rule
from huggy_connector.actions.guards.chat_rules import (
    CHAT_RULES,
    check_blocked,
    check_bot,
    check_chat,
    check_closed,
    check_conversation,
    check_whatsapp,
    check_window,
)
from huggy_connector.actions.guards.checks import judge
from huggy_connector.actions.types import PlannedRow
from tests.unit.actions.guards.cases import (
    CLOSE_CHAT,
    CONTACT_ID,
    RUN_FLOW,
    SEND_MESSAGE,
    SEND_TEMPLATE,
    TEMPLATE,
    case,
    chat,
    row,
    rule_of,
)

TEXT, NOTE = row(SEND_MESSAGE, text="Oi"), row(SEND_MESSAGE, text="Oi", is_internal=True)
OF_TEMPLATE, FLOW, CLOSE = row(SEND_TEMPLATE, **TEMPLATE), row(RUN_FLOW, flow_id=1), row(CLOSE_CHAT)


@pytest.mark.parametrize(
    ("check", "changes", "left_out"),
    [
        (check_blocked, {"situation": "blocked"}, {"text", "template", "flow"}),
        (check_closed, {"situation": "finishing"}, {"text"}),
        (check_closed, {"situation": None, "closedAt": "2026-11-29 10:00:00"}, {"text"}),
        (check_closed, {"situation": None, "closedAt": ""}, set()),
        (check_bot, {"situation": "auto"}, {"text", "template"}),
        (check_conversation, {"situation": "in_chat"}, {"flow"}),
        (check_conversation, {"situation": "wait_for_chat"}, {"flow"}),
        (check_conversation, {"situation": "auto"}, {"flow"}),
        (check_conversation, {"situation": "finishing"}, set()),
        (check_window, {"enabledSession": False}, {"text"}),
        (check_window, {"enabledSession": False, "channel": "widget", "channels": []}, set()),
        (check_whatsapp, {"channel": "widget", "channels": []}, {"template"}),
        (check_whatsapp, {"channel": None, "channels": []}, {"template"}),
    ],
)
def test_the_chat_decides_for_what_reaches_the_customer(
    check: Any, changes: dict[str, Any], left_out: set[str]
) -> None:
    rows = {"text": TEXT, "note": NOTE, "template": OF_TEMPLATE, "flow": FLOW, "closing": CLOSE}
    judged = {name: rule_of(check, case(each, of_chat=chat(**changes))) for name, each in rows.items()}
    assert {name for name, rule in judged.items() if rule is not None} == left_out


def flow_with(flag: str) -> PlannedRow:
    flags: dict[str, Any] = {flag: True}
    return row(RUN_FLOW, **flags)


@pytest.mark.parametrize(
    ("situation", "flag"),
    [("in_chat", "when_in_chat"), ("wait_for_chat", "when_wait_for_chat"), ("auto", "when_in_auto")],
)
def test_a_flag_lets_a_flow_into_its_own_situation_alone(situation: str, flag: str) -> None:
    flags = ("when_in_chat", "when_wait_for_chat", "when_in_auto")
    judged = [rule_of(check_conversation, case(flow_with(each), of_chat=chat(situation=situation))) for each in flags]
    assert judged == [None if each == flag else Rule.IN_CONVERSATION for each in flags]


def test_what_reaches_a_person_in_a_chat_waits_until_it_is_read() -> None:
    assert [judge(case(each), CHAT_RULES) for each in (TEXT, OF_TEMPLATE, FLOW)] == [None, None, None]
    assert rule_of(check_chat, case(TEXT, is_read=True)) == Rule.NO_CHAT
    assert rule_of(check_chat, case(row(RUN_FLOW, f"contact:{CONTACT_ID}"), is_read=True)) is None
    assert rule_of(check_chat, case(CLOSE, is_read=True)) is None
