"""Checks the budget: whether it can be used, and what it holds at this moment."""

from __future__ import annotations

from collections.abc import Iterator

from huggy_connector.budget import BudgetReading
from huggy_connector.pipeline.doctor.check_row import Finding, ok, warn
from huggy_connector.pipeline.doctor.check_runner import Fact

ACCOUNT_LIMIT = 20.0
"""Requests a second that Huggy allows an account, all who use it together."""


def check_budget(budget: Fact[BudgetReading]) -> Iterator[Finding]:
    """Say where the budget is, and how much of it is used. Nothing is written into it."""
    found = budget.get()
    yield ok(
        f"{found.place}, {found.rate:g} requests a second: {found.sent:,} in the last second, "
        f"{found.in_flight:,} in flight, {found.waiting:,} waiting"
    )
    if found.damage:
        yield warn(f"it {found.damage}", "nothing: the next request begins it anew")
    if found.share < 1:
        yield warn(f"others use the account, {found.share:.0%} of the rate is ours", "it rises again by itself")
    if found.pause:
        yield warn(f"the API asks (429) for a pause of {found.pause:,.0f} s more", "wait until it is over")
    if found.rate > ACCOUNT_LIMIT:
        yield warn("the rate is above Huggy's limit of 20", "set HUGGY_REQUESTS_PER_SECOND to 20 or less")
