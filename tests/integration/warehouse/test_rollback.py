"""A rollback goes back to a former version, and stays there: what was loaded since is blocked."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from huggy_connector.errors import ConfigurationError, WarehouseUnusable
from huggy_connector.warehouse import confirm_rollback, decide_snapshots, roll_back
from huggy_connector.warehouse.file import publish
from huggy_connector.warehouse.file.blocklist import SnapshotDecisions

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

pytestmark = pytest.mark.usefixtures("without_marts")


Chat = Callable[..., dict[str, Any]]


def back(desk: Desk, **options: Any) -> Any:
    report = roll_back(desk.warehouse, now=lambda: desk.made[-1].finished_at, **options)
    confirm_rollback(desk.warehouse)
    return report


def test_a_rollback_publishes_the_former_version_and_blocks_what_came_since(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)])
    desk.load()
    old = desk.tables(without=("meta.publishes", "meta.quality", "meta.restatements"))
    checked = desk.read("SELECT * EXCLUDE version FROM meta.quality ORDER BY ALL")
    bad = desk.land([chat(1, channel="bad"), chat(2)])
    desk.load()
    report = back(desk)
    assert (report.version, report.to, report.blocked) == (3, 1, (bad.address,))
    assert desk.tables(without=("meta.publishes", "meta.quality", "meta.restatements")) == old
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


@pytest.mark.parametrize(("to", "wish"), [(7, "7"), (None, "that holds less than the live file")])
def test_a_version_that_is_not_kept_is_refused(desk: Desk, chat: Chat, to: int | None, wish: str) -> None:
    desk.land([chat(1)])
    desk.load()
    with pytest.raises(ConfigurationError) as caught:
        back(desk, to=to)
    assert str(caught.value) == f"No version {wish} is kept beside {desk.warehouse}: there are none."


def test_without_a_warehouse_there_is_nothing_to_go_back_to(desk: Desk) -> None:
    with pytest.raises(ConfigurationError) as caught:
        roll_back(desk.warehouse, now=lambda: pytest.fail("published"))
    assert str(caught.value) == f"There is no warehouse at {desk.warehouse} yet: nothing can be rolled back."


def test_each_decision_about_a_snapshot_undoes_an_earlier_one(desk: Desk) -> None:
    decided = [
        decide_snapshots(desk.warehouse, block=["a", "b"]),
        decide_snapshots(desk.warehouse, accept=["a", "c"]),
        decide_snapshots(desk.warehouse, unblock=["b"]),
        decide_snapshots(desk.warehouse, block=["c"]),
        decide_snapshots(desk.warehouse),
    ]
    assert decided == [
        SnapshotDecisions(blocked=frozenset(blocked), accepted=frozenset(accepted))
        for blocked, accepted in (("ab", ""), ("b", "ac"), ("", "ac"), ("c", "a"), ("c", "a"))
    ]
