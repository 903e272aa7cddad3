"""Whoever may do what in Airflow: the environment's token leaves for no host but its own, and nobody reads a secret.

*Test* is switched on, for it is what makes an api-server ask. A stranger's server remembers all that it is told.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from huggy_connector.sandbox import Options, Sandbox
from scripts.stack import ROOT, Airflow, StackError
from tests.recorder import Recorder

ROLES = ("viewer", "user", "op", "admin")
MAY_EDIT = ("op", "admin")
MAY_RUN = ("user", "op", "admin")
HIDDEN = "hidden-5f3a9c"
STORED = {
    "client_secret": f"{HIDDEN}-client",
    "refresh_token": f"{HIDDEN}-refresh",
    "secret_hash_key": f"{HIDDEN}-key",
    "hash_key": f"{HIDDEN}-former-key",
    "landing_access": {"account_key": f"{HIDDEN}-former-access"},
    "secret_landing_access": json.dumps({"account_key": f"{HIDDEN}-access"}),
    "secret_budget": f"redis://:{HIDDEN}-redis@127.0.0.1:1/0",
    "token_store": f"redis://:{HIDDEN}-store@127.0.0.1:1/0",
}
"""The extra of a connection; it is never used, for it says some things twice."""


@dataclass(frozen=True)
class Den:
    """An Airflow whose environment holds the whole account, four users of it, and a stranger who listens."""

    airflow: Airflow
    account: Sandbox
    stranger: Recorder

    @property
    def secrets(self) -> tuple[str, ...]:
        tokens = self.account._server.tokens
        return (tokens.client_secret, tokens.first, *tokens.refresh_tokens, *tokens.refresh_tokens.values(), HIDDEN)

    def tested(self, user: str, **parts: Any) -> dict[str, Any]:
        """What *Test* answers; Airflow's refusal as a text."""
        body = {"conn_type": "huggy", "port": 443, "connection_id": "of_nobody", **parts}
        try:
            return dict(self.airflow.call("POST", "/connections/test", body, user=user))
        except StackError as error:
            return {"refused": str(error)}


