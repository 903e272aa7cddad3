"""How complete each table is, by the certificates of what was loaded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.model import Certificate
from huggy_connector.warehouse.read.coverage import TableCoverage, read_coverage

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

pytestmark = pytest.mark.usefixtures("without_marts")

Chat = Callable[..., dict[str, Any]]


def noon(minute: int) -> datetime:
    return datetime(2026, 11, 22, 12, minute, tzinfo=UTC)


def test_the_newest_full_snapshot_says_how_many_rows_may_be_missing_and_the_exact_ones_until_when(
    desk: Desk, chat: Chat
) -> None:
    created = datetime(2026, 11, 1, 13, tzinfo=UTC)
    assert _after_load(desk, [chat(1), chat(2, createdAt="2026-11-05 10:00:00")], minute=1, mode="window") == (
        TableCoverage(4242, "chats", False, None, None, None, created),
    )
    assert _after_load(desk, [chat(1)], minute=2) == (TableCoverage(4242, "chats", True, noon(2), noon(2), 0, created),)
    assert _after_load(desk, [chat(1)], minute=4, mode="incremental") == (
        TableCoverage(4242, "chats", True, noon(2), noon(4), 0, created),
    )
    bounded = {"certificate": Certificate(exact=False, missing_at_most=3)}
    assert _after_load(desk, [chat(1)], minute=5, exact=False, claim=bounded) == (
        TableCoverage(4242, "chats", True, noon(2), noon(4), 3, created),
    )
    assert _after_load(desk, [chat(1)], minute=6, exact=False) == (
        TableCoverage(4242, "chats", True, noon(2), noon(4), None, created),
    )


def test_each_company_and_table_has_its_own_and_a_table_without_times_has_no_oldest_row(desk: Desk, chat: Chat) -> None:
    desk.land([{"id": 7, "name": "Ana"}], resource="agents", minute=1)
    desk.land([], company_id=77, minute=2)
    assert _after_load(desk, [chat(1, createdAt=None)], minute=3) == (
        TableCoverage(77, "chats", True, noon(2), noon(2), 0, None),
        TableCoverage(4242, "agents", True, noon(1), noon(1), 0, None),
        TableCoverage(4242, "chats", True, noon(3), noon(3), 0, None),
    )


def _after_load(desk: Desk, rows: list[Any], **options: Any) -> tuple[TableCoverage, ...]:
    desk.land(rows, **options)
    desk.load()
    return read_coverage(desk.warehouse)
