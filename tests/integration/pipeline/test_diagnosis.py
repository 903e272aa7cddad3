"""All checks together: on a desk that is well, on one where everything is broken, and with secrets everywhere."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.api import choose_credentials, read_budget
from huggy_connector.clock import SYSTEM_CLOCK, Clock
from huggy_connector.pipeline import Pipeline
from huggy_connector.pipeline.doctor import CheckRow, CheckState, Diagnosis, diagnose
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.settings import SECRETS, Settings
from huggy_connector.settings.review import SettingsReview
from tests.integration.desks import settings_for

ALL = ("versions", "extras", "platform", "settings", "state", "token", "budget", "account", "clock", "zone", "landing",
       "work", "locks", "warehouse", "disk", "freshness", "quality", "coverage", "webhook", "actions")  # fmt: skip
NOBODY = "http://127.0.0.1:1/v3"


@pytest.fixture(scope="module")
def desk() -> Iterator[Sandbox]:
    with Sandbox(
        Options(chats=30, contacts=5, days=1, limit=0, quirks=False, open_chats=2, odd_situations=0.0)
    ) as running:
        running.control(add=1)
        yield running


@pytest.fixture(scope="module")
def synced(desk: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The settings of a user who has synced."""
    settings = settings_for(desk, tmp_path_factory.mktemp("desk"), requests_per_second=20)
    Pipeline(settings).sync(idempotency_key="test")
    return settings


def rows_of(diagnosis: Diagnosis) -> dict[str, CheckRow]:
    assert tuple(row.name for row in diagnosis.rows) == ALL
    return {row.name: row for row in diagnosis.rows}


def states(diagnosis: Diagnosis) -> dict[str, str]:
    return {name: str(row.state) for name, row in rows_of(diagnosis).items()}


def files_in(folder: Path) -> dict[str, tuple[int, int]]:
    """All files, with what tells that one was written."""
    return {
        str(each): (each.lstat().st_mtime_ns, each.lstat().st_mode)
        for each in sorted(folder.rglob("*"))
        if each.is_file()
    }


def test_a_desk_that_is_well_is_ok_in_every_row(desk: Sandbox, synced: Settings) -> None:
    before = desk.stats()["requests"]
    found = Pipeline(synced).diagnose(environ={})
    assert {name: state for name, state in states(found).items() if state != "ok"} == {}
    assert (found.is_ok, desk.stats()["requests"] - before) == (True, 2)
    rows = rows_of(found)
    assert rows["account"].found == "agent 9001, company 4242"
    newest = r"company 4242: newest agents \d+ min, chats \d+ min, contacts \d+ min, departments \d+ min"
    assert re.fullmatch(f"{re.escape(synced.landing)} can be written to; {newest}", rows["landing"].found)
    assert rows["coverage"].found.startswith("company 4242, exact: agents all to ")
    assert (rows["work"].found, rows["locks"].found) == ("none", "nobody is changing the warehouse")
    assert found.versions["duckdb"]


def test_what_is_wrong_with_the_token_stands_in_its_own_row(desk: Sandbox, tmp_path: Path) -> None:
    before = desk.stats()["requests"]
    settings = settings_for(desk, tmp_path, access_token=None, refresh_token=None)
    rows = rows_of(Pipeline(settings).diagnose(environ={}))
    assert (rows["token"].state, rows["token"].found) == ("failed", "There is no access token")
    assert (rows["account"].state, rows["account"].found) == ("skipped", "not known: see token")
    assert desk.stats()["requests"] == before


def test_offline_nothing_is_asked_and_nothing_is_written(desk: Sandbox, synced: Settings) -> None:
    folder = Path(synced.landing).parent
    before, requests = files_in(folder), desk.stats()["requests"]
    found = Pipeline(synced).diagnose(environ={}, offline=True)
    assert {name: state for name, state in states(found).items() if state != "ok"} == {
        "account": "skipped",
        "clock": "skipped",
        "zone": "skipped",
    }
    assert (files_in(folder), desk.stats()["requests"]) == (before, requests)


def test_a_host_whose_clock_is_far_off_is_told_and_its_zone_is_not_taken_for_wrong(synced: Settings) -> None:
    def now() -> datetime:
        return datetime.now(UTC) + timedelta(days=40)

    clock = Clock(now=now, wait=threading.Event.wait, monotonic=time.monotonic)
    rows = rows_of(diagnose(SettingsReview.of(synced), clock=clock, environ={}))
    assert (rows["clock"].state, rows["zone"].state) == (CheckState.FAILED, CheckState.OK)
    assert "ahead of the API's, no landing begins" in rows["clock"].found
    assert rows["freshness"].state is CheckState.WARNING


def test_before_the_first_run_nothing_fails_and_nothing_is_made(desk: Sandbox, tmp_path: Path) -> None:
    found = Pipeline(settings_for(desk, tmp_path, requests_per_second=20)).diagnose(environ={}, offline=True)
    assert {name: state for name, state in states(found).items() if state != "ok"} == {
        "account": "skipped",
        "clock": "skipped",
        "zone": "skipped",
        "landing": "warning",
        "work": "skipped",
        "warehouse": "warning",
        "freshness": "skipped",
        "quality": "skipped",
        "coverage": "skipped",
        "actions": "skipped",
    }
    assert (found.is_ok, [*tmp_path.iterdir()]) == (True, [])


