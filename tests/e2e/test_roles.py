"""For every role in Airflow: the environment's token goes to no host except its own, and no user reads a secret.

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
from tests.sizes import FULL

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(not FULL, reason="an Airflow of its own, a minute: only at full size, by make proof"),
]

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
"""The extra of a connection. It is never used, because it has some settings twice."""


@dataclass(frozen=True)
class SharedAirflow:
    """An Airflow whose environment has the whole account, with four users and a foreign host that records requests."""

    airflow: Airflow
    account: Sandbox
    foreign_host: Recorder

    @property
    def secrets(self) -> tuple[str, ...]:
        tokens = self.account._server.tokens
        return (
            tokens.client_secret,
            tokens.first_token,
            *tokens.refresh_tokens,
            *tokens.refresh_tokens.values(),
            HIDDEN,
        )

    def press_test_button(self, user: str, **parts: Any) -> dict[str, Any]:
        """Press *Test*. Return its answer, with a refusal of Airflow as text."""
        body = {"conn_type": "huggy", "port": 443, "connection_id": "of_nobody", **parts}
        try:
            return dict(self.airflow.call("POST", "/connections/test", body, user=user))
        except StackError as error:
            return {"refused": str(error)}


@pytest.fixture(scope="module")
def shared(
    environ: dict[str, str], new_database: Callable[[], str | None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SharedAirflow]:
    folder = tmp_path_factory.mktemp("den")
    with Sandbox(Options(chats=60, contacts=20)) as account, Recorder() as foreign_host:
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
                ("of_a_stranger", f"{foreign_host.origin}/v3", {}),
                ("of_another_login", None, {"auth_url": f"{foreign_host.origin}/oauth"}),
                ("stored", account.url, STORED),
            ):
                body = {"connection_id": name, "conn_type": "huggy", "host": host, "port": 443}
                body["extra"] = json.dumps(extra)
                secret = {"password": f"{HIDDEN}-token"} if name == "stored" else {}
                airflow.call("POST", "/connections", body | secret)
            airflow.switch_on("huggy_backfill")
            yield SharedAirflow(airflow, account, foreign_host)


@pytest.mark.parametrize("role", ROLES)
def test_the_test_button_sends_a_foreign_host_only_the_tokens_typed_with_it(shared: SharedAirflow, role: str) -> None:
    base, auth = f"{shared.foreign_host.origin}/v3", f"{shared.foreign_host.origin}/oauth"
    ids, known = {"login": shared.account.client_id}, {"connection_id": "stored", "host": shared.account.url}
    masked = dict.fromkeys(STORED, "***")
    answers = [
        shared.press_test_button(role, host=base),
        shared.press_test_button(role, host=base, extra=json.dumps({"auth_url": auth})),
        shared.press_test_button(role, extra=json.dumps({"auth_url": auth})),
        shared.press_test_button(role, extra=json.dumps({"base_url": base})),
        shared.press_test_button(
            role, host=base, **ids, extra=json.dumps({"auth_url": auth, "client_secret": "typed"})
        ),
        shared.press_test_button(role, host=base, **ids, extra=json.dumps({"client_secret": "typed"})),
        shared.press_test_button(role, **known, password="***", extra=json.dumps({**masked, "auth_url": auth})),
        shared.press_test_button(role, **known, password="***", extra=json.dumps({**masked, "base_url": base})),
        shared.press_test_button(role, **known, password="***", extra=json.dumps({**masked, "secret_base_url": base})),
    ]
    assert shared.foreign_host.heard(*shared.secrets) == []
    if role not in MAY_EDIT:
        assert all("403" in each["refused"] for each in answers)
        return
    assert [each.get("status", each) for each in answers] == [False] * len(answers)
    assert answers[0]["message"] == (
        f"the connection's base_url {base!r}: HUGGY_ACCESS_TOKEN is not sent there: write an address and its secrets "
        "in the same place."
    )
    shared.press_test_button(role, host=base, password=f"typed.by.{role}")
    assert shared.foreign_host.heard(f"typed.by.{role}") == [f"typed.by.{role}"]
    assert shared.press_test_button(role, host=None)["status"], "the environment's account, at its own address"


FORMS = [
    (role, connection, dry_run)
    for dry_run in (True, False)
    for connection in ("of_a_stranger", "of_another_login")
    for role in ROLES
]
SMALL = [
    ("viewer", "of_a_stranger", False),
    ("user", "of_a_stranger", True),
    ("op", "of_another_login", True),
    ("admin", "of_a_stranger", False),
    ("user", "of_another_login", False),
]
"""A run is the same whoever asked for it: each role asks, and each connection is tried in each way."""


@pytest.mark.proof
@pytest.mark.parametrize(("role", "connection", "dry_run"), FORMS if FULL else SMALL)
def test_the_form_of_a_backfill_sends_no_token_to_a_foreign_host(
    shared: SharedAirflow, role: str, connection: str, *, dry_run: bool
) -> None:
    form = {"from_date": "2026-11-01", "to_date": "2026-11-02", "connection": connection, "dry_run": dry_run}
    asked = {"logical_date": None, "conf": form}
    if role not in MAY_RUN:
        with pytest.raises(StackError, match="403"):
            shared.airflow.call("POST", "/dags/huggy_backfill/dagRuns", asked, user=role)
        return
    run = shared.airflow.call("POST", "/dags/huggy_backfill/dagRuns", asked, user=role)["dag_run_id"]
    assert shared.airflow.wait_for_run("huggy_backfill", run) == "failed"
    task = f"/dags/huggy_backfill/dagRuns/{run}/taskInstances/{'plan' if dry_run else 'land'}"
    log = json.dumps(shared.airflow.call("GET", f"{task}/logs/1?full_content=true", user=role))
    assert "is not sent there: write an address and its secrets in the same place." in log
    assert shared.foreign_host.heard(*shared.secrets) == []
    assert [secret for secret in shared.secrets if secret in log] == []


@pytest.mark.parametrize("role", ROLES)
def test_no_page_and_no_call_of_the_api_shows_a_secret(shared: SharedAirflow, role: str) -> None:
    paths = ["/api/v2/connections/stored", "/api/v2/connections", "/api/v2/config", "/api/v2/eventLogs"]
    paths += ["/huggy/", "/huggy/stored/", "/huggy/of_a_stranger/", "/huggy/of_another_login/", "/huggy/huggy_default/"]
    shown = {path: read_text(shared, role, path) for path in paths}
    assert {path: [each for each in shared.secrets if each in text] for path, text in shown.items()} == {
        key: [] for key in paths
    }
    assert ("***" in shown["/api/v2/connections/stored"]) == (role in MAY_EDIT)
    assert shared.foreign_host.heard(*shared.secrets) == []


def read_text(shared: SharedAirflow, role: str, path: str) -> str:
    request = Request(shared.airflow.url + path, headers={"Authorization": f"Bearer {shared.airflow.get_token(role)}"})
    try:
        with urlopen(request, timeout=120) as answer:
            return str(answer.read().decode())
    except HTTPError as error:
        with error:
            return f"{error.code} {error.read().decode()}"


def test_no_log_of_airflow_shows_a_secret(shared: SharedAirflow) -> None:
    found = []
    for file in Path(shared.airflow.home).rglob("*.log"):
        with suppress(UnicodeDecodeError):
            found += [(file.name, each) for each in shared.secrets if each in file.read_text()]
    assert found == []
