"""`huggy auth login` as people use it: with a browser, or with an address to paste."""

import json
import re
import socket
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.api.conftest import Account

    Open = Callable[..., Account]

TOKENS = ("HUGGY_ACCESS_TOKEN", "HUGGY_REFRESH_TOKEN")


@pytest.fixture
def port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def with_a_browser(user: "Account", folder: Path, *visits: str) -> "Account":
    """One that goes where it is sent, after `visits` to that server; what it was started with is in `folder`/argv."""
    browser = folder / "browser"
    browser.write_text(
        f"#!{sys.executable}\n"
        "import pathlib, sys, urllib.parse, urllib.request\n"
        f"pathlib.Path({str(folder / 'argv')!r}).write_text(' '.join(sys.argv[1:]))\n"
        f"for address in (*{visits!r}, sys.argv[1]):\n"
        "    address = urllib.parse.urljoin(sys.argv[1], address)\n"
        "    try: print('the browser shows', urllib.request.urlopen(address).read().decode(), file=sys.stderr)\n"
        "    except OSError as error: print('the browser shows', error.read().decode(), file=sys.stderr)\n"
    )
    browser.chmod(0o700)
    return user.having(BROWSER=f"{browser} %s")


def secrets_in(user: "Account", text: str) -> list[str]:
    tokens = user.sandbox._server.tokens
    known = [tokens.client_secret, *tokens.refresh_tokens, *tokens.refresh_tokens.values()]
    return [secret for secret in known if secret in text]


def test_a_login_in_the_browser_is_all_that_is_needed(account: "Open", tmp_path: Path, port: str) -> None:
    user = with_a_browser(account().without(*TOKENS), tmp_path)
    done = user.huggy("auth", "login", "--port", port, "--json")
    assert (done.returncode, "Huggy is connected" in done.stderr) == (0, True)
    (store,) = (tmp_path / "state" / "tokens").glob("*.json")
    told = json.loads(done.stdout)
    times = {name: told.pop(name) for name in ("expires_at", "renewed_from")}
    assert (told, stat.S_IMODE(store.stat().st_mode)) == (
        {
            "place": f"the file {store}",
            "client_id": user.sandbox.client_id,
            "days_left": 179,
            "renews_itself": True,
            "agent": "Ana Souza",
            "agent_id": 9001,
            "company_id": 4242,
        },
        0o600,
    )
    assert times["renewed_from"] < times["expires_at"]
    assert (user.work(), user.refreshes()) == (["20 rows"], (0, 0))
    user.sandbox.control(expire_tokens=True)
    assert (user.work(), user.refreshes()) == (["20 rows"], (1, 0))
    assert secrets_in(user, done.stdout + done.stderr) == []


def test_the_address_asked_for_is_the_documented_one(account: "Open", tmp_path: Path) -> None:
    user = account().without(*TOKENS)
    told = user.huggy("auth", "login", "--no-browser").stderr
    (address,) = re.findall(r"^http\S+$", told, re.MULTILINE)
    assert re.fullmatch(
        re.escape(f"{user.sandbox.auth_url}/authorize?scope=install_app%20read_agent_profile&response_type=code&")
        + re.escape(f"redirect_uri=http%3A%2F%2F127.0.0.1%3A8765%2Fcallback&client_id={user.sandbox.client_id}&")
        + r"state=[\w-]{43}",
        address,
    )
    assert told.splitlines()[-1] == "huggy: Nothing was pasted: run `huggy auth login` again."
    assert not (tmp_path / "state" / "tokens").exists()


def test_a_pasted_code_works_once(account: "Open") -> None:
    user = account().without(*TOKENS)
    code = user.get_code(redirect="https://company.example/cb")
    login = ("auth", "login", "--redirect-url", "https://company.example/cb")
    done = user.huggy(*login, pasted=f"{code}\n")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "Connected as Ana Souza (agent 9001), company 4242.")
    again = user.huggy(*login, pasted=f"{code}\n")
    assert (again.returncode, again.stderr.splitlines()[-1]) == (
        1,
        "huggy: Huggy does not accept the code (used already, or too old): run `huggy auth login` again.",
    )
    assert user.work() == ["20 rows"]


