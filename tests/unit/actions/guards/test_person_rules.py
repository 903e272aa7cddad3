"""Whom a row touches: each rule alone, before and after the chat is read."""

from __future__ import annotations

from datetime import timedelta

import pytest

from huggy_connector.actions.guards import OptOutWords, PeopleList, PlanFacts, Rule
from huggy_connector.actions.guards.checks import RULES, judge
from huggy_connector.actions.guards.people import ListedPerson
from huggy_connector.actions.guards.person_rules import (
    check_allowed,
    check_consent,
    check_forgotten,
    check_frequency,
    check_known_contact,
    check_opt_out,
    check_own_action,
    check_same_contact,
)
from huggy_connector.actions.types import PlannedRow
from huggy_connector.model import Row
from tests.unit.actions.guards.cases import (
    CHAT_ID,
    CLOSE_CHAT,
    CONTACT_ID,
    CREATE_CONTACT,
    DELETE_CONTACT,
    NOW,
    REQUEST,
    RUN_FLOW,
    SEND_MESSAGE,
    SEND_TEMPLATE,
    TEMPLATE,
    TRANSFER_CHAT,
    UPDATE_CONTACT,
    case,
    chat,
    facts,
    message,
    row,
    rule_of,
)

TO_CHAT = row(SEND_MESSAGE, text="Oi")
TO_CONTACT = row(RUN_FLOW, f"contact:{CONTACT_ID}", flow_id=3210)
LISTED = PeopleList([ListedPerson(CONTACT_ID)])
BY_PHONE = PeopleList([ListedPerson(None, frozenset({"5511987654321", "551187654321"}))])
OF_OTHERS = PeopleList([ListedPerson(CONTACT_ID + 1)])


@pytest.mark.parametrize(
    ("allowed", "planned", "expected"),
    [
        ((), TO_CHAT, None),
        ((f"chat:{CHAT_ID}",), TO_CHAT, None),
        ((f"chat:{CHAT_ID + 1}",), TO_CHAT, Rule.NOT_ALLOWED),
        ((f"contact:{CONTACT_ID}",), TO_CHAT, None),
        ((f"contact:{CONTACT_ID + 1}",), TO_CHAT, Rule.NOT_ALLOWED),
        ((f"contact:{CONTACT_ID}",), TO_CONTACT, None),
        ((f"chat:{CONTACT_ID}",), TO_CONTACT, Rule.NOT_ALLOWED),
        ((f"chat:{CHAT_ID}",), row(CREATE_CONTACT, "mobile:abc"), Rule.NOT_ALLOWED),
        ((f"chat:{CHAT_ID}",), row(REQUEST, f"POST:chats/{CHAT_ID}/close"), None),
        ((f"chat:{CHAT_ID}",), row(REQUEST, f"POST:chats/{CHAT_ID}/contacts/5"), Rule.NOT_ALLOWED),
        ((f"chat:{CHAT_ID}",), row(REQUEST, "POST:contacts"), Rule.NOT_ALLOWED),
    ],
)
def test_with_an_allow_list_only_listed_chats_and_contacts_are_touched(
    allowed: tuple[str, ...], planned: PlannedRow, expected: Rule | None
) -> None:
    given = facts(allowed=frozenset(allowed))
    is_chat = planned.key.target.startswith("chat:")
    assert rule_of(check_allowed, case(planned, given, of_chat=chat() if is_chat else None)) == expected


def test_an_allow_list_of_contacts_waits_for_the_chat_before_it_says_no() -> None:
    given = facts(allowed=frozenset({"contact:5"}))
    assert rule_of(check_allowed, case(TO_CHAT, given)) is None
    assert rule_of(check_allowed, case(TO_CHAT, given, of_chat=chat())) == Rule.NOT_ALLOWED
    assert rule_of(check_allowed, case(TO_CHAT, given, is_read=True)) == Rule.NOT_ALLOWED


@pytest.mark.parametrize(
    ("planned", "expected"),
    [
        (TO_CHAT, Rule.FORGOTTEN),
        (TO_CONTACT, Rule.FORGOTTEN),
        (row(UPDATE_CONTACT, f"contact:{CONTACT_ID}"), Rule.FORGOTTEN),
        (row(CLOSE_CHAT), Rule.FORGOTTEN),
        (row(DELETE_CONTACT, f"contact:{CONTACT_ID}"), None),
        (row(REQUEST, f"PUT:contacts/{CONTACT_ID}/block"), Rule.FORGOTTEN),
        (row(REQUEST, "PUT:contacts/5/block"), None),
    ],
)
def test_a_forgotten_person_is_not_touched_but_may_be_deleted(planned: PlannedRow, expected: Rule | None) -> None:
    given = facts(is_forgotten=lambda number: number == CONTACT_ID)
    is_chat = planned.key.target.startswith("chat:")
    assert rule_of(check_forgotten, case(planned, given, of_chat=chat() if is_chat else None)) == expected


