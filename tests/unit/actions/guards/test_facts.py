"""What the rules judge by."""

from __future__ import annotations

from huggy_connector.actions.guards import PeopleList
from huggy_connector.actions.guards.people import ListedPerson
from tests.unit.actions.guards.cases import CHAT_ID, CONTACT_ID, REQUEST, RUN_FLOW, SEND_MESSAGE, case, facts, row

BY_ID, BY_PHONE = PeopleList([ListedPerson(1)]), PeopleList([ListedPerson(None, frozenset({"5511987654321"}))])


def test_a_list_of_phones_needs_the_addresses_of_contacts() -> None:
    given = [facts(), facts(opt_outs=BY_ID, consents=BY_ID), facts(opt_outs=BY_PHONE), facts(consents=BY_PHONE)]
    assert [each.needs_addresses for each in given] == [False, False, True, True]


def test_without_facts_nobody_is_forgotten_or_listed() -> None:
    given = facts()
    assert [given.is_forgotten(1), given.is_forgotten_chat(1), given.opted_out(1), given.last_reached(1)] == [
        False,
        False,
        None,
        None,
    ]


def test_the_chat_of_a_case_is_its_target_if_that_is_a_chat() -> None:
    rows = [row(SEND_MESSAGE), row(RUN_FLOW, f"contact:{CONTACT_ID}"), row(REQUEST, "POST:chats/1/x")]
    assert [case(each).chat_id for each in rows] == [CHAT_ID, None, None]
