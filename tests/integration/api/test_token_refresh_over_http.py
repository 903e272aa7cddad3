"""Tokens that expire, are revoked or cannot be refreshed, with real processes, files and HTTP."""

from __future__ import annotations

import logging
import signal
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector import errors
from huggy_connector.api import Client, choose_credentials, open_client
from huggy_connector.api.auth.token_refresh import DEAD_REFRESH_TOKEN
from huggy_connector.api.http import HttpTransport
from huggy_connector.api.http_messages import Response, Sendable
from huggy_connector.budget import open_budget
from huggy_connector.catalogue import get_resource
from huggy_connector.clock import SYSTEM_CLOCK
from huggy_connector.pipeline import Pipeline
from tests.integration.conftest import LONGEST
from tests.sizes import FULL

if TYPE_CHECKING:
    from tests.integration.api.conftest import Account

    Open = Callable[..., Account]

CHATS = get_resource("chats")
HOUR = 1 / 24


class Rough:
    """A way to the server on which the first requests for a token meet something."""

    def __init__(self, account: Account, meets: list[int | str]) -> None:
        self._transport = HttpTransport(account.sandbox.url, language="en")
        self._meets = meets

    def send(self, request: Sendable, *, token: str | None) -> Response:
        met = self._meets.pop(0) if self._meets and token is None else None
        if isinstance(met, int):
            return Response(met, {}, b"<html>")
        if met == "away":
            raise errors.Unreachable("No connection.")
        answer = self._transport.send(request, token=token)
        if met == "lost":
            raise errors.Unreachable("The connection broke.")
        return Response(200, {}, answer.body[:-20]) if met == "cut" else answer

    def close(self) -> None:
        self._transport.close()


def on_a_rough_way(
    account: Account,
    meets: list[int | str],
    note: Callable[[str], None] = lambda _: None,
    *,
    retry_timeout: float = 300,
) -> Client:
    settings = account.settings()
    return Client(
        transport=Rough(account, meets),
        budget=open_budget("memory:", scope="", rate=1000, state_folder=settings.state_folder, note=note),
        credentials=choose_credentials(settings, now=SYSTEM_CLOCK.now, note=note),
        clock=SYSTEM_CLOCK,
        retry_timeout=retry_timeout,
    )


def outcome(act: Callable[[], Any]) -> str:
    try:
        return f"{act()}"
    except errors.HuggyError as error:
        return f"{type(error).__name__}: {error}"


# Once for all ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["ended by its own account", "refused by the API"])
def test_4_processes_of_32_threads_with_an_expired_token_refresh_once(account: Open, how: str) -> None:
    user = account(token_days_left=-HOUR if how == "ended by its own account" else None)
    user.sandbox.control(expire_tokens=True)
    workers = [user.worker(threads=32) for _ in range(4)]
    said = user.together(workers)
    assert (said, user.refreshes()) == ([["20 rows"] * 32] * 4, (1, 0))
    assert user.work(threads=32) == ["20 rows"] * 32
    assert user.refreshes() == (1, 0)


@pytest.mark.proof
@pytest.mark.parametrize("rotation", ["rotate", "same", "absent"] if FULL else ["rotate"])
def test_a_token_near_its_end_is_refreshed_before_the_api_can_refuse_it(account: Open, rotation: str) -> None:
    user = account(token_days_left=HOUR, rotation=rotation)
    assert (user.work(threads=4), user.refreshes()) == (["20 rows"] * 4, (1, 0))
    assert "401" not in user.sandbox.stats()["by_status"]


@pytest.mark.proof
@pytest.mark.parametrize("rotation", ["rotate", "same", "absent"] if FULL else ["rotate"])
def test_refreshes_follow_each_other_through_the_store(account: Open, rotation: str) -> None:
    user = account(rotation=rotation)
    for renewed in range(1, 4):
        user.sandbox.control(expire_tokens=True)
        assert (user.work(threads=2), user.refreshes()) == (["20 rows"] * 2, (renewed, 0))


@pytest.mark.parametrize("missing", [(), ("HUGGY_ACCESS_TOKEN",), ("HUGGY_ACCESS_TOKEN", "HUGGY_REFRESH_TOKEN")])
def test_a_configured_token_is_not_needed_with_a_refresh_token_or_a_store(
    account: Open, missing: tuple[str, ...]
) -> None:
    user = account()
    if "HUGGY_REFRESH_TOKEN" in missing:
        user.without("HUGGY_ACCESS_TOKEN").work()
    assert (user.without(*missing).work(), user.refreshes()) == (["20 rows"], (1 if missing else 0, 0))


