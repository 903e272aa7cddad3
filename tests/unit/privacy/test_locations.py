"""Locations in a row: what is done with a value there, how closely it is searched, and how the location is called."""

from __future__ import annotations

import random
from itertools import permutations

import pytest

from huggy_connector.privacy.locations import FieldLocation, Scrutiny, root_location
from huggy_connector.privacy.rules import PrivacyAction, read_rules

KEEP, MASK, HMAC, DROP = PrivacyAction
NONE, SIGNS_ONLY, FULL = Scrutiny


def location(path: str, rules: str = "") -> FieldLocation:
    resource, *keys = path.split("/")
    found = root_location(read_rules(rules), resource)
    for key in keys:
        found = found.child(key)
    return found


@pytest.mark.parametrize(
    ("rules", "path", "action", "scrutiny"),
    [
        ("", "contacts", KEEP, FULL),
        ("", "contacts/id", KEEP, SIGNS_ONLY),
        ("", "contacts/name", KEEP, FULL),
        ("", "contacts/email", MASK, FULL),
        ("", "contacts/status", KEEP, SIGNS_ONLY),
        ("", "contacts/custom_fields/status", KEEP, FULL),
        ("", "contacts/custom_fields/id", KEEP, SIGNS_ONLY),
        ("", "chats/channels/name", KEEP, NONE),
        ("", "chats/custom_fields/channels/name", KEEP, FULL),
        # An agent's address is kept, a sender may be a contact too.
        ("", "agents/email", KEEP, NONE),
        ("", "chats/agents/email", KEEP, NONE),
        ("", "messages/sender/email", MASK, FULL),
        ("contacts.email=keep", "messages/sender/email", KEEP, NONE),
        # What is done with an object is done with all in it, but for what another rule names, and for ids and times.
        ("custom_fields=drop", "contacts/customFields/a/b/c", DROP, FULL),
        ("custom_fields=drop, custom_fields.plano=keep", "contacts/custom_fields/Plano", KEEP, NONE),
        ("custom_fields=drop, city=keep", "contacts/custom_fields/city", DROP, FULL),
        ("custom_fields=mask, ~cpf=drop", "contacts/custom_fields/cpf_2", DROP, FULL),
        ("chatCustomer=drop", "chats/chatCustomer/id", KEEP, SIGNS_ONLY),
        ("chatCustomer=drop, name=keep", "chats/chatCustomer/name", DROP, FULL),
        ("chatCustomer=drop, chatCustomer.name=keep", "chats/chatCustomer/name", KEEP, NONE),
        ("custom_fields=keep", "contacts/custom_fields/a/b/c", KEEP, NONE),
        ("custom_fields=keep", "contacts/custom_fields/email_2", MASK, FULL),
        # What no column could hold is dropped, except where the account's own fields have that name.
        ("chatCustomer=mask", "chats/chatCustomer/status", DROP, SIGNS_ONLY),
        ("chatCustomer=hmac", "chats/chatCustomer/birthDate", DROP, SIGNS_ONLY),
        ("custom_fields=mask", "contacts/custom_fields/status", MASK, FULL),
    ],
)
def test_a_value_gets_this_action_and_this_scrutiny(
    rules: str, path: str, action: PrivacyAction, scrutiny: Scrutiny
) -> None:
    found = location(path, rules)
    assert (found.action, found.scrutiny) == (action, scrutiny)


def test_a_location_is_made_once_whatever_is_asked_for_in_between() -> None:
    root = location("contacts")
    first = root.child("email")
    root.child("name")
    assert root.child("email") is first
    assert root_location(read_rules(""), "contacts") is root_location(read_rules(""), "contacts")


def test_objects_with_very_many_keys_do_not_fill_the_memory() -> None:
    seen = location("contacts/seen of its own")
    keys = [f"key {chr(97 + number % 26)}{number}x" for number in range(2_050)]
    for key in keys:
        assert seen.child(key).action is KEEP
    assert len(seen.children) == 2_000
    assert seen.child("email_2").action is MASK


@pytest.mark.parametrize(
    ("path", "display_path", "key"),
    [
        ("contacts", "", ""),
        ("contacts/email", "email", "email"),
        ("contacts/custom_fields/Observação", "custom_fields.Observação", "Observação"),
        ("contacts/seen/700001", "seen.*", "700001"),
        ("contacts/seen/ana@x.com.br", "seen.a***@x.com.br", "a***@x.com.br"),
        ("contacts/seen/ana@x.com.br/email", "seen.a***@x.com.br.email", "email"),
        ("contacts/seen/52998224725", "seen.*", "52998224725"),
        ("contacts/seen/529.982.247-25", "seen.***4725", "***4725"),
    ],
)
def test_a_location_is_called_without_personal_data(path: str, display_path: str, key: str) -> None:
    found = location(path)
    assert (found.display_path, found.key) == (display_path, key)


