"""The status shows the campaigns with something left: rows that wait, and rows of which nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from huggy_connector.warehouse import OpenCampaign, read_status
from tests.integration.warehouse.test_actions import attempt, telling

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk


def test_the_status_shows_the_campaigns_with_something_left(desk: Desk) -> None:
    rows = [
        attempt("chat:1", "unknown"),
        attempt("chat:1", "confirmed", attempt=2),
        attempt("chat:2", "unknown"),
        attempt("chat:3", "refused"),
        attempt("chat:4", "skipped"),
        attempt("chat:5", campaign="done"),
        attempt("contact:6", "planned", campaign="churn", action="update_contact"),
        attempt("contact:6", "not_sent", campaign="churn", action="update_contact"),
        attempt("contact:6", "planned", campaign="churn", action="update_contact", purpose="2026-11"),
        attempt("contact:7", "claimed", campaign="churn", action="update_contact"),
    ]
    desk.load(read_actions=telling(*rows))
    assert read_status(desk.warehouse).campaigns == (
        OpenCampaign(4242, "churn", "update_contact", 3, 0, 0, 0, 0, 3),
        OpenCampaign(4242, "idle", "close_chat", 4, 1, 1, 1, 1, 0),
    )
