"""Answers are checked under the variables of the shell and the env file that no question is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from huggy_connector.cli.first_run.checks import RealChecks
from huggy_connector.errors import ConfigurationError, LandingUnwritable, Unauthorized, WarehouseUnusable
from huggy_connector.sandbox import Sandbox


@pytest.fixture
def checks(tmp_path: Path) -> RealChecks:
    return RealChecks({"HUGGY_STATE": str(tmp_path / "state"), "HUGGY_CLOCK": "host"})


def test_a_token_is_checked_by_the_api(checks: RealChecks, sandbox: Sandbox, tmp_path: Path) -> None:
    account = {"base_url": sandbox.url, "access_token": sandbox.token, "timezone": "America/Manaus"}
    check = checks.check_account(account)
    assert (check.agent, check.company_id, check.timezone) == ("Ana Souza", 4242, "America/Manaus")
    with pytest.raises(Unauthorized):
        checks.check_account({**account, "access_token": "a.b.c"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state"]


def test_an_app_has_a_token_once_it_has_logged_in(checks: RealChecks, sandbox: Sandbox) -> None:
    app = {"base_url": sandbox.url, "auth_url": sandbox.auth_url, "client_id": sandbox.client_id, "client_secret": "x"}
    assert (checks.has_token(app), checks.has_token({**app, "access_token": "a.b.c"})) == (False, True)
    logged_in = {**app, "client_secret": sandbox.client_secret, "refresh_token": sandbox.refresh_token}
    assert checks.has_token(logged_in)
    assert checks.check_account(logged_in).agent == "Ana Souza"
    assert checks.has_token(app)


def test_a_text_that_can_be_no_token_is_refused_before_anybody_is_asked(checks: RealChecks) -> None:
    with pytest.raises(ConfigurationError, match="holds spaces or other characters that no token has"):
        checks.has_token({"access_token": "Bearer hidden"})


def test_places_are_checked_on_the_disk(checks: RealChecks, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("a note" * 1_000)
    checks.check_landing(str(tmp_path / "lake"))
    checks.check_warehouse(str(tmp_path / "desk.duckdb"))
    with pytest.raises(LandingUnwritable):
        checks.check_landing(str(tmp_path / "note.txt"))
    with pytest.raises(WarehouseUnusable):
        checks.check_warehouse(str(tmp_path / "note.txt"))


def test_no_value_is_in_its_repr() -> None:
    assert "hidden" not in repr(RealChecks({"HUGGY_HASH_KEY": "hidden"}))