def test_the_status_shows_the_end_of_the_refreshed_token(account: Open) -> None:
    user = account(token_days_left=-HOUR)
    user.work()
    told = Pipeline(user.settings()).check()
    assert told.token_expires_at is not None
    assert 178 < (told.token_expires_at - SYSTEM_CLOCK.now()).days < 181


def test_a_refresh_takes_its_turn_in_the_budget(account: Open) -> None:
    user = account(limit=20).having(HUGGY_REQUESTS_PER_SECOND="20", HUGGY_BUDGET="file:?mode=strict")
    user.sandbox.control(expire_tokens=True)
    assert user.work(threads=30) == ["20 rows"] * 30
    stats = user.sandbox.stats()
    assert (stats["refreshes"], stats["refused_429"]) == (1, 0)


# In the middle of it --------------------------------------------------------------------------------------------------


def test_a_token_revoked_in_the_middle_of_a_list_costs_one_refresh_and_no_row(account: Open) -> None:
    user = account(chats=400)
    rows = []
    for number, row in enumerate(Pipeline(user.settings()).iter_rows("chats")):
        if number in {100, 250}:
            user.sandbox.control(revoke_tokens=True)
        rows.append(int(row["id"]))
    assert (sorted(rows), user.refreshes()) == (sorted(user.sandbox.truth()["ids"]), (2, 0))


def test_32_threads_with_a_dead_refresh_token_send_one_request_and_all_name_the_login(account: Open) -> None:
    user = account()
    user.sandbox.control(revoke_tokens=True, revoke_refresh=True)
    assert user.work(threads=32) == [f"Unauthorized: {DEAD_REFRESH_TOKEN}"] * 32
    assert user.refreshes() == (0, 1)


def test_a_newly_configured_token_is_used_and_replaces_the_old_settings_too(account: Open) -> None:
    user = account()
    user.sandbox.control(expire_tokens=True)
    user.work()
    fresh = _authorised_elsewhere(user)
    user.sandbox.control(reset_stats=True)
    anew = user.having(HUGGY_ACCESS_TOKEN=fresh["access_token"], HUGGY_REFRESH_TOKEN=fresh["refresh_token"])
    assert (anew.work(), user.refreshes()) == (["20 rows"], (0, 0))
    user.sandbox.control(expire_tokens=True)
    assert (anew.work(), user.work(), user.refreshes()) == (["20 rows"], ["20 rows"], (1, 0))


def _authorised_elsewhere(user: Account) -> dict[str, str]:
    import httpx

    asked = {"client_id": user.sandbox.client_id, "redirect_uri": "http://x.example/cb"}
    sent = httpx.get(f"{user.sandbox.auth_url}/authorize", params=asked | {"response_type": "code"}, timeout=LONGEST)
    code = httpx.URL(sent.headers["Location"]).params["code"]
    secret = {"grant_type": "authorization_code", "client_secret": user.sandbox.client_secret, "code": code}
    answer: dict[str, str] = httpx.post(
        f"{user.sandbox.auth_url}/access_token", json=asked | secret, timeout=LONGEST
    ).json()
    return answer


# What may pass --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("meets", [[500], [503, "away"], [429], ["cut"], ["lost"]])
def test_a_refresh_is_repeated_after_transient_failures(account: Open, meets: list[int | str]) -> None:
    user = account(rotation="same")
    with on_a_rough_way(user, meets) as client:
        client.fetch_page(CHATS, 0)
        user.sandbox.control(expire_tokens=True)
        assert len(client.fetch_page(CHATS, 1).rows) == 20


def test_an_answer_lost_under_rotation_names_the_login(account: Open) -> None:
    user = account()
    user.sandbox.control(expire_tokens=True)
    with on_a_rough_way(user, ["lost"]) as client:
        assert outcome(client.fetch_profile) == f"Unauthorized: {DEAD_REFRESH_TOKEN}"


