"""When a lease is free for the next holder."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from huggy_connector.landing.work.lease import LeaseContent, ProcessIdentity

NOW = datetime(2026, 11, 22, 7, tzinfo=UTC)
LEASE = LeaseContent("a", ProcessIdentity("elsewhere", "worker-1", 1, ""), since=NOW - timedelta(hours=2), renewed=NOW)


def test_a_lease_is_read_as_it_was_written() -> None:
    assert LeaseContent.from_json(LEASE.to_json()) == LEASE


@pytest.mark.parametrize("age", [0, 59, -59])
def test_a_lease_renewed_a_moment_ago_is_held(age: int) -> None:
    assert not LEASE.is_free(NOW + timedelta(seconds=age))


@pytest.mark.parametrize("age", [61, 86400])
def test_a_lease_that_nobody_renewed_is_free(age: int) -> None:
    assert LEASE.is_free(NOW + timedelta(seconds=age))


def test_a_lease_from_before_the_clock_was_set_back_is_free() -> None:
    assert LEASE.is_free(NOW - timedelta(hours=1))


def test_a_released_lease_is_free_at_once() -> None:
    assert replace(LEASE, released=True).is_free(NOW)
