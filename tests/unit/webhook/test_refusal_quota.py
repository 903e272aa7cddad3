"""Refusals on record are few, however many there are."""

from __future__ import annotations

from huggy_connector.webhook.refusal_quota import MAX_A_MINUTE, MINUTE, RefusalQuota


def test_a_hundred_of_each_reason_are_kept_in_a_minute() -> None:
    now = [0.0]
    quota = RefusalQuota(lambda: now[0])
    taken = [quota.takes("wrong token") for _ in range(MAX_A_MINUTE + 50)]
    assert (taken, quota.takes("invalid JSON")) == ([True] * MAX_A_MINUTE + [False] * 50, True)
    now[0] = MINUTE
    assert quota.takes("wrong token")
