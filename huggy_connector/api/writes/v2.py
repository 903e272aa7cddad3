"""How API v2 spells each write that it has. Pure. Source: section 1.4 of the reference."""

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

CONTACT_KEYS: Final = ("name", "phone", "mobile", "email", "obs")
FIELDS: Final[Mapping[str, frozenset[str]]] = {
    "send_message": frozenset({"text", "file"}),
    "run_flow of a chat": frozenset({"flow_id"}),
    "close_chat": frozenset({"send_feedback"}),
    "create_contact": frozenset({*CONTACT_KEYS, "custom_fields"}),
    "update_contact": frozenset({*CONTACT_KEYS, "custom_fields"}),
}
"""The fields that v2 knows, where it lacks some."""


def build_write(
    action: Action,
    target_id: int | None,
    fields: Fields,
    *,
    company_id: int | None,
    target: Target | None = None,
) -> WriteRequest:
    """Return the request of an action. Raises ConfigurationError if v2 lacks it, or it cannot be built from the fields.

    A token of v2 belongs to one company, so no path names it. Else as for v3.
    """
    del company_id
    fields = {name: value for name, value in fields.items() if value is not None}
    check_fields(action, target_id, fields)
    name = action.name
    if action.target is Target.CHAT_OR_CONTACT:
        name = f"{name} of a {choose_target(action, target)}"
    if name not in _BUILDERS:
        raise ConfigurationError(f"API v2 has no {name}: it needs HUGGY_API_VERSION=v3.")
    lacking = [each for each in fields if each not in FIELDS.get(name, fields)]
    if lacking:
        raise ConfigurationError(f"In API v2 {name} has no {lacking[0]}: leave it out, or use HUGGY_API_VERSION=v3.")
    request = _BUILDERS[name](target_id or 0, fields)
    return replace(request, body=clean_body(request.body, request.what))


def list_fields(action: Action) -> tuple[str, ...] | None:
    """Return the fields of an action that v2 knows, in their order; None if v2 lacks the action."""
    spelled = [name for name in _BUILDERS if name.partition(" of ")[0] == action.name]
    own = tuple(field.name for field in action.fields)
    known = {each for name in spelled for each in FIELDS.get(name, own)}
    return tuple(name for name in own if name in known) if spelled else None


def _send_message(chat: int, fields: Fields) -> WriteRequest:
    has_text = bool(str(fields.get("text") or "").strip())
    if has_text == bool(fields.get("file")):
        raise ConfigurationError("In API v2 send_message takes a text or a file, and not both.")
    body = {"text": fields["text"]} if has_text else {"file": fields["file"]}
    return WriteRequest(
        method=WriteMethod.POST,
        path=f"chats/{chat}/messages",
        what=f"the message to chat {chat}",
        body=body,
        expects_record=True,
    )


def _run_flow(chat: int, fields: Fields) -> WriteRequest:
    return _act(chat, "flow", "flow in", {"flowId": fields["flow_id"]})


def _run_flow_for_contact(contact: int, fields: Fields) -> WriteRequest:
    if not fields.get("channel_uuid"):
        raise ConfigurationError(
            "run_flow needs channel_uuid for a contact, unless all chats of WhatsApp came by one channel: give the "
            "channel's name or uuid with --set channel_uuid=."
        )
    return WriteRequest(
        method=WriteMethod.POST,
        path=f"flows/{fields['flow_id']}/contact/{contact}/exec",
        what=f"the flow for contact {contact}",
        body={
            "uuid": fields["channel_uuid"],
            "flowId": fields["flow_id"],
            "variables": write_texts(fields.get("variables", {}), "variables of run_flow"),
            "whenInChat": fields.get("when_in_chat", False),
            "whenWaitForChat": fields.get("when_wait_for_chat", False),
            "whenInAuto": fields.get("when_in_auto", False),
        },
    )


def _close_chat(chat: int, fields: Fields) -> WriteRequest:
    body = {"sendFeedback": fields["send_feedback"]} if "send_feedback" in fields else {}
    return _act(chat, "close", "closing of", body)


def _set_department(chat: int, fields: Fields) -> WriteRequest:
    return _act(chat, "department", "department of", {"department": fields["department_id"]})


def _queue_chat(chat: int, _: Fields) -> WriteRequest:
    return _act(chat, "queue", "queuing of", {})


def _act(chat: int, verb: str, noun: str, body: Fields) -> WriteRequest:
    return WriteRequest(method=WriteMethod.POST, path=f"chats/{chat}/{verb}", what=f"the {noun} chat {chat}", body=body)


def _create_contact(_: int, fields: Fields) -> WriteRequest:
    return WriteRequest(
        method=WriteMethod.POST,
        path="contacts",
        what="a new contact",
        body=_contact_body("create_contact", fields),
        expects_record=True,
    )


def _update_contact(contact: int, fields: Fields) -> WriteRequest:
    return WriteRequest(
        method=WriteMethod.PUT,
        path=f"contacts/{contact}",
        what=f"the fields of contact {contact}",
        body=_contact_body("update_contact", fields),
    )


def _contact_body(action: str, fields: Fields) -> dict[str, Any]:
    body = {key: fields[key] for key in CONTACT_KEYS if key in fields}
    if custom := read_object(fields.get("custom_fields"), f"custom_fields of {action}"):
        body["customFields"] = custom
    if not body:
        raise ConfigurationError(f"{action} needs at least one field, such as name or custom_<key>.")
    return body


def _delete_contact(contact: int, _: Fields) -> WriteRequest:
    what = f"the deletion of contact {contact}"
    return WriteRequest(method=WriteMethod.DELETE, path=f"contacts/{contact}", what=what)


def _request(_: int, fields: Fields) -> WriteRequest:
    path, query = clean_path(fields["path"]), read_object(fields.get("query"), "query of request")
    return WriteRequest(
        method=WriteMethod(fields["method"]),
        path=path,
        what=f"{fields['method']} {path}",
        body=read_object(fields.get("body"), "body of request"),
        query=tuple((str(name), write_text(value)) for name, value in query.items()),
    )


_BUILDERS: Final[Mapping[str, Callable[[int, Fields], WriteRequest]]] = {
    "close_chat": _close_chat,
    "create_contact": _create_contact,
    "delete_contact": _delete_contact,
    "queue_chat": _queue_chat,
    "request": _request,
    "run_flow of a chat": _run_flow,
    "run_flow of a contact": _run_flow_for_contact,
    "send_message": _send_message,
    "set_department": _set_department,
    "update_contact": _update_contact,
}
