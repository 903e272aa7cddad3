from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from huggy_connector.sandbox import Options, Sandbox

NOW = "2025-03-10T14:00:00"


@contextmanager
def running(**choices: Any) -> Iterator[tuple[Sandbox, httpx.Client]]:
    chosen: dict[str, Any] = {"now": NOW, "chats": 130, "days": 10, "open_chats": 12, "limit": 0} | choices
    with Sandbox(Options(**chosen)) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.token}"}
        with httpx.Client(base_url=f"{sandbox.url}/", headers=headers, timeout=20) as client:
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


def test_the_company_in_the_path_and_a_trailing_slash_change_nothing() -> None:
    with running() as (_, client):
        answers = [client.get(path).content for path in ("chats", "chats/", "companies/4242/chats", "chats?page=0")]
        assert len(set(answers)) == 1


@pytest.mark.parametrize(
    ("path", "language", "status", "reason"),
    [
        ("companies/1/chats", "pt-br", 403, "Desculpe, você não tem permissão"),
        ("companies/1/chats", "es", 403, "Lo sentimos, no tienes permiso"),
        ("tabulations", "", 404, "Not found"),
        ("chats/1", "pt-br", 404, "Não encontrado"),
        ("agents/1", "en", 404, "Not found"),
        ("chats?page=one", "en", 400, "Invalid page"),
    ],
)
def test_a_refusal_has_a_reason_in_the_language_asked_for(path: str, language: str, status: int, reason: str) -> None:
    with running() as (_, client):
        answer = client.get(path, headers={"Accept-Language": language})
        assert (answer.status_code, answer.json()) == (status, {"reason": reason})


def test_a_wrong_base_url_meets_the_web_servers_own_page() -> None:
    with running() as (sandbox, client):
        answer = client.get(f"{sandbox.origin}/chats")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html")


def test_writing_is_not_offered() -> None:
    with running() as (_, client):
        assert client.post("contacts", json={"name": "x"}).status_code == 405


def test_the_owner_the_agents_and_the_departments_are_told() -> None:
    with running() as (_, client):
        owner = client.get("agents/profile").json()
        assert set(owner) == {"id", "name", "email", "photo", "companyID"}
        assert owner["companyID"] == 4242
        pages = [ids(client.get("agents", params={"page": page})) for page in (0, 1)]
        assert (pages[0] + pages[1], ids(client.get("agents?allPages=true"))) == (list(range(9025, 9000, -1)),) * 2
        assert client.get("agents/9001").json()["name"] == owner["name"]
        assert client.get("departments/parents").json()[0] == {"id": 31, "name": "Comercial"}


def test_a_detail_is_the_row_of_the_list() -> None:
    with running() as (_, client):
        for resource in ("chats", "contacts"):
            row = client.get(resource).json()[3]
            assert client.get(f"{resource}/{row['id']}").json() == row


def test_messages_of_a_bot_chat_are_refused_and_others_are_paged_newest_first() -> None:
    with running(chats=400) as (sandbox, client):
        auto = ids(client.get("chats", params={"situation": "auto"}))[0]
        assert client.get(f"chats/{auto}/messages").status_code == 403
        longest = max(ids(client.get("chats", params={"situation": "finishing"})), key=lambda n: _length(sandbox, n))
        truth = sandbox.truth("messages", ids=[str(longest)])["ids"]
        assert walked_messages(client, longest, events=True) == truth[: len(truth)]
        spoken = walked_messages(client, longest, events=False)
        assert spoken == sorted(set(truth) & set(spoken), reverse=True)
        assert 0 < len(truth) - len(spoken) <= 3


def _length(sandbox: Sandbox, number: int) -> int:
    return int(sandbox.truth("messages", ids=[str(number)])["count"])


def walked_messages(client: httpx.Client, chat: int, *, events: bool) -> list[int]:
    found: list[int] = []
    page = 0
    shown = {"showEvents": "true"} if events else {}
    while rows := ids(client.get(f"chats/{chat}/messages", params={"page": page, **shown})):
        found += rows
        page += 1
    return found


def test_filters_are_honoured_unknown_parameters_are_not() -> None:
    with running() as (_, client):
        everything = client.get("chats").content
        assert client.get("chats", params={"created_at_from": "2099-01-01"}).content == everything
        row = client.get("chats").json()[5]
        by_contact = client.get("chats", params={"customer": row["contactId"]}).json()
        assert {int(chat["contactId"]) for chat in by_contact} == {int(row["contactId"])}
        phone = next(each["mobile"] for each in client.get("contacts").json() if each["mobile"])
        assert client.get("contacts", params={"phone": phone}).json()[0]["mobile"] == phone
        assert client.get("contacts", params={"phone": f"+{phone}"}).json() == []


