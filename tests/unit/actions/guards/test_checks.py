"""Both judgements: each rule alone leaves a row out, and no order of the rules lets one through."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.actions.guards import (
    OptOutWords,
    PeopleList,
    PlanFacts,
    Rule,
    check_before_send,
    check_planned,
)
from huggy_connector.actions.guards.checks import RULES, judge
from huggy_connector.actions.guards.people import ListedPerson
from tests.unit.actions.guards.cases import (
    CHAT_ID,
    CONTACT_ID,
    NOW,
    RUN_FLOW,
    SEND_MESSAGE,
    SEND_TEMPLATE,
    TEMPLATE,
    case,
    chat,
    facts,
    message,
    row,
)

LISTED = PeopleList([ListedPerson(CONTACT_ID)])

FACTS: dict[Rule, dict[str, Any]] = {
    Rule.NOT_ALLOWED: {"allowed": frozenset({"chat:5"})},
    Rule.FORGOTTEN: {"is_forgotten": lambda number: number == CONTACT_ID},
    Rule.OPT_OUT: {"opt_outs": LISTED},
    Rule.TOO_SOON: {"message_every": timedelta(days=1), "last_reached": lambda _: NOW},
}
CHATS: dict[Rule, dict[str, Any]] = {
    Rule.UNKNOWN_CONTACT: {"contactId": None, "chatCustomer": None},
    Rule.BLOCKED: {"situation": "blocked"},
    Rule.WITH_BOT: {"situation": "auto"},
    Rule.CHAT_CLOSED: {"situation": "filed"},
    Rule.WINDOW_CLOSED: {"enabledSession": False},
}
FIELDS: dict[Rule, dict[str, Any]] = {
    Rule.EMPTY_TEXT: {"text": " "},
    Rule.LONG_TEXT: {"text": "a" * 5000},
    Rule.BAD_FILE: {"text": "a", "file": "no address"},
}
BROKEN = sorted((*FACTS, *CHATS, *FIELDS))


def judge_broken(broken: set[Rule], order: list[int]) -> Rule | None:
    """Judge a good message that breaks these rules, with the rules in this order."""
    changes, of_chat, fields = ({} for _ in range(3))  # type: ignore[var-annotated]
    for rule in sorted(broken):
        changes |= FACTS.get(rule, {})
        of_chat |= CHATS.get(rule, {})
        fields |= FIELDS.get(rule, {})
    judged = case(row(SEND_MESSAGE, **{"text": "Oi", **fields}), facts(**changes), of_chat=chat(**of_chat))
    verdict = judge(judged, [RULES[position] for position in order])
    return None if verdict is None else verdict.rule


@given(st.sets(st.sampled_from(BROKEN)), st.permutations(range(len(RULES))))
@example({Rule.OPT_OUT, Rule.BLOCKED}, list(reversed(range(len(RULES)))))
@example(set(), list(range(len(RULES))))
def test_a_row_is_sent_only_if_it_breaks_no_rule_in_whatever_order_they_are_asked(
    broken: set[Rule], order: list[int]
) -> None:
    verdict = judge_broken(broken, order)
    assert (verdict is None) == (not broken)


@pytest.mark.parametrize("rule", BROKEN)
@pytest.mark.parametrize("backwards", [False, True])
def test_a_rule_that_alone_is_broken_is_the_one_that_is_named(rule: Rule, backwards: bool) -> None:
    order = list(range(len(RULES)))
    named = judge_broken({rule}, order[::-1] if backwards else order)
    closed = {Rule.BLOCKED: {Rule.BLOCKED, Rule.CHAT_CLOSED}, Rule.UNKNOWN_CONTACT: {Rule.UNKNOWN_CONTACT}}
    assert named in closed.get(rule, {rule})


@given(st.sets(st.sampled_from(BROKEN)))
def test_what_the_plan_leaves_out_is_never_sent_after_the_chat_was_read(broken: set[Rule]) -> None:
    changes, of_chat, fields = ({} for _ in range(3))  # type: ignore[var-annotated]
    for rule in broken:
        changes, of_chat, fields = (
            {**changes, **FACTS.get(rule, {})},
            {**of_chat, **CHATS.get(rule, {})},
            {**fields, **FIELDS.get(rule, {})},
        )
    planned, known = row(SEND_MESSAGE, **{"text": "Oi", **fields}), facts(**changes)
    if check_planned(planned, known) is not None:
        assert check_before_send(planned, chat(**of_chat), known) is not None


def test_a_good_row_passes_both_judgements() -> None:
    rows = [row(SEND_MESSAGE, text="Oi"), row(SEND_TEMPLATE, contact_id=CONTACT_ID, **TEMPLATE)]
    assert [check_planned(each, facts()) for each in rows] == [None, None]
    assert [check_before_send(each, chat(), facts()) for each in rows] == [None, None]


def test_an_opt_out_that_comes_in_mid_campaign_counts() -> None:
    known: dict[int, str] = {}
    given_facts, planned = facts(opted_out=known.get), row(SEND_MESSAGE, text="Oi")
    assert check_before_send(planned, chat(), given_facts) is None
    known[CONTACT_ID] = "code 131050"
    verdict = check_before_send(planned, chat(), given_facts)
    assert verdict is not None
    assert (verdict.rule, verdict.reason) == (Rule.OPT_OUT, "the contact wants no messages (code 131050)")


def test_the_newest_messages_of_the_chat_are_asked_too() -> None:
    given_facts = facts(opt_out_words=OptOutWords(["sair"]))
    verdict = check_before_send(row(SEND_MESSAGE, text="Oi"), chat(), given_facts, messages=[message("Sair.")])
    assert verdict is not None
    assert verdict.rule is Rule.OPT_OUT


def test_the_contact_that_was_read_tells_its_addresses_where_the_chat_does_not() -> None:
    listed = PeopleList([ListedPerson(None, frozenset({"um@example.com"}))])
    given_facts, bare = facts(consents=listed), chat(chatCustomer=None)
    planned = row(SEND_TEMPLATE, **{**TEMPLATE, "category": "marketing"})
    contact = {"id": CONTACT_ID, "email": "UM@example.com"}
    assert check_before_send(planned, bare, given_facts, contact=contact) is None
    assert check_before_send(planned, bare, given_facts) is not None


@pytest.mark.parametrize("judged", [check_planned, lambda planned, known: check_before_send(planned, None, known)])
def test_a_flow_for_a_contact_needs_no_chat(judged: Callable[..., Any]) -> None:
    planned = row(RUN_FLOW, f"contact:{CONTACT_ID}", channel_uuid="00000000-0000-4000-8000-0000000000aa")
    assert judged(planned, facts(consents=LISTED)) is None
    assert judged(planned, facts()).rule is Rule.NO_CONSENT


def test_no_reason_shows_whom_it_is_about() -> None:
    text = "+55 11 98765-4321"
    given_facts: PlanFacts = facts(opt_outs=LISTED)
    verdict = check_planned(row(SEND_MESSAGE, contact_id=CONTACT_ID, text=text), given_facts)
    assert verdict is not None
    assert not {text, str(CONTACT_ID), str(CHAT_ID)} & {*verdict.reason.split()}
