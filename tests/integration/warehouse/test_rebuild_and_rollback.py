"""A rebuild makes the same file from the landing alone. A rollback goes back to a former file, and stays there."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from huggy_connector.catalogue import RESOURCES, Column, Scalar, Text
from huggy_connector.errors import CheckFailed, ConfigurationError, WarehouseUnusable
from huggy_connector.warehouse import confirm_rollback, decide_snapshots, roll_back
from huggy_connector.warehouse.file import publish

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

Chat = Callable[..., dict[str, Any]]

OF_THE_LOAD_ITSELF = ("meta.publishes", "meta.quality", "meta.loads", "meta.freshness")
BLOCKED_LATE = (
    "snapshots in the file are blocked: `huggy rebuild` leaves them out, `huggy rollback --unblock RUN_KEY` keeps one."
)
ZONE = ZoneInfo("America/Sao_Paulo")
CHATS = RESOURCES["chats"]


def back(desk: Desk, **options: Any) -> Any:
    report = roll_back(desk.warehouse, now=lambda: desk.made[-1].finished_at, **options)
    confirm_rollback(desk.warehouse)
    return report


def test_a_rebuild_makes_the_same_file_from_the_landing_alone(desk: Desk, chat: Chat) -> None:
    for day in range(4):
        desk.land(
            [chat(number, channel=f"c{day % 2}", novo=day) for number in range(day, 9)],
            mode="full" if day % 2 else "window",
        )
        desk.land([{"id": number, "name": f"n{day}"} for number in range(5)], resource="contacts")
        desk.land([{"id": day}], mode="tombstones")
        desk.load()
    grown = desk.tables(without=OF_THE_LOAD_ITSELF)
    report = desk.load(rebuild=True, zone=ZONE)
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
        desk.load(rebuild=True)
    assert str(caught.value) == (
        f"{desk.warehouse} must be rebuilt from the landing, which lacks 1 of the snapshots in it, {lost.folder} the "
        "first: bring them back, or move the file away to build one from what is there."
    )
    assert desk.warehouse.read_bytes() == before


def test_a_promoted_field_is_filled_from_the_whole_landing(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, novo="a"), chat(2)])
    desk.load()
    promoted = replace(
        CHATS, columns=(*CHATS.columns, Column("novo", Scalar.VARCHAR, ("novo",), Text("New.", "Novo.")))
    )
    desk.load(resources=[promoted], rebuild=True, zone=ZONE)
    assert desk.read("SELECT id, novo, extra FROM chats ORDER BY id") == [(1, "a", None), (2, None, None)]
    assert desk.read("SELECT id, novo, changed FROM history.chats ORDER BY id") == [(1, "a", None), (2, None, None)]


def test_a_file_of_a_former_format_is_rebuilt_from_the_landing(desk: Desk, chat: Chat) -> None:
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
    old = desk.tables(without=("meta.publishes", "meta.quality"))
    checked = desk.read("SELECT * EXCLUDE version FROM meta.quality ORDER BY ALL")
    bad = desk.land([chat(1, channel="bad"), chat(2)])
    desk.load()
    report = back(desk)
    assert (report.version, report.to, report.blocked) == (3, 1, (bad.address,))
    assert desk.tables(without=("meta.publishes", "meta.quality")) == old
    assert desk.read("SELECT * EXCLUDE version FROM meta.quality WHERE version = 3 ORDER BY ALL") == checked
    assert desk.read("SELECT version, reason FROM meta.publishes ORDER BY version") == [
        (1, "load"),
        (3, "rollback to 1"),
    ]
    assert desk.load().published is False
    desk.land([chat(3)], mode="incremental")
    desk.load()
    assert desk.read("SELECT id, channel FROM chats ORDER BY id") == [(1, "widget"), (3, "widget")]
    desk.load(rebuild=True)
    assert desk.read("SELECT id, channel FROM chats ORDER BY id") == [(1, "widget"), (3, "widget")]
    decide_snapshots(desk.warehouse, unblock=[bad.address])
    assert desk.load().snapshots == (bad.address,)
    assert desk.read("SELECT id, channel FROM chats ORDER BY id") == [(1, "bad"), (2, "widget"), (3, "widget")]


def test_a_second_rollback_goes_further_back(desk: Desk, chat: Chat) -> None:
    for number in range(3):
        desk.land([chat(number)], mode="window")
        desk.load(keep_versions=9)
    assert [back(desk, keep_versions=9).to for _ in range(2)] == [2, 1]
    assert desk.read("SELECT id FROM chats") == [(0,)]
    assert back(desk, to=3, keep_versions=9).blocked == ()
    for rebuild in (False, True):
        assert desk.load(rebuild=rebuild).blocked == 0
        assert desk.read("SELECT count(*) FROM chats") == [(3,)]


def test_the_same_rollback_again_reports_that_it_is_done(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)], mode="window")
    desk.load()
    bad = desk.land([chat(2)], mode="window")
    desk.load()
    done = back(desk)
    file = desk.warehouse.read_bytes()
    decide_snapshots(desk.warehouse, unblock=[bad.address])

    assert [back(desk), back(desk, to=1)] == [replace(done, published=False)] * 2
    assert desk.warehouse.read_bytes() == file
    assert desk.load().blocked == 1
    with pytest.raises(ConfigurationError, match="No version 7 is kept"):
        back(desk, to=7)


def test_an_unreported_rollback_is_reported_before_another_one_goes_further(desk: Desk, chat: Chat) -> None:
    for number in range(3):
        desk.land([chat(number)], mode="window")
        desk.load(keep_versions=9)

    def killed_at_its_end() -> Any:
        return roll_back(desk.warehouse, now=lambda: desk.made[-1].finished_at, keep_versions=9)

    assert [(each.to, each.published) for each in (killed_at_its_end(), killed_at_its_end(), back(desk))] == [
        (2, True),
        (2, False),
        (2, False),
    ]
    assert back(desk, keep_versions=9).to == 1


def test_a_load_after_a_rollback_makes_the_next_rollback_a_new_one(desk: Desk, chat: Chat) -> None:
    for number in range(2):
        desk.land([chat(number)], mode="window")
        desk.load(keep_versions=9)
    assert back(desk, keep_versions=9).to == 1
    desk.land([chat(2)], mode="window")
    desk.load(keep_versions=9)
    assert (back(desk, to=1, keep_versions=9).published, desk.read("SELECT id FROM chats")) == (True, [(0,)])


def test_a_rollback_that_fails_blocks_nothing(desk: Desk, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(2):
        desk.land([chat(number)], mode="window")
        desk.load()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(publish, "_publish_draft", full)
        with pytest.raises(WarehouseUnusable):
            back(desk)
    assert desk.load(rebuild=True).blocked == 0
    assert desk.read("SELECT count(*) FROM chats") == [(2,)]


def test_a_loaded_snapshot_that_is_blocked_stays_until_a_rebuild_and_each_load_says_so(desk: Desk, chat: Chat) -> None:
    first, second = desk.land([chat(1)], mode="window"), desk.land([chat(2)], mode="window")
    desk.load()
    decide_snapshots(desk.warehouse, block=[second.address])
    assert desk.load().warnings == (f"1 {BLOCKED_LATE}",)
    assert desk.load(rebuild=True).snapshots == (first.address,)
    assert desk.load().warnings == (
        "1 snapshots are blocked: `huggy rollback --unblock RUN_KEY` lets the next load take one.",
    )


def test_after_a_rollback_to_a_former_format_the_next_load_rebuilds_the_file(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)], mode="window")
    desk.load()
    with duckdb.connect(str(desk.warehouse)) as connection:
        connection.execute("ALTER TABLE chats DROP seen_at; UPDATE meta.publishes SET format_version = 1")
    desk.land([chat(2)], mode="window")
    desk.load()
    back(desk, to=1)
    assert desk.load().published
    assert desk.read("SELECT id, seen_at IS NOT NULL FROM chats") == [(1, True)]


def test_version_numbers_go_on_after_the_kept_ones_if_the_live_file_was_moved_away(desk: Desk, chat: Chat) -> None:
    for number in range(3):
        desk.land([chat(number)], mode="window")
        desk.load()
    desk.warehouse.unlink()
    assert desk.load().version == 3
    desk.land([chat(3)], mode="window")
    assert desk.load().version == 4
    assert back(desk).to == 3
    assert desk.read("SELECT count(*) FROM chats") == [(3,)]


def test_a_rebuild_does_not_stop_at_fields_that_were_there_before(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, novo=1)])
    desk.load()
    assert desk.load(rebuild=True, stop_on={"no_drift"}).published


@pytest.mark.parametrize(("to", "wish"), [(7, "7"), (None, "that holds less than the live file")])
def test_a_version_that_is_not_kept_is_refused(desk: Desk, chat: Chat, to: int | None, wish: str) -> None:
    desk.land([chat(1)])
    desk.load()
    with pytest.raises(ConfigurationError) as caught:
        back(desk, to=to)
    assert str(caught.value) == f"No version {wish} is kept beside {desk.warehouse}: there are none."


def test_decisions_that_cannot_be_read_stop_the_load(desk: Desk, chat: Chat) -> None:
    manifest = desk.land([chat(1)])
    decide_snapshots(desk.warehouse, block=[manifest.address])
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


def test_the_macro_as_of_a_moment_gives_what_the_condition_gives(desk: Desk, chat: Chat) -> None:
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


def test_the_next_load_corrects_the_times_of_a_wrong_zone(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)], zone=ZoneInfo("UTC"))
    desk.load(zone=ZONE)
    assert desk.read("SELECT created_at FROM chats") == [(datetime(2026, 11, 1, 10, tzinfo=UTC),)]
    desk.land([chat(1), chat(2)])
    told: list[str] = []
    assert desk.load(note=told.append).published
    assert told[0] == "The zone of company 4242 has changed: its times are read again, from the landing."
    assert desk.read("SELECT DISTINCT created_at FROM chats") == [(datetime(2026, 11, 1, 13, tzinfo=UTC),)]
    assert desk.read("SELECT id, changed FROM history.chats ORDER BY id") == [(1, None), (2, None)]
    assert desk.read("SELECT as_of_local - as_of::TIMESTAMP FROM marts.as_of") == [(timedelta(hours=-3),)]
    grown = desk.tables(without=OF_THE_LOAD_ITSELF)
    assert desk.load().published is False
    desk.load(rebuild=True)
    assert desk.tables(without=OF_THE_LOAD_ITSELF) == grown


def test_each_company_keeps_its_own_zone(desk: Desk, chat: Chat) -> None:
    west = ZoneInfo("America/Manaus")
    for company_id, zone in ((1, ZONE), (2, west)):
        desk.land([chat(1, novo="a")], company_id=company_id, zone=zone)
    desk.load()
    hours = "SELECT company_id, hour(created_at) FROM chats ORDER BY 1"
    assert desk.read(hours) == [(1, 13), (2, 14)]
    assert desk.load(zone=west).published is False
    promoted = replace(
        CHATS, columns=(*CHATS.columns, Column("novo", Scalar.VARCHAR, ("novo",), Text("New.", "Novo.")))
    )
    desk.load(resources=[promoted, *(each for each in RESOURCES.values() if each is not CHATS)], rebuild=True)
    assert desk.read(hours) == [(1, 13), (2, 14)]
    assert desk.read("SELECT company_id, as_of_local - as_of::TIMESTAMP FROM marts.as_of ORDER BY 1") == [
        (1, timedelta(hours=-3)),
        (2, timedelta(hours=-4)),
    ]


def test_history_does_not_depend_on_the_order_after_a_promotion(desk: Desk, chat: Chat) -> None:
    promoted = replace(
        CHATS, columns=(*CHATS.columns, Column("novo", Scalar.VARCHAR, ("novo",), Text("New.", "Novo.")))
    )
    tables = [promoted, *(each for each in RESOURCES.values() if each is not CHATS)]
    for minute in (1, 2, 4, 5):
        desk.land([chat(1, channel="email", novo="z")], minute=minute, mode="window")
    desk.load()
    desk.load(resources=tables, rebuild=True)
    desk.land([chat(1, channel="widget", novo="z")], minute=3, mode="window")
    desk.land([chat(1, channel="email", novo="z")], minute=6, mode="window")
    desk.load(resources=tables)
    grown = desk.tables(without=OF_THE_LOAD_ITSELF)
    desk.load(resources=tables, rebuild=True)
    assert desk.tables(without=OF_THE_LOAD_ITSELF) == grown
    assert desk.read("SELECT channel, novo, changed FROM history.chats ORDER BY valid_from") == [
        ("email", "z", None),
        ("widget", "z", ["channel"]),
        ("email", "z", ["channel"]),
    ]
    assert desk.read("SELECT extra FROM chats") == [(None,)]


def test_a_published_rollback_stays_decided_whatever_fails_after_it(
    desk: Desk, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        desk.land([chat(number)], mode="window")
        desk.load()
    swap = publish._publish_draft

    def stopped(*given: Any, **told: Any) -> None:
        swap(*given, **told)
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(publish, "_publish_draft", stopped)
        with pytest.raises(KeyboardInterrupt):
            back(desk)
    assert desk.load().blocked == 1
    assert desk.read("SELECT count(*) FROM chats") == [(1,)]
