"""A sandbox that runs: in a thread, or until a signal stops it, and on loopback only."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import httpx
import pytest

from huggy_connector.sandbox import Options, Sandbox, serve
from tests.integration.conftest import LONGEST

NOW = "2025-03-10T14:00:00"
OPTIONS = Options(now=NOW, chats=50, days=3, limit=0)


def run_and_stop(code: str, number: signal.Signals, *, lines_told: int = 7) -> tuple[list[str], int, str]:
    """Run code that serves, ask who the token is, and send a signal. Return the lines, the exit code and stderr."""
    command = [sys.executable, "-W", "error", "-c", f"from huggy_connector.sandbox import Options, serve\n{code}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [process.stdout.readline().strip() for _ in range(lines_told)]
        told = dict(line.removeprefix("export ").split("=", 1) for line in lines[1:])
        headers = {"Authorization": f"Bearer {told['HUGGY_ACCESS_TOKEN']}"}
        assert (
            httpx.get(f"{told['HUGGY_BASE_URL']}/agents/profile", headers=headers, timeout=LONGEST).status_code == 200
        )
        os.kill(process.pid, number)
        return lines, process.wait(LONGEST), process.stderr.read()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_tells_a_shell_what_it_needs_and_stops_cleanly(number: signal.Signals) -> None:
    code = "serve(Options(chats=50), ready=lambda text: print(text, flush=True))"
    lines, exit_code, errors = run_and_stop(code, number)
    assert (exit_code, errors) == (0, "")
    assert lines[0].startswith("# The sandbox answers at http://127.0.0.1:")
    assert [line.partition("=")[0] for line in lines[1:]] == [
        "export HUGGY_BASE_URL",
        "export HUGGY_AUTH_URL",
        "export HUGGY_ACCESS_TOKEN",
        "export HUGGY_CLIENT_ID",
        "export HUGGY_CLIENT_SECRET",
        "export HUGGY_REFRESH_TOKEN",
    ]


def test_a_sandbox_with_a_webhook_tells_its_token_and_stops_cleanly() -> None:
    code = """
