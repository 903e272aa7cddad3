"""The ledger as a run uses it: each key once, whoever asks, and nothing that one process claimed is another's."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from huggy_connector.actions.ledger import Ledger
from huggy_connector.actions.ledger.ledger_file import ledger_path
from huggy_connector.actions.types import CampaignCounts, RowState
from huggy_connector.catalogue.actions.types import Effect
from huggy_connector.errors import CampaignStopped, ConfigurationError, LedgerBusy
from tests.integration.actions.ledgers import BEGIN, CAMPAIGN, COMPANY, begin, begun, kill, open_ledger, planned

ROWS = 8


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "actions"


@pytest.fixture
def ledger(folder: Path) -> Iterator[Ledger]:
    """A ledger with a campaign of eight chats, whose row ids are the chats' ids."""
    with begun(folder, *range(1, ROWS + 1)) as ledger:
        yield ledger


def states(ledger: Ledger) -> dict[int, str]:
    return {row.id: row.state.value for row in ledger.rows(CAMPAIGN) if row.state is not RowState.PLANNED}


def unknown(ledger: Ledger, row_id: int) -> None:
    assert ledger.claim(row_id, mark={})
    assert ledger.record(row_id, RowState.UNKNOWN, reason="no answer")


# Plans and claims -----------------------------------------------------------------------------------------------------


def test_a_key_is_planned_once_and_stays_as_it_is(ledger: Ledger) -> None:
    ledger.skip(1, rule="opt_out", reason="said stop")
    assert (ledger.plan(map(planned, range(1, ROWS + 3))), ledger.plan([])) == (2, 0)
    assert states(ledger) == {1: "skipped"}
    assert [row.id for row in ledger.open_rows(CAMPAIGN, limit=3)] == [2, 3, 4]
    assert [row.id for row in ledger.open_rows(CAMPAIGN, limit=100, after=8)] == [9, 10]


def test_a_claim_is_the_rows_as_it_is_to_be_sent_and_there_is_one_of_it(ledger: Ledger, folder: Path) -> None:
    claimed = ledger.claim(1, mark={"message": 7})
    assert claimed is not None
    assert (claimed.state, claimed.attempts, claimed.fields, claimed.mark) == (
        *(RowState.CLAIMED, 1, {"text": "text 1"}, {"message": 7}),
    )
    with open_ledger(folder) as other:
        assert (ledger.claim(1, mark={}), other.claim(1, mark={})) == (None, None)
        assert next(other.rows(CAMPAIGN)).state is RowState.CLAIMED


def test_many_threads_and_two_processes_claim_each_row_once(ledger: Ledger, folder: Path) -> None:
    with open_ledger(folder) as other, ThreadPoolExecutor(8) as pool:
        asked = [(each, row_id) for row_id in range(1, ROWS + 1) for each in (ledger, other, ledger, other)]
        claimed = [row.id for row in pool.map(lambda ask: ask[0].claim(ask[1], mark={}), asked) if row is not None]
    assert sorted(claimed) == [*range(1, ROWS + 1)]


def test_a_stopped_campaign_is_claimed_no_more_by_anyone_until_it_is_resumed(ledger: Ledger, folder: Path) -> None:
    with open_ledger(folder) as other:
        other.stop(CAMPAIGN)
        assert (ledger.is_stopped(CAMPAIGN), ledger.claim(1, mark={})) == (True, None)
        with pytest.raises(CampaignStopped):
            begin(ledger)
        other.resume(CAMPAIGN)
        begin(ledger)
        assert ledger.claim(1, mark={})


def test_the_answer_of_a_claim_is_recorded_by_who_claimed_it_and_by_nobody_else(ledger: Ledger, folder: Path) -> None:
    with open_ledger(folder) as other:
        ledger.claim(1, mark={})
        assert (other.record(1, RowState.SENT), ledger.record(1, RowState.SENT), ledger.record(2, RowState.SENT)) == (
            *(False, True, False),
        )
    assert states(ledger) == {1: "sent"}


def test_what_never_left_is_claimed_again_as_often_as_it_takes(ledger: Ledger) -> None:
    for _ in range(5):
        claimed = ledger.claim(1, mark={})
        assert claimed is not None
        assert claimed.fields == {"text": "text 1"}
        assert ledger.record(1, RowState.PLANNED, reason="429")
    assert next(ledger.rows(CAMPAIGN)).attempts == 5


# Processes that die ---------------------------------------------------------------------------------------------------


