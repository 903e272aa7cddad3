"""How API v3 spells each write. Pure. Source: section 3 of the reference, and developers.huggy.io."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from huggy_connector.api.writes.request_body import (
    check_fields,
    choose_target,
    clean_body,
    clean_path,
    read_object,
    write_text,
    write_texts,
)
from huggy_connector.api.writes.types import WriteMethod, WriteRequest
from huggy_connector.catalogue.actions.types import Action, Target
from huggy_connector.errors import ConfigurationError

Fields = Mapping[str, Any]

MAX_BASE64: Final = 20 * 2**20
"""Characters of a file in base64: Huggy takes 15 MB."""
CONTACT_KEYS: Final = ("name", "mobile", "phone", "email", "address", "district", "city", "state", "obs")


def build_write(
    action: Action,
    target_id: int | None,
    fields: Fields,
    *,
    company_id: int | None,
    target: Target | None = None,
) -> WriteRequest:
    """Return the request of an action. Raises ConfigurationError if it cannot be built from these fields.

    `fields` are typed by their kind; those that are None count as not given. `target` says what the id is of, where the
    action takes a chat or a contact.
    """
    fields = {name: value for name, value in fields.items() if value is not None}
    check_fields(action, target_id, fields)
    is_contact = choose_target(action, target) is Target.CONTACT
    build = _run_flow_for_contact if action.name == "run_flow" and is_contact else _BUILDERS[action.name]
    request = build(target_id or 0, fields)
    is_whole = company_id is None or request.path.startswith("companies/")
    return replace(
        request,
        path=request.path if is_whole else f"companies/{company_id}/{request.path}",
        body=clean_body(request.body, request.what),
    )


def _send_message(chat: int, fields: Fields) -> WriteRequest:
    body = {
        "text": fields.get("text"),
        "file": fields.get("file"),
        "fileBase64": fields.get("file_base64"),
        "fileName": fields.get("file_name"),
        "isInternal": fields.get("is_internal"),
        "options": fields.get("options"),
    }
    has_file = bool(body["file"] or body["fileBase64"])
    if not has_file and not str(body["text"] or "").strip():
        raise ConfigurationError("send_message needs a text or a file.")
    if body["file"] and body["fileBase64"]:
        raise ConfigurationError("send_message takes one file: file or file_base64.")
    if body["fileBase64"] and not body["fileName"]:
        raise ConfigurationError("send_message needs file_name beside file_base64: its ending says what the file is.")
    _check_file(str(body["fileBase64"] or ""))
    body["text"] = body["text"] or ""
    what = f"the message to chat {chat}"
    return _post(f"chats/{chat}/messages", what, _given(body), expects_record=True)


def _check_file(encoded: str) -> None:
    if encoded.startswith("data:"):
        raise ConfigurationError(
            "file_base64 of send_message is the base64 alone, without the prefix that ends in a comma."
        )
    if len(encoded) > MAX_BASE64:
        raise ConfigurationError(
            "file_base64 of send_message is larger than the 15 MB that Huggy takes: give a file instead."
        )


def _send_template(chat: int, fields: Fields) -> WriteRequest:
    hsm: dict[str, Any] = {"template_id": fields["template_id"]}
    if "params" in fields:
        hsm["params"] = write_texts(fields["params"], "params of send_template")
    if buttons := fields.get("buttons"):
        hsm["buttons"] = {"params": buttons} if isinstance(buttons, list | tuple) else buttons
    return _post(f"chats/{chat}/messages", f"the template to chat {chat}", {"hsm": hsm}, expects_record=True)


def _run_flow(chat: int, fields: Fields) -> WriteRequest:
    if others := [name for name in fields if name not in {"flow_id", "variables"}]:
        raise ConfigurationError(f"{others[0]} of run_flow is for contacts: a chat has its channel and its state.")
    body: dict[str, Any] = {"flowId": fields["flow_id"]}
    if "variables" in fields:
        body["variables"] = write_texts(fields["variables"], "variables of run_flow")
    return _post(f"chats/{chat}/flow", f"the flow in chat {chat}", body)


def _run_flow_for_contact(contact: int, fields: Fields) -> WriteRequest:
    if not fields.get("channel_uuid"):
        raise ConfigurationError(
            "run_flow needs channel_uuid for a contact, unless all chats of WhatsApp came by one channel: give the "
            "channel's name or uuid with --set channel_uuid=."
        )
    body = {
        "uuid": fields["channel_uuid"],
        "flowId": fields["flow_id"],
        "variables": write_texts(fields.get("variables", {}), "variables of run_flow"),
        "whenInChat": fields.get("when_in_chat", False),
        "whenWaitForChat": fields.get("when_wait_for_chat", False),
        "whenInAuto": fields.get("when_in_auto", False),
    }
    return _put(f"contacts/{contact}/execFlow", f"the flow for contact {contact}", body)


def _comment(chat: int, fields: Fields) -> WriteRequest:
    return _post(f"timeline/createComment/{chat}", f"the comment on chat {chat}", {"comment": fields["text"]})


def _open_chat(contact: int, fields: Fields) -> WriteRequest:
    body = _given({"channelUuid": fields.get("channel_uuid")})
    return _post(f"contacts/{contact}/chats", f"a chat with contact {contact}", body, expects_record=True)


def _close_chat(chat: int, fields: Fields) -> WriteRequest:
    body = {
        "tabulation": fields.get("tabulation_id"),
        "comment": fields.get("comment"),
        "sendFeedback": fields.get("send_feedback"),
    }
    return _put(f"chats/{chat}/close", f"the closing of chat {chat}", _given(body))


def _transfer_chat(chat: int, fields: Fields) -> WriteRequest:
    body = _given({"agentId": fields["agent_id"], "message": fields.get("message")})
    return _post(f"chats/{chat}/transfer", f"the transfer of chat {chat}", body)


def _assign_chat(chat: int, fields: Fields) -> WriteRequest:
    return _put(f"chats/{chat}/agent", f"the agent of chat {chat}", {"agentId": fields["agent_id"]})


def _set_department(chat: int, fields: Fields) -> WriteRequest:
    return _put(f"chats/{chat}/department", f"the department of chat {chat}", {"department": fields["department_id"]})


def _set_tabulation(chat: int, fields: Fields) -> WriteRequest:
    return _put(f"chats/{chat}/tabulation", f"the tabulation of chat {chat}", {"tabulationId": fields["tabulation_id"]})


def _set_workflow_step(chat: int, fields: Fields) -> WriteRequest:
    return _put(f"chats/{chat}/workflow", f"the workflow step of chat {chat}", {"stepId": fields.get("step_id", "")})


def _queue_chat(chat: int, _: Fields) -> WriteRequest:
    return _put(f"chats/{chat}/queue", f"the queuing of chat {chat}", {})


def _mark_read(chat: int, _: Fields) -> WriteRequest:
    return _put(f"chats/{chat}/read", f"the read mark of chat {chat}", {})


def _delete_chat(chat: int, _: Fields) -> WriteRequest:
    return WriteRequest(method=WriteMethod.DELETE, path=f"chats/{chat}", what=f"the deletion of chat {chat}")


def _create_contact(_: int, fields: Fields) -> WriteRequest:
    return _post("contacts", "a new contact", _contact_body("create_contact", fields), expects_record=True)


def _update_contact(contact: int, fields: Fields) -> WriteRequest:
    return _put(f"contacts/{contact}", f"the fields of contact {contact}", _contact_body("update_contact", fields))


def _delete_contact(contact: int, _: Fields) -> WriteRequest:
    what = f"the deletion of contact {contact}"
    return WriteRequest(method=WriteMethod.DELETE, path=f"contacts/{contact}", what=what)


def _contact_body(action: str, fields: Fields) -> dict[str, Any]:
    body = {key: fields[key] for key in CONTACT_KEYS if key in fields}
    if custom := read_object(fields.get("custom_fields"), f"custom_fields of {action}"):
        body["custom_fields"] = custom
    if not body:
        raise ConfigurationError(f"{action} needs at least one field, such as name or custom_<key>.")
    return body


def _request(_: int, fields: Fields) -> WriteRequest:
    path, query = clean_path(fields["path"]), read_object(fields.get("query"), "query of request")
    return WriteRequest(
        method=WriteMethod(fields["method"]),
        path=path,
        what=f"{fields['method']} {path}",
        body=read_object(fields.get("body"), "body of request"),
        query=tuple((str(name), write_text(value)) for name, value in query.items()),
    )


def _given(body: Fields) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value is not None}


def _post(path: str, what: str, body: Fields, *, expects_record: bool = False) -> WriteRequest:
    return WriteRequest(method=WriteMethod.POST, path=path, what=what, body=body, expects_record=expects_record)


def _put(path: str, what: str, body: Fields) -> WriteRequest:
    return WriteRequest(method=WriteMethod.PUT, path=path, what=what, body=body)


_BUILDERS: Final[Mapping[str, Callable[[int, Fields], WriteRequest]]] = {
    "assign_chat": _assign_chat,
    "close_chat": _close_chat,
    "comment": _comment,
    "create_contact": _create_contact,
    "delete_chat": _delete_chat,
    "delete_contact": _delete_contact,
    "mark_read": _mark_read,
    "open_chat": _open_chat,
    "queue_chat": _queue_chat,
    "request": _request,
    "run_flow": _run_flow,
    "send_message": _send_message,
    "send_template": _send_template,
    "set_department": _set_department,
    "set_tabulation": _set_tabulation,
    "set_workflow_step": _set_workflow_step,
    "transfer_chat": _transfer_chat,
    "update_contact": _update_contact,
}