def test_a_chat_of_a_forgotten_person_is_known_by_its_own_id() -> None:
    given = facts(is_forgotten_chat=lambda number: number == CHAT_ID)
    assert rule_of(check_forgotten, case(row(CLOSE_CHAT), given)) == Rule.FORGOTTEN
    assert rule_of(check_forgotten, case(row(REQUEST, f"PUT:chats/{CHAT_ID}/read"), given)) == Rule.FORGOTTEN
    assert rule_of(check_forgotten, case(row(CLOSE_CHAT, "chat:5"), given)) is None


def test_a_chat_of_another_contact_than_the_query_says_gets_nothing() -> None:
    planned = row(CLOSE_CHAT, contact_id=CONTACT_ID)
    assert rule_of(check_same_contact, case(planned, of_chat=chat())) is None
    assert rule_of(check_same_contact, case(planned, of_chat=chat(contactId=5))) == Rule.OTHER_CONTACT
    assert rule_of(check_same_contact, case(TO_CHAT, of_chat=chat(contactId=5))) is None


def test_what_reaches_a_person_needs_to_know_whom_once_the_chat_is_read() -> None:
    nobody = chat(contactId=None, chatCustomer=None)
    assert rule_of(check_known_contact, case(TO_CHAT)) is None
    assert rule_of(check_known_contact, case(TO_CHAT, of_chat=nobody)) == Rule.UNKNOWN_CONTACT
    assert rule_of(check_known_contact, case(TO_CHAT, is_read=True)) == Rule.UNKNOWN_CONTACT
    of_query = row(SEND_MESSAGE, contact_id=CONTACT_ID, text="Oi")
    assert rule_of(check_known_contact, case(of_query, of_chat=nobody)) == Rule.UNKNOWN_CONTACT
    assert rule_of(check_known_contact, case(row(CLOSE_CHAT), of_chat=nobody)) is None
    assert rule_of(check_known_contact, case(row(REQUEST, "POST:chats/1/reopen"), is_read=True)) is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("chats/1/messages", Rule.OWN_ACTION),
        ("chats/1/flow", Rule.OWN_ACTION),
        ("contacts/1/execflow", Rule.OWN_ACTION),
        ("flows/9/contact/1/exec", Rule.OWN_ACTION),
        ("chats/1/close", Rule.OWN_ACTION),
        ("chats/1/transfer", Rule.OWN_ACTION),
        ("chats/1/reopen", None),
        ("contacts", None),
    ],
)
def test_a_request_reaches_nobody_past_the_rules(path: str, expected: Rule | None) -> None:
    assert rule_of(check_own_action, case(row(REQUEST, f"POST:{path}"))) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (facts(), None),
        (facts(opt_outs=LISTED), Rule.OPT_OUT),
        (facts(opt_outs=OF_OTHERS), None),
        (facts(opt_outs=BY_PHONE), Rule.OPT_OUT),
        (facts(opted_out=lambda number: "code 131050" if number == CONTACT_ID else None), Rule.OPT_OUT),
        (facts(opted_out=lambda _: ""), Rule.OPT_OUT),
    ],
)
def test_who_opted_out_gets_nothing_whichever_list_says_so(given: PlanFacts, expected: Rule | None) -> None:
    assert rule_of(check_opt_out, case(TO_CHAT, given, of_chat=chat())) == expected


def test_the_answer_in_the_chat_that_is_read_is_an_opt_out() -> None:
    given = facts(opt_out_words=OptOutWords(["parar"]))
    assert rule_of(check_opt_out, case(TO_CHAT, given, of_chat=chat(lastMessage=message("PARAR!")))) == Rule.OPT_OUT
    read = case(TO_CHAT, given, of_chat=chat(), messages=(message("Oi"), message("Parar")))
    assert rule_of(check_opt_out, read) == Rule.OPT_OUT
    assert rule_of(check_opt_out, case(TO_CHAT, given, of_chat=chat(lastMessage=message("não quero parar")))) is None
    verdicts = [judge(read, (check_opt_out,)), judge(case(TO_CHAT, facts(opt_outs=LISTED), of_chat=chat()), RULES)]
    assert [verdict and verdict.opted_out for verdict in verdicts] == [CONTACT_ID, None]


