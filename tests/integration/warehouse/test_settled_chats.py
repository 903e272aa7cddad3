"""What a first closing settled, of chats that are in other hands since."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk


def test_a_settled_chat_counts_for_the_agent_of_then_under_the_name_of_today(
    desk: Desk, chat: Callable[..., dict[str, Any]]
) -> None:
    times = {"createdAt": "2026-11-10 09:00:00", "attendedAt": "2026-11-10 09:05:00"}
    desk.land([chat(1, closedAt="2026-11-10 09:30:00", agentId=7, **times)], minute=0, mode="incremental")
    desk.land([chat(1, situation="in_chat", agentId=8, agents=[], **times)], minute=1, mode="incremental")
    desk.land([{"id": 7, "name": "Ana"}, {"id": 8, "name": "Rui"}], resource="agents", minute=1)
    desk.load()
    of_agents = "SELECT agent, chats, met, missed, in_time FROM marts.agent_performance ORDER BY agent"
    assert desk.read(of_agents) == [("Ana", 0, 1, 0, 1.0), ("Rui", 1, None, None, None)]
    desk.land([{"id": 7, "name": "Ana Souza"}, {"id": 8, "name": "Rui"}], resource="agents", minute=2)
    desk.load()
    assert desk.read(of_agents)[0][0] == "Ana Souza"
    assert desk.read("SELECT agent FROM marts.settled_chats") == [("Ana Souza",)]
