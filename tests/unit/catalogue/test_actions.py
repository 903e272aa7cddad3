"""The registry of actions holds what the command line promises, and each action tells its risk in both languages."""

import re
from importlib import import_module
from pathlib import Path

import pytest

import huggy_connector.catalogue.actions as room
from huggy_connector.catalogue.actions import ACTIONS, Action, get_action
from huggy_connector.catalogue.actions.types import PURPOSE, Effect, FieldKind, Target
from huggy_connector.errors import ConfigurationError

PROMISED = (
    "assign_chat close_chat comment create_contact delete_chat delete_contact mark_read open_chat queue_chat request "
    "run_flow send_message send_template set_department set_tabulation set_workflow_step transfer_chat update_contact"
)
each_action = pytest.mark.parametrize("action", ACTIONS.values(), ids=list(ACTIONS))


def test_the_actions_are_those_that_were_promised_and_each_has_its_file() -> None:
    folder = Path(room.__path__[0])
    files = {path.stem for path in folder.rglob("*.py")} - {"__init__", "types", "contact_fields"}
    assert (list(ACTIONS), files) == (PROMISED.split(), {*ACTIONS})


def test_an_unknown_action_is_refused_with_all_names() -> None:
    with pytest.raises(ConfigurationError) as raised:
        get_action("send_mesage")
    assert str(raised.value) == (f"There is no action called 'send_mesage': choose from {', '.join(PROMISED.split())}.")
    assert get_action("close_chat") is ACTIONS["close_chat"]


@each_action
def test_each_text_is_a_sentence_in_two_languages(action: Action) -> None:
    texts = [action.comment, action.risk, *(field.comment for field in action.fields)]
    wrong = [
        text
        for text in texts
        if text.en == text.pt or not all(re.fullmatch(r"[A-ZÀ-Ú].+\.", each) for each in (text.en, text.pt))
    ]
    assert wrong == []


@each_action
def test_the_fields_of_an_action_can_be_told_apart(action: Action) -> None:
    names = [field.name for field in action.fields]
    reserved = {PURPOSE, "id", "chat_id", "contact_id"}
    assert (len({*names}), {*names} & reserved) == (len(names), set())
    prefixes = [field.prefix for field in action.fields if field.prefix]
    assert all(field.kind is FieldKind.JSON for field in action.fields if field.prefix)
    assert [
        name for name in names if any(name.startswith(prefix) and name != "custom_fields" for prefix in prefixes)
    ] == []
    assert all(field.kind is FieldKind.TEXT for field in action.fields if field.choices)


@each_action
def test_what_a_customer_may_read_is_marked_as_personal(action: Action) -> None:
    free = {
        "text",
        "message",
        "comment",
        "params",
        "variables",
        "custom_fields",
        "body",
        "query",
        "options",
        "buttons",
        "obs",
    }
    assert [field.name for field in action.fields if field.name in free and field.personal is None] == []


def test_only_what_cannot_be_taken_back_is_irreversible_and_messages_are_never_states() -> None:
    irreversible = {action.name for action in ACTIONS.values() if action.is_irreversible}
    by_effect = {effect: {each.name for each in ACTIONS.values() if each.effect is effect} for effect in Effect}
    assert irreversible == {"delete_chat", "delete_contact", "request"}
    assert by_effect == {
        Effect.MESSAGE: {"comment", "run_flow", "send_message", "send_template", "transfer_chat"},
        Effect.STATE: {
            "assign_chat",
            "close_chat",
            "mark_read",
            "queue_chat",
            "set_department",
            "set_tabulation",
            "set_workflow_step",
            "update_contact",
        },
        Effect.CREATE: {"create_contact", "open_chat"},
        Effect.DELETE: {"delete_chat", "delete_contact"},
        Effect.OTHER: {"request"},
    }


@pytest.mark.parametrize(
    ("name", "fields", "reaches"),
    [
        ("send_message", {"text": "Oi"}, True),
        ("send_message", {"text": "Oi", "is_internal": False}, True),
        ("send_message", {"text": "Oi", "is_internal": True}, False),
        ("send_template", {}, True),
        ("run_flow", {}, True),
        ("close_chat", {}, False),
        ("close_chat", {"send_feedback": True}, True),
        ("comment", {"text": "Oi"}, False),
        ("request", {}, True),
    ],
)
def test_an_action_says_of_each_row_whether_it_reaches_a_person(
    name: str, fields: dict[str, object], reaches: bool
) -> None:
    assert ACTIONS[name].reaches(fields) is reaches


def test_the_fields_that_decide_on_reaching_a_person_are_there() -> None:
    named = [(action, name) for action in ACTIONS.values() for name in (action.reached_by, action.hidden_by) if name]
    assert [action.field(name).kind for action, name in named] == [FieldKind.BOOLEAN] * len(named)


def test_a_field_is_found_by_its_name() -> None:
    field = get_action("send_template").field("category")
    assert (field.required, field.choices) == (True, ("marketing", "utility", "authentication"))


def test_actions_are_no_resources_and_are_imported_only_when_they_are_asked_for() -> None:
    catalogue = import_module("huggy_connector.catalogue")
    assert {"actions", "types"} & {*catalogue.RESOURCES} == set()


def test_the_new_contact_is_the_only_target_without_an_id_beside_an_address() -> None:
    assert {each.name for each in ACTIONS.values() if each.target in {Target.NEW_CONTACT, Target.ADDRESS}} == {
        "create_contact",
        "request",
    }
