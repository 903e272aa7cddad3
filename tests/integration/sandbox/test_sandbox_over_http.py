"""What only the wire shows: walks, limits, tokens, faults and broken connections of a sandbox that runs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from huggy_connector.sandbox import Options, Sandbox
from tests.integration.conftest import LONGEST

NOW = "2025-03-10T14:00:00"


@contextmanager
def running(**choices: Any) -> Iterator[tuple[Sandbox, httpx.Client]]:
    chosen: dict[str, Any] = {"now": NOW, "chats": 130, "days": 10, "open_chats": 12, "limit": 0} | choices
    with Sandbox(Options(**chosen)) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.token}"}
        with httpx.Client(base_url=f"{sandbox.url}/", headers=headers, timeout=LONGEST) as client:
            yield sandbox, client


def ids(answer: httpx.Response) -> list[int]:
    return [int(row["id"]) for row in answer.raise_for_status().json()]


def walked(client: httpx.Client, path: str = "chats") -> list[int]:
    found: list[int] = []
    page = 0
    while rows := ids(client.get(path, params={"page": page})):
        found += rows
        page += 1
    return found


@pytest.mark.parametrize("resource", ["chats", "contacts"])
def test_a_walk_over_a_list_that_stands_still_finds_exactly_the_truth(resource: str) -> None:
    with running() as (sandbox, client):
        assert walked(client, resource) == sandbox.truth(resource)["ids"]


def test_a_page_has_twenty_rows_the_last_one_the_rest_and_past_the_end_none() -> None:
    with running() as (_, client):
        assert [len(ids(client.get("chats", params={"page": page}))) for page in (0, 5, 6, 7, 999_999)] == [
            *(20, 20, 10, 0),
            0,
        ]


def test_the_language_of_a_refusal_is_that_of_the_header() -> None:
    with running() as (_, client):
        answer = client.get("chats?page=one", headers={"Accept-Language": "pt-BR,pt;q=0.9"})
        assert (answer.status_code, answer.json()) == (400, {"reason": "Página inválida"})


def test_a_wrong_base_url_meets_the_web_servers_own_page() -> None:
    with running() as (sandbox, client):
        answer = client.get(f"{sandbox.origin}/chats")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html")


def test_the_twenty_first_of_a_burst_is_refused_and_the_record_says_so() -> None:
    with running(limit=20, refusal="seconds") as (sandbox, client):
        with ThreadPoolExecutor(30) as pool:
            answers = list(pool.map(lambda _: client.get("agents/profile"), range(30)))
        stats = sandbox.stats(arrivals=True)
        refused = [answer for answer in answers if answer.status_code == 429]
        assert {answer.headers["Retry-After"] for answer in refused} == {"1"}
        assert (stats["requests"], stats["refused_429"], len(stats["arrivals"])) == (30, len(refused), 30)
        assert stats["most_accepted_in_any_second"] <= 20
        assert stats["most_in_any_second"] > 20


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        (None, 'Missing "Authorization" header'),
        ("Bearer 0123456789abcdef0123456789abcdef", "The JWT string must have two dots"),
    ],
)
def test_a_bad_token_is_refused_by_the_token_layer(header: str | None, hint: str) -> None:
    with running() as (sandbox, _):
        answer = httpx.get(
            f"{sandbox.url}/agents/profile", headers={"Authorization": header} if header else {}, timeout=LONGEST
        )
        assert (answer.status_code, answer.json()["error"], answer.json()["hint"]) == (401, "access_denied", hint)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_token_revoked_in_mid_run_is_replaced_by_a_refresh(as_json: bool) -> None:
    with running() as (sandbox, client):
        sandbox.control(revoke_tokens=True)
        assert client.get("chats").status_code == 401
        asked = {
            "grant_type": "refresh_token",
            "client_id": sandbox.client_id,
            "client_secret": sandbox.client_secret,
            "refresh_token": sandbox.refresh_token,
        }
        address = f"{sandbox.auth_url}/access_token"
        body: dict[str, Any] = {"json" if as_json else "data": asked}
        granted = httpx.post(address, timeout=LONGEST, **body).json()
        answer = client.get("chats", headers={"Authorization": f"Bearer {granted['access_token']}"})
        assert (answer.status_code, sandbox.stats()["refreshes"]) == (200, 1)


@pytest.mark.parametrize(("limited", "status"), [(True, 429), (False, 400)])
def test_oauth_counts_in_the_limit_unless_told_otherwise(limited: bool, status: int) -> None:
    with running(limit=1, limit_oauth=limited) as (sandbox, client), ThreadPoolExecutor(2) as pool:
        first = pool.submit(client.get, "agents/profile")
        assert first.result().status_code == 200
        assert client.post(f"{sandbox.auth_url}/access_token", json={}).status_code == status


def test_arrivals_between_two_pages_double_rows_and_lose_none() -> None:
    with running(arrival_every=1) as (sandbox, client):
        sandbox.mark()
        found, truth = walked(client), sandbox.truth()
        assert len(found) > len(set(found))
        assert set(truth["throughout"]) <= set(found)
        assert len(truth["throughout"]) == 130


def test_departures_between_two_pages_lose_rows_that_were_there_all_along() -> None:
    with running(departure_every=1) as (sandbox, client):
        found, truth = walked(client), sandbox.truth()
        assert set(truth["throughout"]) - set(found)
        assert len(truth["departed"]) == sandbox.stats()["requests"]


def test_the_list_moves_by_the_clock_alone() -> None:
    with running() as (sandbox, _):
        sandbox.control(rates={"arrivals": 1e6})
        while not sandbox.truth()["arrived"]:
            pass
        sandbox.control(rates={"arrivals": 0})
        assert sandbox.truth()["count"] == 130 + len(sandbox.truth()["arrived"])


def test_control_moves_rows_and_says_which() -> None:
    with running() as (sandbox, client):
        address = f"{sandbox.origin}/sandbox/control"
        done = httpx.post(
            address, json={"add": 2, "close": 1, "remove": 1, "change": 1, "jump": 1}, timeout=LONGEST
        ).json()
        assert {name: len(rows) for name, rows in done.items()} == {
            "added": 2,
            "removed": 1,
            "changed": 1,
            "closed": 1,
            "jumped": 1,
        }
        removed = sandbox.control(remove=[done["added"][0]])["removed"]
        assert removed == [done["added"][0]]
        assert client.get(f"chats/{removed[0]}").status_code == 404
        assert done["jumped"][0] == ids(client.get("chats"))[0]


def test_the_endpoints_of_the_sandbox_are_not_counted() -> None:
    with running() as (sandbox, client):
        client.get("chats")
        for _ in range(3):
            stats = httpx.get(f"{sandbox.origin}/sandbox/stats", timeout=LONGEST).json()
        assert (stats["requests"], stats["by_path"], stats["by_status"]) == (1, {"/v3/chats": 1}, {"200": 1})
        sandbox.control(reset_stats=True)
        assert sandbox.stats()["requests"] == 0


def test_a_test_may_wait_for_a_request_and_count_the_pages() -> None:
    with running() as (sandbox, client), ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(
            httpx.get, f"{sandbox.origin}/sandbox/wait", params={"requests": 3, "pages": 1}, timeout=LONGEST
        )
        for page in (4, 4):
            client.get("chats", params={"page": page})
        assert not waiting.done()
        client.get("agents/profile")
        told = waiting.result(timeout=LONGEST).json()
        assert (told["requests"], told["by_page"]) == (3, {"chats:4": 2})


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("reset", httpx.ReadError),
        ("truncated", httpx.RemoteProtocolError),
        ("stall", httpx.RemoteProtocolError),
    ],
)
def test_a_broken_connection_is_really_broken_and_the_next_request_is_well(fault: str, error: type[Exception]) -> None:
    with running(stall_seconds=0.05) as (_, client):
        with pytest.raises(error):
            client.get("chats", headers={"X-Sandbox-Fault": fault})
        assert len(ids(client.get("chats"))) == 20


def test_whole_answers_can_be_faulty() -> None:
    with running() as (sandbox, client):
        faults = ["500", "502", "503", "503", "504", "empty", "html", "json", "object"]
        sandbox.control(next_faults=faults)
        answers = [client.get("chats") for _ in faults]
        assert [(a.status_code, a.headers["content-type"].partition(";")[0], bool(a.content)) for a in answers] == [
            (500, "application/json", True),
            (502, "text/html", True),
            (503, "application/json", True),
            (503, "text/html", True),
            (504, "text/html", True),
            (200, "application/json", False),
            (200, "text/html", True),
            (200, "application/json", True),
            (200, "application/json", True),
        ]


def test_a_page_can_be_altered_once() -> None:
    with running() as (sandbox, client):
        truth = sandbox.truth()["ids"]
        sandbox.control(next_faults=["short"])
        assert [ids(client.get("chats", params={"page": 1})) for _ in range(2)] == [truth[20:39], truth[20:40]]


def test_another_page_size_loses_no_row() -> None:
    with running(page_size=19) as (sandbox, client):
        assert walked(client) == sandbox.truth()["ids"]


def test_a_page_can_fail_for_good() -> None:
    with running(fail_page="chats:2") as (_, client):
        statuses = [client.get("chats", params={"page": page}).status_code for page in (1, 2, 2, 3)]
        assert statuses == [200, 500, 500, 200]


def test_the_help_texts_cost_no_server() -> None:
    code = "import sys; from huggy_connector.sandbox import OPTION_HELP; print('aiohttp' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
