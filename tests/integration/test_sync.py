"""From the API to the DuckDB file, over HTTP and on disk: what came is what the account holds."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from huggy_connector.pipeline import Pipeline, SyncReport
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.settings import Settings
from huggy_connector.warehouse.read import queries

RESOURCES = ("agents", "chats", "contacts", "departments")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    options = Options(chats=430, contacts=130, limit=0, unknown_fields=True, broken_values=0.02, open_chats=30)
    with Sandbox(options) as running:
        yield running


def settings_of(folder: Path, sandbox: Sandbox) -> Settings:
    return Settings(
        base_url=sandbox.url,
        auth_url=sandbox.auth_url,
        access_token=sandbox.token,
        landing=str(folder / "landing"),
        warehouse=str(folder / "huggy.duckdb"),
        state=str(folder / "state"),
        requests_per_second=10_000,
        report=False,
    )


@pytest.fixture
def settings(tmp_path: Path, sandbox: Sandbox) -> Settings:
    return settings_of(tmp_path, sandbox)


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory, sandbox: Sandbox) -> tuple[Settings, SyncReport]:
    """Of a folder that was synced, and is only read."""
    settings = settings_of(tmp_path_factory.mktemp("synced"), sandbox)
    return settings, Pipeline(settings).sync(idempotency_key="test")


def asked(settings: Settings, question: str) -> list[tuple[Any, ...]]:
    return list(queries.query(settings.warehouse, question).rows)


def test_ids_equal_the_account_s_exactly(synced: tuple[Settings, SyncReport], sandbox: Sandbox) -> None:
    settings, report = synced
    for resource in ("chats", "contacts", "agents"):
        ids = [row[0] for row in asked(settings, f"SELECT id FROM {resource} ORDER BY id")]
        assert ids == sorted(sandbox.truth(resource)["ids"])
    assert {name: table.rows for name, table in report.load.tables.items()} == {
        "agents": 25, "chats": 430, "contacts": 130, "departments": 6,
    }  # fmt: skip
    assert sandbox.stats()["refused_429"] == 0


def test_a_second_load_changes_not_a_byte(settings: Settings) -> None:
    Pipeline(settings).sync(["contacts"], idempotency_key="test")
    before = Path(settings.warehouse).read_bytes()
    report = Pipeline(settings).load()
    assert (report.published, report.skipped, Path(settings.warehouse).read_bytes()) == (False, 1, before)


def test_fields_and_values_nobody_knew_are_kept_and_told(synced: tuple[Settings, SyncReport], sandbox: Sandbox) -> None:
    settings, _ = synced
    broken = asked(settings, "SELECT count(DISTINCT id) FROM meta.rejects WHERE resource = 'chats'")
    assert broken == [(len(sandbox.truth("chats")["broken"]),)]
    assert asked(settings, "SELECT count(*) > 0 FROM meta.schema_changes WHERE resource = 'chats'") == [(True,)]
    assert asked(settings, "SELECT count(*) FROM chats") == [(430,)]


def test_a_run_that_is_asked_again_costs_no_request(settings: Settings, sandbox: Sandbox) -> None:
    first = Pipeline(settings).land("departments", idempotency_key="dag run task", once=True)
    before = sandbox.stats()["requests"]
    again = Pipeline(settings).land("departments", idempotency_key="dag run task", once=True)
    assert (again, sandbox.stats()["requests"]) == (first, before)


def test_a_reader_does_not_stop_a_load_and_a_new_one_sees_it(settings: Settings) -> None:
    Pipeline(settings).sync(["departments"], idempotency_key="test")
    hold = f"""
import duckdb, sys
c = duckdb.connect({settings.warehouse!r}, read_only=True)
print(c.sql("SELECT max(version) FROM meta.publishes").fetchall()[0][0], flush=True)
sys.stdin.readline()
print(c.sql("SELECT max(version) FROM meta.publishes").fetchall()[0][0], flush=True)
"""
    reader = subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert reader.stdout is not None
    assert reader.stdout.readline() == "1\n"
    Pipeline(settings).sync(["agents"], idempotency_key="test")
    assert reader.communicate("\n")[0] == "1\n"
    assert asked(settings, "SELECT max(version) FROM meta.publishes") == [(2,)]


def test_the_file_is_the_same_opened_and_attached(synced: tuple[Settings, SyncReport]) -> None:
    settings, _ = synced
    opened = duckdb.connect(settings.warehouse, read_only=True)
    attached = duckdb.connect()
    attached.execute(f"ATTACH '{settings.warehouse}' (READ_ONLY)")
    tables = opened.execute("SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL").fetchall()
    assert {name for schema, name in tables if schema == "main"} == {*RESOURCES, "messages", "events", "feedbacks"}
    for schema, name in tables:
        inside = opened.execute(f"SELECT md5(string_agg(t::VARCHAR, '' ORDER BY t::VARCHAR)) FROM {schema}.{name} t")
        outside = attached.execute(
            f"SELECT md5(string_agg(t::VARCHAR, '' ORDER BY t::VARCHAR)) FROM huggy.{schema}.{name} t"
        )
        assert inside.fetchall() == outside.fetchall()
    opened.close()
    attached.close()


def test_every_table_and_column_has_a_comment(synced: tuple[Settings, SyncReport]) -> None:
    settings, _ = synced
    bare = asked(
        settings,
        "SELECT table_name FROM duckdb_tables() WHERE comment IS NULL AND NOT temporary"
        " UNION ALL SELECT table_name || '.' || column_name FROM duckdb_columns()"
        " WHERE comment IS NULL AND NOT internal AND database_name <> 'temp'",
    )
    assert bare == []


def test_in_strict_mode_no_request_leaves_faster_than_the_limit_from_the_first_on(
    tmp_path: Path, settings: Settings
) -> None:
    with Sandbox(Options(chats=600, contacts=20, limit=20)) as limited:
        told = settings.model_copy(
            update={"base_url": limited.url, "requests_per_second": 20.0, "budget": "file:?mode=strict"}
        )
        for call in ("one", "two"):
            Pipeline(told).land("chats", idempotency_key=call)
        stats = limited.stats()
    assert stats["refused_429"] == 0
    assert stats["most_in_any_second"] <= 20