@pytest.fixture(scope="module")
def den(
    environ: dict[str, str], new_database: Callable[[], str | None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Den]:
    folder = tmp_path_factory.mktemp("den")
    with Sandbox(Options(chats=60, contacts=20)) as account, Recorder() as stranger:
        told = {
            "HUGGY_BASE_URL": account.url,
            "HUGGY_AUTH_URL": account.auth_url,
            "HUGGY_ACCESS_TOKEN": account.token,
            "HUGGY_CLIENT_ID": account.client_id,
            "HUGGY_CLIENT_SECRET": account.client_secret,
            "HUGGY_REFRESH_TOKEN": account.refresh_token,
            "HUGGY_TOKEN_STORE": f"file:{folder / 'tokens' / 'all.json'}",
            "HUGGY_LANDING": str(folder / "landing"),
            "HUGGY_WAREHOUSE": str(folder / "desk.duckdb"),
            "HUGGY_STATE": str(folder / "state"),
        }
        users = {name: name for name in ROLES}
        with Airflow(
            folder / "airflow", dags=ROOT / "dags", environ={**environ, **told}, database=new_database(), users=users
        ) as airflow:
            for name, host, extra in (
                ("of_a_stranger", f"{stranger.origin}/v3", {}),
                ("of_another_login", None, {"auth_url": f"{stranger.origin}/oauth"}),
                ("stored", account.url, STORED),
            ):
                body = {"connection_id": name, "conn_type": "huggy", "host": host, "port": 443}
                body["extra"] = json.dumps(extra)
                secret = {"password": f"{HIDDEN}-token"} if name == "stored" else {}
                airflow.call("POST", "/connections", body | secret)
            airflow.switch_on("huggy_backfill")
            yield Den(airflow, account, stranger)


@pytest.mark.parametrize("role", ROLES)
def test_the_test_button_shows_a_stranger_no_token_but_the_ones_typed_with_it(den: Den, role: str) -> None:
    base, auth = f"{den.stranger.origin}/v3", f"{den.stranger.origin}/oauth"
    ids, known = {"login": den.account.client_id}, {"connection_id": "stored", "host": den.account.url}
    masked = dict.fromkeys(STORED, "***")
    answers = [
        den.tested(role, host=base),
        den.tested(role, host=base, extra=json.dumps({"auth_url": auth})),
        den.tested(role, extra=json.dumps({"auth_url": auth})),
        den.tested(role, extra=json.dumps({"base_url": base})),
        den.tested(role, host=base, **ids, extra=json.dumps({"auth_url": auth, "client_secret": "typed"})),
        den.tested(role, host=base, **ids, extra=json.dumps({"client_secret": "typed"})),
        den.tested(role, **known, password="***", extra=json.dumps({**masked, "auth_url": auth})),
        den.tested(role, **known, password="***", extra=json.dumps({**masked, "base_url": base})),
        den.tested(role, **known, password="***", extra=json.dumps({**masked, "secret_base_url": base})),
    ]
    assert den.stranger.heard(*den.secrets) == []
    if role not in MAY_EDIT:
        assert all("403" in each["refused"] for each in answers)
        return
    assert [each.get("status", each) for each in answers] == [False] * len(answers)
    assert answers[0]["message"] == (
        f"the connection's base_url {base!r}: HUGGY_ACCESS_TOKEN is not sent there: write an address and its secrets "
        "in the same place."
    )
    den.tested(role, host=base, password=f"typed.by.{role}")
    assert den.stranger.heard(f"typed.by.{role}") == [f"typed.by.{role}"]
    assert den.tested(role, host=None)["status"], "the environment's account, at its own address"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("connection", ["of_a_stranger", "of_another_login"])
@pytest.mark.parametrize("dry_run", [True, False])
def test_the_form_of_a_backfill_sends_no_token_to_a_stranger(
    den: Den, role: str, connection: str, *, dry_run: bool
) -> None:
    form = {"from_date": "2026-11-01", "to_date": "2026-11-02", "connection": connection, "dry_run": dry_run}
    asked = {"logical_date": None, "conf": form}
    if role not in MAY_RUN:
        with pytest.raises(StackError, match="403"):
            den.airflow.call("POST", "/dags/huggy_backfill/dagRuns", asked, user=role)
        return
    run = den.airflow.call("POST", "/dags/huggy_backfill/dagRuns", asked, user=role)["dag_run_id"]
    assert den.airflow.wait("huggy_backfill", run) == "failed"
    task = f"/dags/huggy_backfill/dagRuns/{run}/taskInstances/{'plan' if dry_run else 'land'}"
    log = json.dumps(den.airflow.call("GET", f"{task}/logs/1?full_content=true", user=role))
    assert "is not sent there: write an address and its secrets in the same place." in log
    assert den.stranger.heard(*den.secrets) == []
    assert [secret for secret in den.secrets if secret in log] == []


@pytest.mark.parametrize("role", ROLES)
def test_no_page_and_no_call_of_the_api_shows_a_secret(den: Den, role: str) -> None:
    paths = ["/api/v2/connections/stored", "/api/v2/connections", "/api/v2/config", "/api/v2/eventLogs"]
    paths += ["/huggy/", "/huggy/stored/", "/huggy/of_a_stranger/", "/huggy/of_another_login/", "/huggy/huggy_default/"]
    shown = {path: _shown(den, role, path) for path in paths}
    assert {path: [each for each in den.secrets if each in text] for path, text in shown.items()} == {
        key: [] for key in paths
    }
    assert ("***" in shown["/api/v2/connections/stored"]) == (role in MAY_EDIT)
    assert den.stranger.heard(*den.secrets) == []


def _shown(den: Den, role: str, path: str) -> str:
    request = Request(den.airflow.url + path, headers={"Authorization": f"Bearer {den.airflow.token_of(role)}"})
    try:
        with urlopen(request, timeout=120) as answer:
            return str(answer.read().decode())
    except HTTPError as error:
        with error:
            return f"{error.code} {error.read().decode()}"


def test_the_logs_of_airflow_hold_none_either(den: Den) -> None:
    found = []
    for file in Path(den.airflow.home).rglob("*.log"):
        with suppress(UnicodeDecodeError):
            found += [(file.name, each) for each in den.secrets if each in file.read_text()]
    assert found == []