def break_everything(folder: Path, **others: str) -> dict[str, str]:
    """An environment in which nothing works, and the secret markers in it."""
    (folder / "landing").write_text("a text")
    (folder / "huggy.duckdb").write_text("a text")
    (folder / "state").write_text("a text")
    (folder / "budget").mkdir(mode=0o700)
    given = {
        "base_url": NOBODY,
        "auth_url": "http://127.0.0.1:1/oauth",
        "access_token": "MARK-access-token",
        "refresh_token": "MARK-refresh-token",
        "hash_key": "MARK-hash-key-MARK-hash-key-MARK-hash-key",
        "landing_access": json.dumps({"secret_access_key": "MARK-landing-access"}),
        "landing": str(folder / "landing"),
        "warehouse": str(folder / "huggy.duckdb"),
        "state": str(folder / "state"),
        "budget": f"file:{folder / 'budget'}",
        "timezone": "America/Manaus",
        "calendar": str(folder / "none.toml"),
        **others,
    }
    return {f"HUGGY_{name.upper()}": text for name, text in given.items()}


def test_with_everything_broken_at_once_every_row_is_there(tmp_path: Path) -> None:
    environ = break_everything(tmp_path)
    review = SettingsReview.read(explicit={}, environ=environ)
    credentials = choose_credentials(review.settings, now=SYSTEM_CLOCK.now, note=lambda _: None)
    Path(read_budget(review.settings, credentials).place.removeprefix("the file ")).write_text("garbage")
    found = diagnose(review, clock=SYSTEM_CLOCK, environ={"HTTP_PROXY": "http://me:MARK-proxy@127.0.0.1:1"})
    assert {name: state for name, state in states(found).items() if state != "ok"} == {
        "settings": "failed",
        "state": "failed",
        "token": "warning",
        "budget": "warning",
        "account": "failed",
        "clock": "skipped",
        "zone": "skipped",
        "landing": "failed",
        "work": "skipped",
        "warehouse": "failed",
        "freshness": "skipped",
        "quality": "skipped",
        "coverage": "skipped",
        "actions": "skipped",
    }
    assert not found.is_ok
    assert "MARK" not in repr(found)
    assert rows_of(found)["landing"].found == f"The landing {tmp_path / 'landing'} is a file"
    assert all(row.advice for row in found.rows if row.state is CheckState.FAILED)


HIDING: tuple[Mapping[str, Any], ...] = (
    {},
    {"budget": "redis://me:MARK-redis@127.0.0.1:1/0", "token_store": "redis://:MARK-redis-2@127.0.0.1:1/0"},
    {"base_url": "https://me:MARK-userinfo@127.0.0.1:1/v3", "auth_url": "https://MARK-user@127.0.0.1/oauth"},
    {"landing": "s3://MARK-user:MARK-password@bucket/x", "publish": "s3://k:MARK-publish@bucket,/ok"},
    {"landing_access": "MARK-no-json", "access_token": "MARK with spaces", "hash_key": "MARK-short"},
    {"client_id": "app", "client_secret": "MARK-client-secret", "privacy": "email=hmac"},
    {"webhook_token": "MARK-hook,MARK-hook-2", "webhook_path": "MARK-path"},
    {"webhook_token": "MARK-1,MARK-2,MARK-3", "webhook_path": "MARK/path"},
    {"budget": "postgres://me:MARK-other@h/db", "token_store": "file:/x?password=MARK-option"},
)


@pytest.mark.parametrize("others", HIDING, ids=lambda each: "+".join(each) or "secrets")
@pytest.mark.parametrize(
    "proxy", ["http://me:MARK-proxy@127.0.0.1:1", "socks5://MARK-u:MARK-p@127.0.0.1:1", "MARK:MARK@"]
)
def test_no_secret_is_shown_even_without_the_mask(tmp_path: Path, others: Mapping[str, str], proxy: str) -> None:
    environ = break_everything(tmp_path, **others)
    review = SettingsReview.read(explicit={}, environ=environ)
    assert {
        name for name in SECRETS if f"HUGGY_{name.upper()}" in environ
    } <= review.sources.keys() | review.problems.keys()
    found = diagnose(
        replace(review, hidden=()), clock=SYSTEM_CLOCK, environ={**environ, "HTTPS_PROXY": proxy}, offline=True
    )
    assert "MARK" not in repr(found)
    assert "MARK" not in repr(review)


def test_a_secret_in_a_name_of_others_is_masked(tmp_path: Path) -> None:
    environ = break_everything(tmp_path, warehouse=str(tmp_path / "MARK-access-token.duckdb"))
    found = diagnose(SettingsReview.read(explicit={}, environ=environ), clock=SYSTEM_CLOCK, environ={}, offline=True)
    assert "MARK" not in repr(found)
    assert f"{tmp_path}/***.duckdb" in rows_of(found)["warehouse"].found


def test_what_depends_on_a_setting_that_cannot_be_used_is_skipped_and_no_default_is_asked(tmp_path: Path) -> None:
    environ = break_everything(tmp_path, base_url="nowhere", warehouse="$HOME/x", landing="s3://")
    found = diagnose(SettingsReview.read(explicit={}, environ=environ), clock=SYSTEM_CLOCK, environ={})
    skipped = {name for name, state in states(found).items() if state == "skipped"}
    assert skipped == {*ALL} - {"versions", "extras", "platform", "settings", "state", "webhook"}
    assert rows_of(found)["account"].found == "not checked, HUGGY_BASE_URL cannot be used: see settings"
