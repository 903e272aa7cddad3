"""doctor prints a table or one object, without a secret and with a home that is shortened."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.conftest import Run

Huggy = Callable[..., Run]


def test_a_new_user_gets_a_table_with_a_row_for_each_check(huggy: Huggy, tmp_path: Path) -> None:
    done = huggy("doctor", "--requests-per-second", "20", HOME=str(tmp_path))
    assert (done.code, done.err) == (0, "")
    rows = [line.replace("┃", "│").split("│") for line in done.out.splitlines() if line[:1] in "│┃"]
    names = [name.strip() for _, name, *_ in rows if name.strip()]
    assert names[:4] == ["check", "versions", "extras", "platform"]
    assert (len(names), names[-1]) == (21, "actions")
    assert str(tmp_path) not in done.out
    assert "~/huggy.duckdb" in done.out
    assert "Ana" not in done.out
    assert re.fullmatch(r"\d+ ok, \d+ warning, 0 failed, \d+ skipped\.", done.out.splitlines()[-1])
    assert not (tmp_path / "huggy.duckdb").exists()


def test_as_json_it_is_one_object_that_says_whether_all_is_well(huggy: Huggy) -> None:
    done = huggy("doctor", "--json", "--offline")
    told = json.loads(done.out)
    assert (done.code, done.err, [*told], told["ok"]) == (0, "", ["ok", "checks", "versions"], True)
    assert {tuple(each) for each in told["checks"]} == {("name", "state", "found", "advice")}
    states = {each["name"]: each["state"] for each in told["checks"]}
    assert (states["account"], states["landing"], states["versions"]) == ("skipped", "warning", "ok")
    assert {"huggy_connector", "python", "duckdb", "pyarrow", "pandas", "httpx", "apache-airflow"} == {
        *told["versions"]
    }


def test_a_check_that_fails_is_exit_code_1_and_a_wrong_argument_2(huggy: Huggy, tmp_path: Path) -> None:
    (tmp_path / "text.duckdb").write_text("a text")
    failed = huggy("doctor", "--offline", "--json", "--warehouse", "text.duckdb", "--timezone", "Mars")
    assert (failed.code, failed.err) == (1, "")
    checks = {each["name"]: each for each in json.loads(failed.out)["checks"]}
    assert (checks["warehouse"]["state"], checks["settings"]["state"]) == ("skipped", "failed")
    assert checks["settings"]["found"].startswith("the argument timezone 'Mars': is no zone of the IANA database")
    assert huggy("doctor", "--nothing").code == 2
    on_command_line = huggy("doctor", "--budget", "redis://:MARK@host:6379/0")
    assert (on_command_line.code, "MARK" in on_command_line.err) == (2, False)
    assert "holds a password" in on_command_line.err


@pytest.mark.parametrize("base_url", ["https://me:MARK-userinfo@127.0.0.1:1/v3", "http://127.0.0.1:1/v3"])
@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_no_secret_is_printed_or_logged(
    huggy: Huggy, caplog: pytest.LogCaptureFixture, tmp_path: Path, flags: tuple[str, ...], base_url: str
) -> None:
    (tmp_path / "landing").write_text("a text")
    (tmp_path / "state").write_text("a text")
    secrets = {
        "HUGGY_ACCESS_TOKEN": "MARK-access",
        "HUGGY_REFRESH_TOKEN": "MARK-refresh",
        "HUGGY_CLIENT_ID": "app",
        "HUGGY_CLIENT_SECRET": "MARK-client-secret",
        "HUGGY_HASH_KEY": "MARK-hash-key",
        "HUGGY_LANDING_ACCESS": '{"secret_access_key": "MARK-landing"}',
        "HUGGY_BUDGET": "redis://me:MARK-redis@127.0.0.1:1/0",
        "HUGGY_BASE_URL": base_url,
        "HUGGY_WAREHOUSE": str(tmp_path / "none" / "a\x1b[2Jb.duckdb"),
        "HTTP_PROXY": "http://me:MARK-proxy@127.0.0.1:1",
    }
    with caplog.at_level(logging.DEBUG):
        done = huggy("doctor", *flags, **secrets)
    assert done.code == 1
    assert "MARK" not in done.out + done.err + caplog.text
    assert "\x1b" not in done.out + done.err
