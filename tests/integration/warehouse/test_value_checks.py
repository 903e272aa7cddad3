"""The checks of values: ids that lead to no row, company by company, and situations that nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from huggy_connector.catalogue import RESOURCES
from huggy_connector.warehouse.load.quality.publish_checks import CheckLevel, CheckSettings
from huggy_connector.warehouse.load.quality.value_checks import check_values

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

UNKNOWN = "without a closing time have a situation that this release does not know"
CHATS = [RESOURCES["chats"], RESOURCES["agents"], RESOURCES["contacts"]]


def find(tables: DuckDBPyConnection, check: str) -> list[tuple[bool, str]]:
    found = check_values(tables, CHATS, checks=CheckSettings(frozenset({("chats", "situation_known")})))
    return [(each.passed, each.detail) for each in found if each.check == check]


@pytest.mark.parametrize(("known", "passed"), [(95, True), (94, False)])
def test_one_reference_of_twenty_may_lead_nowhere_and_another_companys_row_is_nowhere(
    tables: DuckDBPyConnection, known: int, *, passed: bool
) -> None:
    tables.execute("INSERT INTO chats (company_id, id, agent_id) SELECT 1, range, range FROM range(100)")
    tables.execute("INSERT INTO chats (company_id, id) SELECT 1, 1000 + range FROM range(50)")
    tables.execute(f"INSERT INTO agents (company_id, id) SELECT 1 + (range >= {known})::INT, range FROM range(100)")
    assert find(tables, "agent_id_found") == [
        (passed, f"company 1: {100 - known} of 100 values of agent_id are not in agents")
    ]
    assert find(tables, "contact_id_found") == []


def test_a_company_whose_agents_have_not_landed_raises_no_alarm_and_a_small_one_is_not_lost_in_a_large_one(
    tables: DuckDBPyConnection,
) -> None:
    tables.execute("INSERT INTO chats (company_id, id, agent_id) SELECT 1, range, 7 FROM range(1000)")
    tables.execute("INSERT INTO chats (company_id, id, agent_id) SELECT 2, range, 7 FROM range(500)")
    tables.execute("INSERT INTO chats (company_id, id, agent_id) SELECT 3, range, 8 FROM range(10)")
    tables.execute("INSERT INTO agents (company_id, id) VALUES (1, 7), (3, 7)")
    assert find(tables, "agent_id_found") == [
        (True, "company 1: 0 of 1,000 values of agent_id are not in agents"),
        (False, "company 3: 10 of 10 values of agent_id are not in agents"),
    ]


def test_open_chats_of_an_unknown_situation_are_told_with_its_name_unless_it_is_no_keyword(
    tables: DuckDBPyConnection,
) -> None:
    tables.execute(
        "INSERT INTO chats (company_id, id, situation, closed_at, deleted_grade) VALUES (1, 1, 'auto', NULL, NULL),"
        " (1, 2, NULL, NULL, NULL), (1, 3, 'paused', now(), NULL), (1, 4, 'paused', NULL, 'confirmed'),"
        " (2, 1, 'queue_v2', NULL, NULL), (2, 2, 'queue_v2', NULL, 'missing_once'), (2, 3, 'Ana +55 11', NULL, NULL)"
    )
    assert find(tables, "situation_known") == [
        (True, "company 1: every situation of an open row is known"),
        (
            False,
            f"company 2: 3 rows {UNKNOWN} (queue_v2 2, 1 more), and count as open: are they?",
        ),
    ]


def test_the_most_frequent_five_unknown_situations_are_named_and_the_check_can_be_set_to_stop(
    tables: DuckDBPyConnection,
) -> None:
    tables.execute(
        "INSERT INTO chats (company_id, id, situation) SELECT 1, range, 'odd_' || chr(97 + range::INT) FROM range(7)"
    )
    (finding,) = (
        each
        for each in check_values(tables, CHATS, checks=CheckSettings(frozenset({("chats", "situation_known")})))
        if each.check == "situation_known"
    )
    assert (finding.level, "(odd_a 1, odd_b 1, odd_c 1, odd_d 1, odd_e 1, 2 more)" in finding.detail) == (
        CheckLevel.STOP,
        True,
    )
