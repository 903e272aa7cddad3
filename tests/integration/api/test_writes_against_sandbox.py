"""Against the sandbox: what is said of a write agrees with what was really done, in each way it may go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.api import ActionsClient, open_actions_client, open_client
from huggy_connector.api.writes import Outcome, OutcomeKind, build_write
from huggy_connector.api.writes.v2 import list_fields
from huggy_connector.catalogue import get_resource
from huggy_connector.catalogue.actions import ACTIONS, get_action
from huggy_connector.catalogue.actions.types import Target
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.sandbox.fault_kinds import WRITE_KINDS
from huggy_connector.settings import Settings

DONE, REFUSED, NOT_SENT, STOPPED, UNKNOWN = OutcomeKind
LISTS = ("departments", "agents")
STOPPING = {"131048", "132000", "132001", "132015", "132018"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Options(chats=400, contacts=200, limit=0, stall_seconds=0.2, refusal="fraction")) as running:
        yield running


@pytest.fixture(scope="module")
def client(sandbox: Sandbox) -> Iterator[ActionsClient]:
    with open_to(sandbox, "v3") as opened:
        yield opened


def settings_of(sandbox: Sandbox, version: str, **others: Any) -> Settings:
    given = {
        "base_url": sandbox.url_of(version),
        "access_token": sandbox.token if version == "v3" else sandbox.account_token,
        "api_version": version,
        "company_id": 4242,
        "budget": "memory:",
        "requests_per_second": 1000.0,
    }
    return Settings.resolve(explicit=given | others, environ={})


def open_to(sandbox: Sandbox, version: str, **others: Any) -> ActionsClient:
    return open_actions_client(settings_of(sandbox, version, **others))


def find_chat(sandbox: Sandbox, situation: str = "in_chat") -> dict[str, Any]:
    """Return an open chat of WhatsApp."""
    rows = sandbox.truth("chats", rows=True)["rows"]
    return next(row for row in rows if row["situation"] == situation and "whatsapp" in str(row.get("channel")))


def send(client: ActionsClient, action: str, number: int | None, *, version: str = "v3", **fields: Any) -> Outcome:
    found, target = get_action(action), fields.pop("target", None)
    request = build_write(found, number, fields, api_version=version, company_id=4242, target=target)
    return client.writer.send(request, found)


@pytest.mark.parametrize("kind", WRITE_KINDS)
def test_what_is_said_of_a_message_agrees_with_what_was_done(
    sandbox: Sandbox, client: ActionsClient, kind: str
) -> None:
    chat = int(find_chat(sandbox)["id"])
    before = len(sandbox.writes())
    sandbox.control(next_write_faults=[kind])
    outcome = send(client, "send_message", chat, text=f"Bom dia {kind}")
    attempts = sandbox.writes()[before:]
    applied = [attempt["applied"] for attempt in attempts]
    if kind == "429":
        assert (outcome.kind, applied) == (DONE, [False, True])
        return
    assert len(attempts) == 1, "a write is sent once"
    is_lost = kind.removesuffix("-before") in {"500", "502", "503", "504", "reset", "stall", "truncated", "empty"}
    expected = UNKNOWN if is_lost else STOPPED if kind in STOPPING else REFUSED
    assert (outcome.kind, applied) == (expected, [is_lost and not kind.endswith("-before")])
    assert outcome.is_opt_out == (kind == "131050")


def fields_of(sandbox: Sandbox, client: ActionsClient, name: str) -> tuple[int | None, dict[str, Any]]:
    """Return a target and the fields with which the sandbox takes an action."""
    chat = find_chat(sandbox)
    uuid = chat["channels"][0]["uuid"]
    contact = int(sandbox.truth("contacts", rows=True)["rows"][0]["id"])
    department, agent = (int(client.reader.fetch_page(get_resource(each), 0).rows[1]["id"]) for each in LISTS)
    tabulation = next(row["tabulationId"] for row in sandbox.truth("chats", rows=True)["rows"] if row["tabulationId"])
    choices: dict[str, tuple[int | None, dict[str, Any]]] = {
        "assign_chat": (int(chat["id"]), {"agent_id": agent}),
        "close_chat": (int(chat["id"]), {"send_feedback": False}),
        "comment": (int(chat["id"]), {"text": "Oi"}),
        "create_contact": (None, {"name": "Nova Pessoa", "mobile": f"55009{len(sandbox.writes()):08}"}),
        "delete_chat": (int(chat["id"]), {}),
        "delete_contact": (contact, {}),
        "mark_read": (int(chat["id"]), {}),
        "open_chat": (contact, {"channel_uuid": uuid}),
        "queue_chat": (int(chat["id"]), {}),
        "request": (None, {"method": "POST", "path": f"chats/{chat['id']}/messages", "body": {"text": "Oi"}}),
        "run_flow": (int(chat["id"]), {"target": Target.CHAT, "flow_id": 3210}),
        "send_message": (int(chat["id"]), {"text": "Oi"}),
        "send_template": (int(chat["id"]), {"template_id": 77, "category": "utility", "params": ["Um", "A1"]}),
        "set_department": (int(chat["id"]), {"department_id": department}),
        "set_tabulation": (int(chat["id"]), {"tabulation_id": int(tabulation)}),
        "set_workflow_step": (int(chat["id"]), {"step_id": 20}),
        "transfer_chat": (int(chat["id"]), {"agent_id": agent}),
        "update_contact": (contact, {"obs": "x", "custom_fields": {"segmento": "churn"}}),
    }
    return choices[name]


@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize("version", ["v3", "v2"])
def test_each_action_is_done_once_in_each_version_that_has_it(
    sandbox: Sandbox, client: ActionsClient, version: str, name: str
) -> None:
    if version == "v2" and list_fields(get_action(name)) is None:
        return
    number, fields = fields_of(sandbox, client, name)
    before = len(sandbox.writes())
    with open_to(sandbox, version) as own:
        outcome = send(own, name, number, version=version, **fields)
    attempts = sandbox.writes()[before:]
    assert (outcome.kind, [attempt["applied"] for attempt in attempts]) == (DONE, [True]), outcome.reason
    kind = {"send_message": "message", "send_template": "message", "create_contact": "contact", "open_chat": "chat"}
    if name in kind:
        assert outcome.ids[kind[name]] == attempts[0]["ids"][kind[name]]


def test_a_flow_for_a_contact_names_the_chat_in_which_it_runs(sandbox: Sandbox, client: ActionsClient) -> None:
    uuid = find_chat(sandbox)["channels"][0]["uuid"]
    busy = int(find_chat(sandbox)["contactId"])
    refused = send(client, "run_flow", busy, target=Target.CONTACT, flow_id=3210, channel_uuid=uuid)
    run = [
        send(client, "run_flow", busy, target=Target.CONTACT, flow_id=3210, channel_uuid=uuid, when_in_chat=True)
        for _ in range(3)
    ]
    assert (refused.kind, {outcome.kind for outcome in run}) == (REFUSED, {DONE})
    assert any(outcome.ids for outcome in run)


def test_a_chat_that_is_gone_and_a_flow_that_is_not_there_are_refused(sandbox: Sandbox, client: ActionsClient) -> None:
    gone = send(client, "close_chat", 999_999_999)
    lacking = send(client, "run_flow", int(find_chat(sandbox)["id"]), target=Target.CHAT, flow_id=1)
    assert [(each.kind, each.reason.partition(":")[0]) for each in (gone, lacking)] == [(REFUSED, "not_found")] * 2


def test_a_token_that_may_not_write_is_refused_row_by_row(sandbox: Sandbox, client: ActionsClient) -> None:
    sandbox.control(read_only=True)
    try:
        outcome = send(client, "mark_read", int(find_chat(sandbox)["id"]))
    finally:
        sandbox.control(read_only=False)
    assert (outcome.kind, outcome.reason.partition(":")[0]) == (REFUSED, "forbidden")


def test_reads_of_a_landing_and_writes_together_stay_within_the_limit(tmp_path: Path) -> None:
    with Sandbox(Options(chats=2_000, contacts=200, limit=20, latency_ms=20)) as limited:
        shared = {"budget": "file:?mode=strict", "state": str(tmp_path), "requests_per_second": 20.0}
        chats = [int(row["id"]) for row in limited.truth("chats", rows=True)["rows"] if row["situation"] == "in_chat"]
        with (
            open_client(settings_of(limited, "v3", **shared)) as landing,
            open_to(limited, "v3", **shared) as actions,
            ThreadPoolExecutor(8) as threads,
        ):
            pages = [threads.submit(landing.fetch_page, get_resource("chats"), page) for page in range(30)]
            marks = [threads.submit(send, actions, "mark_read", chat) for chat in (chats * 30)[:30]]
            assert [len(page.result().rows) for page in pages] == [20] * 30
            assert {mark.result().kind for mark in marks} == {DONE}
        stats = limited.stats()
    assert (stats["requests"], stats["refused_429"]) == (60, 0)
    assert stats["most_in_any_second"] <= 20