def test_what_a_dead_process_claimed_is_unknown_and_what_the_living_claimed_is_not(
    folder: Path, ledger: Ledger
) -> None:
    dead, living = open_ledger(folder), open_ledger(folder)
    for row_id, each in ((1, dead), (2, living), (3, ledger)):
        assert each.claim(row_id, mark={})
    assert ledger.abandon_dead() == 0
    kill(dead)
    assert (ledger.abandon_dead(), ledger.abandon_dead()) == (1, 0)
    assert states(ledger) == {1: "unknown", 2: "claimed", 3: "claimed"}
    living.close()
    assert ledger.abandon_dead() == 1
    assert [(row.id, row.reason, row.fields) for row in ledger.unknown_rows(CAMPAIGN)] == [
        (1, "its process ended before the answer came", {"text": "text 1"}),
        (2, "its process ended before the answer came", {"text": "text 2"}),
    ]


def test_one_that_was_given_up_though_it_lives_records_its_answer_all_the_same(folder: Path, ledger: Ledger) -> None:
    ledger.claim(1, mark={})
    for path in folder.glob("*.alive"):
        path.unlink()
    with open_ledger(folder) as other:
        assert other.abandon_dead() == 1
        assert ledger.record(1, RowState.SENT, ids={"message": 9})
        assert ledger.claim(2, mark={})
        assert other.abandon_dead() == 0
    assert states(ledger) == {1: "sent", 2: "claimed"}


def test_the_files_of_the_dead_are_cleared_up(folder: Path, ledger: Ledger) -> None:
    dead = open_ledger(folder)
    dead.claim(1, mark={})
    dead.record(1, RowState.SENT)
    kill(dead)
    ledger.claim(2, mark={})
    ledger.abandon_dead()
    assert len([*folder.glob("*.alive")]) == 1


# Settling -------------------------------------------------------------------------------------------------------------


def test_reading_settles_what_is_unknown_and_each_message_is_ascribed_once(ledger: Ledger) -> None:
    for row_id in (1, 2):
        unknown(ledger, row_id)
    assert ledger.settle(1, RowState.CONFIRMED, reason="read", ids={"message": 9})
    assert not ledger.settle(2, RowState.CONFIRMED, reason="read", ids={"message": 9})
    assert (ledger.owner_of("message", 9), ledger.owner_of("message", 8)) == (1, None)
    assert (states(ledger), [row.id for row in ledger.unknown_rows()]) == ({1: "confirmed", 2: "unknown"}, [2])


def test_reading_plans_a_state_change_again_at_most_twice_and_a_message_never(folder: Path) -> None:
    with begun(folder) as ledger:
        ledger.plan([planned(1, effect=Effect.STATE), planned(2)])
        unknown(ledger, 2)
        with pytest.raises(ValueError, match="MESSAGE was not done"):
            ledger.settle(2, RowState.PLANNED, reason="absent")
        settled = []
        for _ in range(3):
            unknown(ledger, 1)
            settled.append(ledger.settle(1, RowState.PLANNED, reason="not so"))
    assert settled == [True, True, False]


def test_a_reading_that_is_older_than_another_claim_settles_nothing(folder: Path) -> None:
    with begun(folder) as ledger:
        ledger.plan([planned(1, effect=Effect.STATE)])
        unknown(ledger, 1)
        assert ledger.settle(1, RowState.PLANNED, reason="not so", attempt=1)
        unknown(ledger, 1)
        assert not ledger.settle(1, RowState.PLANNED, reason="not so", attempt=1)
        assert states(ledger) == {1: "unknown"}


def test_a_person_says_what_became_of_an_unknown_row(ledger: Ledger) -> None:
    for row_id in (1, 2):
        unknown(ledger, row_id)
    ledger.resolve(CAMPAIGN, row_id=1, as_sent=True, by="ana")
    ledger.resolve(CAMPAIGN, row_id=2, as_sent=False, by="ana")
    found = {row.id: (row.state.value, row.reason) for row in ledger.rows(CAMPAIGN) if row.id < 3}
    assert found == {1: ("sent", "resolved as sent by ana"), 2: ("planned", "resolved as not sent by ana")}
    assert ledger.claim(2, mark={})


@pytest.mark.parametrize(
    ("campaign", "row_id"), [(CAMPAIGN, 1), (CAMPAIGN, 99), (CAMPAIGN, 10**20), ("summer", 2), ("autumn", 2)]
)
def test_nobody_settles_a_row_that_is_not_unknown_or_of_another_campaign(
    ledger: Ledger, campaign: str, row_id: int
) -> None:
    begin(ledger, "summer")
    unknown(ledger, 2)
    with pytest.raises(ConfigurationError, match=rf"(The campaign {campaign} has no unknown row|There is no campaign)"):
        ledger.resolve(campaign, row_id=row_id, as_sent=True, by="ana")
    assert states(ledger) == {2: "unknown"}


# Counts, caps and people ----------------------------------------------------------------------------------------------


