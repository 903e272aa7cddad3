"""What is in the tables after a load. Whole tables are compared."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.errors import SnapshotDamaged
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
