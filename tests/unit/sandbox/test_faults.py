"""Which request has which fault."""

from __future__ import annotations

from collections import Counter

from huggy_connector.sandbox.fault_kinds import KINDS
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
