"""The row of the budget."""

from __future__ import annotations

import pytest

from huggy_connector.budget import BudgetReading
from huggy_connector.pipeline.doctor.check_row import Finding, ok, warn
from huggy_connector.pipeline.doctor.check_runner import Fact
from huggy_connector.pipeline.doctor.request_budget import check_budget


@pytest.mark.parametrize(
    ("reading", "more"),
    [
        (BudgetReading("the file /b", 20, 3, 2, 1), []),
        (
            BudgetReading("the file /b", 20, 3, 2, 1, damage="is damaged"),
            [warn("it is damaged", "nothing: the next request begins it anew")],
        ),
        (
            BudgetReading("the file /b", 20, 3, 2, 1, share=0.56, pause=40.2),
            [
                warn("others use the account, 56% of the rate is ours", "it rises again by itself"),
                warn("the API asks (429) for a pause of 40 s more", "wait until it is over"),
            ],
        ),
    ],
)
def test_it_tells_what_is_used_and_what_holds_requests_back(reading: BudgetReading, more: list[Finding]) -> None:
    used = ok("the file /b, 20 requests a second: 3 in the last second, 2 in flight, 1 waiting")
    assert [*check_budget(Fact("budget", lambda: reading))] == [used, *more]


def test_a_rate_above_the_accounts_is_told() -> None:
    reading = BudgetReading("the memory of each process", 25.5)
    assert [*check_budget(Fact("budget", lambda: reading))] == [
        ok("the memory of each process, 25.5 requests a second: 0 in the last second, 0 in flight, 0 waiting"),
        warn("the rate is above Huggy's limit of 20", "set HUGGY_REQUESTS_PER_SECOND to 20 or less"),
    ]
