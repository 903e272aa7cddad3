"""Which decided verdicts of past days have a line in meta.restatements. With all else: test_account_story.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.warehouse.marts.past import restatements

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

SERVICE_LEVEL = (
    "SELECT figure, day(from_day)::INTEGER, before, after, change, reason, chats FROM meta.restatements"
    " WHERE figure LIKE '%met' OR figure LIKE '%missed' ORDER BY ALL"
)


def test_a_decided_verdict_that_changes_has_its_line_and_a_pending_one_none(
    desk: Desk, chat: Callable[..., dict[str, Any]]
) -> None:
    day = 24 * 60
    monday = "2026-11-16 10:00:00"
    taken = {"createdAt": monday, "agentId": 7, "situation": "in_chat"}
    desk.land(
        [
            chat(1, **taken, attendedAt="2026-11-16 10:30:00"),
            chat(2, createdAt="2026-11-20 17:58:00", situation="wait_for_chat"),
        ],
        minute=-day,
    )
    desk.land([], minute=0, mode="incremental")
    desk.load()
    assert desk.read(SERVICE_LEVEL) == []
    desk.land(
        [
            chat(1, **taken, attendedAt="2026-11-16 10:05:00", updatedAt="2026-11-22 08:00:00"),
            chat(2, createdAt="2026-11-20 17:58:00", agentId=7, situation="in_chat", attendedAt="2026-11-20 17:59:00"),
            chat(3, **taken, attendedAt="2026-11-16 10:01:00"),
        ],
        minute=10,
        mode="incremental",
    )
    desk.load()
    assert desk.read(SERVICE_LEVEL) == [
        ("first_response_met", 16, 0, 2, 2, "late_change, late_chat", 2),
        ("first_response_missed", 16, 1, 0, -1, "late_change", 1),
        ("resolution_missed", 16, 1, 2, 1, "late_chat", 1),
    ]


def test_lines_of_verdicts_alone_are_bounded_too(
    desk: Desk, chat: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restatements, "MAX_RESTATEMENTS", 2)
    taken = {"createdAt": "2026-11-16 10:00:00", "agentId": 7, "situation": "in_chat"}
    late, in_time = {"attendedAt": "2026-11-16 10:30:00"}, {"attendedAt": "2026-11-16 10:05:00"}
    desk.land([chat(1, **taken, **late), chat(2, **taken, **late)])
    desk.load()
    for number in (1, 2):  # each turns two figures of the verdicts, and no other
        desk.land([chat(number, **taken, **in_time)], minute=10 * number, mode="incremental")
        desk.load()
    assert desk.read("SELECT version, count(*) FROM meta.restatements GROUP BY ALL") == [(3, 2)]
