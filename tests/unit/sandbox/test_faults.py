from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from huggy_connector.sandbox.fault_kinds import KINDS, parse_shares
from huggy_connector.sandbox.options import OPTION_HELP, Options
from huggy_connector.sandbox.server.faults import Faults


def faults(*, storm_seconds: float = 3.0, fail_page: str = "", **shares: float) -> Faults:
    return Faults(seed=1, shares=shares, storm_seconds=storm_seconds, fail_page=fail_page)


def kinds(of: Faults, count: int) -> list[str]:
    return [of.choose(number, requested="", page="", now=float(number)) for number in range(count)]


def test_the_same_requests_have_the_same_faults_at_the_given_share() -> None:
    first = kinds(faults(reset=0.1, html=0.2), 2000)
    assert first == kinds(faults(reset=0.1, html=0.2), 2000)
    counts = Counter(first)
    assert 150 < counts["reset"] < 250
    assert 330 < counts["html"] < 470
    assert set(counts) == {"", "reset", "html"}


def test_queued_faults_happen_to_the_next_requests_once() -> None:
    broken = faults()
    broken.queue(["reset", "500"])
    assert kinds(broken, 3) == ["reset", "500", ""]


def test_a_fault_that_the_request_names_comes_first_and_an_unknown_one_is_ignored() -> None:
    broken = faults(html=1.0)
    assert [broken.choose(1, requested=wish, page="", now=0.0) for wish in ("empty", "nonsense")] == ["empty", "html"]


def test_a_storm_refuses_everything_until_it_is_over() -> None:
    broken = faults(storm_seconds=3.0)
    broken.queue(["storm"])
    assert [broken.choose(n, requested="", page="", now=now) for n, now in enumerate((0.0, 1.0, 2.9, 3.0))] == [
        *("storm", "storm", "storm"),
        "",
    ]


def test_a_page_fails_every_time_and_no_other() -> None:
    broken = faults(fail_page="chats:7")
    assert [broken.choose(0, requested="", page=page, now=0.0) for page in ("chats:7", "chats:8", "chats:7")] == [
        *("500", ""),
        "500",
    ]


def test_every_kind_replaces_the_answer_or_alters_or_breaks_it() -> None:
    replaced = {kind for kind in KINDS if faults().replacement_answer(kind)}
    assert set(KINDS) - replaced == {"reset", "stall", "truncated", "short", "long", "null", "endless"}


def test_shares_are_read_from_a_command_line() -> None:
    assert (parse_shares("500=0.02, reset=0.01"), parse_shares("")) == ({"500": 0.02, "reset": 0.01}, {})


@pytest.mark.parametrize("text", ["500", "500=much", "501=0.1", "500=2", "500=0.6,reset=0.6"])
def test_impossible_shares_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        parse_shares(text)


@pytest.mark.parametrize(
    "choices",
    [
        {"chats": -1},
        {"agents": 0},
        {"page_size": 0},
        {"departments": 9},
        {"days": 0},
        {"order": "random"},
        {"refusal": "never"},
        {"rotation": "often"},
        {"moving": "agents"},
        {"emptied": "chats,agents"},
        {"faults": {"501": 0.1}},
        {"fail_page": "chats"},
        {"broken_values": 1.1},
        {"now": "yesterday"},
        {"timezone": "Mars/Olympus"},
    ],
)
def test_an_impossible_option_is_refused_in_one_sentence_that_names_it(choices: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=rf"^[^\n]*{next(iter(choices)).rstrip('s')}[^\n]*\.$"):
        Options(**choices)


def test_every_option_has_a_help_text() -> None:
    assert all(OPTION_HELP[name].endswith(".") for name in Options.__slots__)
