"""Who may send a request when. One budget per credential: for threads, for processes (file) and for hosts (Redis).

    HUGGY_BUDGET            shared by
    file:                   the processes of this host, through a file in HUGGY_STATE (the default)
    file:/some/folder       the same, in a folder on a local disk that all of them see
    redis://host:6379/0     the hosts that use this Redis (rediss:// over TLS)
    memory:                 the threads of one process only

`?mode=strict` never gives a slot back early. `?share=0.25` takes a fixed part of the rate, for workers that cannot
share a budget; with `redis://` it is the part that this process takes while Redis is away (else: one part a process).
Both: `?share=0.25&mode=strict`.
"""

import hashlib
import math
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from huggy_connector.budget.file import FileStore
from huggy_connector.budget.redis import RedisStore
from huggy_connector.budget.threads import MemoryStore, SharedBudget, Store
from huggy_connector.budget.types import Budget, Lane, Turn
from huggy_connector.budget.window import LONGEST_PAUSE, Limit
from huggy_connector.errors import ConfigurationError

REDIS = ("redis", "rediss")

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
    """The budget that `spec` (HUGGY_BUDGET) names. To be closed; closed, it lets go who still waits.

    `scope` is what the rate belongs to, such as the base URL and the company; only a hash of it is stored. `rate`:
    arrivals in any second, of a broken one the whole part. `note` hears sentences for a person. A server's wish to be
    left alone for more than `longest_pause` seconds is not believed. Raises ConfigurationError with one sentence.
    """
    if not (math.isfinite(rate) and rate > 0):
        raise ConfigurationError(f"The budget's rate {rate!r} is not a number above 0: set HUGGY_REQUESTS_PER_SECOND.")
    address, _, query = spec.partition("?")
    kind, _, place = address.partition(":")
    share, strict, others = _options(query)
    if others and kind not in REDIS:
        raise ConfigurationError(f"HUGGY_BUDGET has no option {others[0][0]}: there are share=0.5 and mode=strict.")
    name = hashlib.sha256(scope.encode()).hexdigest()[:16]
    rate = rate if share is None or kind in REDIS else rate * share
    limit = Limit(rate, strict=strict, longest_pause=longest_pause)
    store: Store
    if kind == "file":
        folder = Path(place) if place else state_folder
        store = FileStore(folder / f"budget-{name}", limit, note=note)
    elif kind in REDIS:
        url = f"{address}?{urlencode(others)}" if others else address
        store = RedisStore(url, name, limit, share=share, note=note)
    elif kind == "memory" and not place:
        store = MemoryStore(limit)
    else:
        raise ConfigurationError(
            "HUGGY_BUDGET is not understood: give file:, file:/some/folder, redis://host:6379/0 or memory:."
        )
    return SharedBudget(store, rate=limit.rate, note=note)


def _options(query: str) -> tuple[float | None, bool, list[tuple[str, str]]]:
    """The share, whether strict, and what is left for others to understand."""
    share, strict, others = None, False, []
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key == "share":
            share = _share(value)
        elif (key, value) == ("mode", "strict"):
            strict = True
        else:
            others.append((key, value))
    return share, strict, others


def _share(value: str) -> float:
    try:
        share = float(value)
    except ValueError:
        share = math.nan
    if not 0 < share <= 1:
        raise ConfigurationError(f"HUGGY_BUDGET's share={value} is not a number above 0 and up to 1.")
    return share
