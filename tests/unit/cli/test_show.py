"""How plans, reports and campaigns read on a terminal."""

from __future__ import annotations

import pytest

from huggy_connector.actions.preview import Preview
from huggy_connector.actions.types import CampaignCounts, LedgerRow, PlannedRow, RowKey, RowState
from huggy_connector.catalogue.actions import ACTIONS, get_action
from huggy_connector.cli.act.show import describe_action, show_plan, show_report, show_status
from huggy_connector.pipeline.campaigns import CampaignPlan, CampaignReport, CampaignStatus

COUNTS = CampaignCounts(planned=1234, sent=1200, confirmed=3, refused=1, skipped=2, unknown=1)


def test_a_plan_reads_from_the_rows_to_what_would_be_sent(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        PlannedRow(get_action("close_chat"), RowKey("idle", "close_chat", f"chat:{each}"), each, {}) for each in (7, 8)
    ]
    shown = Preview("chat:7", "PUT", "chats/7/close", {"comment": "ç"})
    show_plan(CampaignPlan("close_chat", "idle", rows, 1, {"opt_out": 1}, 0, (shown,), "It is night."))
    assert capsys.readouterr().out.splitlines() == [
        "idle: close_chat for 2 rows. 1 of them are in the campaign already and are not done again.",
        "  left out by opt_out: 1",
        '  chat:7: PUT chats/7/close {"comment": "ç"}',
        "  Not now: It is night.",
        "0 requests would be sent. The chats are read before each: --dry-run does so now.",
    ]


def test_a_report_reads_its_counts_and_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    show_report(CampaignReport("idle", "close_chat", COUNTS, "It is night."))
    assert capsys.readouterr().out.splitlines() == [
        "idle: 1,234 planned, 1,200 sent (3 confirmed), 1 refused, 2 skipped, 1 unknown, 30 left.",
        "It is night.",
        "Why rows were refused or skipped: huggy act status idle",
        "What is unknown is never sent again on its own: huggy act resolve idle",
    ]


def test_a_status_says_how_a_person_decides(capsys: pytest.CaptureFixture[str]) -> None:
    row = LedgerRow(12, RowKey("idle", "send_message", "chat:7"), RowState.UNKNOWN, "reset")
    show_status(CampaignStatus(CampaignReport("idle", "send_message", COUNTS), (row,), {"reset": 1}, True, 2))
    told = capsys.readouterr().out
    assert "huggy act status" not in told
    assert told.splitlines()[1:4] == [
        "What is unknown is never sent again on its own: huggy act resolve idle",
        "2 unknown rows were settled by reading back.",
        "It is stopped: huggy act stop idle --lift",
    ]
    assert "huggy act resolve idle --row 12 --as sent, or --as not-sent, which frees it to be sent." in told


def test_a_status_says_that_what_is_left_waits_for_the_same_command(capsys: pytest.CaptureFixture[str]) -> None:
    show_status(
        CampaignStatus(CampaignReport("idle", "close_chat", CampaignCounts(planned=3, sent=2)), (), {}, False, 0)
    )
    assert capsys.readouterr().out.splitlines()[1:] == ["What is left is done when the same command runs again."]


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_each_action_s_help_names_its_risk_its_fields_and_an_example(name: str) -> None:
    action = get_action(name)
    told = describe_action(action)
    assert [field.name for field in action.fields if f"  {field.name} (" not in told] == []
    assert (f"Risk: {action.risk.en}" in told, f"Example: huggy act {name} --" in told) == (True, True)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("send_template", "--id 700001 --set template_id=ID --set category=marketing"),
        ("send_message", '--id 700001 --set text="Bom dia"'),
        ("update_contact", "--id 800001"),
        ("create_contact", "--query SQL"),
    ],
)
def test_the_example_of_an_action_has_what_the_action_needs(name: str, words: str) -> None:
    assert f"Example: huggy act {name} {words} --campaign NAME --dry-run" in describe_action(get_action(name))


def test_the_choices_of_a_field_are_its_kind() -> None:
    assert "category (marketing | utility | authentication, required)" in describe_action(get_action("send_template"))
