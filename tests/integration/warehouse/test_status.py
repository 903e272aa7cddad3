"""The status tells what there is in the live version, how new it is, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from huggy_connector import __version__
from huggy_connector.api import CLOCK_TOLERANCE
from huggy_connector.errors import ConfigurationError, WarehouseUnusable
from huggy_connector.warehouse import LoadedSnapshot, TableFreshness, read_status

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]

ZONE = ZoneInfo("America/Sao_Paulo")
TEN = datetime(2026, 11, 1, 10, tzinfo=ZONE)


def test_status_tells_what_there_is_and_how_new(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1), chat(2, createdAt=None), chat(3)])
    desk.load()
    key = desk.land([chat(1), chat(4)], exact=False).run_key
    desk.load()
    told = read_status(desk.warehouse, zone=ZONE, runs=1)
    at = datetime(2026, 11, 22, 9, 2, tzinfo=ZONE)
    created, updated, loaded = TEN, TEN.replace(day=2), at.replace(hour=10, minute=0)
    assert told.freshness == (
        TableFreshness(4242, "chats", 4, created, updated, at, key, at, last_snapshot_exact=False),
    )
    assert told.last_runs == (
        LoadedSnapshot(4242, "chats", key, "full", at, at.replace(second=30), 2, False, None, 2, 2, 0, 0, loaded),
    )
    assert (told.warehouse, told.bytes, told.version, told.published_at, told.kept) == (
        str(desk.warehouse),
        desk.warehouse.stat().st_size,
        2,
        loaded,
        (1,),
    )
    assert (told.connector_version, told.duckdb_version) == (__version__, duckdb.__version__)
    assert told.warnings == ("chats: 1 rows have no created_at (created_at_present).",)


def test_tables_are_in_the_order_of_their_company_and_name_and_runs_newest_first(desk: Desk, chat: Chat) -> None:
    desk.land([{"id": 7, "name": "Ana"}], resource="agents", minute=5)
    desk.land([chat(1)], company_id=77, minute=3)
    desk.land([chat(1)], minute=5)
    desk.land([chat(2)], minute=4, mode="incremental")
    desk.load()
    told = read_status(desk.warehouse)
    assert [(each.company_id, each.table, each.rows) for each in told.freshness] == [
        (77, "chats", 1),
        (4242, "agents", 1),
        (4242, "chats", 2),
    ]
    runs = [(each.started_at.minute, each.company_id, each.table, each.mode) for each in told.last_runs]
    assert runs == [
        (5, 4242, "agents", "full"),
        (5, 4242, "chats", "full"),
        (4, 4242, "chats", "incremental"),
        (3, 77, "chats", "full"),
    ]
    assert [each.run_key for each in read_status(desk.warehouse, runs=2).last_runs] == [
        each.run_key for each in told.last_runs[:2]
    ]


def test_a_new_warehouse_has_a_status_without_tables_runs_and_warnings(desk: Desk) -> None:
    desk.load()
    told = read_status(desk.warehouse)
    assert (told.version, told.kept, told.freshness, told.last_runs, told.warnings) == (1, (), (), (), ())
    assert told.webhook == ()


def test_a_check_that_failed_before_the_last_publish_is_no_warning_any_more(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, createdAt=None)])
    desk.load()
    assert len(read_status(desk.warehouse).warnings) == 1
    desk.land([chat(1, updatedAt="2026-11-03 10:00:00")])
    desk.load()
    assert read_status(desk.warehouse).warnings == ()


@pytest.mark.parametrize("late", [timedelta(0), timedelta(microseconds=1)])
def test_snapshots_beyond_the_tolerance_of_clocks_are_named_if_the_time_is_told(
    desk: Desk, chat: Chat, late: timedelta
) -> None:
    desk.land([chat(1)], minute=1)
    ahead = [desk.land([chat(number)], minute=60) for number in (2, 3)]
    desk.load()
    now = ahead[0].finished_at - CLOCK_TOLERANCE
    sentence = (
        f"chats: 2 snapshots have a time in the future and beat what is read now, {ahead[0].run_key} the first: if this"
        " host's clock is right, `huggy rebuild` leaves them out."
    )
    assert read_status(desk.warehouse).warnings == ()
    assert read_status(desk.warehouse, now=now - late, zone=ZONE).warnings == ((sentence,) if late else ())


def test_status_of_a_warehouse_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    file = tmp_path.resolve() / "huggy.duckdb"
    with pytest.raises(ConfigurationError) as raised:
        read_status(file)
    assert str(raised.value) == f"There is no warehouse at {file} yet: run `huggy sync` first."


@pytest.mark.parametrize(
    "statement", ["SELECT 1", "CREATE SCHEMA meta", "CREATE TABLE publishes AS SELECT 1 AS version"]
)
def test_status_of_someone_elses_file_is_refused(tmp_path: Path, statement: str) -> None:
    file = tmp_path.resolve() / "other.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(statement)
    with pytest.raises(WarehouseUnusable) as raised:
        read_status(file)
    assert str(raised.value) == f"{file} is a DuckDB file, but no warehouse of huggy-connector: give its path."