def test_a_failed_early_refresh_stops_nobody(account: Open) -> None:
    user, notes = account(token_days_left=HOUR), list[str]()
    with on_a_rough_way(user, [503] * 100, notes.append) as client, ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda number: len(client.fetch_page(CHATS, number % 3).rows), range(40)))
    assert (pages, client.retries, user.refreshes(), len(notes)) == ([20] * 40, 0, (0, 0), 1)


# Killed ---------------------------------------------------------------------------------------------------------------


@pytest.mark.proof
@pytest.mark.parametrize("rotation", ["rotate", "same", "absent"] if FULL else ["rotate"])
def test_a_process_killed_after_storing_the_new_token_loses_nothing(account: Open, rotation: str) -> None:
    user = account(rotation=rotation)
    user.sandbox.control(expire_tokens=True)
    assert user.work(killed="after") == []
    assert (user.work(threads=4), user.refreshes()) == (["20 rows"] * 4, (1, 0))


@pytest.mark.parametrize("rotation", ["same", "absent"])
def test_after_a_kill_before_storing_the_old_refresh_token_is_tried_once(account: Open, rotation: str) -> None:
    user = account(rotation=rotation)
    user.sandbox.control(expire_tokens=True)
    assert user.work(killed="before") == []
    assert (user.work(threads=4), user.refreshes()) == (["20 rows"] * 4, (2, 0))


def test_after_a_kill_before_storing_under_rotation_one_sentence_names_the_login(account: Open) -> None:
    user = account()
    user.sandbox.control(expire_tokens=True)
    assert user.work(killed="before") == []
    assert (user.work(threads=4), user.refreshes()) == ([f"Unauthorized: {DEAD_REFRESH_TOKEN}"] * 4, (1, 1))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_refresh_still_stores_its_answer(account: Open, number: int) -> None:
    user = account(token_days_left=-HOUR, latency_ms=1000)
    command = user.start("check")
    while user.sandbox.stats()["by_path"].get("/oauth/access_token", 0) == 0:
        time.sleep(0.02)
    command.send_signal(number)
    assert command.wait(timeout=LONGEST) == 130
    user.sandbox.control(latency_ms=0)
    assert (user.work(), user.refreshes()) == (["20 rows"], (1, 0))


# Secrets --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("meets", [[], [400], [401], [404], [500], [429], ["cut"], ["away"], ["lost"], [302]])
@pytest.mark.parametrize("spoilt", ["nothing", "secret", "refresh", "store", "all tokens", "ahead"])
def test_no_token_is_in_any_error_log_note_or_repr(
    account: Open, meets: list[int | str], spoilt: str, caplog: pytest.LogCaptureFixture
) -> None:
    user, said = account(token_days_left=HOUR if spoilt == "ahead" else -HOUR), list[str]()
    if spoilt == "secret":
        user = user.having(HUGGY_CLIENT_SECRET="hidden-and-wrong")
    if spoilt == "store":
        with open_client(user.settings()) as client:
            client.fetch_profile()
        (store,) = (user.settings().state_folder / "tokens").glob("*.json")
        store.write_bytes(store.read_bytes()[:-9])
    if spoilt == "refresh":
        user.sandbox.control(revoke_refresh=True)
    if spoilt == "all tokens":
        user.sandbox.control(revoke_tokens=True, revoke_refresh=True)
    with caplog.at_level(logging.DEBUG):
        try:
            with on_a_rough_way(user, [*meets], said.append, retry_timeout=0) as client:
                said.append(repr(vars(client)))
                client.fetch_profile()
        except errors.HuggyError as error:
            said += [str(error), repr(error), *traceback.format_exception(error)]
            for cause in (error.__cause__, error.__context__):
                said.append(f"{cause} {cause!r}")
    said += [f"{record.getMessage()} {record.args}" for record in caplog.records]
    tokens = user.sandbox._server.tokens
    secrets = [tokens.client_secret, tokens.first_token, tokens.refresh_token, *tokens.refresh_tokens, "hidden"]
    secrets += tokens.refresh_tokens.values()
    assert [secret for secret in secrets for text in said if secret in text] == []


def test_the_settings_and_the_client_show_no_token(account: Open) -> None:
    user = account()
    with open_client(user.settings()) as client:
        shown = (
            repr(vars(client))
            + repr(user.settings())
            + repr(partial(client._credentials.get_token, client.sender.send))
        )
    assert user.sandbox.token not in shown
    assert user.sandbox.refresh_token not in shown
