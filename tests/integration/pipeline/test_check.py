"""The check of a connection: whose token it is, for how many requests, and which clock is wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.api import Client
from huggy_connector.clock import SYSTEM_CLOCK, Clock
from huggy_connector.errors import ApiError, Forbidden, NotFound, Refused
from huggy_connector.pipeline.check import AccountCheck, check_account
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.settings import Settings
from tests.integration.desks import settings_for


@pytest.fixture(scope="module")
def desk() -> Iterator[Sandbox]:
    with Sandbox(Options(chats=30, contacts=5, days=1, limit=0, quirks=False)) as running:
        running.control(add=1)
        yield running


def check(settings: Settings, *, host: timedelta = timedelta()) -> AccountCheck:
    clock = Clock(now=lambda: datetime.now(UTC) + host, wait=threading.Event.wait, monotonic=time.monotonic)
    return check_account(settings, clock)


@pytest.mark.parametrize(("company", "requests"), [(None, 2), (4242, 3)])
def test_it_says_whose_token_it_is_for_three_requests_at_most(
    tmp_path: Path, desk: Sandbox, company: int | None, requests: int
) -> None:
    before = desk.stats()["requests"]
    told = check(settings_for(desk, tmp_path, company_id=company))
    assert desk.stats()["requests"] - before == requests
    assert (told.company_id, told.main_company_id) == (4242, 4242)
    assert told.agent_id in desk.truth("agents")["ids"]
    assert told.agent in {agent["name"] for agent in desk.truth("agents", rows=True)["rows"]}
    assert told.token_expires_at is not None
    assert told.token_expires_at > datetime.now(UTC)
    assert [*tmp_path.glob("landing")] == []


def test_a_company_that_the_token_may_not_read_is_an_error(tmp_path: Path, desk: Sandbox) -> None:
    with pytest.raises(Forbidden, match="check HUGGY_COMPANY_ID"):
        check(settings_for(desk, tmp_path, company_id=77))


@pytest.mark.parametrize("host", [timedelta(), timedelta(hours=3), timedelta(hours=-3), timedelta(days=30)])
def test_a_wrong_clock_of_this_host_is_told_and_not_taken_for_a_wrong_zone(
    tmp_path: Path, desk: Sandbox, host: timedelta
) -> None:
    told = check(settings_for(desk, tmp_path), host=host)
    assert told.clock_skew is not None
    assert abs(told.clock_skew + host.total_seconds()) < 60
    assert told.newest_chat_at is not None
    assert abs(told.newest_chat_at - datetime.now(UTC)) < timedelta(minutes=5)
    assert told.fitting_zones == ()
    assert abs(told.local_time - datetime.now(UTC) - host) < timedelta(minutes=1)
    assert (told.timezone, str(told.local_time.tzinfo)) == ("America/Sao_Paulo",) * 2


@pytest.mark.parametrize("timezone", ["UTC", "America/Rio_Branco", "America/Noronha", "Africa/Maputo"])
def test_another_zone_than_the_accounts_is_noticed_and_the_accounts_is_proposed_first(
    tmp_path: Path, desk: Sandbox, timezone: str
) -> None:
    told = check(settings_for(desk, tmp_path, timezone=timezone))
    assert (told.fitting_zones[0], told.timezone) == ("America/Sao_Paulo", timezone)
    assert timezone not in told.fitting_zones


def test_no_zone_is_proposed_where_none_would_explain_the_time(tmp_path: Path) -> None:
    with Sandbox(Options(chats=30, contacts=5, limit=0, quirks=False, now="2025-01-10T12:00:00")) as old:
        told = check(settings_for(old, tmp_path))
    assert told.newest_chat_at is not None
    assert told.newest_chat_at < datetime(2025, 1, 11, tzinfo=UTC)
    assert told.fitting_zones == ()


def test_an_account_without_a_chat_has_no_newest_one(tmp_path: Path) -> None:
    with Sandbox(Options(chats=0, open_chats=0, contacts=5, limit=0)) as empty:
        told = check(settings_for(empty, tmp_path, timezone="UTC"))
    assert (told.newest_chat_at, told.fitting_zones) == (None, ())


@pytest.mark.parametrize(("error", "is_borne"), [(Forbidden("x"), True), (NotFound("x"), True), (Refused("x"), False)])
def test_a_token_that_may_not_read_chats_is_checked_all_the_same(
    tmp_path: Path, desk: Sandbox, monkeypatch: pytest.MonkeyPatch, error: ApiError, *, is_borne: bool
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(Client, "fetch_page", refuse)
    if not is_borne:
        with pytest.raises(type(error)):
            check_account(settings_for(desk, tmp_path), SYSTEM_CLOCK)
        return
    told = check_account(settings_for(desk, tmp_path), SYSTEM_CLOCK)
    assert (told.company_id, told.newest_chat_at, told.fitting_zones) == (4242, None, ())
