"""What is in the tables after a load. Whole tables are compared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector import __version__
from huggy_connector.errors import CheckFailed, SnapshotDamaged
from huggy_connector.model import Certificate
from huggy_connector.warehouse import TableReport

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]


def test_a_landed_row_comes_out_as_typed_columns(desk: Desk, chat: Chat) -> None:
    manifest = desk.land([chat("1", novo={"a": 1}, unread="3")])
    desk.load()
    (row,) = desk.read("SELECT * EXCLUDE (row_hash) FROM chats")
    names = [name for (name,) in desk.read("SELECT name FROM pragma_table_info('chats') WHERE name <> 'row_hash'")]
    assert {name: value for name, value in zip(names, row, strict=True) if value is not None} == {
        "company_id": 4242,
        "id": 1,
        "situation": "finishing",
        "channel": "widget",
        "contact_id": 1,
        "agent_id": 7,
        "unread": 3,
        "created_at": datetime(2026, 11, 1, 13, tzinfo=UTC),
        "created_at_local": datetime(2026, 11, 1, 10),  # noqa: DTZ001
        "updated_at": datetime(2026, 11, 2, 13, tzinfo=UTC),
        "updated_at_local": datetime(2026, 11, 2, 10),  # noqa: DTZ001
        "customer": '{"id":"1","name":"Cliente Um"}',
        "channels": [{"uuid": "u", "id": 5, "name": "Loja", "type": "widget"}],
        "agents": [{"id": 7, "name": "Ana", "email": None}],
        "extra": '{"novo":{"a":1}}',
        "fetched_at": datetime(2026, 11, 22, 12, 1, tzinfo=UTC),
        "snapshot": manifest.run_key,
        "seen_at": datetime(2026, 11, 22, 12, 1, tzinfo=UTC),
    }


def test_a_second_load_changes_no_byte(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1), chat(2)])
    first = desk.load()
    before = desk.warehouse.read_bytes(), desk.warehouse.stat().st_ino
    second = desk.load()
    assert (first.published, first.version, first.tables["chats"]) == (True, 1, TableReport(2, 2, 2, 0))
    assert (second.published, second.version, second.tables["chats"]) == (False, 1, TableReport(2, 0, 0, 0))
    assert (second.snapshots, second.skipped) == ((), 1)
    assert (desk.warehouse.read_bytes(), desk.warehouse.stat().st_ino) == before


def test_the_report_counts_new_changed_and_confirmed_rows(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1), chat(2), chat(3)])
    desk.load()
    desk.land([chat(1, situation="in_chat"), chat(2, unread=9), chat(4)])
    assert desk.load().tables["chats"] == TableReport(rows=4, changed=2, added=1, confirmed=1)


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


def test_an_older_version_that_is_loaded_later_does_not_win(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, updatedAt="2026-11-05 10:00:00", channel="new")], minute=1)
    desk.load()
    desk.land([chat(1, updatedAt="2026-11-04 10:00:00", channel="old")], minute=2)
    report = desk.load()
    assert desk.read("SELECT channel FROM chats") == [("new",)]
    assert report.tables["chats"] == TableReport(rows=1)


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
    desk: Desk, chat: Chat, time: str | None
) -> None:
    for channel, updated in (("a", "2026-11-05 10:00:00"), ("b", time), ("c", time), ("d", "2026-11-05 11:00:00")):
        desk.land([chat(1, updatedAt=updated, channel=channel)])
        desk.load()
        assert desk.read("SELECT channel FROM chats") == [(channel,)]
    assert desk.read("SELECT channel FROM history.chats ORDER BY valid_from") == [("a",), ("b",), ("c",), ("d",)]
    desk.land([chat(1, updatedAt="2026-11-05 10:30:00", channel="stale")])
    desk.load()
    assert desk.read("SELECT channel FROM chats") == [("d",)]


def test_a_time_of_change_some_minutes_ahead_of_this_clock_is_believed(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, updatedAt="2026-11-22 09:04:00", channel="new")], minute=0)
    desk.land([chat(1, updatedAt="2026-11-22 09:03:00", channel="stale")], minute=1)
    desk.load()
    assert desk.read("SELECT channel FROM chats") == [("new",)]


def test_a_row_without_a_time_is_read_again_once_the_row_that_beat_it_is_stale(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, updatedAt=None, channel="undated", unread=7)], minute=2)
    desk.land([chat(1, updatedAt="2026-11-05 10:00:00", channel="beats it")], minute=3)
    desk.load()
    desk.land([chat(1, updatedAt="2026-11-05 11:00:00", channel="newest")], minute=1)
    desk.load()
    read = "SELECT channel, unread, seen_at - fetched_at FROM chats"
    assert desk.read(read) == [("undated", 7, timedelta(minutes=1))]
    assert desk.read("SELECT channel FROM history.chats ORDER BY valid_from") == [("newest",), ("undated",)]


def test_only_the_winner_has_rejects_if_a_snapshot_has_an_id_twice(desk: Desk, chat: Chat) -> None:
    desk.land(
        [
            chat(1, updatedAt="2026-11-05 10:00:00", contactId="x"),
            chat(1, updatedAt="2027-11-05 10:00:00", agentId="y"),
        ]
    )
    desk.load()
    assert desk.read("SELECT column_name FROM meta.rejects") == [("agent_id",)]


def test_the_last_fetched_row_of_one_version_wins(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, unread=5)], minute=20)
    desk.load()
    desk.land([chat(1, unread=1)], minute=10)
    desk.load()
    assert desk.read("SELECT unread FROM chats") == [(5,)]


def test_without_a_time_of_change_the_last_fetched_row_wins(desk: Desk) -> None:
    desk.land([{"id": 1, "name": "Nova"}], resource="contacts", minute=20)
    desk.land([{"id": 1, "name": "Velha"}], resource="contacts", minute=10)
    desk.load()
    assert desk.read("SELECT name FROM contacts") == [("Nova",)]


def test_a_row_without_a_readable_id_is_in_rejects_and_nowhere_else(desk: Desk, chat: Chat) -> None:
    key = desk.land([chat("abc", contactId=1), chat(None, contactId=1), chat(1)]).run_key
    desk.load()
    assert desk.read("SELECT id FROM chats") == [(1,)]
    assert desk.read("SELECT fetched, kept, doubled, rejected FROM meta.loads") == [(3, 1, 0, 2)]
    fetched_at = datetime(2026, 11, 22, 12, 1, tzinfo=UTC)
    assert desk.read("SELECT * EXCLUDE (reason) FROM meta.rejects WHERE reason <> ''") == [
        (4242, "chats", None, "id", key, fetched_at),
        (4242, "chats", None, "id", key, fetched_at),
    ]


def test_every_unreadable_value_is_in_rejects_once_and_its_row_is_kept(desk: Desk, chat: Chat) -> None:
    broken = chat(1, createdAt="0000-00-00 00:00:00", agents=[{"id": "x"}, {"id": "y"}])
    desk.land([broken, broken, chat(2, queueNumber=2**40), chat(3)])
    desk.load()
    assert desk.read("SELECT id, created_at IS NULL, queue_number, agents[1].id FROM chats ORDER BY id") == [
        (1, True, None, None),
        (2, False, None, 7),
        (3, False, None, 7),
    ]
    assert desk.read("SELECT id, column_name FROM meta.rejects WHERE reason <> '' ORDER BY ALL") == [
        (1, "agents.id"),
        (1, "agents.id"),
        (1, "created_at"),
        (2, "queue_number"),
    ]


def test_unknown_fields_are_recorded_by_name_and_type(desk: Desk, chat: Chat) -> None:
    first = desk.land([chat(1, select={"a": 1}), chat(2, select=None), chat(3)]).run_key
    desk.load()
    second = desk.land([chat(4, select={"b": 2}), chat(5, **{'a "b".c': [1]})]).run_key
    desk.load()
    columns = "resource, kind, field, type, first_run_key, first_seen_at, last_seen_at, rows"
    at = {minute: datetime(2026, 11, 22, 12, minute, tzinfo=UTC) for minute in (1, 2)}
    assert desk.read(f"SELECT {columns} FROM meta.schema_changes ORDER BY field, type") == [
        ("chats", "field", 'a "b".c', "array", second, at[2], at[2], 1),
        ("chats", "field", "select", "null", first, at[1], at[1], 1),
        ("chats", "field", "select", "object", first, at[1], at[2], 2),
    ]


def test_several_companies_in_one_file_are_kept_apart(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, channel="one")], company_id=1)
    desk.land([chat(1, channel="two")], company_id=2)
    report = desk.load()
    desk.land([chat(1, channel="changed")], company_id=2)
    changed = desk.load()
    assert desk.read("SELECT company_id, id, channel FROM chats ORDER BY ALL") == [(1, 1, "one"), (2, 1, "changed")]
    assert report.companies == {1: {"chats": TableReport(1, 1, 1, 0)}, 2: {"chats": TableReport(1, 1, 1, 0)}}
    assert changed.companies == {1: {"chats": TableReport(1)}, 2: {"chats": TableReport(1, 1, 0, 0)}}


def test_an_empty_snapshot_is_loaded_like_any_other(desk: Desk) -> None:
    manifest = desk.land([], resource="agents")
    report = desk.load()
    assert report.snapshots == (manifest.address,)
    assert desk.read("SELECT resource, fetched, kept, doubled, rejected FROM meta.loads") == [("agents", 0, 0, 0, 0)]
    assert desk.read("SELECT resource, rows, last_snapshot FROM meta.freshness") == [("agents", 0, manifest.run_key)]


def test_an_empty_landing_makes_an_empty_warehouse_once(desk: Desk) -> None:
    assert desk.load().published is True
    assert desk.read("SELECT count(*) FROM chats") == [(0,)]
    assert desk.load().published is False


def test_the_facts_of_a_manifest_are_in_meta(desk: Desk, chat: Chat) -> None:
    window = {"from": "2026-11-01", "to": "2026-11-08"}
    claim = {
        "window": window,
        "retries": 3,
        "privacy": "0123456789abcdef" + "of who is forgotten",
        "certificate": Certificate(exact=False, missing_at_most=2, why="Rows left."),
    }
    certificate = (
        '{"exact": false, "missing_at_most": 2, "arrived": 0, "left": 0, "repaired": 0, "why": "Rows left.", '
        '"details": {}, "scope": "list"}'
    )
    key = desk.land([chat(1)], mode="window", claim=claim).run_key
    desk.load()
    at = datetime(2026, 11, 22, 12, 1, tzinfo=UTC)
    assert desk.read("SELECT * FROM meta.snapshots") == [
        (
            *(
                4242,
                "chats",
                key,
                "window",
                "America/Sao_Paulo",
                "0123456789abcdef",
                "2026-11-01",
                "2026-11-08",
                at,
                at.replace(second=30),
                1,
                1,
                2,
                2,
                3,
            ),
            *(False, 2, certificate),
        )
    ]


def test_freshness_has_the_number_of_rows_and_their_newest_times(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1), chat(2, createdAt="2026-11-09 10:00:00", updatedAt="2026-11-10 10:00:00")])
    last = desk.land([chat(1)], exact=False).run_key
    desk.load()
    day = datetime(2026, 11, 22, 12, 2, tzinfo=UTC)
    assert desk.read("SELECT * FROM meta.freshness") == [
        (
            *(4242, "chats", 2, datetime(2026, 11, 9, 13, tzinfo=UTC), datetime(2026, 11, 10, 13, tzinfo=UTC), day),
            *(last, day, False, datetime(2026, 11, 22, 13, tzinfo=UTC)),
        )
    ]


@pytest.mark.parametrize("claim", [{"unique_ids": 3}, {"keyless": 1}], ids=["ids", "keyless"])
def test_a_snapshot_with_other_rows_than_its_manifest_says_stops_the_load(
    desk: Desk, chat: Chat, claim: dict[str, Any]
) -> None:
    desk.land([chat(1)])
    desk.load()
    before = desk.warehouse.read_bytes()
    desk.land([chat(2), chat(3)], claim=claim)
    with pytest.raises(
        CheckFailed, match=r"^Nothing was published, the warehouse is as it was\. chats: 1 of 1 snapshots"
    ):
        desk.load()
    assert desk.warehouse.read_bytes() == before


@pytest.mark.parametrize("damage", ["missing", "cut", "changed"])
def test_a_damaged_part_stops_the_load(desk: Desk, chat: Chat, damage: str) -> None:
    desk.land([chat(1)])
    desk.load()
    before = desk.warehouse.read_bytes()
    manifest = desk.land([chat(2), chat(3)])
    part = desk.root / manifest.folder / manifest.files[0].name
    whole = bytearray(part.read_bytes())
    match damage:
        case "missing":
            part.unlink()
        case "cut":
            part.write_bytes(whole[:-100])
        case _:
            whole[100] ^= 1
            part.write_bytes(whole)
    with pytest.raises(SnapshotDamaged, match=manifest.run_key):
        desk.load()
    assert desk.warehouse.read_bytes() == before


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


def test_a_load_in_little_memory_gives_the_same_tables(new_desk: Callable[[str], Desk], chat: Chat) -> None:
    rows = [chat(number, chatCustomer={"name": "x" * 900 + str(number)}) for number in range(8_000)]
    tables = []
    for name, limit in (("much", "1GB"), ("little", "128MB")):
        desk = new_desk(name)
        desk.land(rows, parts=4)
        desk.land([{**row, "unread": 1} for row in rows[::2]], mode="incremental")
        desk.load(memory_limit=limit)
        tables.append(desk.tables())
    assert tables[0] == tables[1]


def test_keys_in_another_order_are_the_same_value_in_a_grown_and_in_a_rebuilt_file(desk: Desk) -> None:
    for fields in ({"a": 1, "b": 2}, {"b": 2, "a": 1}):
        desk.land([{"id": 1, "custom_fields": fields}], resource="contacts")
        desk.load()
    told = "SELECT custom_fields FROM history.contacts"
    grown = desk.read(told)
    desk.load(rebuild=True)
    assert desk.read(told) == grown == [('{"a":1,"b":2}',)]
