"""The question of `huggy act` stands alone on the terminal: no bar is drawn over it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from huggy_connector.actions.types import PlannedRow, RowKey
from huggy_connector.catalogue.actions import get_action
from huggy_connector.cli.act import act_commands
from huggy_connector.cli.app import main
from huggy_connector.pipeline.campaigns import CampaignPlan, Campaigns
from huggy_connector.progress import SilentProgress

CALL = ("act", "close_chat", "--id", "700001", "--campaign", "ask")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("answer", ["", "n", "nao"])
def test_no_bar_is_drawn_while_a_person_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str
) -> None:
    drawn: list[str] = []

    @contextmanager
    def draw() -> Iterator[SilentProgress]:
        drawn.append("bar")
        yield SilentProgress()

    row = PlannedRow(get_action("close_chat"), RowKey("ask", "close_chat", "chat:700001"), 700001, {})
    plan = CampaignPlan("close_chat", "ask", [row], 0, {}, 0, (), "")
    monkeypatch.setattr(act_commands, "show_progress", draw)
    monkeypatch.setattr(Campaigns, "plan", lambda *_, **__: plan)
    monkeypatch.setattr("sys.stdin", Terminal(f"{answer}\n"))
    assert main(CALL) == 1
    said = capsys.readouterr().err
    assert (drawn, said.endswith("Do this for 1 rows? [y/N] Nothing was sent.\n")) == ([], True)
