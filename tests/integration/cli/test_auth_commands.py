"""`huggy auth` says how long the token lasts and who renews it, and never prints it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from huggy_connector.sandbox import Options, Sandbox
from tests.integration.conftest import Run

Huggy = Callable[..., Run]


def tell(sandbox: Sandbox, *missing: str) -> dict[str, str]:
    """What a user of the sandbox sets; `missing` are empty."""
    environ = {
        "HUGGY_BASE_URL": sandbox.url,
        "HUGGY_AUTH_URL": sandbox.auth_url,
        "HUGGY_ACCESS_TOKEN": sandbox.token,
        "HUGGY_REFRESH_TOKEN": sandbox.refresh_token,
        "HUGGY_CLIENT_ID": sandbox.client_id,
        "HUGGY_CLIENT_SECRET": sandbox.client_secret,
    }
    return environ | dict.fromkeys(missing, "")


def secrets_in(environ: dict[str, str], run: Run) -> list[str]:
    secrets = ("HUGGY_ACCESS_TOKEN", "HUGGY_REFRESH_TOKEN", "HUGGY_CLIENT_SECRET")
    return [name for name in secrets if environ[name] and environ[name] in run.out + run.err]


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
    huggy: Huggy, days: float | None, missing: tuple[str, ...], said: list[str]
) -> None:
    with Sandbox(Options(chats=1, contacts=1, limit=0, token_days_left=days)) as sandbox:
        environ = tell(sandbox, *missing)
        done, told = huggy("auth", "status", **environ), huggy("auth", "status", "--json", **environ)
        assert sandbox.stats()["requests"] == 0
    lines = done.out.splitlines()
    assert (done.code, done.err, len(lines)) == (0, "", 2)
    assert [line[: len(start)] for line, start in zip(lines, said, strict=True)] == said
    assert secrets_in(environ, done) + secrets_in(environ, told) == []
    names = ("place", "client_id", "expires_at", "days_left", "renews_itself", "renewed_from")
    assert [*json.loads(told.out)] == [*names]
    assert json.loads(told.out)["renews_itself"] is ("HUGGY_REFRESH_TOKEN" not in missing)


def test_the_status_online_says_who_the_token_is_and_renews_it_where_it_has_ended(huggy: Huggy) -> None:
    with Sandbox(Options(chats=1, contacts=1, limit=0, token_days_left=-1.0)) as sandbox:
        environ = tell(sandbox)
        told = json.loads(huggy("auth", "status", "--online", "--json", **environ).out)
        said = huggy("auth", "status", "--online", **environ).out.splitlines()
        stats = sandbox.stats()
    assert (told["agent"], told["agent_id"], told["company_id"], told["days_left"]) == ("Ana Souza", 9001, 4242, 179)
    assert (said[0], len(said)) == ("Connected as Ana Souza (agent 9001), company 4242.", 3)
    assert (stats["refreshes"], stats["failed_refreshes"]) == (1, 0)


def test_without_any_token_the_status_says_what_to_do(huggy: Huggy, sandbox: Sandbox) -> None:
    done = huggy("auth", "status", **tell(sandbox, "HUGGY_ACCESS_TOKEN", "HUGGY_REFRESH_TOKEN"))
    assert (done.code, done.err) == (
        2,
        (
            "huggy: There is no access token: set HUGGY_ACCESS_TOKEN (or the password of the Airflow connection), "
            "or run `huggy auth login`.\n"
        ),
    )


@pytest.mark.parametrize(
    ("missing", "options", "sentence"),
    [
        (
            ("HUGGY_CLIENT_SECRET",),
            (),
            "A login needs an app: create one in Huggy's panel, then set HUGGY_CLIENT_ID and HUGGY_CLIENT_SECRET.",
        ),
        (
            (),
            ("--api-version", "v2"),
            "There is no login for v2: an administrator makes its token in Huggy's panel under Settings > API.",
        ),
        ((), ("--port", "0"), "Invalid value for '--port': 0 is not in the range 1<=x<=65535."),
    ],
)
def test_a_login_that_cannot_succeed_ends_before_any_address_is_shown(
    huggy: Huggy, sandbox: Sandbox, missing: tuple[str, ...], options: tuple[str, ...], sentence: str
) -> None:
    done = huggy("auth", "login", "--no-browser", *options, **tell(sandbox, *missing))
    assert (done.code, done.out, done.err) == (2, "", f"huggy: {sentence}\n")


@pytest.mark.parametrize(
    ("options", "redirect"),
    [
        (("--no-browser",), "http://127.0.0.1:8765/callback"),
        (("--no-browser", "--port", "9123"), "http://127.0.0.1:9123/callback"),
        (("--redirect-url", "https://company.example/cb?a=b"), "https://company.example/cb?a=b"),
    ],
)
def test_a_login_without_a_browser_shows_the_address_and_wants_an_answer(
    huggy: Huggy, sandbox: Sandbox, tmp_path: Path, options: tuple[str, ...], redirect: str
) -> None:
    done = huggy("auth", "login", *options, pasted=" \n", **tell(sandbox))
    [address] = re.findall(r"^http\S+$", done.err, re.MULTILINE)
    assert parse_qs(urlsplit(address).query)["redirect_uri"] == [redirect]
    assert (done.code, done.out) == (1, "")
    assert done.sentence == "huggy: Nothing was pasted: run `huggy auth login` again."
    assert not (tmp_path / "state" / "tokens").exists()


# API v2 ---------------------------------------------------------------------------------------------------------------


def tell_v2(sandbox: Sandbox) -> dict[str, str]:
    return {
        "HUGGY_BASE_URL": sandbox.url_of("v2"),
        "HUGGY_AUTH_URL": "",
        "HUGGY_ACCESS_TOKEN": sandbox.account_token,
        "HUGGY_API_VERSION": "v2",
        "HUGGY_COMPANY_ID": "4242",
    }


@pytest.mark.parametrize(
    ("options", "first"),
    [
        ((), []),
        (
            ("--online",),
            ["The API accepts the token. API v2 does not tell whose it is: company 4242 is what was set."],
        ),
    ],
)
def test_the_status_of_a_v2_token_says_where_it_is_renewed(
    huggy: Huggy, sandbox: Sandbox, options: tuple[str, ...], first: list[str]
) -> None:
    done = huggy("auth", "status", *options, **tell_v2(sandbox))
    assert (done.code, done.out.splitlines()) == (
        0,
        [
            *first,
            "The token is from the settings. It does not say when it ends.",
            (
                "It is a token of API v2: an administrator renews it in Huggy's panel under Settings > API, with a "
                "code that comes by e-mail, and the renewal ends the old one at once."
            ),
        ],
    )
    told = json.loads(huggy("auth", "status", "--json", *options, **tell_v2(sandbox)).out)
    assert (told["renews_itself"], told.get("company_id")) == (False, 4242 if options else None)


def test_check_get_and_plan_speak_of_v2(huggy: Huggy, sandbox: Sandbox) -> None:
    environ = tell_v2(sandbox)
    checked = huggy("check", **environ)
    assert checked.out.splitlines()[0] == (
        "Connected. API v2 does not tell whose the token is: company 4242 is what was set."
    )
    refused = huggy("get", "departments", **environ)
    assert (refused.code, refused.err) == (
        2,
        (
            "huggy: API v2 has no list of departments, it has agents, chats, contacts, feedbacks, messages: leave it "
            "out, or move to v3 (docs/api-v2.md).\n"
        ),
    )
    assert "departments" not in huggy("plan", **environ).out
    assert json.loads(huggy("get", "agents", "--json", **environ).out)["rows"][0]["isActive"] in {True, False}
    lost = huggy("check", **{**environ, "HUGGY_COMPANY_ID": ""})
    assert (lost.code, lost.sentence) == (
        2,
        (
            "huggy: API v2 does not tell the company of a token: set HUGGY_COMPANY_ID (company_id in the extra of the "
            "Airflow connection) to the number of your account."
        ),
    )
    mixed = huggy("check", **{**environ, "HUGGY_BASE_URL": sandbox.url_of("v3")})
    assert (mixed.code, "it is the address of API v3, and HUGGY_API_VERSION is v2" in mixed.sentence) == (2, True)


def test_the_doctor_says_what_v2_tells(huggy: Huggy, sandbox: Sandbox) -> None:
    done = huggy("doctor", "--json", **tell_v2(sandbox))
    assert "a v2 token says nothing of its end; an administrator renews it" in done.out
    assert "the token is accepted; company 4242 is what was set, API v2 does not tell" in done.out
