"""What stops all rows of a run for now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.actions.guards import QuietHours, RunGate
from huggy_connector.actions.guards.run_gate import STOP_FILE
from huggy_connector.actions.types import RowState
from tests.unit.actions.guards.cases import NOW, ZONE

NOWHERE = Path("/nowhere/actions")


def gate(**changes: Any) -> RunGate:
    given = {
        "is_on": True,
        "ledger_folder": NOWHERE,
        "is_stopped": lambda: False,
        "count_reached": lambda _: 0,
        "most_per_day": 5,
        "most_refusals": 3,
        "quiet_hours": QuietHours(ZONE),
        "now": lambda: NOW,
        **changes,
    }
    return RunGate(**given)


def test_nothing_stops_a_run_by_itself() -> None:
    assert gate().may_send() is None


@pytest.mark.parametrize(
    ("changes", "sentence", "is_for_people"),
    [
        ({"is_on": False}, "HUGGY_ACTIONS is off, so nothing is sent: set it to on, and run this again.", False),
        (
            {"is_stopped": lambda: True},
            "The campaign was stopped: `huggy act stop NAME --lift` lets it go on.",
            False,
        ),
        (
            {"count_reached": lambda _: 5},
            (
                "5 actions reached a customer in 24 hours, and HUGGY_ACTIONS_PER_DAY is 5: run this again later, or "
                "raise it."
            ),
            True,
        ),
        (
            {"quiet_hours": QuietHours.parse("12:00-13:00", zone=ZONE)},
            "It is 12:00 in America/Sao_Paulo, in the quiet hours 12:00-13:00: run it again after 13:00.",
            True,
        ),
    ],
)
def test_each_rule_alone_pauses_the_run(changes: dict[str, Any], sentence: str, is_for_people: bool) -> None:
    assert gate(**changes).may_send() == sentence
    assert gate(**changes).may_send(reaches_person=False) == (None if is_for_people else sentence)


def test_a_cap_of_zero_lets_nothing_out_that_reaches_a_person() -> None:
    assert [gate(most_per_day=0).may_send() is None, gate(most_per_day=0).may_send(reaches_person=False)] == [
        False,
        None,
    ]


def test_the_day_is_the_last_24_hours() -> None:
    asked: list[datetime] = []

    def count(since: datetime) -> int:
        asked.append(since)
        return 0

    gate(count_reached=count).may_send()
    assert asked == [NOW - timedelta(hours=24)]


@pytest.mark.slow
def test_a_file_stop_in_the_ledgers_folder_stops_every_write(tmp_path: Path) -> None:
    one = gate(ledger_folder=tmp_path)
    before = one.may_send()
    (tmp_path / STOP_FILE).touch()
    there = one.may_send(reaches_person=False)
    (tmp_path / STOP_FILE).unlink()
    assert [before, there, one.may_send()] == [
        None,
        "The file STOP in the ledger's folder stops every write: remove it, and run this again.",
        None,
    ]


@pytest.mark.slow
def test_where_the_folder_cannot_be_looked_into_nothing_is_sent(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    assert [gate(ledger_folder=tmp_path / each).may_send() is None for each in ("file", "loop", "none")] == [
        False,
        False,
        True,
    ]


@given(st.lists(st.sampled_from(RowState)), st.integers(1, 4))
@example([RowState.REFUSED, RowState.UNKNOWN, RowState.REFUSED], 3)
@example([RowState.REFUSED, RowState.SENT, RowState.REFUSED, RowState.SKIPPED, RowState.UNKNOWN], 3)
def test_so_many_rows_in_a_row_that_were_refused_or_stayed_unknown_stop_the_run(
    states: list[RowState], most: int
) -> None:
    one = gate(most_refusals=most)
    for state in states:
        one.note(state)
    told = [state for state in states if state not in (RowState.PLANNED, RowState.CLAIMED, RowState.SKIPPED)]
    failures = 0
    while failures < len(told) and told[-1 - failures] in (RowState.REFUSED, RowState.UNKNOWN):
        failures += 1
    assert (one.may_send(reaches_person=False) is None) == (failures < most)


@given(st.lists(st.sampled_from(["claim", "hour", "stop", "resume", "refused", "sent", "night", "day"]), max_size=60))
@example(["claim"] * 9 + ["hour"] * 24 + ["claim"])
def test_in_any_order_of_events_no_row_passes_that_one_rule_forbids(events: list[str]) -> None:
    clock, claims, stopped, quiet = [NOW], list[datetime](), [False], [False]
    one = gate(
        now=lambda: clock[0],
        is_stopped=lambda: stopped[0],
        count_reached=lambda since: sum(each >= since for each in claims),
        quiet_hours=QuietHours(ZONE, is_desk_open=lambda _: not quiet[0]),
    )
    failures = 0
    for event in events:
        if event == "claim":
            in_a_day = sum(each >= clock[0] - timedelta(hours=24) for each in claims)
            may = not stopped[0] and not quiet[0] and failures < 3 and in_a_day < 5
            assert (one.may_send() is None) == may
            claims += [clock[0]] if may else []
        elif event in ("refused", "sent"):
            one.note(RowState(event))
            failures = failures + 1 if event == "refused" else 0
        elif event == "hour":
            clock[0] += timedelta(hours=1)
        elif event in ("stop", "resume"):
            stopped[0] = event == "stop"
        else:
            quiet[0] = event == "night"


def test_the_time_is_asked_at_each_row() -> None:
    clock = [datetime(2026, 11, 30, 10, 59, tzinfo=UTC)]
    one = gate(quiet_hours=QuietHours.parse("20:00-08:00", zone=ZONE), now=lambda: clock[0])
    first = one.may_send()
    clock[0] += timedelta(minutes=1)
    assert [first is None, one.may_send()] == [False, None]
