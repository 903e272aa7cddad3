"""The story of one account: whatever happens to it, the marts agree, the past stands, and what changes of it is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.warehouse import roll_back
from huggy_connector.warehouse.marts.restatements import PublishCause

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

OTHER = 4343
DAY = 24 * 60
"""Minutes. Minute 0 is 2026-11-22 at 09:00 on the account's clock."""
FIGURES = ("opened", "reopened", "closed", "deleted", "backlog")


class Account:
    """A desk with its chats, and what its published figures were after the step before."""

    def __init__(self, desk: Desk, chat: Callable[..., dict[str, Any]]) -> None:
        self.desk, self.chat = desk, chat
        self.published: dict[tuple[int, Any], dict[str, int]] = {}

    def read(self, *rows: dict[str, Any], minute: int, company_id: int = 4242, mode: str = "incremental") -> None:
        """Land chats as they are read at a minute, and publish."""
        self.desk.land([self.chat(**row) for row in rows], minute=minute, company_id=company_id, mode=mode)

    def figures(self) -> dict[tuple[int, Any], dict[str, int]]:
        """The figures of each company and day that was over at the last landing."""
        sums = ", ".join(f"sum({name})::BIGINT" for name in FIGURES)
        rows = self.desk.read(
            f"SELECT b.company_id, b.day, {sums} FROM marts.backlog_by_day b JOIN marts.as_of n USING (company_id)"
            " WHERE b.day < n.day GROUP BY ALL"
        )
        return {(company, day): dict(zip(FIGURES, values, strict=True)) for company, day, *values in rows}

    def restated(self) -> list[tuple[Any, ...]]:
        """The lines of the newest version."""
        return self.desk.read(
            "SELECT company_id, figure, from_day, to_day, before, after, reason FROM meta.restatements"
            " WHERE version = (SELECT max(version) FROM meta.publishes) ORDER BY ALL"
        )