def test_a_copy_with_another_display_path_is_the_same_otherwise() -> None:
    found = location("contacts/custom_fields/email_2")
    other = found.with_display_path("custom_fields.value")
    assert (other.display_path, other.key, other.action, other.scrutiny) == (
        "custom_fields.value",
        "email_2",
        MASK,
        FULL,
    )
    assert other.child("id").action is found.child("id").action is MASK


PAIR = {"id": 7, "name": "campo_7", "label": "CPF do titular", "type": "text", "value": "1"}


@pytest.mark.parametrize(
    ("path", "pairs", "action", "display_path"),
    [
        ("contacts/custom_fields", {"name": "plano", "value": "1"}, KEEP, "custom_fields.plano"),
        ("contacts/custom_fields", {"Nome": "E-mail", "Valor": "1"}, MASK, "custom_fields.E-mail"),
        ("contacts/custom_fields", PAIR, DROP, "custom_fields.CPF do titular"),
        ("contacts/custom_fields", {"field": {"id": 7, "name": "RG"}, "value": "1"}, DROP, "custom_fields.RG"),
        ("contacts/custom_fields", {"type": "email", "value": "1"}, MASK, "custom_fields.email"),
        ("contacts/custom_fields", {"name": "plano", "type": "email", "value": "1"}, KEEP, "custom_fields.plano"),
        ("contacts/others", {"name": "CPF", "value": "1"}, DROP, "others.value"),
        ("contacts/others", {"name": "Ana Bia", "value": "1"}, KEEP, "others.value"),
    ],
)
def test_the_value_of_a_pair_is_treated_by_the_strictest_of_its_names(
    path: str, pairs: dict[str, object], action: PrivacyAction, display_path: str
) -> None:
    where = location(path)
    for items in permutations(pairs.items()):
        found = where.pair_location(dict(items), in_list=True)
        assert found is not None
        assert (found.action, found.display_path) == (action, display_path)


@pytest.mark.parametrize(
    ("path", "pairs", "in_list"),
    [
        ("contacts", {"name": "cpf", "value": "1"}, True),
        ("contacts/custom_fields", {"name": "cpf", "value": "1"}, False),
        ("contacts/custom_fields", {"value": "1"}, True),
        ("contacts/custom_fields", {"name": 7, "value": "1"}, True),
        ("contacts/custom_fields", {"value": {"name": "cpf"}}, True),
    ],
)
def test_what_has_no_name_beside_its_value_is_no_pair(path: str, pairs: dict[str, object], *, in_list: bool) -> None:
    assert location(path).pair_location(pairs, in_list=in_list) is None


@pytest.mark.parametrize(
    ("rules", "path", "action"),
    [
        ("", "chats/lastMessage", DROP),  # its text
        ("", "chats/chatDepartment", KEEP),
        ("", "chats/chatCustomer", DROP),  # the address
        ("", "chats/agents", KEEP),
        ("agents.name=mask", "chats/agents", MASK),
        ("", "contacts/custom_fields", DROP),  # what is in it cannot be known
        ("text=keep, body=keep, file=keep", "chats/lastMessage", DROP),  # its sender
    ],
)
def test_text_in_place_of_an_object_may_be_anything_that_is_known_to_be_in_it(
    rules: str, path: str, action: PrivacyAction
) -> None:
    assert location(path, rules).misplaced_action is action


@pytest.mark.parametrize(
    ("path", "is_value_key", "is_object_due", "may_hold_id"),
    [
        ("contacts/others/value", True, False, False),
        ("contacts/others/Resposta", True, False, False),
        ("contacts/name", False, False, False),
        ("chats/chatCustomer", False, True, True),
        ("chats/lastMessage", False, True, False),
        ("contacts/custom_fields", False, True, False),
    ],
)
def test_a_location_says_what_is_due_there(
    path: str, *, is_value_key: bool, is_object_due: bool, may_hold_id: bool
) -> None:
    found = location(path)
    assert (found.is_value_key, found.is_object_due, found.may_hold_id) == (is_value_key, is_object_due, may_hold_id)


@pytest.mark.parametrize("seed", range(5))
def test_locations_do_not_depend_on_the_order_in_which_they_are_met(seed: int) -> None:
    paths = ["chats/chatCustomer/email", "chats/chatCustomer", "chats/lastMessage/sender/email", "chats/agents/email",
             "chats/new/email", "chats/email", "chats/lastMessage/text"]  # fmt: skip
    root_location.cache_clear()
    order = [*enumerate(paths)]
    random.Random(seed).shuffle(order)
    found = {number: location(path).action for number, path in order}
    assert [found[number] for number in range(len(paths))] == [MASK, KEEP, MASK, KEEP, MASK, MASK, DROP]