def test_an_answer_to_another_login_is_refused(account: "Open", tmp_path: Path) -> None:
    user = account().without(*TOKENS)
    pasted = user.huggy("auth", "login", "--no-browser", pasted=user.agree(state="another") + "\n")
    assert (pasted.returncode, pasted.stderr.splitlines()[-1]) == (
        1,
        (
            "huggy: The browser's answer belongs to another login: run `huggy auth login` again, "
            "and use the address it prints."
        ),
    )
    assert not (tmp_path / "state" / "tokens").exists()


WRONG = (
    "/callback?code=theirs&state=another",
    "/callback?error=access_denied&state=another",
    "/callback?code=theirs&state=",
    "/callback?code=theirs",
    "/callback",
    "/callback?state=%ff&state=x",
    "/another",
    "/",
)


def test_a_visit_without_the_logins_state_ends_nothing(account: "Open", tmp_path: Path, port: str) -> None:
    user = with_a_browser(account().without(*TOKENS), tmp_path, *WRONG)
    done = user.huggy("auth", "login", "--port", port)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "Connected as Ana Souza (agent 9001), company 4242.")
    shown = re.findall(
        "the browser shows .*?(This is no answer|Huggy is connected|Error code: 404)", done.stderr, re.DOTALL
    )
    assert shown == ["This is no answer"] * 6 + ["Error code: 404"] * 2 + ["Huggy is connected"]
    assert user.work() == ["20 rows"]


def test_the_command_that_starts_the_browser_does_not_hold_the_state(
    account: "Open", tmp_path: Path, port: str
) -> None:
    user = with_a_browser(account().without(*TOKENS), tmp_path)
    done = user.huggy("auth", "login", "--port", port)
    (state,) = re.findall(r"state=([\w-]{43})$", done.stderr, re.MULTILINE)
    started_with = (tmp_path / "argv").read_text()
    assert re.fullmatch(rf"http://127\.0\.0\.1:{port}/[\w-]{{43}}", started_with)
    assert (state in started_with, done.returncode) == (False, 0)


def test_a_login_whose_page_somebody_else_has_opened_is_over(account: "Open", tmp_path: Path, port: str) -> None:
    """Who reads the list of processes and is there first."""
    user = account().without(*TOKENS)
    thief = (
        "import http.client, sys, urllib.parse; u = urllib.parse.urlsplit(sys.argv[1]); "
        "c = http.client.HTTPConnection(u.netloc); c.request('GET', u.path); print(c.getresponse().status)"
    )
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nfor _ in 1 2; do {sys.executable} -c "{thief}" $1 >&2; done\n')
    browser.chmod(0o700)
    done = user.having(BROWSER=f"{browser} %s").huggy("auth", "login", "--port", port)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        1,
        (
            "huggy: Somebody else has opened the page of this login: run `huggy auth login` again, with --no-browser "
            "on a machine whose other users you do not trust."
        ),
    )
    assert re.findall(r"^\d+$", done.stderr, re.MULTILINE) == ["302", "410"]
    assert not (tmp_path / "state" / "tokens").exists()


def test_a_login_replaces_dead_tokens_in_the_settings_and_a_damaged_file(account: "Open", tmp_path: Path) -> None:
    user = account()
    user.sandbox.control(expire_tokens=True)
    user.work()
    user.sandbox.control(revoke_tokens=True, revoke_refresh=True)
    (store,) = (tmp_path / "state" / "tokens").glob("*.json")
    store.write_bytes(b"spoilt")
    assert user.huggy("check").stderr == (
        f"huggy: The token file {store} does not hold what was kept there: run `huggy auth login`, "
        "or delete the file and set HUGGY_REFRESH_TOKEN.\n"
    )
    code = user.get_code()
    assert user.huggy("auth", "login", "--no-browser", pasted=f"{code}\n").returncode == 0
    user.sandbox.control(reset_stats=True)
    assert (user.work(), user.refreshes()) == (["20 rows"], (0, 0))
