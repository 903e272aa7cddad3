"""Every command reads the env file of its folder. No mixture of it and the environment brings a secret elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from huggy_connector.sandbox import Sandbox
from tests.integration.conftest import Run
from tests.recorder import Recorder

Huggy = Callable[..., Run]
ACCOUNT = ("BASE_URL", "AUTH_URL", "ACCESS_TOKEN", "CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN")
NOTHING = {f"HUGGY_{name}": "" for name in ACCOUNT}


def write(folder: Path, values: dict[str, str], *, mode: int = 0o600) -> None:
    path = folder / ".env"
    path.write_text("".join(f"HUGGY_{name}={value}\n" for name, value in values.items()))
    path.chmod(mode)


def told_by(sandbox: Sandbox) -> dict[str, str]:
    values = (sandbox.url, sandbox.auth_url, sandbox.token, sandbox.client_id, sandbox.client_secret)
    return dict(zip(ACCOUNT, (*values, sandbox.refresh_token), strict=True))


def ask(huggy: Huggy, environ: dict[str, str], *arguments: str) -> Run:
    """Send one request: who the token is. The environment holds these of the account, and nothing else."""
    given = NOTHING | {f"HUGGY_{name}": value for name, value in environ.items()}
    return huggy("auth", "status", "--online", *arguments, **given)


# Each takes the sandbox's values and the stranger's address. It returns what stands in the environment, in the file and
# on the command line, and the begin of the sentence.
MIXTURES: dict[str, Callable[[dict[str, str], str], tuple[dict[str, str], dict[str, str], tuple[str, ...], str]]] = {
    "the file names the API, the environment holds the token": lambda ours, url: (
        {"ACCESS_TOKEN": ours["ACCESS_TOKEN"]},
        {"BASE_URL": url},
        (),
        f"HUGGY_BASE_URL in .env '{url}': HUGGY_ACCESS_TOKEN is not sent there",
    ),
    "the file names the API and a token, the environment holds a token": lambda ours, url: (
        {"ACCESS_TOKEN": ours["ACCESS_TOKEN"]},
        {"BASE_URL": url, "ACCESS_TOKEN": "x.y.z"},
        (),
        f"HUGGY_BASE_URL in .env '{url}': HUGGY_ACCESS_TOKEN is not sent there",
    ),
    "the file names the login, the environment holds the app": lambda ours, url: (
        {name: ours[name] for name in ("BASE_URL", "CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN")},
        {"AUTH_URL": url},
        (),
        f"HUGGY_AUTH_URL in .env '{url}': HUGGY_CLIENT_SECRET is not sent there",
    ),
    "the environment names the API, the file holds the token": lambda ours, url: (
        {"BASE_URL": url},
        {"ACCESS_TOKEN": ours["ACCESS_TOKEN"]},
        (),
        f"HUGGY_BASE_URL '{url}': HUGGY_ACCESS_TOKEN in .env is not sent there",
    ),
    "the environment names the login, the file holds the account": lambda ours, url: (
        {"AUTH_URL": url},
        ours,
        (),
        f"HUGGY_AUTH_URL '{url}': HUGGY_CLIENT_SECRET in .env is not sent there",
    ),
    "the command line names the API, the file holds the account": lambda ours, url: (
        {},
        ours,
        ("--base-url", url),
        f"the argument base_url '{url}': HUGGY_ACCESS_TOKEN in .env is not sent there",
    ),
    "the refresh token in one, the app in the other": lambda ours, url: (
        {"REFRESH_TOKEN": ours["REFRESH_TOKEN"]},
        {"CLIENT_ID": ours["CLIENT_ID"], "CLIENT_SECRET": ours["CLIENT_SECRET"]},
        (),
        "HUGGY_REFRESH_TOKEN: HUGGY_CLIENT_SECRET in .env is not used with it",
    ),
}


@pytest.mark.parametrize("mixture", MIXTURES)
def test_a_mixture_of_two_accounts_is_one_sentence_and_nobody_is_asked(
    huggy: Huggy, sandbox: Sandbox, tmp_path: Path, mixture: str
) -> None:
    before = sandbox.stats()["requests"]
    with Recorder() as stranger:
        environ, file, arguments, begin = MIXTURES[mixture](told_by(sandbox), f"{stranger.origin}/v3")
        write(tmp_path, file)
        done = ask(huggy, environ, *arguments)
        assert stranger.asked == []
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert done.err.startswith(f"huggy: {begin}")
    assert sandbox.stats()["requests"] == before


def test_the_environments_account_is_used_whole_and_the_files_is_asked_nothing(
    huggy: Huggy, sandbox: Sandbox, tmp_path: Path
) -> None:
    ours = told_by(sandbox)
    with Recorder() as stranger:
        theirs = {"BASE_URL": f"{stranger.origin}/v3", "AUTH_URL": f"{stranger.origin}/oauth", "ACCESS_TOKEN": "x.y.z"}
        write(tmp_path, theirs)
        done = ask(huggy, {name: ours[name] for name in ("BASE_URL", "AUTH_URL", "ACCESS_TOKEN")})
        assert stranger.asked == []
    assert done.out.startswith("Connected as Ana Souza (agent 9001), company 4242.\n")


def test_the_files_account_goes_whole_to_its_own_address(huggy: Huggy, sandbox: Sandbox, tmp_path: Path) -> None:
    with Recorder() as stranger:
        write(tmp_path, {"BASE_URL": f"{stranger.origin}/v3", "ACCESS_TOKEN": "x.y.z"})
        done = ask(huggy, {"CLIENT_ID": "no secret"})
        assert stranger.heard("x.y.z", *told_by(sandbox).values()) == ["x.y.z"]
    assert done.out.startswith("Connected as Nobody (agent 1), company 1.\n")


def test_every_command_reads_the_file(huggy: Huggy, sandbox: Sandbox, tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            **told_by(sandbox),
            "TIMEZONE": "America/Manaus",
            "LANDING": str(tmp_path / "lake"),
            "WAREHOUSE": str(tmp_path / "desk.duckdb"),
        },
    )
    assert json.loads(huggy("check", "--json", **NOTHING).out)["timezone"] == "America/Manaus"
    assert huggy("sync", **NOTHING).code == 0
    counted = json.loads(huggy("query", "SELECT count(*) AS chats FROM chats", "--json", **NOTHING).out)
    assert counted["rows"] == [{"chats": 45}]
    assert json.loads(huggy("status", "--json", **NOTHING).out)["warehouse"] == str(tmp_path / "desk.duckdb")
    assert not (tmp_path / "landing").exists()
    there = tmp_path / "elsewhere"
    there.mkdir()
    named = {"HUGGY_ENV_FILE": str(tmp_path / ".env")}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(there)
        assert json.loads(huggy("check", "--json", **NOTHING, **named).out)["company_id"] == 4242
        assert huggy("check", **NOTHING).sentence.startswith("huggy: There is no access token")


def test_a_slip_is_one_warning_before_the_answer(huggy: Huggy, sandbox: Sandbox, tmp_path: Path) -> None:
    write(tmp_path, {"TOKEN": "hidden", **told_by(sandbox)})
    done = ask(huggy, {})
    assert (done.code, done.err) == (
        0,
        "Warning: HUGGY_TOKEN in .env is no setting, and does nothing. Is HUGGY_ACCESS_TOKEN meant?\n",
    )


def test_a_file_that_others_may_read_stops_each_command_that_has_settings(
    huggy: Huggy, sandbox: Sandbox, tmp_path: Path
) -> None:
    write(tmp_path, told_by(sandbox), mode=0o644)
    done = ask(huggy, {})
    assert (done.code, done.out, done.err) == (
        2,
        "",
        ("huggy: .env holds HUGGY_ACCESS_TOKEN, and other users of this machine may read it: run `chmod 600 .env`.\n"),
    )
    assert huggy("describe", "chats").code == 0
