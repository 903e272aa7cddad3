"""Whether a record already is what an action would make of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from huggy_connector.actions.wished_state import is_so, shows_state


@pytest.mark.parametrize(
    ("action", "record", "fields", "shown"),
    [
        ("close_chat", {"situation": "finishing"}, {}, True),
        ("close_chat", {"situation": "in_chat", "closedAt": "2025-03-10 11:25:00"}, {}, False),
        ("close_chat", {"closedAt": "2025-03-10 11:25:00"}, {}, True),
        ("close_chat", {"closedAt": ""}, {}, False),
        ("assign_chat", {"agentId": "9001"}, {"agent_id": 9001}, True),
        ("assign_chat", {"agentId": None}, {"agent_id": 9001}, False),
        ("transfer_chat", {"agentId": 9001}, {"agent_id": 9001, "message": "Oi"}, True),
        ("set_department", {"department": {"id": 31}}, {"department_id": 31}, True),
        ("set_department", {"departmentId": 30}, {"department_id": 31}, False),
        ("set_tabulation", {"chatTabulation": {"id": 12}}, {"tabulation_id": 12}, True),
        ("set_workflow_step", {"workflowStepID": None}, {}, True),
        ("set_workflow_step", {"workflowStepID": 5}, {}, False),
        ("close_chat", {}, {}, None),
        ("assign_chat", {}, {"agent_id": 9001}, None),
        ("set_department", {}, {"department_id": 31}, None),
        ("set_department", {"department": False}, {"department_id": 31}, False),
        ("set_tabulation", {"chatTabulation": None}, {"tabulation_id": 12}, False),
        ("set_tabulation", {}, {"tabulation_id": 12}, None),
        ("set_workflow_step", {}, {}, None),
        ("queue_chat", {"situation": "wait_for_chat"}, {}, True),
        ("queue_chat", {}, {}, None),
        ("mark_read", {"unread": 0}, {}, True),
        ("mark_read", {"unread": 2}, {}, False),
        ("mark_read", {}, {}, None),
        ("update_contact", {"name": "Ana ", "mobile": "+55 (31) 9"}, {"name": "Ana", "mobile": "55319"}, True),
        ("update_contact", {"name": "Ana"}, {"name": "Bia"}, False),
        ("update_contact", {"name": "Ana"}, {"name": "Ana", "obs": "x"}, None),
        ("update_contact", {"custom_fields": {"plan": "gold", "a": 1}}, {"custom_fields": {"plan": "gold"}}, True),
        ("update_contact", {"custom_fields": []}, {"custom_fields": {"plan": "gold"}}, False),
        ("send_message", {"id": 1}, {"text": "Oi"}, None),
    ],
)
def test_a_record_shows_what_is_so(
    action: str, record: Mapping[str, Any], fields: Mapping[str, Any], shown: bool | None
) -> None:
    assert is_so(action, record, fields) is shown


def test_a_message_is_no_state_of_a_record() -> None:
    assert (shows_state("close_chat"), shows_state("send_message")) == (True, False)
