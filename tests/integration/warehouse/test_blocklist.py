"""A person's decisions about snapshots outlive every version, and a killed rollback counts only if it was published."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.errors import WarehouseUnusable
from huggy_connector.warehouse import decide_snapshots
from huggy_connector.warehouse.file import publish_log
from huggy_connector.warehouse.file.blocklist import (
    NO_DECISIONS,
    RollbackDecision,
    SnapshotDecisions,
    read_decisions,
    settle_decisions,
    write_decisions,
)
from huggy_connector.warehouse.file.engine import EngineLimits
from huggy_connector.warehouse.file.paths import WarehousePaths

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk


Chat = Callable[..., dict[str, Any]]

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BEGUN = RollbackDecision(version=3, to=1, blocked=("new",), unblocked=("old",))
TAKEN = RollbackDecision(version=3, to=1, blocked=("new",), unblocked=("old",), stage="taken")


def make_paths(folder: Path) -> WarehousePaths:
    paths = WarehousePaths.at(folder / "huggy.duckdb")
    paths.hidden_folder.mkdir(exist_ok=True)
    return paths


def test_without_a_file_nothing_is_decided(tmp_path: Path) -> None:
    assert read_decisions(make_paths(tmp_path)) == NO_DECISIONS


@pytest.mark.parametrize("rollback", [None, BEGUN, TAKEN])
def test_decisions_are_read_as_they_were_written(tmp_path: Path, rollback: RollbackDecision | None) -> None:
    paths = make_paths(tmp_path)
    decisions = SnapshotDecisions(frozenset({"a/é", "b"}), frozenset({"c"}), rollback)
    write_decisions(paths, decisions)
    assert read_decisions(paths) == decisions


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"null",
        b'{"blocked": []}',
        b'{"blocked": 1, "accepted": []}',
        b'{"blocked": "4242/chats/key/manifest.json", "accepted": []}',
        b"[" * 200_000,
        b'{"blocked": [], "accepted": [], "rollback": []}',
        b'{"blocked": [], "accepted": [], "rollback": {"version": "x", "to": 1, "blocked": [], "unblocked": []}}',
        (
            b'{"blocked": [], "accepted": [], "rollback": {"version": 2, "to": 1, "blocked": [], "unblocked": [],'
            b' "stage": ""}}'
        ),
        b'{"blocked": [], "accepted": [], "rollback": {"version": 1}}',
    ],
    ids=range(13),
)
def test_a_file_that_cannot_be_read_blocks_every_load_instead_of_none(tmp_path: Path, content: bytes) -> None:
    paths = make_paths(tmp_path)
    paths.decisions.write_bytes(content)
    with pytest.raises(WarehouseUnusable) as caught:
        settle_decisions(paths, EngineLimits())
    assert str(caught.value) == (
        f"{paths.decisions}, which says what snapshots are blocked, cannot be read: mend it, or remove it to load all "
        "of them."
    )
    assert paths.decisions.read_bytes() == content


def test_decisions_that_cannot_be_read_stop_the_load(desk: Desk, chat: Chat) -> None:
    manifest = desk.land([chat(1)])
    decide_snapshots(desk.warehouse, block=[manifest.address])
    verdicts = desk.folder / ".huggy.duckdb.d/snapshots.json"
    assert json.loads(verdicts.read_bytes()) == {"blocked": [manifest.address], "accepted": []}
    verdicts.write_text("{")
    with pytest.raises(WarehouseUnusable, match="which says what snapshots are blocked, cannot be read"):
        desk.load()


def test_a_rollback_that_has_published_blocks_its_snapshots_and_unblocks_those_of_its_version() -> None:
    before = SnapshotDecisions(frozenset({"old", "other"}), frozenset({"believed"}), BEGUN)
    after = before.with_rollback(BEGUN)
    assert after == SnapshotDecisions(frozenset({"new", "other"}), frozenset({"believed"}), TAKEN)
    assert after.with_rollback(TAKEN) == after


@pytest.mark.parametrize("has_file", [False, True])
def test_a_rollback_that_was_killed_before_its_publish_never_happened(desk: Desk, *, has_file: bool) -> None:
    paths = make_paths(desk.folder)
    if has_file:
        desk.load()
    write_decisions(paths, replace(NO_DECISIONS, blocked=frozenset({"old"}), rollback=BEGUN))
    assert settle_decisions(paths, EngineLimits()) == replace(NO_DECISIONS, blocked=frozenset({"old"}))
    assert read_decisions(paths) == replace(NO_DECISIONS, blocked=frozenset({"old"}))


def test_a_rollback_that_was_killed_after_its_publish_is_taken(desk: Desk) -> None:
    desk.load()
    paths, engine = make_paths(desk.folder), EngineLimits()
    with engine.open_for_writing(paths.live, spill=paths.spill) as connection:
        publish_log.record_rollback(connection, version=3, now=NOW, to=1)
    write_decisions(paths, replace(NO_DECISIONS, blocked=frozenset({"old"}), rollback=BEGUN))
    assert settle_decisions(paths, engine) == replace(NO_DECISIONS, blocked=frozenset({"new"}), rollback=TAKEN)
    assert read_decisions(paths) == replace(NO_DECISIONS, blocked=frozenset({"new"}), rollback=TAKEN)


def test_a_settled_decision_opens_no_warehouse(tmp_path: Path) -> None:
    paths = make_paths(tmp_path)
    paths.live.write_bytes(b"no DuckDB file")
    decisions = replace(NO_DECISIONS, blocked=frozenset({"new"}), rollback=TAKEN)
    write_decisions(paths, decisions)
    assert settle_decisions(paths, EngineLimits()) == decisions
