"""Which figures of past days a publish restates, and what it says of them. The whole story: test_account_story.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.warehouse.marts.past import restatements

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

LINES = (
    "SELECT figure, day(from_day)::INTEGER, day(to_day)::INTEGER, before, after, reason, chats, snapshot"
    " FROM meta.restatements WHERE figure NOT LIKE '%met' AND figure NOT LIKE '%missed' ORDER BY ALL"
)


def test_a_line_says_what_was_and_is_why_and_from_which_snapshot(
    desk: Desk, chat: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.land([chat(1, createdAt="2026-11-18 10:00:00", closedAt="2026-11-21 10:00:00")])
    desk.load()
    assert desk.read(LINES) == []
    late = desk.land(
        [
            chat(2, createdAt="2026-11-18 10:00:00", closedAt="2026-11-20 10:00:00"),
            chat(3, createdAt="2026-11-22 06:00:00", situation="in_chat"),  # of a day that is not over
        ],
        mode="incremental",
    )
    desk.load()
    rest = ("late_chat", 1, late.run_key)
    lines = [
        ("backlog", 18, 19, 1, 2, *rest),
        ("closed", 20, 20, 0, 1, *rest),
        ("opened", 18, 18, 1, 2, *rest),
    ]
    assert desk.read(LINES) == lines
    desk.land([chat(1, createdAt="2026-11-19 10:00:00", closedAt="2026-11-21 10:00:00")], minute=30, mode="incremental")
    desk.load()
    corrected = (
        "SELECT figure, day(from_day), change FROM meta.restatements WHERE reason = 'correction'"
        " AND figure IN ('opened', 'backlog') ORDER BY ALL"
    )
    assert desk.read(corrected) == [("backlog", 18, -1), ("opened", 18, -1), ("opened", 19, 1)]
    monkeypatch.setattr(restatements, "MAX_RESTATEMENTS", 5)
    desk.land([chat(4, createdAt="2026-11-18 10:00:00", closedAt="2026-11-18 11:00:00")], mode="incremental")
    desk.load()
    versions = "SELECT version, count(*) FROM meta.restatements GROUP BY 1 ORDER BY 1"
    assert desk.read(versions) == [(4, 4)]


def test_days_before_2010_are_told_on_the_day_on_which_they_count(
    desk: Desk, chat: Callable[..., dict[str, Any]]
) -> None:
    desk.land([chat(1, createdAt="2026-11-18 10:00:00", closedAt="2026-11-18 11:00:00")])
    desk.load()
    desk.land([chat(2, createdAt="1970-01-01 00:00:00", closedAt="2026-11-18 11:00:00")], mode="incremental")
    desk.load()
    assert desk.read("SELECT figure, from_day::VARCHAR, to_day::VARCHAR FROM meta.restatements ORDER BY ALL") == [
        ("backlog", "2010-01-01", "2026-11-17"),
        ("closed", "2026-11-18", "2026-11-18"),
        ("opened", "2010-01-01", "2010-01-01"),
    ]


def test_a_deletion_that_is_read_late_has_its_lines(desk: Desk, chat: Callable[..., dict[str, Any]]) -> None:
    day = 24 * 60
    read = desk.land([chat(1, createdAt="2026-11-18 10:00:00", situation="in_chat")])
    desk.land([], minute=4 * day, mode="incremental")
    desk.load()
    desk.land([{"id": 1}], minute=2 * day, mode="tombstones")
    desk.load()
    rest = ("deletion", 1, read.run_key)  # that the chat came in
    assert desk.read(LINES) == [("backlog", 24, 25, 1, 0, *rest), ("deleted", 24, 24, 0, 1, *rest)]
