"""Rebuild and rollback: from the landing alone the same file; back to a former one, and not forward again by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from huggy_connector.catalogue import RESOURCES, Column, Scalar, Text
from huggy_connector.errors import CheckFailed, ConfigurationError, WarehouseUnusable
from huggy_connector.warehouse import judge, rollback

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]

OF_THE_LOAD_ITSELF = ("meta.publishes", "meta.quality", "meta.loads", "meta.freshness")
ZONE = ZoneInfo("America/Sao_Paulo")
CHATS = RESOURCES["chats"]


def back(desk: Desk, **options: Any) -> Any:
    return rollback(desk.warehouse, now=lambda: desk.made[-1].finished_at, **options)


def test_a_rebuild_makes_the_grown_file_of_the_landing_alone(desk: Desk, chat: Chat) -> None:
    for day in range(4):
        desk.land(
            [chat(number, channel=f"c{day % 2}", novo=day) for number in range(day, 9)],
            mode="full" if day % 2 else "window",
        )
        desk.land([{"id": number, "name": f"n{day}"} for number in range(5)], resource="contacts")
        desk.land([{"id": day}], mode="tombstones")
        desk.load()
    grown = desk.tables(without=OF_THE_LOAD_ITSELF)
    report = desk.load(afresh=True, zone=ZONE)
    assert desk.tables(without=OF_THE_LOAD_ITSELF) == grown
    assert (report.published, report.version, len(report.snapshots)) == (True, 5, 12)
    assert desk.read("SELECT version, reason FROM meta.publishes") == [(5, "rebuild")]
    assert desk.load().published is False


def test_a_rebuild_that_would_hold_less_is_refused(desk: Desk, chat: Chat) -> None:
    lost = desk.land([chat(1)])
    desk.land([chat(2)])
    desk.load()
    before = desk.warehouse.read_bytes()
    (desk.root / lost.address).unlink()
    with pytest.raises(WarehouseUnusable) as caught:
        desk.load(afresh=True)
    assert str(caught.value) == (
        f"{desk.warehouse} has to be made anew of the landing, which lacks 1 of the snapshots in it, {lost.folder} the "
        "first: bring them back, or move the file away to make one of what there is."
    )
    assert desk.warehouse.read_bytes() == before


def test_a_promoted_field_reaches_back_over_the_whole_landing(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, novo="a"), chat(2)])
    desk.load()
    promoted = replace(
        CHATS, columns=(*CHATS.columns, Column("novo", Scalar.VARCHAR, ("novo",), Text("New.", "Novo.")))
    )
    desk.load(resources=[promoted], afresh=True, zone=ZONE)
    assert desk.read("SELECT id, novo, extra FROM chats ORDER BY id") == [(1, "a", None), (2, None, None)]
    assert desk.read("SELECT id, novo, changed FROM history.chats ORDER BY id") == [(1, "a", None), (2, None, None)]


def test_a_file_of_the_former_format_is_made_anew_of_the_landing(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, channel="a")])
    desk.land([chat(1, channel="b")])
    desk.load()
    new = desk.tables(without=OF_THE_LOAD_ITSELF)
    with duckdb.connect(str(desk.warehouse)) as connection:
        connection.execute("DROP MACRO TABLE history.chats_as_of; DROP MACRO TABLE history.contacts_as_of")
        connection.execute("DROP SCHEMA history CASCADE; DROP TABLE meta.tombstones; DROP TABLE meta.contacts_in_chats")
        connection.execute(
            "DELETE FROM contacts; ALTER TABLE chats DROP seen_at; ALTER TABLE contacts DROP embedded_at"
        )
        connection.execute("UPDATE meta.publishes SET format_version = 1")
    report = desk.load()
    assert (report.published, report.version) == (True, 2)
    assert desk.tables(without=OF_THE_LOAD_ITSELF) == new
    assert desk.load().published is False


def test_a_rollback_publishes_the_former_version_and_blocks_what_came_since(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)])
    desk.load()
    old = desk.tables(without=("meta.publishes",))
    bad = desk.land([chat(1, channel="bad"), chat(2)])
    desk.load()
    report = back(desk)
    assert (report.version, report.to, report.blocked) == (3, 1, (bad.address,))
    assert desk.tables(without=("meta.publishes",)) == old
    assert desk.read("SELECT version, reason FROM meta.publishes ORDER BY version") == [
        (1, "load"),
        (3, "rollback to 1"),
    ]
    assert desk.load().published is False
    desk.land([chat(3)], mode="incremental")
    desk.load()
    assert desk.read("SELECT id, channel FROM chats ORDER BY id") == [(1, "widget"), (3, "widget")]
    desk.load(afresh=True)
    assert desk.read("SELECT id, channel FROM chats ORDER BY id") == [(1, "widget"), (3, "widget")]
    judge(desk.warehouse, unblock=[bad.address])
    assert desk.load().snapshots == (bad.address,)
    assert desk.read("SELECT id, channel FROM chats ORDER BY id") == [(1, "bad"), (2, "widget"), (3, "widget")]


def test_a_second_rollback_goes_further_back_and_not_to_and_fro(desk: Desk, chat: Chat) -> None:
    for number in range(3):
        desk.land([chat(number)], mode="window")
        desk.load(keep_versions=9)
    assert [back(desk, keep_versions=9).to for _ in range(2)] == [2, 1]
    assert desk.read("SELECT id FROM chats") == [(0,)]
    assert back(desk, to=3, keep_versions=9).blocked == ()
    assert desk.read("SELECT count(*) FROM chats") == [(3,)]


@pytest.mark.parametrize(("to", "wish"), [(7, "7"), (None, "that holds less than the live file")])
def test_a_version_that_is_not_kept_is_told(desk: Desk, chat: Chat, to: int | None, wish: str) -> None:
    desk.land([chat(1)])
    desk.load()
    with pytest.raises(ConfigurationError) as caught:
        back(desk, to=to)
    assert str(caught.value) == f"No version {wish} is kept beside {desk.warehouse}: there are none."


def test_a_file_of_verdicts_that_cannot_be_read_stops_the_load(desk: Desk, chat: Chat) -> None:
    manifest = desk.land([chat(1)])
    judge(desk.warehouse, block=[manifest.address])
    verdicts = desk.folder / ".huggy.duckdb.d/snapshots.json"
    assert json.loads(verdicts.read_bytes()) == {"blocked": [manifest.address], "accepted": []}
    verdicts.write_text("{")
    with pytest.raises(WarehouseUnusable, match="which says what snapshots are blocked, cannot be read"):
        desk.load()


def test_a_table_that_is_set_to_stop_on_drift_stops_at_a_new_field(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, novo=1)])
    desk.load(stop_on={"contacts.no_drift"})
    desk.land([chat(2, novo=2), chat(3, novo="a", outro=[])])
    with pytest.raises(CheckFailed) as caught:
        desk.load(stop_on={"chats.no_drift"})
    assert str(caught.value) == (
        "Nothing was published, the warehouse is as it was. chats: the API sends 2 new fields: novo (string), outro "
        "(array); take no_drift out of HUGGY_STOP_ON to load them into the column extra (no_drift)."
    )
    assert desk.load().published
    assert desk.load(stop_on={"chats.no_drift"}).published is False


def test_as_of_a_moment_the_macro_says_what_the_predicate_says(desk: Desk, chat: Chat) -> None:
    first = desk.land([chat(1, channel="a")]).started_at
    second = desk.land([chat(1, channel="b"), chat(2, channel="b")]).started_at
    desk.load()
    told = {
        moment: desk.read(f"SELECT id, channel FROM history.chats_as_of('{moment}') ORDER BY id")
        for moment in (first - timedelta(seconds=1), first, second - timedelta(seconds=1), second)
    }
    assert list(told.values()) == [[], [(1, "a")], [(1, "a")], [(1, "b"), (2, "b")]]
    assert told == {
        moment: desk.read(
            f"SELECT id, channel FROM history.chats WHERE valid_from <= '{moment}'"
            f" AND (valid_to IS NULL OR valid_to > '{moment}') ORDER BY id"
        )
        for moment in told
    }


def test_a_version_says_what_changed_and_flicker_makes_none(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)])
    desk.land([chat(1, unread=5, lastMessage={"text": "x"}, updatedAt="2026-11-03 10:00:00")])
    desk.land([chat(1, situation="in_chat", closedAt="2026-11-03 11:00:00", updatedAt="2026-11-03 11:00:00")])
    desk.load()
    assert desk.read("SELECT situation, changed, valid_to IS NULL FROM history.chats ORDER BY valid_from") == [
        ("finishing", None, False),
        ("in_chat", ["situation", "closed_at"], True),
    ]
