"""A sandbox that sends webhooks to a receiver over real HTTP: each disorder is seen there, and the truth knows it."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.sandbox.webhook_kinds import EVENTS
from tests.integration.conftest import LONGEST
from tests.integration.sandbox.receiver import Answer, Receiver, answer_token, canonical, run_receiver

NOW = "2025-03-10T14:00:00"


def choose(receiver: Receiver, **choices: Any) -> Options:
    base: dict[str, Any] = {"now": NOW, "chats": 200, "days": 5, "limit": 0, "webhook": receiver.url}
    return Options(**(base | {"webhook_rate": 0.0, "webhook_timeout": float(LONGEST)} | choices))


def begin(sandbox: Sandbox, *, rate: float) -> None:
    """Let events happen once the token came back."""
    wait_until(lambda: "200" in sandbox.truth("events")["requests"].get("handshake", {}))
    sandbox.control(webhook={"rate": rate})


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST
    while not is_so():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def settle(sandbox: Sandbox, *, events: int) -> dict[str, Any]:
    """Wait for so many events, let no more happen, and return the truth once nothing is under way."""
    wait_until(lambda: bool(sandbox.truth("events")["count"] >= events))
    sandbox.control(webhook={"rate": 0, "disorders": ""})
    counts = [-1]

    def is_still() -> bool:
        time.sleep(0.5)  # what happened in the last moment is planned in the next ones
        truth = sandbox.truth("events")
        counts.append(truth["count"])
        return not truth["under_way"] and not truth["pending"] and counts[-1] == counts[-2]

    wait_until(is_still)
    return sandbox.truth("events", rows=True)


def list_items(truth: dict[str, Any], fate: str) -> list[tuple[str, str]]:
    return [(row["event"], canonical(row["item"])) for row in truth["rows"] if row["fate"] == fate]


def test_what_the_receiver_got_is_what_the_truth_calls_answered() -> None:
    with run_receiver(Receiver()) as receiver, Sandbox(choose(receiver)) as sandbox:
        begin(sandbox, rate=200)
        truth = settle(sandbox, events=400)
        assert receiver.handshakes == [{"token": sandbox.webhook_token, "validToken": True}]
        assert {each["token"] for each in receiver.envelopes} == {sandbox.webhook_token}
    assert Counter(receiver.items) == Counter(list_items(truth, "answered"))
    assert {event for event, _ in receiver.items} <= set(EVENTS)
    assert {(len(each["messages"]), *map(len, each["messages"].values())) for each in receiver.envelopes} == {(1, 1)}


def test_the_api_lists_the_messages_that_the_webhook_told_and_keeps_back_those_of_the_bot() -> None:
    with run_receiver(Receiver()) as receiver, Sandbox(choose(receiver)) as sandbox:
        begin(sandbox, rate=200)
        settle(sandbox, events=400)
        headers = {"Authorization": f"Bearer {sandbox.token}"}
        statuses, told = set[int](), 0
        with httpx.Client(base_url=sandbox.url, headers=headers, timeout=LONGEST) as client:
            for event, text in receiver.items:
                if not event.endswith("AllMessage"):
                    continue
                item = json.loads(text)
                answer = client.get(f"/chats/{item['chat']['id']}/messages")
                statuses.add(answer.status_code)
                if answer.status_code == 403:
                    assert client.get(f"/chats/{item['chat']['id']}").json()["situation"] == "auto"
                    continue
                told += 1
                page = client.get(f"/chats/{item['chat']['id']}/messages").json() + [
                    message
                    for number in range(1, 8)
                    for message in client.get(f"/chats/{item['chat']['id']}/messages?page={number}").json()
                ]
                (listed,) = (message for message in page if message["id"] == int(item["id"]))
                assert item["body"] == listed.get("text", listed.get("body"))
                assert item["send_at"] == listed.get("sendAt", listed.get("send_at"))
        assert (statuses, told > 20) == ({200, 403}, True)


def test_every_disorder_is_seen_by_the_receiver() -> None:
    options: dict[str, Any] = {
        "webhook_late_seconds": 1.0,
        "webhook_disorders": dict.fromkeys(
            ("together", "bundle", "late", "overtaken", "twice", "again", "never", "moved", "old", "type"), 0.3
        )
        | dict.fromkeys(("unknown", "big", "token", "wrong", "foreign", "json", "empty", "form"), 0.05),
    }
    with run_receiver(Receiver()) as receiver, Sandbox(choose(receiver, **options)) as sandbox:
        begin(sandbox, rate=300)
        truth = settle(sandbox, events=1500)
        token = sandbox.webhook_token
    bodies = Counter(receiver.bodies)
    assert bodies[b""] >= 1
    assert any(count > 1 for body, count in bodies.items() if b"messages" in body)
    assert any(body.endswith(b'[{"id":') for body in bodies)
    assert any(body.startswith(b"time=") for body in bodies)
    assert max(map(len, bodies)) > 300_000
    assert {each.get("token") for each in receiver.envelopes} == {token, None, "f" * 32}
    assert {kind for kind, _ in receiver.came} == {
        "",
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
    }
    names = {event for event, _ in receiver.items}
    assert names > {"createdChat", "sendedAllMessage", "changedAgentStatus"}
    companies = {item["company"]["id"] for item in map(json.loads, {text for _, text in receiver.items})}
    assert companies == {4242, 4243}
    sizes = {(len(each["messages"]), max(map(len, each["messages"].values()))) for each in receiver.envelopes}
    assert max(keys for keys, _ in sizes) == 4
    assert 1 < max(items for _, items in sizes) <= 5
    times = [each["time"] for each in receiver.envelopes]
    assert times != sorted(times)
    assert truth["lost_by"].keys() == {"never"}
    assert set(list_items(truth, "answered")) == set(receiver.items)
    assert set(list_items(truth, "lost")) - set(list_items(truth, "answered")) != set()
    assert max(Counter(receiver.items).values()) > 1


def test_no_event_comes_before_the_token_came_back() -> None:
    knows_the_token = threading.Event()

    def answer(body: bytes) -> Answer:
        return answer_token(body) if knows_the_token.is_set() else Answer(text="ok")

    with (
        run_receiver(Receiver(answer=answer)) as receiver,
        Sandbox(choose(receiver, webhook_rate=100.0)) as sandbox,
    ):
        wait_until(lambda: bool(sandbox.truth("events")["lost_by"].get("handshake", 0) > 50))
        assert (receiver.envelopes, len(receiver.handshakes) >= 1) == ([], True)
        knows_the_token.set()
        wait_until(lambda: len(receiver.envelopes) > 20)
        truth = settle(sandbox, events=0)
    assert Counter(receiver.items) == Counter(list_items(truth, "answered"))
    assert {row["lost"] for row in truth["rows"] if row["fate"] == "lost"} == {"handshake"}


def test_each_save_asks_for_the_token_again_and_a_new_one_comes_with_the_events_after_it() -> None:
    with run_receiver(Receiver()) as receiver, Sandbox(choose(receiver, webhook_rate=100.0)) as sandbox:
        first = sandbox.webhook_token
        wait_until(lambda: len(receiver.envelopes) > 5)
        sandbox.control(webhook={"save": "same"})
        wait_until(lambda: len(receiver.handshakes) == 2)
        sandbox.control(webhook={"save": "new"})
        second = sandbox.webhook_token
        wait_until(lambda: any(each["token"] == second for each in receiver.envelopes))
    assert [each["token"] for each in receiver.handshakes] == [first, first, second]
    assert first != second
    assert {each["token"] for each in receiver.envelopes} == {first, second}


def test_an_app_sends_at_once_with_or_without_a_token() -> None:
    options = {"webhook_mode": "app", "webhook_rate": 100.0, "webhook_disorders": {"token": 0.5}}
    with run_receiver(Receiver()) as receiver, Sandbox(choose(receiver, **options)) as sandbox:
        truth = settle(sandbox, events=100)
        tokens = {each.get("token") for each in receiver.envelopes}
        assert (receiver.handshakes, tokens) == ([], {sandbox.webhook_token, None})
    assert (truth["count"], truth["answered"]) == (truth["answered"], len(truth["rows"]))


def test_silence_loses_events_for_good_and_the_truth_says_which() -> None:
    with run_receiver(Receiver()) as receiver, Sandbox(choose(receiver)) as sandbox:
        begin(sandbox, rate=100)
        wait_until(lambda: len(receiver.envelopes) > 20)
        sandbox.control(webhook={"silent": True})
        wait_until(lambda: bool(sandbox.truth("events")["lost"] > 50))
        before = len(receiver.envelopes)
        sandbox.control(webhook={"silent": False})
        wait_until(lambda: len(receiver.envelopes) > before + 20)
        truth = settle(sandbox, events=0)
    assert Counter(receiver.items) == Counter(list_items(truth, "answered"))
    fates = [row["fate"] for row in truth["rows"]]
    assert set(fates) == {"answered", "lost"}
    first, last = fates.index("lost"), len(fates) - fates[::-1].index("lost")
    assert (first > 0, last < len(fates)) == (True, True)
    assert truth["lost_by"] == {"silence": truth["lost"]}


def test_a_receiver_that_refuses_or_is_gone_answers_nothing_and_the_sandbox_goes_on() -> None:
    is_down = threading.Event()

    def answer(body: bytes) -> Answer:
        return Answer(503) if is_down.is_set() and b"messages" in body else answer_token(body)

    with run_receiver(Receiver(answer=answer)) as receiver, Sandbox(choose(receiver)) as sandbox:
        begin(sandbox, rate=50)
        wait_until(lambda: len(receiver.envelopes) > 5)
        is_down.set()
        wait_until(lambda: bool(sandbox.truth("events")["refused"] > 5))
        is_down.clear()
        truth = settle(sandbox, events=0)
        assert truth["requests"]["envelope"].keys() == {"200", "503"}
    assert {tuple(row["answers"]) for row in truth["rows"] if row["fate"] == "refused"} == {("503",)}


def test_what_a_client_changes_by_control_is_told() -> None:
    with run_receiver(Receiver()) as receiver, Sandbox(choose(receiver)) as sandbox:
        begin(sandbox, rate=0)
        (number,) = sandbox.control(close=1)["closed"]
        wait_until(lambda: "closedChat" in {event for event, _ in receiver.items})
        (closed,) = (json.loads(text) for event, text in receiver.items if event == "closedChat")
        assert int(closed["id"]) == number
        told = httpx.get(f"{sandbox.origin}/sandbox/truth?resource=events&rows=1", timeout=LONGEST).json()
        assert [row["event"] for row in told["rows"]] == [
            row["event"] for row in sandbox.truth("events", rows=True)["rows"]
        ]


def test_the_same_seed_tells_the_same_events_in_the_same_order() -> None:
    told = []
    for _ in range(2):
        with run_receiver(Receiver()) as receiver, Sandbox(choose(receiver)) as sandbox:
            begin(sandbox, rate=0)
            for resource in ("chats", "contacts"):
                sandbox.control(resource=resource, add=5, change=20)
            truth = settle(sandbox, events=20)
        told.append([row["event"] for row in truth["rows"]])
    assert told[0] == told[1]


@pytest.mark.parametrize("webhook_rate", [0.0, 50.0])
def test_a_sandbox_stops_although_envelopes_are_under_way(webhook_rate: float) -> None:
    never = threading.Event()

    def answer(body: bytes) -> Answer:
        return Answer(event=never) if b"messages" in body else answer_token(body)

    with run_receiver(Receiver(answer=answer)) as receiver:
        with Sandbox(choose(receiver, webhook_rate=webhook_rate)) as sandbox:
            wait_until(lambda: bool(receiver.envelopes) or webhook_rate == 0)
            assert sandbox.truth("events")["answered"] == 0
        never.set()
    assert "huggy-sandbox" not in {thread.name for thread in threading.enumerate()}
