"""`huggy webhook` as its user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from huggy_connector.clock import SYSTEM_CLOCK
from huggy_connector.webhook import Inbox
from tests.integration.cli.conftest import Huggy
from tests.integration.webhook.inboxes import entry, refusal


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "state" / "inbox"
    with Inbox.open(folder, now=SYSTEM_CLOCK.now) as opened:
        opened.append(entry(1, minutes=1), entry(2, minutes=2), refusal())
    return folder


def test_learn_lets_a_receiver_that_runs_learn_the_next_token(huggy: Huggy, tmp_path: Path) -> None:
    learned: list[bool] = []
    run = huggy("webhook", "learn")
    with Inbox.open(tmp_path / "state" / "inbox", now=SYSTEM_CLOCK.now) as opened:
        opened.learn(4242, "digest", learned.append)
        opened.beat()
    assert (run.code, run.out[:15], learned) == (0, "For 15 minutes ", [True])
    assert json.loads(huggy("webhook", "status", "--json").out)["companies"][0]["has_learned_token"] is True


def test_status_tells_what_is_in_the_inbox(huggy: Huggy, inbox: Path) -> None:
    status = json.loads(huggy("webhook", "status", "--json").out)
    company = status["companies"][0]
    assert (status["folder"], company["items"], company["unlanded"]) == (str(inbox), 2, 2)
    assert status["refusals"] == {"invalid JSON": 1}
    run = huggy("webhook", "status")
    assert (run.code, "invalid JSON" in run.out, "A receiver runs" in run.out) == (0, True, True)


def test_replay_takes_times_of_the_account_s_zone(huggy: Huggy, inbox: Path) -> None:
    del inbox
    run = huggy("webhook", "replay", "--from", "2026-11-22T04:02", "--to", "2026-11-23", "--json")
    assert (run.code, json.loads(run.out)) == (0, {"items": 1})


@pytest.mark.parametrize(
    ("start", "end", "sentence"),
    [
        ("yesterday", "2026-11-23", "--from 'yesterday' is no time: write it as 2026-11-22 or 2026-11-22T07:00."),
        ("2026-11-23", "2026-11-22", "--to '2026-11-22' is not after --from '2026-11-23'."),
    ],
)
def test_a_span_that_cannot_be_meant_is_one_sentence_and_2(huggy: Huggy, start: str, end: str, sentence: str) -> None:
    run = huggy("webhook", "replay", "--from", start, "--to", end)
    assert (run.code, run.err) == (2, f"huggy: {sentence}\n")


def test_where_there_is_no_inbox_the_sentence_says_who_makes_it(huggy: Huggy, tmp_path: Path) -> None:
    run = huggy("webhook", "status")
    folder = tmp_path / "state" / "inbox"
    assert (run.code, run.err) == (
        1,
        f"huggy: There is no inbox in {folder}: `huggy serve` makes it, or set HUGGY_INBOX to where it is.\n",
    )
