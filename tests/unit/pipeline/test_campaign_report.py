"""What a campaign tells of itself: counts that add up, and no text."""

from __future__ import annotations

from huggy_connector.actions.types import CampaignCounts, LedgerRow, PlannedRow, RowKey, RowState
from huggy_connector.catalogue.actions import get_action
from huggy_connector.pipeline.campaigns import CampaignPlan, CampaignReport, CampaignStatus

COUNTS = CampaignCounts(planned=10, sent=5, confirmed=2, refused=1, skipped=2, unknown=1)


def test_a_report_is_finished_when_nothing_is_left_for_us_or_a_person() -> None:
    report = CampaignReport("idle", "close_chat", COUNTS)
    finished = CampaignReport("idle", "close_chat", CampaignCounts(planned=2, sent=1, skipped=1))
    assert (report.is_finished, finished.is_finished) == (False, True)
    assert report.as_json() == {
        "campaign": "idle",
        "action": "close_chat",
        "planned": 10,
        "sent": 5,
        "confirmed": 2,
        "refused": 1,
        "skipped": 2,
        "unknown": 1,
        "pause": "",
    }


def test_a_status_lists_what_a_person_must_decide_without_a_text() -> None:
    row = LedgerRow(12, RowKey("idle", "send_message", "chat:7"), RowState.UNKNOWN, "reset", fields={"text": "secret"})
    told = CampaignStatus(CampaignReport("idle", "send_message", COUNTS), (row,), {"reset": 1}).as_json()
    assert told["to_decide"] == [{"row": 12, "target": "chat:7", "purpose": "", "reason": "reset"}]
    assert "secret" not in str(told)


def test_a_plan_counts_what_would_be_sent() -> None:
    action = get_action("close_chat")
    rows = [PlannedRow(action, RowKey("idle", action.name, f"chat:{number}"), number, {}) for number in range(6)]
    plan = CampaignPlan("close_chat", "idle", rows, known=1, skipped={"already_so": 2}, refused=1)
    told = plan.as_json()
    assert (plan.new, plan.would_send) == (5, 2)
    assert {name: told[name] for name in ("planned", "sent", "skipped", "refused", "would_send")} == {
        "planned": 6,
        "sent": 0,
        "skipped": 2,
        "refused": 1,
        "would_send": 2,
    }
