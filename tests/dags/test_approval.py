"""A person who approves a campaign sees what it would send, and nobody is asked about nothing."""

from datetime import timedelta
from typing import Any

import pytest

from huggy_connector.actions.preview import Preview
from huggy_connector.airflow import HuggyApprovalOperator
from huggy_connector.airflow.actions.approval import needs_approval, write_body, write_subject
from huggy_connector.airflow.versions import AirflowSkipException, build_approval_arguments
from huggy_connector.catalogue.actions import get_action
from huggy_connector.errors import ConfigurationError

PLAN: dict[str, Any] = {
    "campaign": "hello",
    "action": "send_message",
    "company_id": 4242,
    "waiting": 1200,
    "new": 1100,
    "would_skip": {},
    "would_refuse": 0,
    "last_row_id": 1300,
    "dry_run": False,
    "pause": "",
    "huggy_conn_id": "huggy_default",
}
PREVIEWS = [Preview("chat:1", "POST", "chats/1/messages", {"text": "Olá,\n```\nAna"})]


def test_the_subject_says_what_how_often_and_in_which_campaign() -> None:
    assert write_subject(PLAN) == "send_message: 1,200 rows of the campaign hello"


def test_the_body_has_the_risk_the_counts_and_the_first_requests_each_on_a_line() -> None:
    action = get_action("send_message")
    assert write_body(PLAN, PREVIEWS) == (
        f"{action.comment.en}\n\n{action.risk.en}\n\n"
        "1,200 rows wait, 1,100 of them new. What the query finds from now on is not sent.\n\n"
        "The first requests, with personal data masked:\n\n"
        '```\nPOST chats/1/messages {"text": "Olá,\\n```\\nAna"}\n```'
    )


def test_the_body_says_what_would_be_left_out_now() -> None:
    seen = {"would_skip": {"opted_out": 3, "quiet": 2000}, "would_refuse": 4, "pause": "The desk is closed."}
    body = write_body({**PLAN, **seen}, PREVIEWS)
    assert "\n\nOf the new ones these would be left out now: 3 by opted_out, 2,000 by quiet.\n\n" in body
    assert "\n\nOf the new ones 4 are gone at Huggy.\n\n" in body
    assert "\n\nNow it would not send: The desk is closed.\n\n" in body


@pytest.mark.parametrize("plan", [{**PLAN, "waiting": 0}, {"campaign": "hello", "dry_run": True}])
def test_nobody_is_asked_where_nothing_waits_or_the_plan_was_a_dry_run(plan: dict[str, Any]) -> None:
    assert (needs_approval(PLAN), needs_approval(plan)) == (True, False)
    with pytest.raises(AirflowSkipException, match="Nothing waits for an approval"):
        HuggyApprovalOperator(task_id="approve", plan=plan).execute({})


def test_an_airflow_that_cannot_wait_for_certain_people_says_so() -> None:
    wait = timedelta(hours=1)
    assert build_approval_arguments({"execution_timeout"}, wait=wait) == {"execution_timeout": wait}
    assert build_approval_arguments({"response_timeout"}, wait=wait) == {"response_timeout": wait}
    with pytest.raises(ConfigurationError, match=r"^approvers: "):
        build_approval_arguments({"response_timeout"}, wait=wait, approvers=["ana"])