def test_counts_add_up_and_rows_come_by_state(ledger: Ledger) -> None:
    for row_id, state in ((1, RowState.SENT), (2, RowState.CONFIRMED), (3, RowState.REFUSED), (4, RowState.UNKNOWN)):
        ledger.claim(row_id, mark={})
        ledger.record(row_id, state)
    ledger.skip(5, rule="consent", reason="none")
    assert ledger.counts(CAMPAIGN) == CampaignCounts(8, sent=2, confirmed=1, refused=1, skipped=1, unknown=1)
    assert [row.id for row in ledger.rows(CAMPAIGN, states=[RowState.SKIPPED, RowState.SENT])] == [1, 5]
    assert [(each.name, each.counts.left) for each in ledger.campaigns()] == [(CAMPAIGN, 3)]


def test_what_may_have_reached_a_person_counts_for_the_day_and_for_the_person(folder: Path) -> None:
    now = BEGIN
    with open_ledger(folder, now=lambda: now) as ledger:
        begin(ledger)
        ledger.plan([*map(planned, range(1, 6)), planned(9, effect=Effect.STATE)])
        ends = [RowState.SENT, RowState.REFUSED, RowState.PLANNED, RowState.UNKNOWN, None, RowState.SENT]
        for row_id, state in enumerate(ends, start=1):
            now = BEGIN + timedelta(hours=row_id)
            ledger.claim(row_id, mark={}, contact_id=800001)
            if state is not None:
                ledger.record(row_id, state)
        counts = [ledger.reached_since(BEGIN + timedelta(hours=hour)) for hour in range(7)]
        reached = [ledger.last_reached(100_000 + number) for number in range(1, 6)]
        assert ledger.last_reached(800001) is None
    assert counts == [3, 3, 2, 2, 2, 1, 0]
    assert reached == [BEGIN + timedelta(hours=hour) if hour else None for hour in (1, 0, 0, 4, 5)]


def test_who_opted_out_stays_so_with_where_it_was_said_first(ledger: Ledger) -> None:
    ledger.add_opt_out(800001, source="131050", at=BEGIN)
    ledger.add_opt_out(800001, source="csv", at=BEGIN)
    assert ledger.opt_outs() == {800001: "131050"}
    assert [ledger.opt_out_of(800001), ledger.opt_out_of(800002)] == ["131050", None]


def test_a_forgotten_person_is_in_no_byte_of_the_files_and_their_keys_stay(ledger: Ledger, folder: Path) -> None:
    for row_id in (1, 2):
        ledger.claim(row_id, mark={})
    ledger.record(2, RowState.SENT)
    ledger.add_opt_out(100_003, source="csv", at=BEGIN)
    assert [ledger.mentions(100_000 + number) for number in (1, 2, 3, 50)] == [True, True, True, False]
    for number in (1, 2, 3):
        ledger.forget(100_000 + number, chats=[number])
    assert not [number for number in (1, 2, 3) if ledger.mentions(100_000 + number)]
    held = b"".join(path.read_bytes() for path in folder.iterdir())
    assert [f"text {number}".encode() in held for number in (1, 2, 3, 4)] == [False, False, False, True]
    assert ledger.plan(map(planned, (1, 2, 3))) == 0
    assert states(ledger) == {1: "claimed", 2: "sent", 3: "skipped"}


def test_an_erasure_that_a_reader_keeps_from_the_log_says_so(folder: Path) -> None:
    with begun(folder, 1, patience=0.01) as ledger, open_ledger(folder) as reader:
        reader._connection.execute("BEGIN")
        reader._connection.execute("SELECT * FROM rows").fetchall()
        with pytest.raises(LedgerBusy, match="stays in its log: do this again"):
            ledger.forget(100_001)
        reader._connection.execute("COMMIT")
        assert ledger.forget(100_001) == 0


def test_each_attempt_carries_who_asked_for_it_and_the_ledger(ledger: Ledger, folder: Path) -> None:
    ledger.claim(1, mark={})
    with open_ledger(folder) as other:
        begin(other, asked_by="bia")
        other.claim(2, mark={})
    with open_ledger(folder) as third:
        third.claim(3, mark={})
    told = [(row["target"], row["asked_by"], row["company_id"], row["ledger"]) for row in ledger.attempts(after=0)]
    assert told[:3] == [
        (f"chat:{number}", by, COMPANY, ledger.id) for number, by in ((1, "ana"), (2, "bia"), (3, "ana"))
    ]
    assert len(told) == ROWS


def test_a_ledger_that_another_process_holds_too_long_is_busy(folder: Path) -> None:
    with begun(folder, 1, patience=0.01) as ledger, open_ledger(folder) as other:
        other._connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerBusy, match=f"Another process holds the ledger {ledger_path(folder, COMPANY)}"):
            ledger.claim(1, mark={})
        other._connection.execute("ROLLBACK")
        assert ledger.claim(1, mark={})