def test_an_opt_out_list_of_phones_says_no_where_the_phone_is_not_known() -> None:
    given = facts(opt_outs=BY_PHONE)
    assert rule_of(check_opt_out, case(TO_CONTACT, given)) is None
    assert rule_of(check_opt_out, case(TO_CONTACT, given, is_read=True)) == Rule.OPT_OUT
    assert rule_of(check_opt_out, case(TO_CHAT, given, of_chat=chat(chatCustomer={"id": CONTACT_ID}))) == Rule.OPT_OUT


@pytest.mark.parametrize(
    ("planned", "expected"),
    [
        (row(SEND_MESSAGE, text="Oi", is_internal=True), None),
        (row(CLOSE_CHAT), None),
        (row(CLOSE_CHAT, send_feedback=True), Rule.OPT_OUT),
        (row(TRANSFER_CHAT, agent_id=9001, message="É sua"), None),
    ],
)
def test_the_rules_for_people_are_for_what_reaches_one(planned: PlannedRow, expected: Rule | None) -> None:
    assert rule_of(check_opt_out, case(planned, facts(opt_outs=LISTED), of_chat=chat())) == expected


@pytest.mark.parametrize(
    ("hours", "expected"), [(None, None), (1, Rule.TOO_SOON), (47.9, Rule.TOO_SOON), (48, None), (-5, Rule.TOO_SOON)]
)
def test_nobody_is_reached_twice_within_so_many_days(hours: float | None, expected: Rule | None) -> None:
    last = None if hours is None else NOW - timedelta(hours=hours)
    given = facts(message_every=timedelta(days=2), last_reached=lambda number: last if number == CONTACT_ID else None)
    assert rule_of(check_frequency, case(TO_CHAT, given, of_chat=chat())) == expected
    assert rule_of(check_frequency, case(row(CLOSE_CHAT), given, of_chat=chat())) is None


def test_without_a_number_of_days_there_is_no_rule() -> None:
    assert rule_of(check_frequency, case(TO_CHAT, facts(last_reached=lambda _: NOW), of_chat=chat())) is None


MARKETING = row(SEND_TEMPLATE, **{**TEMPLATE, "category": " Marketing "})


@pytest.mark.parametrize(
    ("planned", "of_chat", "is_needed"),
    [
        (MARKETING, chat(), True),
        (row(SEND_TEMPLATE, **TEMPLATE), chat(), False),
        (TO_CHAT, chat(), False),
        (TO_CONTACT, None, True),
        (row(RUN_FLOW, flow_id=1), chat(), False),
        (row(RUN_FLOW, flow_id=1), chat(enabledSession=False), True),
        (row(RUN_FLOW, flow_id=1), chat(enabledSession=None), True),
    ],
)
def test_marketing_templates_and_flows_outside_the_window_need_a_consent(
    planned: PlannedRow, of_chat: Row | None, is_needed: bool
) -> None:
    def judged(consents: PeopleList | None) -> Rule | None:
        return rule_of(check_consent, case(planned, facts(consents=consents), of_chat=of_chat, is_read=True))

    refused = Rule.NO_CONSENT if is_needed else None
    assert [judged(None), judged(OF_OTHERS), judged(PeopleList()), judged(LISTED)] == [refused, refused, refused, None]


def test_a_consent_holds_from_its_day_on() -> None:
    def judged(days: int) -> Rule | None:
        consents = PeopleList([ListedPerson(CONTACT_ID, since=NOW + timedelta(days=days))])
        return rule_of(check_consent, case(MARKETING, facts(consents=consents), of_chat=chat()))

    assert [judged(-1), judged(0), judged(1)] == [None, None, Rule.NO_CONSENT]


def test_a_consent_by_phone_waits_for_the_phone_and_then_says_no() -> None:
    given = facts(consents=BY_PHONE)
    assert rule_of(check_consent, case(MARKETING, given)) is None
    assert rule_of(check_consent, case(MARKETING, given, of_chat=chat())) is None
    assert rule_of(check_consent, case(TO_CONTACT, given)) is None
    assert rule_of(check_consent, case(TO_CONTACT, given, is_read=True)) == Rule.NO_CONSENT
    assert rule_of(check_consent, case(TO_CONTACT, facts(consents=OF_OTHERS))) == Rule.NO_CONSENT
