"""No check stops the others, whatever it does, and none waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from huggy_connector.pipeline.doctor.check_row import CheckRow, CheckState, Finding, TextCleaner, Unknown, ok, warn
from huggy_connector.pipeline.doctor.check_runner import Check, CheckRunner, Fact


def runner(*, seconds: float = 600, **problems: str) -> CheckRunner:
    return CheckRunner(TextCleaner(None, ()), problems, seconds)


def fine() -> Iterator[Finding]:
    yield ok("fine")


def broken() -> Iterator[Finding]:
    yield ok("begun")
    raise RuntimeError("with a secret")


def test_a_check_that_fails_keeps_what_it_found_and_the_next_one_runs() -> None:
    assert runner().run([Check("a", broken), Check("b", fine)]) == (
        CheckRow("a", CheckState.FAILED, "unexpected RuntimeError; begun", "please report it"),
        CheckRow("b", CheckState.OK, "fine", ""),
    )


def test_a_check_that_hangs_is_given_up_with_what_it_found_and_the_next_one_runs() -> None:
    released = threading.Event()
    fact = Fact("a", lambda: released.wait(600))

    def hang() -> Iterator[Finding]:
        yield warn("odd")
        yield ok(str(fact.get()))

    def use() -> Iterator[Finding]:
        yield ok(str(fact.get_if_known()))

    rows = runner(seconds=0.2).run([Check("a", hang), Check("b", use)])
    released.set()
    assert rows == (
        CheckRow("a", CheckState.FAILED, "no result after 0 s: a disk or server does not answer; odd", "see to it"),
        CheckRow("b", CheckState.SKIPPED, "not known: see a", ""),
    )


def test_a_check_whose_setting_cannot_be_used_is_not_run() -> None:
    row = CheckRow("a", CheckState.SKIPPED, "not checked, HUGGY_BASE_URL, HUGGY_STATE cannot be used: see settings", "")
    needs = frozenset({"state", "base_url", "landing"})
    assert runner(base_url="x", state="y", timezone="z").run([Check("a", broken, needs)]) == (row,)
    assert runner(timezone="z").run([Check("a", fine, needs)])[0].state is CheckState.OK


def test_a_fact_is_found_out_once() -> None:
    calls: list[int] = []
    fact = Fact("a", lambda: calls.append(1) or len(calls))  # type: ignore[func-returns-value]
    assert (fact.get(), fact.get_if_known(), len(calls)) == (1, 1, 1)


def test_a_fact_that_cannot_be_known_fails_where_it_belongs_and_is_unknown_elsewhere() -> None:
    calls: list[int] = []

    def read() -> int:
        calls.append(1)
        raise ValueError("why")

    fact = Fact("token", read)
    for _ in range(2):
        with pytest.raises(ValueError, match=r"^why$"):
            fact.get()
        with pytest.raises(Unknown, match=r"^not known: see token$"):
            fact.get_if_known()
    with pytest.raises(Unknown, match=r"^who it is is not known: see token$"):
        fact.get_if_known("who it is is")
    assert len(calls) == 1
