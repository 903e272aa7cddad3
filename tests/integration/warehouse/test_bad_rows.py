"""Broken rows: the load succeeds, the row is kept, and meta.rejects has exactly the values that did not fit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.errors import SnapshotDamaged
from tests.sizes import FULL

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]


@pytest.mark.proof
def test_a_full_load_with_one_per_cent_of_broken_values_succeeds_and_counts_exactly_them(
    desk: Desk, chat: Chat
) -> None:
    rows = 100_000 if FULL else 3_000
    broken: list[dict[str, Any]] = [
        {"createdAt": "0000-00-00 00:00:00"},
        {"closedAt": "2026-02-30 10:00:00"},
        {"attendedAt": "9999-12-31 00:00:00"},
        {"agentId": "ana"},
        {"unread": 2**40},
        {"channels": "widget"},
    ]
    fields = ["created_at", "closed_at", "attended_at", "agent_id", "unread", "channels"]
    desk.land([chat(n, **(broken[n // 100 % 6] if n % 100 == 0 else {})) for n in range(rows)], parts=3)
    report = desk.load()
    assert report.tables["chats"].rows == rows
    expected = [(n, fields[n // 100 % 6]) for n in range(0, rows, 100)]
    assert desk.read("SELECT id, column_name FROM meta.rejects ORDER BY id") == expected
    assert desk.read("SELECT fetched, kept, doubled, rejected FROM meta.loads") == [(rows, rows, 0, 0)]


@pytest.mark.parametrize(
    ("given", "column", "reason"),
    [
        ("0000-00-00 00:00:00", None, "no such time"),
        ("2026-02-30 10:00:00", None, "no such time"),
        ("9999-12-31 23:59:59", None, "year outside 1900-2261"),
        ("2018-11-04 00:30:00", datetime(2018, 11, 4, 3, 30, tzinfo=UTC), None),
    ],
    ids=["of nothing", "of no day", "of a far year", "inside the gap of a clock that was set forward"],
)
def test_an_invalid_time_is_rejected(desk: Desk, chat: Chat, given: str, column: Any, reason: str | None) -> None:
    desk.land([chat(1, closedAt=given)])
    desk.load()
    assert desk.read("SELECT id, closed_at FROM chats") == [(1, column)]
    told = desk.read("SELECT id, column_name, reason FROM meta.rejects")
    assert told == ([(1, "closed_at", reason)] if reason else [])


def test_invalid_ids_are_rejected_and_double_ones_counted(desk: Desk, chat: Chat) -> None:
    desk.land([chat(each) for each in (2**63 - 1, 2**63, "", None, "1.5", -(2**63), 7, "7", 7.0)])
    desk.load()
    assert desk.read("SELECT id FROM chats ORDER BY id") == [(-(2**63),), (7,), (2**63 - 1,)]
    assert desk.read("SELECT fetched, kept, doubled, rejected FROM meta.loads") == [(9, 3, 2, 4)]
    assert desk.read("SELECT count(*) FROM meta.rejects WHERE column_name = 'id' AND id IS NULL") == [(4,)]
    assert desk.read("SELECT count(*) FROM history.chats") == [(3,)]


def test_text_with_nul_half_a_surrogate_pair_or_of_10_mb_is_kept(desk: Desk) -> None:
    texts = {1: "a\0b", 2: "a\ud800b", 3: "x" * 10_000_000}
    desk.land([{"id": number, "name": text} for number, text in texts.items()], resource="contacts")
    desk.land([{"id": number, "chatCustomer": {"id": number + 10, "name": text}} for number, text in texts.items()])
    desk.load(memory_limit="512MB")
    kept = texts | {2: "a\ufffdb"}
    assert dict(desk.read("SELECT id, name FROM contacts WHERE id < 10")) == kept
    assert dict(desk.read("SELECT id, name FROM history.contacts")) == kept
    assert desk.read("SELECT id, length(name) FROM contacts WHERE id > 11 ORDER BY id") == [(12, 3), (13, 10_000_000)]
    assert desk.read("SELECT count(*) FROM meta.rejects") == [(0,)]


def test_custom_fields_of_any_name_and_number_are_kept(desk: Desk) -> None:
    fields = {f"f{number}": number for number in range(500)} | {
        "select": 1,
        "a \"quoted\" 'key'": 2,
        "": 3,
        "$.x[0]": 4,
    }
    desk.land([{"id": 1, "custom_fields": fields, "drop table chats; --": 5}], resource="contacts")
    desk.land([{"id": 1, "chatCustomer": {"id": 2, "custom_fields": fields}}])
    desk.load()
    assert desk.read(
        """
        SELECT id, len(json_keys(custom_fields)), json_extract_string(custom_fields, ['select', 'f499'])
        FROM contacts ORDER BY id
        """
    ) == [(1, 504, ["1", "499"]), (2, 504, ["1", "499"])]
    assert desk.read("SELECT field, type FROM meta.schema_changes") == [("drop table chats; --", "number")]


def test_a_snapshot_that_something_else_wrote_stops_the_load(desk: Desk, chat: Chat) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from huggy_connector.landing.parquet import describe_file

    manifest = desk.land([chat(1)])
    part = desk.root / manifest.folder / manifest.files[0].name
    pq.write_table(pa.table({"id": [1]}), part)
    foreign = replace(manifest, files=(describe_file(part.name, part, 1),))
    (desk.root / manifest.address).write_bytes(foreign.to_json())
    with pytest.raises(SnapshotDamaged) as caught:
        desk.load()
    assert str(caught.value) == (
        "A snapshot of chats has no column 'fetched_at', so something else wrote it: move it away."
    )
    assert not desk.warehouse.exists()


def test_a_manifest_of_a_newer_release_stops_the_load(desk: Desk, chat: Chat) -> None:
    manifest = desk.land([chat(1)])
    file = desk.root / manifest.address
    file.write_bytes(
        file.read_bytes()
        .replace(b'"format_version": 1', b'"format_version": 2')
        .replace(b'"format_version":1', b'"format_version":2')
    )
    with pytest.raises(SnapshotDamaged, match="It has the format version 2: upgrade huggy-connector to read it"):
        desk.load()


def test_only_the_winner_has_rejects_if_a_broken_snapshot_has_an_id_twice(desk: Desk, chat: Chat) -> None:
    newer = chat(1, unread="many", updatedAt="2026-11-05 10:00:00")
    older = chat(1, agentId="x", updatedAt="2026-11-02 10:00:00")
    desk.land([newer, older, chat(2, unread="y")])
    desk.load()
    assert desk.read("SELECT id, unread IS NULL, agent_id IS NULL FROM chats ORDER BY id") == [
        (1, True, False),
        (2, True, False),
    ]
    assert desk.read("SELECT id, column_name FROM meta.rejects ORDER BY id") == [(1, "unread"), (2, "unread")]


def test_a_value_that_should_be_an_object_is_a_reject(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, chatTabulation="sold", tabulationId=3), chat(2, chatTabulation="", tabulationId=None)])
    desk.load()
    assert desk.read("SELECT id, tabulation_id, tabulation_name FROM chats ORDER BY id") == [
        (1, 3, None),
        (2, None, None),
    ]
    assert desk.read("SELECT id, column_name, reason FROM meta.rejects") == [(1, "tabulation_name", "not in an object")]
