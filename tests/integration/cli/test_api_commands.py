"""check, get and plan say what the API says, and write nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from huggy_connector.sandbox import Options, Sandbox
from tests.integration.conftest import Run

Huggy = Callable[..., Run]


def cells(run: Run) -> list[list[str]]:
    """The rows of a table, its head first."""
    lines = [line.replace("┃", "│") for line in run.out.splitlines() if line[:1] in "│┃"]
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines]


def test_check_says_who_the_token_is_and_when_it_ends(huggy: Huggy, tmp_path: Path) -> None:
    done = huggy("check")
    lines = done.out.splitlines()
    assert (done.code, done.err, lines[0]) == (0, "", "Connected as Ana Souza (agent 9001), company 4242.")
    assert lines[1].startswith("The token ends in ")
    assert lines[1].endswith(" days, on 2100-01-01.")
    assert lines[2].startswith("In America/Sao_Paulo it is ")
    assert not any((tmp_path / name).exists() for name in ("landing", "huggy.duckdb"))


def test_check_as_json_has_the_same_facts_and_times_with_their_offsets(huggy: Huggy) -> None:
    told = json.loads(huggy("check", "--json", "--timezone", "America/Manaus").out)
    assert {name: told[name] for name in ("agent", "agent_id", "company_id", "main_company_id", "timezone")} == {
        "agent": "Ana Souza",
        "agent_id": 9001,
        "company_id": 4242,
        "main_company_id": 4242,
        "timezone": "America/Manaus",
    }
    assert told["token_expires_at"] == "2100-01-01T00:00:00+00:00"
    assert told["local_time"].endswith("-04:00")


def test_check_names_the_zone_in_which_the_newest_chat_would_be_of_now(huggy: Huggy) -> None:
    with Sandbox(Options(chats=40, contacts=5, limit=0, timezone="America/Noronha")) as east:
        environ = {"HUGGY_BASE_URL": east.url, "HUGGY_AUTH_URL": east.auth_url, "HUGGY_ACCESS_TOKEN": east.token}
        read_wrong = huggy("check", **environ).out.splitlines()[3]
        read_right = huggy("check", "--timezone", "America/Noronha", **environ).out.splitlines()[3]
    assert re.fullmatch(
        r"The newest chat is [0-9]+ minutes ahead of now in this zone: if somebody wrote just now, try "
        r"HUGGY_TIMEZONE=America/Noronha\.",
        read_wrong,
    )
    assert re.fullmatch(r"The newest chat is [0-9]+ minutes old in this zone\.", read_right)


def test_get_prints_the_newest_rows_in_the_apis_order(huggy: Huggy, sandbox: Sandbox) -> None:
    ids = sandbox.truth("chats")["ids"]
    told = json.loads(huggy("get", "chats", "--limit", "25", "--json").out)
    assert (told["resource"], [int(row["id"]) for row in told["rows"]]) == ("chats", [int(each) for each in ids[:25]])
    assert len(json.loads(huggy("get", "chats", "--json").out)["rows"]) == 20


def test_get_shows_the_fields_of_a_list_that_fit_a_cell_and_hold_something(huggy: Huggy) -> None:
    blocks = cells(huggy("get", "chats", "--limit", "3"))
    rows = json.loads(huggy("get", "chats", "--limit", "3", "--json").out)["rows"]
    shown = [name for name, _ in blocks[1 : len(blocks) // 3]]
    assert [row[1] for row in blocks if row[0] == "id"] == [str(row["id"]) for row in rows]
    nested = {key for row in rows for key in row if any(isinstance(each.get(key), dict | list) for each in rows)}
    empty = {key for row in rows for key in row if not any(each.get(key) for each in rows)}
    assert (nested != set(), empty != set()) == (True, True)
    assert {*shown} == {key for row in rows for key in row} - nested - empty


def test_get_prints_one_record_whole_and_the_messages_of_one_chat(huggy: Huggy, sandbox: Sandbox) -> None:
    [record] = sandbox.truth("contacts", rows=True, ids=[str(sandbox.truth("contacts")["ids"][0])])["rows"]
    told = cells(huggy("get", "contacts", str(record["id"])))
    assert told[0] == ["field", "value"]
    assert {name for name, _ in told} >= {*record}
    chat = str(sandbox.truth("chats")["ids"][0])
    messages = json.loads(huggy("get", "messages", chat, "--limit", "2", "--json").out)
    assert (messages["resource"], len(messages["rows"])) == ("messages", 2)


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("get", "messages"), 2, "messages are those of one record of chats: give its ID."),
        (("get", "tickets"), 2, "There is no resource called 'tickets': choose from agents, chats, contacts, "),
        (
            ("get", "chats", "1"),
            1,
            "Not found: chats 1. Check HUGGY_BASE_URL (it ends in the version of the API), HUGGY_COMPANY_ID and ",
        ),
        (("get", "chats", "--limit", "0"), 2, "Invalid value for '--limit': 0 is not in the range x>=1."),
        (("get", "chats", "abc"), 2, "Invalid value for '[ID]': 'abc' is not a valid integer range."),
        (("plan", "--from-date", "2026-11-01"), 2, "A span has two ends: give both --from-date and --to-date."),
        (("plan", "tickets"), 2, "There is no resource called 'tickets': choose from agents, chats, contacts, "),
        (("plan", "--mode", "all"), 2, "Invalid value for '--mode': 'all' is not one of 'full', 'incremental', "),
    ],
)
def test_a_wrong_question_is_one_sentence(huggy: Huggy, arguments: tuple[str, ...], code: int, sentence: str) -> None:
    done = huggy(*arguments)
    assert (done.code, done.out, len(done.err.splitlines())) == (code, "", 1)
    assert done.err.startswith(f"huggy: {sentence}")


def test_plan_estimates_what_a_sync_would_do_and_lands_nothing(huggy: Huggy, tmp_path: Path) -> None:
    done = huggy("plan")
    told = json.loads(huggy("plan", "--json").out)["plans"]
    assert [row[:2] for row in cells(done)[1:]] == [
        [name, "full"] for name in ("agents", "chats", "contacts", "departments")
    ]
    assert [(each["resource"], each["mode"]) for each in told] == [(row[0], row[1]) for row in cells(done)[1:]]
    for each in told:
        seconds = each["requests"] / each["rate"]
        assert (each["minutes"] * 60, each["share_of_hour"] * 3600) == pytest.approx((seconds, seconds))
    total = sum(each["requests"] for each in told)
    assert done.out.splitlines()[-1].startswith(f"About {total} requests, 0.0 minutes at 1000 a second. This estimate ")
    assert not (tmp_path / "landing").exists()


def test_a_plan_of_days_is_of_the_chats_and_their_window(huggy: Huggy) -> None:
    days = ("--from-date", "2026-11-01", "--to-date", "2026-11-08", "--json")
    plans = [json.loads(huggy("plan", *more, *days).out)["plans"] for more in ((), ("chats", "--mode", "window"))]
    assert [[(each["resource"], each["mode"]) for each in one] for one in plans] == [[("chats", "window")]] * 2
    refused = huggy("plan", "chats", "--mode", "full", *days)
    assert (refused.code, refused.out, refused.sentence) == (
        2,
        "",
        "huggy: The mode window needs both --from-date and --to-date, and no other mode takes them.",
    )
