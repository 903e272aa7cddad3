"""API v2: what it has, how it is spelled, and the sentence for what it lacks."""

from typing import Any

import pytest

from huggy_connector.api.writes import build_write
from huggy_connector.api.writes.types import WriteRequest
from huggy_connector.api.writes.v2 import list_fields
from huggy_connector.catalogue.actions import ACTIONS, get_action
from huggy_connector.catalogue.actions.types import Target
from huggy_connector.errors import ConfigurationError


def build(action: str, number: int | None = 7, *, target: Target | None = None, **fields: Any) -> WriteRequest:
    return build_write(get_action(action), number, fields, api_version="v2", company_id=4242, target=target)


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        ("send_message", {"text": "Oi"}, ("POST", "chats/7/messages", {"text": "Oi"}, True)),
        (
            "send_message",
            {"file": "https://x.example/a"},
            ("POST", "chats/7/messages", {"file": "https://x.example/a"}, True),
        ),
        ("run_flow", {"target": Target.CHAT, "flow_id": 3}, ("POST", "chats/7/flow", {"flowId": 3}, False)),
        (
            "run_flow",
            {"target": Target.CONTACT, "flow_id": 3, "channel_uuid": "u", "variables": {"a": 1}},
            (
                "POST",
                "flows/3/contact/7/exec",
                {
                    "uuid": "u",
                    "flowId": 3,
                    "variables": {"a": "1"},
                    "whenInChat": False,
                    "whenWaitForChat": False,
                    "whenInAuto": False,
                },
                False,
            ),
        ),
        ("close_chat", {"send_feedback": True}, ("POST", "chats/7/close", {"sendFeedback": True}, False)),
        ("close_chat", {}, ("POST", "chats/7/close", {}, False)),
        ("set_department", {"department_id": 31}, ("POST", "chats/7/department", {"department": 31}, False)),
        ("queue_chat", {}, ("POST", "chats/7/queue", {}, False)),
        ("create_contact", {"number": None, "name": "Um"}, ("POST", "contacts", {"name": "Um"}, True)),
        (
            "update_contact",
            {"obs": "x", "custom_fields": {"a": "b"}},
            ("PUT", "contacts/7", {"obs": "x", "customFields": {"a": "b"}}, False),
        ),
        ("delete_contact", {}, ("DELETE", "contacts/7", {}, False)),
        (
            "request",
            {"number": None, "method": "POST", "path": "chats/7/situation", "body": {"situation": "auto"}},
            ("POST", "chats/7/situation", {"situation": "auto"}, False),
        ),
    ],
)
def test_what_v2_has_is_spelled_its_own_way_without_a_company(name: str, fields: dict[str, Any], expected: Any) -> None:
    request = build(name, **fields)
    assert (request.method.value, request.path, request.body, request.expects_record) == expected


@pytest.mark.parametrize(
    ("name", "fields", "sentence"),
    [
        (
            "send_template",
            {"template_id": 1, "category": "utility"},
            "API v2 has no send_template: it needs HUGGY_API_VERSION=v3.",
        ),
        ("transfer_chat", {"agent_id": 1}, "API v2 has no transfer_chat: it needs HUGGY_API_VERSION=v3."),
        ("open_chat", {}, "API v2 has no open_chat: it needs HUGGY_API_VERSION=v3."),
        (
            "close_chat",
            {"tabulation_id": 12},
            "In API v2 close_chat has no tabulation_id: leave it out, or use HUGGY_API_VERSION=v3.",
        ),
        (
            "send_message",
            {"text": "a", "is_internal": True},
            "In API v2 send_message has no is_internal: leave it out, or use HUGGY_API_VERSION=v3.",
        ),
        (
            "run_flow",
            {"target": Target.CHAT, "flow_id": 3, "variables": {}},
            "In API v2 run_flow of a chat has no variables: leave it out, or use HUGGY_API_VERSION=v3.",
        ),
        (
            "run_flow",
            {"target": Target.CONTACT, "flow_id": 3},
            (
                "run_flow needs channel_uuid for a contact, unless all chats of WhatsApp came by one channel: give the "
                "channel's name or uuid with --set channel_uuid=."
            ),
        ),
        (
            "update_contact",
            {"city": "x"},
            "In API v2 update_contact has no city: leave it out, or use HUGGY_API_VERSION=v3.",
        ),
        ("update_contact", {}, "update_contact needs at least one field, such as name or custom_<key>."),
        ("send_message", {"text": "a", "file": "b"}, "In API v2 send_message takes a text or a file, and not both."),
        ("send_message", {"text": " "}, "In API v2 send_message takes a text or a file, and not both."),
    ],
)
def test_what_v2_lacks_is_refused_with_a_sentence(name: str, fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        build(name, **fields)
    assert str(raised.value) == sentence


def test_what_v2_has_of_each_action_is_listed() -> None:
    listed = {name: list_fields(action) for name, action in ACTIONS.items()}
    assert {name for name, fields in listed.items() if fields is None} == {
        "assign_chat",
        "comment",
        "delete_chat",
        "mark_read",
        "open_chat",
        "send_template",
        "set_tabulation",
        "set_workflow_step",
        "transfer_chat",
    }
    assert (listed["send_message"], listed["close_chat"], listed["queue_chat"]) == (
        ("text", "file"),
        ("send_feedback",),
        (),
    )
    assert listed["run_flow"] == tuple(field.name for field in ACTIONS["run_flow"].fields)
    assert listed["update_contact"] == ("name", "mobile", "phone", "email", "obs", "custom_fields")
