"""The order in which a server counts, waits, reads and answers."""

from __future__ import annotations

from tests.unit.sandbox.conftest import ServerWithClock


def test_a_request_is_counted_when_it_arrives_at_any_latency() -> None:
    server_with_clock = ServerWithClock(latency_ms=300.0, latency_spread_ms=2000.0, refusal="bare")
    times = [number / 100 for number in range(21)]
    statuses = [server_with_clock.get("/v3/agents/profile", at=time) for time in times]
    assert (statuses, list(server_with_clock.server.arrivals.times)) == ([200] * 20 + [429], times)
    assert server_with_clock.server.arrivals.most_in_any_second() == 21


def test_the_list_is_read_between_receipt_and_answer() -> None:
    server_with_clock = ServerWithClock(latency_ms=1000.0, arrivals_per_second=50.0)
    server_with_clock.get("/v3/chats", at=0.0)
    before, after = server_with_clock.slept
    assert 0 < before < 1
    assert abs(before + after - 1) < 1e-9
    read = len(server_with_clock.server.account.resource_lists["chats"].arrived_rows)
    assert abs(read - 50 * before) < 25
    server_with_clock.server.account.catch_up(1.0)
    assert len(server_with_clock.server.account.resource_lists["chats"].arrived_rows) > read > 0


def test_a_refused_request_takes_as_long_as_any_other() -> None:
    server_with_clock = ServerWithClock(limit=1, latency_ms=500.0)
    assert [server_with_clock.get("/v3/agents/profile", at=0.0) for _ in range(2)] == [200, 429]
    assert server_with_clock.slept[2:] == [0.5]


def test_the_endpoints_of_the_sandbox_neither_wait_nor_count() -> None:
    server_with_clock = ServerWithClock(limit=1, latency_ms=500.0)
    assert [server_with_clock.get("/sandbox/stats", at=0.0) for _ in range(3)] == [200] * 3
    assert (server_with_clock.slept, list(server_with_clock.server.arrivals.times)) == ([], [])
