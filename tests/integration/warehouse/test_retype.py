"""Snapshots are typed again if another catalogue, zone or privacy rule made them, and are read as landed if not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from huggy_connector.catalogue import RESOURCES, Column, Scalar, Text
from huggy_connector.landing import Manifest
from huggy_connector.privacy import KEEP_ALL, PrivacyPolicy
from huggy_connector.settings import Settings
from huggy_connector.warehouse.load.retype import Retyper

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk


Chat = Callable[..., dict[str, Any]]

ZONE = ZoneInfo("America/Sao_Paulo")
CHATS = RESOURCES["chats"]
PROMOTED = replace(CHATS, columns=(*CHATS.columns, Column("novo", Scalar.VARCHAR, ("novo",), Text("New.", "Novo."))))
MASKING = PrivacyPolicy.from_settings(Settings.resolve(explicit={"privacy": "*=keep, name=mask"}, environ={}))


def make_retyper(desk: Desk, **options: Any) -> Retyper:
    settings: dict[str, Any] = {"resources": {"chats": CHATS}, "folder": desk.folder / "typed", "zones": {4242: ZONE}}
    return Retyper(**(settings | options))


def read(retyper: Retyper, desk: Desk, manifest: Manifest, *columns: str) -> list[dict[str, Any]]:
    parts = retyper.parts(desk.landing, manifest)
    return [row for each in parts for row in pq.read_table(each.path, columns=[*columns]).to_pylist()]


def as_landed(retyper: Retyper, desk: Desk, manifest: Manifest) -> bool:
    return retyper.parts(desk.landing, manifest) == desk.landing.parts(manifest)


@pytest.mark.parametrize(
    ("options", "landed"),
    [
        ({}, True),
        ({"zones": {4242: ZoneInfo("America/Manaus")}}, False),
        ({"resources": {"chats": PROMOTED}}, False),
        ({"policy": MASKING}, True),
        ({"policy": MASKING, "is_rebuild": True}, False),
    ],
    ids=["nothing differs", "another zone", "another catalogue", "later rules", "later rules in a rebuilt file"],
)
def test_parts_are_read_as_landed_unless_what_made_them_differs(
    desk: Desk, chat: Chat, options: dict[str, Any], *, landed: bool
) -> None:
    manifest = desk.land([chat(1), chat(2), chat(3)], parts=2)
    retyper = make_retyper(desk, **options)
    assert as_landed(retyper, desk, manifest) is landed
    assert [each["id"] for each in read(retyper, desk, manifest, "id")] == [1, 2, 3]


def test_a_snapshot_that_names_no_zone_and_one_of_tombstones_are_read_as_landed(desk: Desk, chat: Chat) -> None:
    retyper = make_retyper(desk, zones={4242: ZoneInfo("America/Manaus")})
    assert as_landed(retyper, desk, desk.land([chat(1)], claim={"timezone": ""}))
    assert as_landed(retyper, desk, desk.land([{"id": 1}], mode="tombstones"))


def test_each_row_of_a_copy_has_other_times_and_its_own_moment_of_reading(desk: Desk, chat: Chat) -> None:
    manifest = desk.land([chat(1), chat(2)])
    (part,) = desk.landing.parts(manifest)
    rows, moments = pq.read_table(part.path), [manifest.started_at, manifest.finished_at]
    index = rows.schema.get_field_index("fetched_at")
    field = rows.schema.field(index)
    pq.write_table(rows.set_column(index, field, pa.array(moments, field.type)), part.path)
    before, after = (
        read(make_retyper(desk, zones={4242: zone}), desk, manifest, "created_at", "fetched_at")
        for zone in (ZONE, ZoneInfo("America/Manaus"))
    )
    hour = timedelta(hours=1)
    assert [new["created_at"] - old["created_at"] for old, new in zip(before, after, strict=True)] == [hour, hour]
    assert [each["fetched_at"] for each in after] == moments


def test_a_copy_is_made_once(desk: Desk, chat: Chat) -> None:
    manifest = desk.land([chat(1)])
    retyper = make_retyper(desk, resources={"chats": PROMOTED})
    (part,) = retyper.parts(desk.landing, manifest)
    made = part.path.stat().st_mtime_ns, part.path.stat().st_ino
    assert retyper.parts(desk.landing, manifest) == [part]
    assert (part.path.stat().st_mtime_ns, part.path.stat().st_ino) == made
    assert part.path.is_relative_to(desk.folder / "typed")


def test_a_part_with_a_row_that_has_no_json_keeps_its_types(desk: Desk, chat: Chat) -> None:
    manifest = desk.land([chat(1), chat(2)], put={"raw": None})
    assert as_landed(make_retyper(desk, resources={"chats": PROMOTED}), desk, manifest)


def test_a_part_without_the_column_of_json_keeps_its_types(desk: Desk, chat: Chat) -> None:
    manifest = desk.land([chat(1)])
    (part,) = desk.landing.parts(manifest)
    pq.write_table(pq.read_table(part.path).drop_columns(["raw"]), part.path)
    assert as_landed(make_retyper(desk, resources={"chats": PROMOTED}), desk, manifest)


@pytest.mark.parametrize(
    ("policy", "is_rebuild", "mark", "rules"),
    [
        (KEEP_ALL, True, "", "landed"),
        (MASKING, True, "", "current"),
        (MASKING, False, "", "landed"),
        (MASKING, False, "another", "landed"),
        (MASKING, False, "current", "current"),
    ],
)
def test_rows_are_under_the_rules_in_force_if_the_file_is_rebuilt_or_has_them_so(
    desk: Desk, chat: Chat, policy: PrivacyPolicy, mark: str, rules: str, *, is_rebuild: bool
) -> None:
    manifest = desk.land([chat(1)], claim={"privacy": "0123456789abcdef and more"})
    marks = {(4242, "chats", manifest.run_key): MASKING.fingerprint if mark == "current" else mark}
    retyper = make_retyper(desk, policy=policy, is_rebuild=is_rebuild, rule_marks=marks)
    assert retyper.rules_of(manifest) == (MASKING.fingerprint if rules == "current" else "0123456789abcdef")


def test_a_later_rule_masks_what_was_landed_in_the_clear(desk: Desk, chat: Chat) -> None:
    manifest = desk.land([chat(1)])
    told = [
        str(read(make_retyper(desk, policy=policy, is_rebuild=True), desk, manifest, "customer")[0]["customer"])
        for policy in (KEEP_ALL, MASKING)
    ]
    assert ["Cliente Um" in each for each in told] == [True, False]


def test_a_promoted_field_is_filled_from_the_whole_landing(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, novo="a"), chat(2)])
    desk.load()
    promoted = replace(
        CHATS, columns=(*CHATS.columns, Column("novo", Scalar.VARCHAR, ("novo",), Text("New.", "Novo.")))
    )
    desk.load(resources=[promoted], rebuild=True, zone=ZONE)
    assert desk.read("SELECT id, novo, extra FROM chats ORDER BY id") == [(1, "a", None), (2, None, None)]
    assert desk.read("SELECT id, novo, changed FROM history.chats ORDER BY id") == [(1, "a", None), (2, None, None)]
