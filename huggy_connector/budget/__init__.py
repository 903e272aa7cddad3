"""The request budget: when a request may leave. One for each credential: for threads, processes (file), hosts (Redis).

    HUGGY_BUDGET            shared by
    file:                   the processes of this host, through a file in HUGGY_STATE (the default)
    file:/some/folder       the same, in a folder on a local disk that all of them see
    redis://host:6379/0     the hosts that use this Redis (rediss:// over TLS)
    memory:                 the threads of one process only

`?mode=` chooses the rule that says when the next request may leave (window.py): `learned` is the default, `strict`
never sends too many, whatever the network does, and `measured` lies between them. `?share=0.25` uses a fixed part of
the rate, for workers that cannot share a budget; with `redis://` it is the part that this process uses while Redis is
away (default: an equal part for each process). `?scope=acme` names the budget: all that name it share one rate,
whatever their credentials, such as a token of API v2 and one of v3 of the same account. Several:
`?share=0.25&mode=strict`.
"""

import math
from collections.abc import Callable
from pathlib import Path

from huggy_connector.budget.file import FileBudgetStore
from huggy_connector.budget.inspection import BudgetReading, inspect_budget
from huggy_connector.budget.limiter import BudgetStore, MemoryBudgetStore, SharedBudget
from huggy_connector.budget.redis import RedisBudgetStore
from huggy_connector.budget.spec import BudgetSpec
from huggy_connector.budget.types import Budget, Lane, Turn
from huggy_connector.budget.window import LONGEST_PAUSE
from huggy_connector.errors import ConfigurationError

__all__ = [
    "LONGEST_PAUSE",
    "Budget",
    "BudgetReading",
    "Lane",
    "SharedBudget",
    "Turn",
    "inspect_budget",
    "open_budget",
]


def open_budget(
    spec: str,
    *,
    scope: str,
    rate: float,
    state_folder: Path,
    note: Callable[[str], None],
    longest_pause: float = LONGEST_PAUSE,
) -> SharedBudget:
    """Return the budget that `spec` (HUGGY_BUDGET) names. The caller closes it, which ends threads that still wait.

    `scope` is the owner of the rate, such as the base URL and the company; only a hash of it is stored. `rate`:
    arrivals in any second, rounded down; 0.5 is one in two seconds. `note` gets sentences for a person. If the server
    asks for a pause of more than `longest_pause` seconds, that is ignored. Raises ConfigurationError with one sentence.
    """
    if not (math.isfinite(rate) and rate > 0):
        raise ConfigurationError(f"The budget's rate {rate!r} is not a number above 0: set HUGGY_REQUESTS_PER_SECOND.")
    parsed = BudgetSpec.parse(spec)
    limit = parsed.limit(rate, longest_pause=longest_pause)
    store: BudgetStore
    if parsed.kind == "file":
        store = FileBudgetStore(parsed.file(scope, state_folder=state_folder), limit, note=note)
    elif parsed.is_redis:
        store = RedisBudgetStore(parsed.url, parsed.name(scope), limit, share=parsed.share, note=note)
    else:
        store = MemoryBudgetStore(limit)
    return SharedBudget(store, rate=limit.rate, note=note)
