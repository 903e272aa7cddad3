"""A plan for a person to approve: what waits, what the rules say of it now, and nothing sent."""

from collections.abc import Callable
from typing import Any

import pytest

from huggy_connector.actions.types import CampaignCounts
from huggy_connector.airflow import HuggyActionPlanOperator
from huggy_connector.airflow.versions import AirflowFailException
from huggy_connector.errors import CampaignStopped, HuggyError, LedgerBusy
from huggy_connector.pipeline.campaigns import CampaignPlan, CampaignRequest, Campaigns, KeptPlan

SEEN = CampaignPlan("close_chat", "idle", (), skipped={"chat_closed": 2}, refused=1, pause="The desk is closed.")
KEPT = KeptPlan("idle", "close_chat", CampaignCounts(planned=5), 3, 4, 17, 4242)
QUESTION: dict[str, Any] = {"action": "close_chat", "campaign": "idle", "sql": "SELECT 1 AS id", "cap": "7"}

Asked = list[tuple[str, CampaignRequest]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Let campaigns answer as above. Returns what they were asked."""
    asked: Asked = []

    def plan(_: Campaigns, request: CampaignRequest, *, reads: bool) -> CampaignPlan:
        assert reads
        asked.append(("plan", request))
        return SEEN

    def keep(_: Campaigns, request: CampaignRequest) -> KeptPlan:
        asked.append(("keep", request))
        return KEPT

    monkeypatch.setattr(Campaigns, "plan", plan)
    monkeypatch.setattr(Campaigns, "keep", keep)
    return asked


def plan(context: Any, **arguments: Any) -> dict[str, Any]:
    return HuggyActionPlanOperator(task_id="plan", **QUESTION, **arguments).execute(context)


def test_a_plan_is_looked_at_then_kept_and_told_in_counts(asked: Asked, task_context: Callable[..., Any]) -> None:
    told = plan(task_context("plan"), values={"comment": "Idle"})
    assert told == {
        "campaign": "idle",
        "action": "close_chat",
        "company_id": 4242,
        "waiting": 4,
        "new": 3,
        "would_skip": {"chat_closed": 2},
        "would_refuse": 1,
        "last_row_id": 17,
        "dry_run": False,
        "pause": "The desk is closed.",
        "huggy_conn_id": "huggy_default",
    }
    request = CampaignRequest(
        action="close_chat",
        campaign="idle",
        query="SELECT 1 AS id",
        shared={"comment": "Idle"},
        most_rows=7,
        asked_by="airflow desk run-1",
    )
    assert asked == [("plan", request), ("keep", request)]


def test_a_dry_run_keeps_nothing(asked: Asked, task_context: Callable[..., Any]) -> None:
    told = plan(task_context("plan"), is_dry_run="True")
    assert (told["dry_run"], told["rules"], [step for step, _ in asked]) == (True, {"chat_closed": 2}, ["plan"])


@pytest.mark.parametrize(
    ("error", "raised"),
    [(CampaignStopped("Sync first."), AirflowFailException), (LedgerBusy("In a moment."), LedgerBusy)],
)
def test_an_error_that_a_retry_cannot_cure_fails_the_task_at_once(
    error: HuggyError, raised: type[Exception], task_context: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Campaigns, "plan", fail)
    with pytest.raises(raised, match=r"^huggy_default: "):
        plan(task_context("plan"))
