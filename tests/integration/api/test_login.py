"""`huggy auth` as people use it: with a browser, with an address to paste, and afterwards."""

import json
import re
import socket
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from tests.integration.api.conftest import Account

    Open = Callable[..., Account]

TOKENS = ("HUGGY_ACCESS_TOKEN", "HUGGY_REFRESH_TOKEN")
REDIRECT = "http://127.0.0.1:8765/callback"


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


def agreed(user: "Account", *, redirect: str = REDIRECT, **changed: str) -> str:
    """The address that a browser ends on."""
    asked = {"response_type": "code", "client_id": user.sandbox.client_id, "redirect_uri": redirect} | changed
    return str(httpx.get(f"{user.sandbox.auth_url}/authorize", params=asked).headers["Location"])


def code_in(address: str) -> str:
    return httpx.URL(address).params["code"]


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
    code = code_in(agreed(user, redirect="https://company.example/cb"))
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
    pasted = user.huggy("auth", "login", "--no-browser", pasted=agreed(user, state="another") + "\n")
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
    code = code_in(agreed(user))
    assert user.huggy("auth", "login", "--no-browser", pasted=f"{code}\n").returncode == 0
    user.sandbox.control(reset_stats=True)
    assert (user.work(), user.refreshes()) == (["20 rows"], (0, 0))


def test_a_port_in_use_is_an_error(account: "Open") -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = account().huggy("auth", "login", "--port", str(port))
    assert (done.returncode, done.stderr) == (
        2,
        f"huggy: Port {port} is taken: choose another with --port, and name it in the app's redirect URL too.\n",
    )


# Status ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "missing", "said"),
    [
        (None, (), ["The token is from the settings. It ends in ", "It is renewed from 20"]),
        (-1.0, (), ["The token is from the settings. It ended on ", "The next request renews it."]),
        (1.0, (), ["The token is from the settings. It ends in 0 days, ", "It is renewed from 20"]),
        (0.1, (), ["The token is from the settings. It ends in 0 days, ", "The next request renews it."]),
        (
            None,
            ("HUGGY_ACCESS_TOKEN",),
            ["The token is from the settings. There is only a refresh token so far.", "The next request renews it."],
        ),
        (
            None,
            ("HUGGY_REFRESH_TOKEN",),
            ["The token is from the settings. It ends in ", "Nobody renews it: `huggy auth login` gives one that "],
        ),
    ],
)
def test_the_status_is_two_sentences_and_sends_nothing(
    account: "Open", days: float | None, missing: tuple[str, ...], said: list[str]
) -> None:
    user = account(token_days_left=days).without(*missing)
    done = user.huggy("auth", "status")
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr, len(lines)) == (0, "", 2)
    assert [line[: len(start)] for line, start in zip(lines, said, strict=True)] == said
    assert user.sandbox.stats()["requests"] == 0
    assert secrets_in(user, done.stdout) == []


def test_the_status_online_says_who_the_token_is(account: "Open") -> None:
    user = account(token_days_left=-1.0)
    told = json.loads(user.huggy("auth", "status", "--online", "--json").stdout)
    assert (told["agent"], told["company_id"], told["days_left"], user.refreshes()) == ("Ana Souza", 4242, 179, (1, 0))


def test_without_any_token_the_status_says_what_to_do(account: "Open") -> None:
    done = account().without(*TOKENS).huggy("auth", "status")
    sentence = (
        "huggy: There is no access token: set HUGGY_ACCESS_TOKEN (or the password of the Airflow connection), "
        "or run `huggy auth login`.\n"
    )
    assert (done.returncode, done.stderr) == (2, sentence)