options = Options(chats=50, webhook="http://127.0.0.1:9/", webhook_token="0123456789abcdef", webhook_rate=50.0)
serve(options, ready=lambda text: print(text, flush=True))
"""
    lines, exit_code, errors = run_and_stop(code, signal.SIGTERM, lines_told=8)
    assert (lines[-1], exit_code, errors) == ("export HUGGY_WEBHOOK_TOKEN=0123456789abcdef", 0, "")


def test_an_address_of_ipv6_is_written_in_brackets() -> None:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")
    code = "serve(Options(chats=50), host='::1', ready=lambda text: print(text, flush=True))"
    lines, exit_code, _ = run_and_stop(code, signal.SIGTERM)
    assert (lines[1].startswith("export HUGGY_BASE_URL=http://[::1]:"), exit_code) == (True, 0)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.com", "", "127.0.0.1.example.com"])
def test_only_loopback_is_listened_on(host: str) -> None:
    with pytest.raises(ValueError, match=r"; the sandbox listens on loopback only, as 127\.0\.0\.1\.$") as refused:
        serve(Options(chats=1), host=host)
    assert str(refused.value).startswith(f"host is {host!r}")


def test_a_port_that_is_taken_is_the_callers_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="address already in use"):
            serve(Options(chats=1), port=taken.getsockname()[1], ready=lambda _: pytest.fail("it is not ready"))


def test_a_sandbox_answers_inside_its_block_and_no_longer_after_it() -> None:
    with Sandbox(OPTIONS) as sandbox:
        headers = {"Authorization": f"Bearer {sandbox.token}"}
        with httpx.Client(headers=headers, timeout=LONGEST) as client:
            assert client.get(f"{sandbox.url}/agents/profile").json()["companyID"] == 4242
            assert sandbox.auth_url == f"{sandbox.origin}/oauth"
            assert sandbox.stats()["connections"] == 1
    with pytest.raises(httpx.ConnectError):
        httpx.get(sandbox.url)
    assert "huggy-sandbox" not in {thread.name for thread in threading.enumerate()}


def test_two_sandboxes_at_once_share_nothing_but_the_machine() -> None:
    with Sandbox(OPTIONS) as first, Sandbox(Options(now=NOW, chats=70, days=3, seed=2)) as second:
        first.control(add=1)
        assert first.origin != second.origin
        assert (first.truth()["count"], second.truth()["count"]) == (51, 70)
        assert (first.token, first.client_id) != (second.token, second.client_id)
        status = httpx.get(
            f"{second.url}/chats", headers={"Authorization": f"Bearer {first.token}"}, timeout=LONGEST
        ).status_code
        assert status == 401


def test_what_fails_at_the_start_is_raised_where_the_sandbox_was_wanted() -> None:
    with pytest.raises(AttributeError, match="local_now"), Sandbox(cast("Options", object())):
        pytest.fail("it has started")
    assert "huggy-sandbox" not in {thread.name for thread in threading.enumerate()}


def test_what_is_impossible_is_raised_in_the_thread_that_asked() -> None:
    with Sandbox(OPTIONS) as sandbox:
        with pytest.raises(ValueError, match="control knows no explode"):
            sandbox.control(explode=1)
        with pytest.raises(ValueError, match="the sandbox keeps no 'tags'"):
            sandbox.truth("tags")
        assert sandbox.truth()["count"] == 50


def test_threads_that_steer_at_once_lose_nothing() -> None:
    with Sandbox(OPTIONS) as sandbox:
        sandbox.mark()
        with ThreadPoolExecutor(8) as pool:
            added = [each["added"] for each in pool.map(lambda _: sandbox.control(add=5), range(40))]
        ids = [number for each in added for number in each]
        assert len(set(ids)) == 200
        assert sorted(sandbox.truth()["arrived"]) == sorted(ids)
        assert all(len(each) == 5 for each in added)


def test_the_sandbox_in_a_thread_tells_what_its_endpoints_tell() -> None:
    with Sandbox(OPTIONS) as sandbox:
        sandbox.control(add=1)
        wanted = str(sandbox.truth()["ids"][0])
        for resource, rows in (("chats", True), ("contacts", False), ("messages", True), ("agents", False)):
            query: dict[str, str | int] = {"resource": resource, "id": wanted, "rows": int(rows)}
            told = httpx.get(f"{sandbox.origin}/sandbox/truth", params=query, timeout=LONGEST).json()
            assert told == sandbox.truth(resource, rows=rows, ids=[wanted])
        stats = httpx.get(f"{sandbox.origin}/sandbox/stats", timeout=LONGEST).json()
        assert stats.keys() == sandbox.stats().keys()
        assert "arrivals" in sandbox.stats(arrivals=True)
        assert httpx.post(f"{sandbox.origin}/sandbox/mark", timeout=LONGEST).json() == {}
        assert sandbox.truth()["arrived"] == []


def test_serve_tells_a_shell_what_it_needs_for_v2() -> None:
    code = "serve(Options(chats=50, api='v2'), ready=lambda text: print(text, flush=True))"
    command = [sys.executable, "-c", f"from huggy_connector.sandbox import Options, serve\n{code}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(5)]
        process.terminate()
    assert lines[0].partition(";")[0].endswith("/v2")
    told = dict(line.removeprefix("export ").split("=", 1) for line in lines[1:])
    assert [*told] == ["HUGGY_BASE_URL", "HUGGY_API_VERSION", "HUGGY_COMPANY_ID", "HUGGY_ACCESS_TOKEN"]
    assert (told["HUGGY_API_VERSION"], told["HUGGY_COMPANY_ID"], len(told["HUGGY_ACCESS_TOKEN"])) == ("v2", "4242", 32)
    assert told["HUGGY_BASE_URL"].endswith("/v2")


def test_both_versions_answer_whatever_the_options_say() -> None:
    with Sandbox(Options(chats=30, contacts=5, limit=0, api="v2")) as sandbox:
        assert (sandbox.url, sandbox.token) == (sandbox.url_of("v2"), sandbox.account_token)
        headers = {"X-Authorization": f"Bearer {sandbox.token}"}
        assert httpx.get(f"{sandbox.url}/agents", headers=headers, timeout=LONGEST).status_code == 200
        assert httpx.get(f"{sandbox.url_of('v3')}/agents", headers=headers, timeout=LONGEST).status_code == 401
        two = {**headers, "Authorization": "Bearer other"}
        assert httpx.get(f"{sandbox.url}/agents", headers=two, timeout=LONGEST).status_code == 401
        assert httpx.get(f"{sandbox.url}/departments", headers=headers, timeout=LONGEST).status_code == 404
        assert sandbox.stats()["lacking_in_v2"] == {"departments": 1}
