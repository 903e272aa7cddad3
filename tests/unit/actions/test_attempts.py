"""What `meta.actions` is told: a row an attempt, the attempt 0 of what was not sent, no text, and no one forgotten."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from huggy_connector.actions.ledger.attempts import iter_attempts
from huggy_connector.actions.ledger.row_changes import erase_person
from huggy_connector.actions.ledger.row_values import to_instant
from huggy_connector.actions.ledger.transitions import Voice
from huggy_connector.actions.types import RowState
from huggy_connector.catalogue.actions.types import Effect
from tests.unit.actions.ledgers import BEGIN, COMPANY, NOW, claim, move, planned, tables

LATER = to_instant(NOW + 60_000_000)
COLUMNS = [
    *("company_id", "campaign", "action", "target", "attempt", "purpose", "state", "reason", "contact_id", "chat_id"),
    *("message_id", "asked_by", "claimed_at", "settled_at", "ledger"),
]


def ask(connection: sqlite3.Connection) -> Callable[..., list[Any]]:
    return lambda statement, *values: connection.execute(statement, values).fetchall()


def told(connection: sqlite3.Connection, *columns: str, after: int = 0, step: int = 1000) -> list[tuple[Any, ...]]:
    rows = iter_attempts(ask(connection), company_id=COMPANY, ledger="0a1b", after=after, step=step)
    return [tuple(each[name] for name in columns) for each in rows]


def test_an_attempt_has_these_columns() -> None:
    with tables(planned(700001, contact_id=800001)) as connection:
        claim(connection)
        move(connection, RowState.CONFIRMED, ids={"message": 9}, reason="")
        (row,) = iter_attempts(ask(connection), company_id=COMPANY, ledger="0a1b")
    assert sorted(row) == sorted(COLUMNS)
    assert [row[name] for name in COLUMNS] == [
        *(COMPANY, "spring", "message", "chat:700001", 1, "november", "confirmed", "", 800001, 700001),
        *(9, "ana", BEGIN, LATER, "0a1b"),
    ]


def test_what_waits_or_was_left_out_has_the_attempt_0_and_each_attempt_its_own_end() -> None:
    with tables(*map(planned, range(1, 5))) as connection:
        for row_id in (2, 3, 4):
            claim(connection, row_id)
        move(connection, RowState.PLANNED, row_id=2, reason="429")
        move(connection, RowState.PLANNED, row_id=3, reason="429")
        move(connection, RowState.SKIPPED, Voice.RULE, row_id=3, reason="opt_out: says so")
        claim(connection, 2)
        move(connection, RowState.REFUSED, row_id=2, reason="no")
        assert told(connection, "target", "attempt", "state", "reason", "claimed_at", "settled_at") == [
            ("chat:1", 0, "planned", "", None, None),
            ("chat:2", 1, "not_sent", "429", BEGIN, LATER),
            ("chat:2", 2, "refused", "no", BEGIN, LATER),
            ("chat:3", 0, "skipped", "opt_out: says so", None, None),
            ("chat:3", 1, "not_sent", "429", BEGIN, LATER),
            ("chat:4", 1, "claimed", "", BEGIN, None),
        ]


def test_who_was_forgotten_is_in_no_target_and_a_chat_stays() -> None:
    rows = (
        planned(800001, target="contact:800001", effect=Effect.STATE),
        planned(700001, contact_id=800001, campaign="summer"),
        planned(3, target="mobile:0a1b", effect=Effect.CREATE, campaign="new"),
    )
    with tables(*rows) as connection:
        claim(connection, 3)
        move(connection, RowState.SENT, row_id=3, ids={"contact": 800001})
        erase_person(connection, 800001, [], now=NOW)
        assert told(connection, "target", "contact_id", "chat_id") == [
            ("contact:forgotten-1", None, None),
            ("chat:700001", None, 700001),
            ("mobile:forgotten-3", None, None),
        ]


@pytest.mark.parametrize("step", [1, 2, 1000])
def test_all_rows_come_page_by_page_and_after_a_row_the_rest(step: int) -> None:
    with tables(*map(planned, range(1, 6))) as connection:
        for row_id in (2, 4):
            claim(connection, row_id)
        assert told(connection, "target", step=step) == [(f"chat:{number}",) for number in range(1, 6)]
        assert told(connection, "target", after=3, step=step) == [("chat:4",), ("chat:5",)]


def test_a_text_is_in_none_of_it() -> None:
    with tables(planned(1)) as connection:
        claim(connection)
        assert "text" not in str([*iter_attempts(ask(connection), company_id=COMPANY, ledger="0a1b")])
