"""The items of events: the keys that public receivers saw, in all the spellings that they saw."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from huggy_connector.sandbox.data.account import Account
from huggy_connector.sandbox.webhook.items import Items
from tests.unit.sandbox.conftest import create_account

Json = dict[str, Any]

PERSON = {"id", "name", "mobile", "phone", "email"}
CHAT = {"id", "channel", "situation", "department", "customer", "workflowID", "workflowStepID", "company"}


def spell(write: Callable[[Items, Random], Any], account: Account) -> list[Any]:
    """Return what is written in forty spellings."""
    items = Items(account)
    return [write(items, Random(number)) for number in range(40)]


def first(account: Account, situation: str) -> int:
    rows = account.chats.lifecycles.open_situations.items()
    return next(row for row, each in rows if each == situation and account.chats.lifecycles.state(row).contact)


def test_a_chat_has_its_keys_and_as_many_spellings_as_were_seen() -> None:
    account = create_account()
    row = first(account, "in_chat")
    chats = spell(lambda items, rng: items.chat(row, rng), account)
    assert {frozenset(chat) for chat in chats} == {frozenset(CHAT)}
    assert {frozenset(chat["customer"]) for chat in chats} == {frozenset(PERSON)}
    assert {type(chat["id"]) for chat in chats} == {int, str}
    assert {type(chat["department"]) for chat in chats} == {int, str, dict}
    assert {int(chat["id"]) for chat in chats} == {account.chats.id_of(row)}
    assert {chat["situation"] for chat in chats} == {"in_chat"}
    assert {chat["company"]["id"] for chat in chats} == {4242}


def test_a_chat_with_the_bot_has_the_department_false() -> None:
    account = create_account()
    chats = spell(lambda items, rng: items.chat(first(account, "auto"), rng), account)
    assert [chat["department"] for chat in chats] == [False] * 40


def test_the_agent_is_told_where_it_is_asked_for() -> None:
    account = create_account()
    row = first(account, "in_chat")
    agent = account.desk.agents[account.chats.lifecycles.state(row).agent or 0]
    chat = Items(account).chat(row, Random(1), agent=True)
    assert chat["agent"] == {key: agent[key] for key in PERSON}
    assert set(chat) == {*CHAT, "agent"}


def test_a_closed_chat_names_no_customer_and_its_end_is_true_or_one() -> None:
    account = create_account()
    row = first(account, "in_chat")
    account.chats.close(row, account.local_time(5), Random(1))
    chats = spell(lambda items, rng: items.closed_chat(row, rng), account)
    keys = {"id", "channel", "situation", "tabulation", "closed", "closed_at", "company"}
    assert {frozenset(chat) for chat in chats} == {frozenset(keys)}
    assert {repr(chat["closed"]) for chat in chats} == {"True", "1"}
    assert {chat["closed_at"] for chat in chats} == {"2025-03-10 14:00:05"}
    assert {chat["tabulation"]["id"] for chat in chats} == {account.chats.record(row)["tabulationId"]}


def test_a_message_says_what_the_api_says_in_the_webhooks_words() -> None:
    account = create_account(absent_customers=0.0)
    for row in range(380, 400):
        told = Items(account).messages(row, None, Random(row))
        listed = account.chats.messages(row, events=False)[::-1]
        assert [int(each["id"]) for each in told] == [each["id"] for each in listed]
        for item, message in zip(told, listed, strict=True):
            assert item["body"] == message.get("text", message.get("body"))
            assert item["send_at"] == message.get("sendAt", message.get("send_at"))
            assert (item["senderType"], item["is_email"]) == (message["senderType"], message["isEmail"])
            assert item["read_at"] in ("", None)
            assert set(item["chat"]) - {"customer"} == {"id", "channel", "situation", "department", "entrypoint"}
            if message["customer"]:
                assert item["chat"]["customer"] == {"id": message["customer"]["id"]}


def test_a_message_of_a_customer_has_the_channel_as_the_type_of_its_sender() -> None:
    account = create_account(absent_customers=0.0)
    messages = [each for row in range(400) for each in Items(account).messages(row, None, Random(row))]
    assert {each["read_at"] for each in messages} == {"", None}
    types = {each["senderType"] for each in messages if each["receiverType"] == "agent"}
    assert types == {channel.type for channel in account.desk.channels}


def test_only_a_new_contact_names_a_channel() -> None:
    account = create_account()
    new = spell(lambda items, rng: items.contact(7, rng, is_new=True), account)
    updated = spell(lambda items, rng: items.contact(7, rng, is_new=False), account)
    shared = PERSON | {"photo", "custom_fields", "company"}
    assert {frozenset(each) for each in new} == {frozenset(shared | {"channel"})}
    assert {frozenset(each) for each in updated} == {frozenset(shared), frozenset(shared | {"organizations", "groups"})}


def test_custom_fields_are_an_object_or_an_empty_list() -> None:
    account = create_account()
    fields = [Items(account).contact(row, Random(row), is_new=True)["custom_fields"] for row in range(100)]
    assert {type(each) for each in fields} == {dict, list}
    assert [each for each in fields if isinstance(each, list) and each] == []


def test_a_flow_names_its_chat_its_label_and_the_answers() -> None:
    account = create_account()
    row = first(account, "in_chat")
    flows = spell(
        lambda items, rng: items.flow(
            row, rng, flow=3211, label="pesquisa-nps", answers={"nota": "9"}, last_message="9"
        ),
        account,
    )
    assert {frozenset(each) for each in flows} == {frozenset({"chatID", "flowID", "flowToken", "context", "company"})}
    assert {type(each["chatID"]) for each in flows} == {int, str}
    contexts = [each["context"] for each in flows]
    assert {context["SYSTEM.CHAT_ID"] for context in contexts} == {str(account.chats.id_of(row))}
    assert {(context["nota"], context["SYSTEM.CURRENT_MESSAGE"]) for context in contexts} == {("9", "9")}
    assert {type(value) for context in contexts for value in context.values()} == {str}


@pytest.mark.parametrize("has_unknown_fields", [True, False])
def test_fields_that_nobody_knows_come_where_they_are_wanted(has_unknown_fields: bool) -> None:
    account = create_account(unknown_fields=has_unknown_fields)
    items = Items(account)
    told = [items.contact(1, Random(1), is_new=True), *items.messages(390, None, Random(1))]
    assert {"sla" in each for each in told} == {has_unknown_fields}


def test_without_quirks_there_is_one_spelling() -> None:
    account = create_account(quirks=False)
    row = first(account, "in_chat")
    told = spell(lambda items, rng: [items.chat(row, rng), *items.messages(row, None, rng)], account)
    assert len({json.dumps(each) for each in told}) == 1
