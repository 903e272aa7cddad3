"""What is written of a row: its state, the attempts, whose message it is, and what goes with a person."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from huggy_connector.actions.ledger.campaigns import set_stopped
from huggy_connector.actions.ledger.row_changes import NOT_SENT, erase_person, find_owner, find_person, read_row
from huggy_connector.actions.ledger.transitions import Voice
from huggy_connector.actions.types import RowState
from huggy_connector.catalogue.actions.types import Effect
from tests.unit.actions.ledgers import NOW, claim, move, planned, row, tables

PERSON, CHAT, OTHER = 800001, 700001, 700002


def attempts(connection: sqlite3.Connection, row_id: int = 1) -> list[tuple[Any, ...]]:
    return connection.execute(
        "SELECT number, state, reason, ids FROM attempts WHERE row_id = ? ORDER BY number", (row_id,)
    ).fetchall()


def test_a_claim_keeps_the_mark_and_the_person_and_what_is_to_be_sent() -> None:
    with tables(planned(CHAT)) as connection:
        is_claimed = claim(connection, contact_id=PERSON)
        found = row(connection)
    assert (is_claimed, found.state, found.attempts, found.mark, found.contact_id, found.fields) == (
        *(True, RowState.CLAIMED, 1, {"message": 7}, PERSON),
        {"text": f"text {CHAT}"},
    )


def test_what_is_claimed_is_not_claimed_again_and_of_a_stopped_campaign_nothing_is() -> None:
    with tables(planned(CHAT), planned(OTHER)) as connection:
        first = claim(connection), claim(connection)
        set_stopped(connection, "spring", NOW)
        stopped = claim(connection, 2)
        set_stopped(connection, "spring", None)
        assert (first, stopped, claim(connection, 2)) == ((True, False), False, True)


@pytest.mark.parametrize("state", [RowState.SENT, RowState.CONFIRMED, RowState.REFUSED])
def test_a_settled_row_keeps_the_ids_of_the_answer_and_nothing_of_what_was_sent(state: RowState) -> None:
    with tables(planned(CHAT)) as connection:
        claim(connection)
        assert move(connection, state, ids={"message": 9, "contact": PERSON})
        found = row(connection)
        assert attempts(connection) == [(1, state, "why", '{"message":9,"contact":800001}')]
    assert (found.state, found.fields, found.ids, found.contact_id, found.reason) == (
        *(state, None, {"message": 9, "contact": PERSON}, PERSON, "why"),
    )


@pytest.mark.parametrize("state", [RowState.UNKNOWN, RowState.PLANNED])
def test_a_row_that_is_not_settled_keeps_what_is_to_be_sent(state: RowState) -> None:
    with tables(planned(CHAT)) as connection:
        claim(connection)
        move(connection, state)
        assert row(connection).fields == {"text": f"text {CHAT}"}


def test_an_attempt_that_never_left_is_on_record_and_the_next_one_too() -> None:
    with tables(planned(CHAT)) as connection:
        claim(connection)
        move(connection, RowState.PLANNED, reason="429")
        claim(connection)
        move(connection, RowState.SENT, reason="")
        assert attempts(connection) == [(1, NOT_SENT, "429", "{}"), (2, "sent", "", "{}")]


def test_an_answer_that_comes_after_a_person_said_not_sent_counts() -> None:
    with tables(planned(CHAT)) as connection:
        claim(connection)
        move(connection, RowState.UNKNOWN, Voice.DEATH)
        move(connection, RowState.PLANNED, Voice.PERSON)
        assert move(connection, RowState.SENT, ids={"message": 9})
        assert (row(connection).state, [state for _, state, *_ in attempts(connection)]) == (RowState.SENT, ["sent"])


def test_two_unknown_rows_do_not_share_a_message_that_was_read() -> None:
    with tables(planned(CHAT), planned(OTHER)) as connection:
        for row_id in (1, 2):
            claim(connection, row_id)
            move(connection, RowState.UNKNOWN, row_id=row_id)
        moved = [
            move(connection, RowState.CONFIRMED, Voice.READING, row_id=each, ids={"message": 9}) for each in (1, 2)
        ]
        assert (moved, row(connection, 2).state, find_owner(connection, "message", 9)) == (
            *([True, False], RowState.UNKNOWN, 1),
        )


def test_the_answer_knows_better_whose_message_it_is_than_a_reading() -> None:
    with tables(planned(CHAT), planned(OTHER)) as connection:
        claim(connection, 1)
        claim(connection, 2)
        move(connection, RowState.UNKNOWN)
        move(connection, RowState.CONFIRMED, Voice.READING, ids={"message": 9, "chat": CHAT})
        assert move(connection, RowState.SENT, row_id=2, ids={"message": 9})
        found = [(row(connection, each).state, row(connection, each).ids) for each in (1, 2)]
        assert found == [(RowState.UNKNOWN, {"chat": CHAT}), (RowState.SENT, {"message": 9})]
        assert find_owner(connection, "message", 9) == 2


def test_a_row_of_which_nothing_is_left_to_send_is_skipped_in_place_of_planned() -> None:
    with tables(planned(CHAT), planned(OTHER)) as connection:
        claim(connection, 1)
        claim(connection, 2)
        move(connection, RowState.UNKNOWN)
        move(connection, RowState.CONFIRMED, Voice.READING, ids={"message": 9})
        move(connection, RowState.SENT, row_id=2, ids={"message": 9})
        move(connection, RowState.PLANNED, Voice.PERSON)
        assert (row(connection).state, row(connection).reason) == (
            *(RowState.SKIPPED, "gone: what was to be sent is kept no longer"),
        )


def test_a_row_that_is_not_there_is_a_mistake() -> None:
    with tables() as connection, pytest.raises(KeyError):
        read_row(connection, 1)


def every_tie(connection: sqlite3.Connection) -> dict[int, tuple[Any, ...]]:
    found = connection.execute("SELECT id, state, target, fields, contact_id, ids, reason FROM rows").fetchall()
    return {row_id: tuple(rest) for row_id, *rest in found}


def test_with_a_person_goes_what_ties_them_to_a_row_and_its_key_stays() -> None:
    rows = (
        planned(1, contact_id=PERSON),
        planned(PERSON, target=f"contact:{PERSON}", effect=Effect.STATE, campaign="summer"),
        planned(CHAT),
        planned(4, contact_id=800002),
        planned(5, target="mobile:0a1b", effect=Effect.CREATE, campaign="new"),
    )
    with tables(*rows) as connection:
        connection.execute("INSERT INTO opt_outs VALUES (?, 'csv', 0), (800002, 'csv', 0)", (PERSON,))
        for row_id in (2, 5):
            claim(connection, row_id)
        move(connection, RowState.UNKNOWN, row_id=2)
        move(connection, RowState.SENT, row_id=5, ids={"contact": PERSON})
        assert find_person(connection, PERSON, [CHAT]) == [1, 2, 3, 5]
        assert erase_person(connection, PERSON, [CHAT], now=NOW) == 4
        left = every_tie(connection)
        skipped = ("skipped", None, None, "{}", "forgotten: the person was forgotten")
        assert left == {
            1: (skipped[0], "chat:1", *skipped[1:]),
            2: ("unknown", f"contact:{PERSON}", None, None, "{}", ""),
            3: (skipped[0], f"chat:{CHAT}", *skipped[1:]),
            4: ("planned", "chat:4", '{"text":"text 4"}', 800002, "{}", ""),
            5: ("sent", "mobile:0a1b", None, None, "{}", ""),
        }
        assert connection.execute("SELECT contact_id FROM opt_outs").fetchall() == [(800002,)]
        assert find_owner(connection, "contact", PERSON) is None
        assert attempts(connection, 5) == [(1, "sent", "", "{}")]
        assert (find_person(connection, PERSON, [CHAT]), erase_person(connection, PERSON, [CHAT], now=NOW)) == ([], 0)


def test_an_answer_that_comes_after_they_were_forgotten_ties_nobody_and_nothing_is_planned_again() -> None:
    with tables(planned(CHAT, contact_id=PERSON), planned(OTHER, contact_id=PERSON)) as connection:
        for row_id in (1, 2):
            claim(connection, row_id)
        erase_person(connection, PERSON, [], now=NOW)
        move(connection, RowState.SENT, ids={"message": 9, "contact": PERSON}, reason="")
        move(connection, RowState.PLANNED, row_id=2, reason="")
        assert every_tie(connection) == {
            1: ("sent", f"chat:{CHAT}", None, None, '{"message":9}', ""),
            2: ("skipped", f"chat:{OTHER}", None, None, "{}", "forgotten: the person was forgotten"),
        }
