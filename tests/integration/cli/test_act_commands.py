"""`huggy act` as a person uses it: the plan, the question, the run, what is left, and what is wrong with a call."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from huggy_connector.sandbox import Options, Sandbox
from tests.integration.cli.conftest import Huggy

OPEN = "SELECT id FROM chats WHERE situation IN ('in_chat', 'wait_for_chat') ORDER BY id DESC LIMIT 3"
HELLO = ("act", "send_message", "--query", OPEN, "--set", "text=Bom dia", "--campaign", "spring")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Options(chats=60, open_chats=40, limit=0, quirks=False, odd_situations=0)) as running:
        yield running


@pytest.fixture
def desk(huggy: Huggy) -> Huggy:
    assert (huggy("land", "chats").code, huggy("load").code) == (0, 0)
    return huggy


def test_a_campaign_from_the_plan_to_its_end(desk: Huggy, sandbox: Sandbox) -> None:
    before = len(sandbox.written())
    dry = desk(*HELLO, "--dry-run")
    assert (dry.code, dry.out.splitlines()[0], dry.out.splitlines()[-1]) == (
        0,
        "spring: send_message for 3 rows.",
        "3 requests would be sent.",
    )
    nobody = desk(*HELLO)
    assert (nobody.code, nobody.sentence) == (
        2,
        "huggy: Nothing was sent: nobody is here to say yes. Add --yes once you have seen the plan.",
    )
    assert len(sandbox.written()) == before
    done = desk(*HELLO, "--yes", "--json")
    told = json.loads(done.out.splitlines()[-1])
    names = ("planned", "sent", "confirmed", "refused", "skipped", "unknown")
    assert (done.code, [told[name] for name in names]) == (0, [3, 3, 0, 0, 0, 0])
    again = desk(*HELLO, "--yes")
    assert (again.code, again.out) == (
        0,
        "spring: 3 planned, 3 sent (0 confirmed), 0 refused, 0 skipped, 0 unknown, 0 left.\n",
    )
    assert len(sandbox.written()) == before + 3
    assert "spring" in desk("act", "list").out
    assert json.loads(desk("act", "list", "--json").out)["campaigns"][0]["sent"] == 3
    assert desk("act", "status", "spring").code == 0


def test_what_is_unknown_is_listed_and_decided_by_a_person(desk: Huggy, sandbox: Sandbox) -> None:
    call = ("act", "send_message", "--query", f"{OPEN.removesuffix('3')}1", "--set", "text=Oi", "--campaign", "unknown")
    sandbox.control(write_faults={"reset-before": 1})
    lost = desk(*call, "--yes")
    sandbox.control(write_faults={})
    assert (lost.code, lost.out.splitlines()[-1]) == (
        1,
        "What is unknown is never sent again on its own: huggy act resolve unknown",
    )
    listed = desk("act", "resolve", "unknown", "--json")
    (row,) = json.loads(listed.out)["to_decide"]
    assert listed.code == 1
    decided = desk("act", "resolve", "unknown", "--row", str(row["row"]), "--as", "sent")
    assert (decided.code, decided.out.splitlines()[0]) == (
        0,
        "unknown: 1 planned, 1 sent (0 confirmed), 0 refused, 0 skipped, 0 unknown, 0 left.",
    )


def test_a_campaign_is_stopped_and_goes_on(desk: Huggy, sandbox: Sandbox) -> None:
    call = ("act", "send_message", "--query", OPEN, "--set", "text=Olá", "--campaign", "stopped")
    assert desk(*call, "--yes", HUGGY_ACTIONS="off").code == 1
    assert desk("act", "stop", "stopped").out == "stopped is stopped: nothing more of it is sent.\n"
    stopped = desk(*call, "--yes")
    assert (stopped.code, "stopped" in stopped.sentence) == (1, True)
    assert "--lift" in desk("act", "status", "stopped").out
    assert desk("act", "stop", "stopped", "--lift").code == 0
    assert desk(*call, "--yes").code == 0


@pytest.mark.parametrize(
    ("call", "code", "sentence"),
    [
        (("send_mesage", "--id", "7", "--campaign", "x"), 2, "huggy: There is no action called 'send_mesage'"),
        (("close_chat", "--campaign", "x", "--yes"), 2, "huggy: Give either --query with one SELECT, or --id with"),
        (("close_chat", "--id", "7", "--query", OPEN, "--campaign", "x"), 2, "huggy: Give either --query"),
        (("close_chat", "--id", "0", "--campaign", "x"), 2, "huggy: Invalid value for '--id'"),
        (("close_chat", "--id", "7"), 2, "huggy: Missing option '--campaign'"),
        (("close_chat", "--id", "7", "--campaign", "a/b"), 2, "huggy: --campaign takes a name"),
        (("close_chat", "--id", "7", "--campaign", "x", "--set", "tabulaton_id=1"), 2, "huggy: close_chat has no"),
        (("close_chat", "--id", "7", "--campaign", "x", "--set", "secret"), 2, "huggy: --set takes KEY=VALUE"),
        (("close_chat", "--id", "7", "--campaign", "x", "--set", "comment=a", "--set", "comment=b"), 2, "huggy: --set"),
        (("create_contact", "--id", "7", "--campaign", "x"), 2, "huggy: create_contact takes no --id"),
        (("close_chat", "--query", "FROM chats", "--campaign", "x", "--yes"), 2, "huggy: There is no warehouse"),
        (("status", "autumn"), 2, "huggy: There is no campaign"),
        (("resolve", "autumn", "--row", "1"), 2, "huggy: --row and --as go together"),
    ],
)
def test_a_call_that_cannot_be_meant_is_one_sentence(
    huggy: Huggy, call: tuple[str, ...], code: int, sentence: str
) -> None:
    run = huggy("act", *call)
    assert (run.code, run.sentence[: len(sentence)], "secret" in run.err) == (code, sentence, False)


def test_help_names_each_action_its_risk_and_its_fields(huggy: Huggy) -> None:
    assert "  send_template " in huggy("act", "--help").out
    told = huggy("act", "close_chat", "--help").out
    assert ("Risk: It ends a conversation under way" in told, "tabulation_id (id)" in told) == (True, True)
