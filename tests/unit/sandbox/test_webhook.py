"""The webhook as a whole: what it lets happen, plans, and is told to do."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from huggy_connector.sandbox.webhook.requests import Request
from huggy_connector.sandbox.webhook.webhook import Webhook
from tests.unit.sandbox.conftest import ServerWithClock, read_json

URL = "http://127.0.0.1:9/webhook/4242"


class WebhookWithClock:
    """A webhook whose clock the test sets. It sends nothing."""

    def __init__(self, **choices: Any) -> None:
        self.server_with_clock = ServerWithClock(**({"webhook": URL, "webhook_rate": 0.0} | choices))
        webhook = self.server_with_clock.server.webhook
        assert webhook is not None
        self.webhook: Webhook = webhook

    def plan(self, *, at: float) -> list[Request]:
        self.server_with_clock.now = at
        return self.webhook.plan_due()

    def control(self, commands: Any) -> Any:
        body = json.dumps({"webhook": commands}).encode()
        return read_json(self.server_with_clock.control.answer("POST", "/sandbox/control", {}, body))


def test_what_a_list_moves_is_told() -> None:
    desk = WebhookWithClock(arrivals_per_second=2.0, changes_per_second=2.0)
    requests = desk.plan(at=20.0)
    assert {each.kind for each in requests} == {"envelope"}
    assert {event for each in requests for event in json.loads(each.body)["messages"]} >= {"startedChat", "closedChat"}
    assert desk.plan(at=20.0) == []


def test_the_time_of_an_envelope_is_the_accounts_time_in_seconds_since_1970() -> None:
    desk = WebhookWithClock()
    desk.webhook.tell("sentAllMessage", {"id": 1})
    (request,) = desk.plan(at=7.0)
    assert json.loads(request.body) == {
        "time": 1741626000,
        "token": desk.webhook.token,
        "messages": {"sentAllMessage": [{"id": 1}]},
    }


def test_the_rate_is_set_while_it_runs() -> None:
    desk = WebhookWithClock()
    assert desk.plan(at=10.0) == []
    desk.control({"rate": 5})
    assert 45 <= len(desk.plan(at=20.0)) <= 60
    desk.control({"rate": 0})
    assert [each for each in desk.plan(at=60.0) if b"nota" not in each.body] == []


def test_what_waits_for_more_goes_after_a_second() -> None:
    desk = WebhookWithClock(webhook_disorders={"bundle": 1.0})
    desk.webhook.tell("sentAllMessage", {"id": 1})
    assert (desk.plan(at=1.0), desk.plan(at=1.9)) == ([], [])
    assert [each.kind for each in desk.plan(at=2.1)] == ["envelope"]


def test_a_chat_may_have_moved_on_before_its_envelope_comes() -> None:
    desk = WebhookWithClock(webhook_disorders={"moved": 1.0})
    account = desk.server_with_clock.server.account
    row = next(row for row, each in account.chats.lifecycles.open_situations.items() if each == "auto")
    account.advance_chat(row, 0.0)
    told = [json.loads(each.body)["messages"] for each in desk.plan(at=0.0)]
    assert account.chats.situation(row) == "finishing"
    assert [each["leftQueue"][0]["situation"] for each in told if "leftQueue" in each] == ["in_chat"]


@pytest.mark.parametrize(
    ("commands", "sentence"),
    [
        ({"explode": 1}, "webhook knows no explode; it knows silent, rate, disorders, save, forget."),
        ([], "webhook wants a JSON object; it knows silent, rate, disorders, save, forget."),
        ({"rate": -1}, "rate is -1, it must be a number and not negative."),
        ({"rate": True}, "rate is True, it must be a number and not negative."),
        ({"save": "other"}, "save is 'other', it must be same or new."),
        ({"disorders": 1}, "disorders are a JSON object of shares, or a text such as all=0.05."),
        ({"disorders": {"late": 2}}, "the share of disorder 'late' is 2, it must lie between 0 and 1."),
    ],
)
def test_an_impossible_command_is_refused_with_a_reason(commands: Any, sentence: str) -> None:
    assert WebhookWithClock().control(commands) == {"reason": sentence}


def test_commands_change_silence_disorders_and_the_token() -> None:
    desk = WebhookWithClock()
    before = desk.webhook.token
    desk.control({"silent": True, "disorders": {"late": 0.5}, "save": "same"})
    assert (desk.webhook.post.is_silent, desk.webhook.planner.shares) == (True, {"late": 0.5})
    assert desk.webhook.token == before
    desk.control({"silent": False, "disorders": "twice=1", "save": "new"})
    assert (desk.webhook.post.is_silent, desk.webhook.planner.shares) == (False, {"twice": 1.0})
    assert re.fullmatch(r"[0-9a-f]{32}", desk.webhook.token)
    assert desk.webhook.token != before


def test_the_truth_of_events_is_told_and_forgotten() -> None:
    desk = WebhookWithClock()
    desk.webhook.tell("sentAllMessage", {"id": 1})
    (request,) = desk.plan(at=0.0)
    truth = desk.server_with_clock.control.truth("events", rows=True)
    assert (truth["count"], truth["pending"], truth["rows"][0]["item"]) == (1, 1, {"id": 1})
    request.told[0].answers.append("200")
    request.told[0].under_way = 0
    desk.control({"forget": True})
    assert desk.server_with_clock.control.truth("events")["count"] == 0


def test_a_sandbox_without_a_webhook_says_how_to_get_one() -> None:
    server_with_clock = ServerWithClock()
    sentence = {"reason": "this sandbox has no webhook: start it with --webhook URL."}
    told = server_with_clock.control.answer("GET", "/sandbox/truth", {"resource": "events"}, b"")
    steered = server_with_clock.control.answer("POST", "/sandbox/control", {}, b'{"webhook": {"silent": true}}')
    assert (read_json(told), read_json(steered)) == (sentence, sentence)
