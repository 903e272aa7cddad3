"""The request budget: when a request may leave. One for each credential: for threads, processes (file), hosts (Redis).

    HUGGY_BUDGET            shared by
    file:                   the processes of this host, through a file in HUGGY_STATE (the default)
    file:/some/folder       the same, in a folder on a local disk that all of them see
    redis://host:6379/0     the hosts that use this Redis (rediss:// over TLS)
    memory:                 the threads of one process only

`?mode=strict` never releases a slot early. `?share=0.25` uses a fixed part of the rate, for workers that cannot share a
budget; with `redis://` it is the part that this process uses while Redis is away (default: an equal part for each
process). Both: `?share=0.25&mode=strict`.
"""

import hashlib
import math
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from huggy_connector.budget.file import FileBudgetStore
from huggy_connector.budget.limiter import BudgetStore, MemoryBudgetStore, SharedBudget
from huggy_connector.budget.redis import RedisBudgetStore
from huggy_connector.budget.types import Budget, Lane, Turn
from huggy_connector.budget.window import LONGEST_PAUSE, RateLimit
from huggy_connector.errors import ConfigurationError

REDIS_SCHEMES = ("redis", "rediss")

__all__ = ["LONGEST_PAUSE", "Budget", "Lane", "SharedBudget", "Turn", "open_budget"]


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
    address, _, query = spec.partition("?")
    kind, _, place = address.partition(":")
    share, is_strict, others = _parse_options(query)
    if others and kind not in REDIS_SCHEMES:
        raise ConfigurationError(f"HUGGY_BUDGET has no option {others[0][0]}: there are share=0.5 and mode=strict.")
    name = hashlib.sha256(scope.encode()).hexdigest()[:16]
    rate = rate if share is None or kind in REDIS_SCHEMES else rate * share
    limit = RateLimit(rate, strict=is_strict, longest_pause=longest_pause)
    store: BudgetStore
    if kind == "file":
        folder = Path(place) if place else state_folder
        store = FileBudgetStore(folder / f"budget-{name}", limit, note=note)
    elif kind in REDIS_SCHEMES:
        url = f"{address}?{urlencode(others)}" if others else address
        store = RedisBudgetStore(url, name, limit, share=share, note=note)
    elif kind == "memory" and not place:
        store = MemoryBudgetStore(limit)
    else:
        raise ConfigurationError(
            "HUGGY_BUDGET is not understood: give file:, file:/some/folder, redis://host:6379/0 or memory:."
        )
    return SharedBudget(store, rate=limit.rate, note=note)


def _parse_options(query: str) -> tuple[float | None, bool, list[tuple[str, str]]]:
    """Return the share, whether the mode is strict, and all other options."""
    share, is_strict, others = None, False, []
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key == "share":
            share = _parse_share(value)
        elif (key, value) == ("mode", "strict"):
            is_strict = True
        else:
            others.append((key, value))
    return share, is_strict, others


def _parse_share(value: str) -> float:
    try:
        share = float(value)
    except ValueError:
        share = math.nan
    if not 0 < share <= 1:
        raise ConfigurationError(f"HUGGY_BUDGET's share={value} is not a number above 0 and up to 1.")
    return share
