"""New snapshots are staged as temporary tables, and of each id the same row wins in whatever order they are listed."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from huggy_connector import __version__
from huggy_connector.catalogue import RESOURCES
from huggy_connector.errors import SnapshotDamaged
from huggy_connector.landing import RUN_KEY_COLUMN, Manifest, SnapshotPart
from huggy_connector.warehouse.load.merge.stage import RowCounts, select_winners, stage_snapshots, version_of
from huggy_connector.warehouse.schema.tables import table_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]

CHATS = RESOURCES["chats"]
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_the_newest_version_wins_if_a_snapshot_has_an_id_twice(desk: Desk, chat: Chat) -> None:
    manifest = desk.land(
        [
            chat(1, updatedAt="2026-11-05 10:00:00", channel="newest"),
            chat(1, updatedAt="2026-11-04 10:00:00", channel="older"),
            chat(2),
        ],
        parts=2,
    )
    desk.load()
    assert desk.read("SELECT id, channel FROM chats ORDER BY id") == [(1, "newest"), (2, "widget")]
    assert desk.read(
        "SELECT run_key, fetched, kept, doubled, rejected, version, connector_version FROM meta.loads"
    ) == [(manifest.run_key, 3, 2, 1, 0, 1, __version__)]


UNBELIEVED = {
    "in the future": "2027-11-05 10:00:00",
    "missing": None,
    "empty": "",
    "unreadable": "ontem",
    "zeros": "0000-00-00 00:00:00",
    "before the creation": "1970-01-01 00:00:00",
}


@pytest.mark.parametrize("time", UNBELIEVED.values(), ids=UNBELIEVED)
def test_a_row_still_changes_after_a_time_of_change_that_was_not_believed(
    desk: Desk, chat: Chat, tables: DuckDBPyConnection, time: str | None
) -> None:
    current, loaded = "SELECT channel FROM chats", list[Manifest]()
    for channel, updated in (("a", "2026-11-05 10:00:00"), ("b", time), ("c", time), ("d", "2026-11-05 11:00:00")):
        manifest = desk.land([chat(1, updatedAt=updated, channel=channel)])
        desk.apply(tables, manifest, loaded=loaded)
        loaded.append(manifest)
        assert tables.execute(current).fetchall() == [(channel,)]
    told = tables.execute("SELECT channel FROM history.chats ORDER BY valid_from").fetchall()
    assert told == [("a",), ("b",), ("c",), ("d",)]
    desk.apply(tables, desk.land([chat(1, updatedAt="2026-11-05 10:30:00", channel="stale")]), loaded=loaded)
    assert tables.execute(current).fetchall() == [("d",)]


def test_a_time_of_change_some_minutes_ahead_of_this_clock_is_believed(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, updatedAt="2026-11-22 09:04:00", channel="new")], minute=0)
    desk.land([chat(1, updatedAt="2026-11-22 09:03:00", channel="stale")], minute=1)
    desk.load()
    assert desk.read("SELECT channel FROM chats") == [("new",)]


def test_text_that_is_no_json_to_duckdb_is_kept_as_a_string(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)], put={"customer": r'{"name":"\ud800"}', "extra": '{"cut'})
    desk.load()
    assert desk.read("SELECT customer ->> '$', extra ->> '$' FROM chats") == [(r'{"name":"\ud800"}', '{"cut')]
    assert desk.read("SELECT * FROM meta.schema_changes") == []


def test_a_landing_whose_path_has_wildcards_and_quotes_is_read_literally(desk: Desk, chat: Chat) -> None:
    key = "20261122T120000Z-full-00000000"
    for folder, chat_id in (("d'água a", 1), ("d'água [a*?]", 2)):
        desk.landed_in = folder
        desk.land([chat(chat_id)], run_key=key)
    desk.load()
    assert desk.read("SELECT id FROM chats") == [(2,)]


def test_each_snapshot_is_counted_apart_and_an_empty_one_too(
    desk: Desk, chat: Chat, tables: DuckDBPyConnection
) -> None:
    some = desk.land([chat(1), chat(1), chat(2), chat("x"), chat(None)], parts=2)
    same, none = desk.land([chat(1)]), desk.land([])
    stage = desk.stage(tables, none, some, same)
    assert stage.count_by_snapshot() == {
        some.run_key: RowCounts(fetched=5, kept=2, doubled=1, rejected=2),
        same.run_key: RowCounts(fetched=1, kept=1),
        none.run_key: RowCounts(),
    }
    assert [each.run_key for each in stage.manifests] == [some.run_key, same.run_key, none.run_key]


@pytest.mark.parametrize(
    ("staged", "table", "first"),
    [([1, 2], "", True), ([1, 1], "", False), ([1], "4242", False), ([1], "7", True), ([], "", True)],
)
def test_a_stage_is_the_first_if_its_company_has_no_rows_and_no_id_comes_twice(
    desk: Desk, chat: Chat, tables: DuckDBPyConnection, staged: list[int], table: str, *, first: bool
) -> None:
    if table:
        tables.execute("INSERT INTO chats (company_id, id) VALUES (?, 9)", [int(table)])
    assert desk.stage(tables, desk.land([chat(each) for each in staged])).is_first is first


def test_snapshots_without_a_file_are_staged_as_no_rows_with_every_column(
    desk: Desk, tables: DuckDBPyConnection
) -> None:
    stage = desk.stage(tables, desk.land([]))
    expected = [each.name for each in table_of(CHATS).columns if each.name not in {"company_id", "snapshot"}]
    assert (list(stage.columns), stage.count_rows("stage_incoming")) == (expected, 0)


def test_a_file_of_something_else_is_refused(desk: Desk, chat: Chat, tables: DuckDBPyConnection) -> None:
    manifest = desk.land([chat(1)])
    (part,) = desk.landing.parts(manifest)
    pq.write_table(pq.read_table(part.path).drop_columns(["row_hash"]), part.path)
    with pytest.raises(SnapshotDamaged) as caught:
        desk.stage(tables, manifest)
    assert str(caught.value) == (
        "A snapshot of chats has no column 'row_hash', so something else wrote it: move it away."
    )


def test_a_column_that_only_some_files_have_is_null_in_the_others(
    desk: Desk, chat: Chat, tables: DuckDBPyConnection
) -> None:
    old, new = desk.land([chat(1)]), desk.land([chat(2)])
    (part,) = desk.landing.parts(old)
    pq.write_table(pq.read_table(part.path).drop_columns(["channel"]), part.path)
    stage = desk.stage(tables, old, new)
    assert "channel" in stage.columns
    assert tables.execute("SELECT id, channel FROM stage_incoming ORDER BY id").fetchall() == [(1, None), (2, "widget")]


def test_of_a_packed_file_only_the_rows_of_the_staged_snapshot_are_read(
    desk: Desk, chat: Chat, tables: DuckDBPyConnection
) -> None:
    manifest = desk.land([chat(1), chat(2), chat(3)])
    (part,) = desk.landing.parts(manifest)
    rows = pq.read_table(part.path)
    pq.write_table(rows.append_column(RUN_KEY_COLUMN, [[manifest.run_key, "another", manifest.run_key]]), part.path)
    packed = SnapshotPart(part.path, manifest.run_key, 0, 3)
    stage_snapshots(tables, [packed], company_id=4242, resource=CHATS, manifests=[manifest])
    assert tables.execute("SELECT id FROM stage_incoming ORDER BY id").fetchall() == [(1,), (3,)]


BELIEF: dict[str, tuple[str | None, str | None, bool]] = {
    "before the reading": ("2026-11-22 11:00", "2026-11-01 10:00", True),
    "at its creation": ("2026-11-01 10:00", "2026-11-01 10:00", True),
    "without a creation": ("2026-11-22 11:00", None, True),
    "five minutes ahead": ("2026-11-22 12:05:00", None, True),
    "more than five minutes ahead": ("2026-11-22 12:05:01", None, False),
    "before its creation": ("2026-11-01 09:59:59", "2026-11-01 10:00", False),
    "none": (None, "2026-11-01 10:00", False),
}


@pytest.mark.parametrize(("updated", "created", "believed"), BELIEF.values(), ids=BELIEF)
def test_a_time_of_change_is_believed_between_the_creation_and_the_reading(
    tables: DuckDBPyConnection, updated: str | None, created: str | None, *, believed: bool
) -> None:
    tables.execute(
        "INSERT INTO chats (id, updated_at, created_at, fetched_at) VALUES (1, ?::TIMESTAMPTZ, ?::TIMESTAMPTZ, ?)",
        [updated, created, NOON],
    )
    told = tables.execute(f"SELECT isfinite({version_of(CHATS, 't')}) FROM chats t").fetchall()
    assert told == [(believed,)]


@pytest.mark.parametrize("seed", range(10))
def test_the_row_that_wins_does_not_depend_on_the_order_of_the_sightings(tables: DuckDBPyConnection, seed: int) -> None:
    dice = random.Random(seed)
    never = datetime.min.replace(tzinfo=UTC)
    sightings = [
        (
            dice.randint(1, 3),
            dice.choice([never, NOON - timedelta(days=1), NOON]),
            NOON + timedelta(minutes=dice.randint(1, 3)),
            dice.choice("ab"),
            0,
            row,
        )
        for row in range(30)
    ]
    chosen = {}
    for each in sorted(sightings, key=lambda one: (one[2], one[1] == never, one[1], *one[3:])):
        newest = max(other[1] for other in sightings if other[0] == each[0])
        if each[1] in {newest, never}:
            chosen[each[0]] = each[5]
    dice.shuffle(sightings)
    tables.execute(
        "CREATE TEMP TABLE sightings (id INT, version TIMESTAMPTZ, fetched_at TIMESTAMPTZ, row_hash VARCHAR, part INT,"
        " row INT)"
    )
    for id_, version, *rest in sightings:
        values = [id_, "-infinity" if version == never else version.isoformat(), *rest]
        tables.execute("INSERT INTO sightings VALUES (?, ?::VARCHAR::TIMESTAMPTZ, ?, ?, ?, ?)", values)
    won = tables.execute(f"SELECT id, row FROM ({select_winners('sightings', 'id')})").fetchall()
    assert dict(won) == chosen
