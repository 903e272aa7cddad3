"""API v3: each action's method, path and body, and the sentence for fields of which no request can be built."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from huggy_connector.api.writes import build_write
from huggy_connector.api.writes.types import WriteRequest
from huggy_connector.catalogue.actions import ACTIONS, get_action
from huggy_connector.catalogue.actions.types import Target
from huggy_connector.errors import ConfigurationError


def build(
    action: str, number: int | None = 7, *, target: Target | None = None, company: int | None = None, **fields: Any
) -> WriteRequest:
    return build_write(get_action(action), number, fields, api_version="v3", company_id=company, target=target)


def spelled(request: WriteRequest) -> tuple[str, str, Any, bool]:
    return request.method.value, request.path, request.body, request.expects_record


FLOW_ON_CONTACT = {"target": Target.CONTACT, "flow_id": 3210, "channel_uuid": "u"}
BODIES = [
    ("send_message", {"text": "Oi"}, ("POST", "chats/7/messages", {"text": "Oi"}, True)),
    (
        "send_message",
        {"file": "https://cdn.example.com/a.pdf"},
        ("POST", "chats/7/messages", {"text": "", "file": "https://cdn.example.com/a.pdf"}, True),
    ),
    (
        "send_message",
        {"text": "", "file_base64": "QQ==", "file_name": "a.mp3", "is_internal": True},
        ("POST", "chats/7/messages", {"text": "", "fileBase64": "QQ==", "fileName": "a.mp3", "isInternal": True}, True),
    ),
    (
        "send_message",
        {"text": "Confirma?", "options": [{"id": "1", "title": "Sim"}]},
        ("POST", "chats/7/messages", {"text": "Confirma?", "options": [{"id": "1", "title": "Sim"}]}, True),
    ),
    (
        "send_template",
        {"template_id": 77, "category": "utility", "params": ["Um", 2, Decimal("12.30")]},
        (
            "POST",
            "chats/7/messages",
            {"hsm": {"template_id": 77, "params": {"1": "Um", "2": "2", "3": "12.30"}}},
            True,
        ),
    ),
    (
        "send_template",
        {"template_id": 78, "category": "marketing", "params": {1: "Um"}, "buttons": [{"type": "text", "text": "a"}]},
        (
            "POST",
            "chats/7/messages",
            {
                "hsm": {
                    "template_id": 78,
                    "params": {"1": "Um"},
                    "buttons": {"params": [{"type": "text", "text": "a"}]},
                }
            },
            True,
        ),
    ),
    (
        "send_template",
        {"template_id": 79, "category": "utility"},
        ("POST", "chats/7/messages", {"hsm": {"template_id": 79}}, True),
    ),
    ("run_flow", {"target": Target.CHAT, "flow_id": 3210}, ("POST", "chats/7/flow", {"flowId": 3210}, False)),
    (
        "run_flow",
        {"target": Target.CHAT, "flow_id": 3210, "variables": {"nota": 9, "vip": True, "vazio": None}},
        (
            "POST",
            "chats/7/flow",
            {"flowId": 3210, "variables": {"nota": "9", "vip": "true", "vazio": ""}},
            False,
        ),
    ),
    (
        "run_flow",
        FLOW_ON_CONTACT,
        (
            "PUT",
            "contacts/7/execFlow",
            {
                "uuid": "u",
                "flowId": 3210,
                "variables": {},
                "whenInChat": False,
                "whenWaitForChat": False,
                "whenInAuto": False,
            },
            False,
        ),
    ),
    (
        "run_flow",
        {**FLOW_ON_CONTACT, "when_in_auto": True, "when_in_chat": True, "when_wait_for_chat": True},
        (
            "PUT",
            "contacts/7/execFlow",
            {
                "uuid": "u",
                "flowId": 3210,
                "variables": {},
                "whenInChat": True,
                "whenWaitForChat": True,
                "whenInAuto": True,
            },
            False,
        ),
    ),
    ("comment", {"text": "Oi"}, ("POST", "timeline/createComment/7", {"comment": "Oi"}, False)),
    ("open_chat", {}, ("POST", "contacts/7/chats", {}, True)),
    ("open_chat", {"channel_uuid": "u"}, ("POST", "contacts/7/chats", {"channelUuid": "u"}, True)),
    ("close_chat", {}, ("PUT", "chats/7/close", {}, False)),
    (
        "close_chat",
        {"tabulation_id": 12, "comment": "Sem resposta", "send_feedback": False},
        ("PUT", "chats/7/close", {"tabulation": 12, "comment": "Sem resposta", "sendFeedback": False}, False),
    ),
    (
        "transfer_chat",
        {"agent_id": 9, "message": "Segue"},
        ("POST", "chats/7/transfer", {"agentId": 9, "message": "Segue"}, False),
    ),
    ("assign_chat", {"agent_id": 9}, ("PUT", "chats/7/agent", {"agentId": 9}, False)),
    ("set_department", {"department_id": 31}, ("PUT", "chats/7/department", {"department": 31}, False)),
    ("set_tabulation", {"tabulation_id": 12}, ("PUT", "chats/7/tabulation", {"tabulationId": 12}, False)),
    ("set_workflow_step", {"step_id": 20}, ("PUT", "chats/7/workflow", {"stepId": 20}, False)),
    ("set_workflow_step", {"step_id": None}, ("PUT", "chats/7/workflow", {"stepId": ""}, False)),
    ("queue_chat", {}, ("PUT", "chats/7/queue", {}, False)),
    ("mark_read", {}, ("PUT", "chats/7/read", {}, False)),
    ("delete_chat", {}, ("DELETE", "chats/7", {}, False)),
    (
        "create_contact",
        {"number": None, "name": "Cliente Um", "mobile": "5500900000001"},
        ("POST", "contacts", {"name": "Cliente Um", "mobile": "5500900000001"}, True),
    ),
    (
        "update_contact",
        {
            "email": "",
            "custom_fields": {"segmento": "churn", "saldo": Decimal("9.50"), "desde": datetime(2026, 3, 1, tzinfo=UTC)},
        },
        (
            "PUT",
            "contacts/7",
            {
                "email": "",
                "custom_fields": {"segmento": "churn", "saldo": "9.50", "desde": "2026-03-01T00:00:00+00:00"},
            },
            False,
        ),
    ),
    ("delete_contact", {}, ("DELETE", "contacts/7", {}, False)),
    (
        "request",
        {"number": None, "method": "PATCH", "path": "/chats/7/reopen/", "body": {"a": [1, {"b": None}]}},
        ("PATCH", "chats/7/reopen", {"a": [1, {"b": None}]}, False),
    ),
]


@pytest.mark.parametrize(("name", "fields", "expected"), BODIES)
def test_each_action_is_spelled_as_the_reference_says(name: str, fields: dict[str, Any], expected: Any) -> None:
    assert spelled(build(name, **fields)) == expected


def test_each_action_has_a_builder() -> None:
    assert {name for name, _, _ in BODIES} == {*ACTIONS}


def test_the_company_of_the_settings_is_in_the_path_as_it_is_for_reads() -> None:
    paths = [
        build("close_chat", company=4242).path,
        build("request", None, company=4242, method="PUT", path="chats/7/x").path,
        build("request", None, company=4242, method="PUT", path="companies/1/chats/7/x").path,
    ]
    assert paths == ["companies/4242/chats/7/close", "companies/4242/chats/7/x", "companies/1/chats/7/x"]


def test_the_query_of_a_request_is_texts() -> None:
    request = build("request", None, method="POST", path="flows", query={"page": 2, "all": True})
    assert (request.query, request.what) == ((("page", "2"), ("all", "true")), "POST flows")


@pytest.mark.parametrize(
    ("name", "fields", "sentence"),
    [
        ("send_message", {}, "send_message needs a text or a file."),
        ("send_message", {"text": "  \n"}, "send_message needs a text or a file."),
        ("send_message", {"file": "a", "file_base64": "b"}, "send_message takes one file: file or file_base64."),
        (
            "send_message",
            {"file_base64": "b"},
            "send_message needs file_name beside file_base64: its ending says what the file is.",
        ),
        (
            "send_message",
            {"file_base64": "data:audio/mpeg;base64,QQ==", "file_name": "a.mp3"},
            "file_base64 of send_message is the base64 alone, without the prefix that ends in a comma.",
        ),
        (
            "send_message",
            {"file_base64": "A" * (20 * 2**20 + 1), "file_name": "a.mp3"},
            "file_base64 of send_message is larger than the 15 MB that Huggy takes: give a file instead.",
        ),
        (
            "run_flow",
            {"flow_id": 1, "target": Target.CHAT, "channel_uuid": "u"},
            "channel_uuid of run_flow is for contacts: a chat has its channel and its state.",
        ),
        ("send_message", {"txt": "a"}, "send_message has no field txt: see `huggy act list`."),
        (
            "send_template",
            {"category": "utility"},
            "send_template needs template_id: give it as a column or with --set.",
        ),
        (
            "send_template",
            {"template_id": 7, "category": "service"},
            "category of send_template is none of marketing, utility, authentication.",
        ),
        (
            "send_template",
            {"template_id": 7, "category": "utility", "params": {"1": ["a"]}},
            "params of send_template has to be a list of texts, or an object of them.",
        ),
        (
            "run_flow",
            {"flow_id": 1},
            "run_flow has to know whether its target is a chat or a contact.",
        ),
        (
            "run_flow",
            {"flow_id": 1, "target": Target.CONTACT},
            (
                "run_flow needs channel_uuid for a contact, unless all chats of WhatsApp came by one channel: give the "
                "channel's name or uuid with --set channel_uuid=."
            ),
        ),
        ("close_chat", {"number": None}, "close_chat needs the id of a chat."),
        ("update_contact", {}, "update_contact needs at least one field, such as name or custom_<key>."),
        ("update_contact", {"custom_fields": ["a"]}, "custom_fields of update_contact has to be an object."),
        (
            "request",
            {"method": "GET", "path": "chats"},
            "method of request is none of POST, PUT, PATCH, DELETE.",
        ),
    ],
)
def test_fields_of_which_no_request_can_be_built_get_one_sentence(
    name: str, fields: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        build(name, **fields)
    assert str(raised.value) == sentence


def test_no_name_of_a_request_shows_what_it_carries() -> None:
    request = build("create_contact", None, name="Maria Souza", mobile="5511987654321")
    assert "Maria" not in request.what + repr(request)
    assert "5511987654321" not in request.what + repr(request)