def test_the_situation_filter_can_be_ignored() -> None:
    with running(ignore_situation=True) as (_, client):
        assert client.get("chats", params={"situation": "auto"}).content == client.get("chats").content


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
        answer = httpx.get(f"{sandbox.url}/agents/profile", headers={"Authorization": header} if header else {})
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
        granted = (httpx.post(address, json=asked) if as_json else httpx.post(address, data=asked)).json()
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
        done = httpx.post(address, json={"add": 2, "close": 1, "remove": 1, "change": 1, "jump": 1}).json()
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


@pytest.mark.parametrize(
    "wishes",
    [
        {"explode": 1},
        {"add": -1},
        {"add": True},
        {"resource": "agents"},
        {"rates": {"storms": 1}},
        {"rates": [1]},
        {"remove": [1]},
        {"resource": "contacts", "close": 1},
        {"faults": {"501": 0.5}},
        {"faults": {"500": "often"}},
        {"next_faults": 500},
        {"next_faults": ["501"]},
        [],
        "text",
    ],
)
def test_a_control_that_makes_no_sense_is_refused_with_a_reason(wishes: Any) -> None:
    with running() as (sandbox, _):
        answer = httpx.post(f"{sandbox.origin}/sandbox/control", json=wishes)
        assert (answer.status_code, list(answer.json())) == (400, ["reason"])


def test_the_endpoints_of_the_sandbox_are_not_counted() -> None:
    with running() as (sandbox, client):
        client.get("chats")
        for _ in range(3):
            stats = httpx.get(f"{sandbox.origin}/sandbox/stats").json()
        assert (stats["requests"], stats["by_path"], stats["by_status"]) == (1, {"/v3/chats": 1}, {"200": 1})
        sandbox.control(reset_stats=True)
        assert sandbox.stats()["requests"] == 0


def test_a_test_may_wait_for_a_request_and_count_the_pages() -> None:
    with running() as (sandbox, client), ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(httpx.get, f"{sandbox.origin}/sandbox/wait", params={"requests": 3, "pages": 1})
        for page in (4, 4):
            client.get("chats", params={"page": page})
        assert not waiting.done()
        client.get("agents/profile")
        told = waiting.result(timeout=20).json()
        assert (told["requests"], told["by_page"]) == (3, {"chats:4": 2})


def test_the_truth_has_rows_when_asked_for() -> None:
    with running() as (sandbox, client):
        rows = client.get("chats").json()
        wanted = f"{rows[2]['id']},{rows[0]['id']}"
        told = httpx.get(f"{sandbox.origin}/sandbox/truth", params={"rows": 1, "id": wanted}).json()
        assert (told["rows"], told["count"]) == ([rows[2], rows[0]], 130)


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


def test_pages_can_be_short_long_or_the_same_for_ever() -> None:
    with running() as (sandbox, client):
        truth = sandbox.truth()["ids"]
        sandbox.control(next_faults=["short", "long", "endless"])
        found = [ids(client.get("chats", params={"page": 1})) for _ in range(4)]
        assert found == [truth[20:39], truth[20:41], truth[0:20], truth[20:40]]


def test_another_page_size_loses_no_row() -> None:
    with running(page_size=19) as (sandbox, client):
        assert walked(client) == sandbox.truth()["ids"]


def test_a_page_can_fail_for_good() -> None:
    with running(fail_page="chats:2") as (_, client):
        statuses = [client.get("chats", params={"page": page}).status_code for page in (1, 2, 2, 3)]
        assert statuses == [200, 500, 500, 200]


def test_a_list_can_look_empty_although_it_is_not() -> None:
    with running(emptied="chats") as (sandbox, client):
        assert (client.get("chats").json(), sandbox.truth()["count"]) == ([], 130)
        sandbox.control(empty="")
        assert len(ids(client.get("chats"))) == 20


def test_serve_tells_a_shell_what_it_needs_and_stops_cleanly() -> None:
    code = (
        "from huggy_connector.sandbox import Options, serve\n"
        "serve(Options(chats=50), ready=lambda text: print(text, flush=True))"
    )
    command = [sys.executable, "-W", "error", "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [process.stdout.readline().strip() for _ in range(7)]
        told = dict(line.removeprefix("export ").split("=", 1) for line in lines[1:])
        headers = {"Authorization": f"Bearer {told['HUGGY_ACCESS_TOKEN']}"}
        assert httpx.get(f"{told['HUGGY_BASE_URL']}/agents/profile", headers=headers).status_code == 200
        os.kill(process.pid, signal.SIGTERM)
        assert (process.wait(20), process.stderr.read()) == (0, "")


def test_the_help_texts_cost_no_server() -> None:
    code = "import sys; from huggy_connector.sandbox import OPTION_HELP; print('aiohttp' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"


def test_only_loopback_is_listened_on() -> None:
    from huggy_connector.sandbox import serve

    with pytest.raises(ValueError, match=r"host is '0\.0\.0\.0'; the sandbox listens on loopback only"):
        serve(Options(chats=1), host="0.0.0.0")
