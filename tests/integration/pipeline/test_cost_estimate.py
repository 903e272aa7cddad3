"""The plan of a landing beside what it then sends, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from huggy_connector.pipeline import Pipeline, parse_span
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.settings import Settings
from tests.integration.test_modes import DAY, requests_of, settings_for, today


@pytest.fixture
def desk() -> Iterator[Sandbox]:
    with Sandbox(Options(chats=1_200, contacts=1_100, days=60, limit=0, open_chats=30, quirks=False)) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, desk: Sandbox) -> Settings:
    return settings_for(desk, tmp_path)


@pytest.mark.parametrize("resource", ["chats", "contacts", "agents", "departments"])
def test_a_plan_of_a_full_sweep_tells_its_requests_before_the_first_page(
    settings: Settings, desk: Sandbox, resource: str
) -> None:
    before = requests_of(desk)
    plan = Pipeline(settings).plan(resource, mode="full")
    asked = requests_of(desk) - before
    sent = Pipeline(settings).land(resource, idempotency_key="test").requests
    assert (plan.mode, plan.asked) == ("full", asked)
    assert asked <= 20
    assert abs(plan.requests - sent) <= 0.1 * sent + 10


def test_a_plan_of_a_window_and_of_what_is_due_come_close_to_what_is_sent(settings: Settings, desk: Sandbox) -> None:
    Pipeline(settings).land("chats", idempotency_key="test")
    day = today() - 9 * DAY
    span = parse_span(day, day + 3 * DAY, zone=settings.zone)
    expected = Pipeline(settings).plan("chats", mode="window", span=span).requests
    sent = Pipeline(settings).land("chats", mode="window", span=span, idempotency_key="test").requests
    assert abs(expected - sent) <= 20
    desk.control(add=30)
    due = Pipeline(settings).plan("chats")
    landed = Pipeline(settings).land_due("chats", idempotency_key="test")[0]
    assert (due.mode, landed.mode) == ("incremental", "incremental")
    assert abs(due.requests - landed.requests) <= 20
