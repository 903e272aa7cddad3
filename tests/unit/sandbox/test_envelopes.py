"""What goes into one envelope, and what a disorder does to it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from huggy_connector.sandbox.options import Options
from huggy_connector.sandbox.webhook.chains import Chain, Happening
from huggy_connector.sandbox.webhook.envelopes import Planner
from huggy_connector.sandbox.webhook.record import Record
from huggy_connector.sandbox.webhook.requests import Request
from huggy_connector.sandbox.webhook_kinds import DISORDERS

NAMES = ("leftQueue", "agentEntered", "sentAllMessage")


def create_planner(**choices: Any) -> tuple[Planner, Record]:
    chosen: dict[str, Any] = {"now": "2025-03-10T14:00:00", "webhook_token": "a" * 32} | choices
    record = Record()
    return Planner(Options(**chosen), record, to_epoch=lambda moment: moment + 10_800), record


def create_chain(number: int, names: tuple[str, ...] = NAMES) -> Chain:
    return Chain(tuple(Happening(name, {"id": number, "n": n}) for n, name in enumerate(names)), 100 + number)


def plan(planner: Planner, *chains: Chain) -> list[Request]:
    return [request for chain in chains for request in planner.plan(chain)] + list(planner.flush(999))


def read(requests: list[Request]) -> list[dict[str, Any]]:
    return [json.loads(request.body)["messages"] for request in requests]


def test_without_disorder_each_event_has_an_envelope_of_its_own_at_once() -> None:
    planner, record = create_planner()
    requests = plan(planner, create_chain(1))
    assert read(requests) == [{name: [{"id": 1, "n": n}]} for n, name in enumerate(NAMES)]
    assert {(each.kind, each.delay, each.content_type) for each in requests} == {("envelope", 0.0, "application/json")}
    assert {json.loads(each.body)["time"] for each in requests} == {10_901}
    assert [told for request in requests for told in request.told] == record.told


def test_a_chain_that_comes_together_brings_what_nobody_subscribed_to() -> None:
    planner, _ = create_planner(webhook_events="agentEntered")
    assert read(plan(planner, create_chain(1))) == [{"agentEntered": [{"id": 1, "n": 1}]}]
    planner.shares = {"together": 1.0}
    assert read(plan(planner, create_chain(2))) == [{name: [{"id": 2, "n": n}] for n, name in enumerate(NAMES)}]
    assert plan(planner, create_chain(3, ("closedChat",))) == []


def test_bundles_have_at_most_four_keys_and_five_items_of_each() -> None:
    planner, record = create_planner(webhook_disorders={"bundle": 1.0})
    alike = read(plan(planner, *(create_chain(n, ("closedChat",)) for n in range(12))))
    assert [len(each["closedChat"]) for each in alike] == [5, 5, 2]
    names = tuple(f"event{n}" for n in range(9))
    assert [len(each) for each in read(plan(planner, create_chain(1, names)))] == [4, 4, 1]
    planner.shares = {"together": 1.0}
    assert [len(each) for each in read(plan(planner, create_chain(1, names)))] == [4, 4, 1]
    assert len(record.told) == 30


def test_what_waits_for_more_is_under_way_once_it_is_sent() -> None:
    planner, record = create_planner(webhook_disorders={"bundle": 1.0})
    assert list(planner.plan(create_chain(1))) == []
    assert [told.fate for told in record.told] == ["pending"] * 3
    (request,) = planner.flush(200)
    assert request.told == tuple(record.told)
    assert list(planner.flush(201)) == []


def test_twice_is_the_same_body_and_again_is_another_envelope() -> None:
    planner, record = create_planner(webhook_disorders={"twice": 1.0, "again": 1.0})
    first, second, third = plan(planner, create_chain(1, ("closedChat",)))
    assert [each.kind for each in (first, second, third)] == ["envelope", "twice", "again"]
    assert first.body == second.body
    assert read([third]) == read([first])
    assert json.loads(third.body)["time"] >= json.loads(first.body)["time"]
    assert 0 <= third.delay <= 120
    assert [told.under_way for told in record.told] == [3]


def test_what_never_comes_is_recorded_as_lost_even_where_it_should_come_twice() -> None:
    planner, record = create_planner(webhook_disorders={"never": 1.0, "twice": 1.0, "again": 1.0, "form": 1.0})
    assert plan(planner, create_chain(1)) == []
    assert [(told.fate, told.lost) for told in record.told] == [("lost", "never")] * 3


@pytest.mark.parametrize(("kind", "most"), [("late", 60.0), ("overtaken", 2.0)])
def test_what_comes_late_comes_in_another_order(kind: str, most: float) -> None:
    planner, _ = create_planner(webhook_disorders={kind: 1.0}, webhook_late_seconds=60.0)
    delays = [request.delay for request in plan(planner, *map(create_chain, range(50)))]
    assert most * 0.9 < max(delays) <= most
    assert delays != sorted(delays)


def test_former_names_unknown_keys_and_other_types_come_where_they_are_wanted() -> None:
    planner, record = create_planner(webhook_disorders={"old": 1.0, "unknown": 1.0, "type": 1.0})
    requests = plan(planner, *(create_chain(n, ("startedChat", "sentAllMessage")) for n in range(20)))
    names = {name for each in read(requests) for name in each}
    assert names >= {"createdChat", "sendedAllMessage"}
    assert names - {"createdChat", "sendedAllMessage"} <= {"changedAgentStatus", "ratedChat", "updatedQueue"}
    assert {len(each) for each in read(requests)} == {2}
    assert {each.content_type for each in requests} == {"text/plain", "application/x-www-form-urlencoded", ""}
    assert {told.event for told in record.told} == names


@pytest.mark.parametrize(("mode", "tokens"), [("app", [None]), ("panel", ["a" * 32, None])])
def test_a_missing_token_is_natural_for_an_app_and_forged_for_the_panel(mode: str, tokens: list[Any]) -> None:
    planner, record = create_planner(webhook_mode=mode, webhook_disorders={"token": 1.0})
    requests = plan(planner, create_chain(1, ("closedChat",)))
    assert [json.loads(each.body).get("token") for each in requests] == tokens
    assert [told.is_genuine for told in record.told] == [token is not None or mode == "app" for token in tokens]


def test_every_disorder_at_once_is_possible_and_the_same_for_the_same_seed() -> None:
    shares = dict.fromkeys(DISORDERS, 0.5)
    bodies = []
    for _ in range(2):
        planner, _ = create_planner(webhook_disorders=shares)
        bodies.append([(each.kind, each.body, each.delay) for each in plan(planner, *map(create_chain, range(60)))])
        assert isinstance(planner.moves_on(), bool)
    assert bodies[0] == bodies[1]
    kinds = {"envelope", "twice", "again", "big", "token", "wrong", "foreign", "json", "empty", "form"}
    assert {kind for kind, _, _ in bodies[0]} == kinds


def test_a_token_that_nobody_named_is_made_of_the_seed() -> None:
    tokens = [create_planner(webhook_token="", seed=seed)[0].token for seed in (1, 1, 2)]
    assert tokens[0] == tokens[1] != tokens[2]
    assert {len(token) for token in tokens} == {32}
