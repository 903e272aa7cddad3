"""The budget in Redis, which several hosts share.

Each change reads the state together with the server's time, applies the same window as everywhere, and writes the state
back only if nobody else has changed it; if somebody has, it starts again. The server's clock is a wall clock. If it is
set back, nothing is lost (see window.py); if it is set forward by a second, the requests of one second may leave twice.

A heartbeat shows who is alive: the requests of a process without a heartbeat for a second count as lost.

While Redis does not answer, each process goes on with its share of the rate, in strict mode.
"""

import os
import threading
import time
from collections.abc import Callable
from typing import TypeVar
from uuid import uuid4

from huggy_connector.budget.limiter import MemoryBudgetStore
from huggy_connector.budget.shared_state import BudgetState
from huggy_connector.budget.window import RateLimit, ReleaseRule, RequestWindow
from huggy_connector.errors import ConfigurationError
from huggy_connector.storage import redis_store

T = TypeVar("T")

LEASE = 1.0
"""Seconds after its last heartbeat for which a process counts as alive."""

HEARTBEAT_INTERVAL = 0.25
"""Seconds between two heartbeats."""

REDIS_TIMEOUT = 1.0
"""Seconds in which Redis has to answer."""

RECONNECT_INTERVAL = 5.0
"""Seconds until the next attempt after Redis did not answer."""

STATE_TTL = 7 * 86_400_000
"""Milliseconds after which Redis deletes a budget that nobody uses."""

# KEYS: state, holders. ARGV: holder, lease. Returns the seconds and microseconds of the server's clock, the state or
# nothing, and the holders that are alive.
READ_SCRIPT = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. now)
redis.call('PEXPIRE', KEYS[2], 60000)
return {time[1], time[2], redis.call('GET', KEYS[1]) or '', redis.call('ZRANGE', KEYS[2], 0, -1)}
"""


class RedisBudgetStore:
    """A store of the state in the key `name` of the Redis at `url`. A forked child is another holder."""

    def __init__(
        self,
        url: str,
        name: str,
        limit: RateLimit,
        *,
        share: float | None,
        note: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`share`: the part of the rate for this process while Redis is away; None: an equal part for each process.

        Raises ConfigurationError if Redis does not answer, unless a share says how to go on without it.
        """
        self._client = redis_store.connect(url, setting="HUGGY_BUDGET", timeout=REDIS_TIMEOUT)
        self._server = redis_store.server_name(url)
        self._look = self._client.register_script(READ_SCRIPT)
        self._swap = self._client.register_script(redis_store.SWAP_SCRIPT)
        self._keys = (state_key(name), f"huggy:budget:{{{name}}}:holders")
        self._limit = limit
        self._share = share
        self._note = note
        self._clock = clock
        self._processes = 1
        self._fallback: MemoryBudgetStore | None = None
        self._next_attempt = 0.0
        self._cautious_until = 0.0
        self._start()
        self._check_connection()
        self._start_heartbeat()

    @property
    def holder(self) -> str:
        self._detect_fork()
        return self._holder

    def change(self, act: Callable[[RequestWindow], T]) -> T:
        from redis.exceptions import RedisError

        self._detect_fork()
        with self._thread_lock:
            fallback = self._fallback
            if fallback is None or self._clock() >= self._next_attempt:
                try:
                    return self._change(act)
                except RedisError as error:
                    fallback = self._fall_back(error)
            return fallback.change(act)

    def close(self) -> None:
        from redis.exceptions import RedisError

        self._closed.set()
        try:
            self._client.zrem(self._keys[1], self._holder)
        except RedisError:
            return  # Redis is away: the lease ends by itself
        finally:
            self._client.close()

    def _start(self) -> None:
        self._process = os.getpid()
        self._thread_lock = threading.Lock()
        self._holder = uuid4().hex[:12]
        self._closed = threading.Event()

    def _check_connection(self) -> None:
        from redis.exceptions import RedisError

        try:
            self._change(lambda _: None)
        except RedisError as error:
            if self._share is None:
                raise away_error(self._server, error) from error
            self._fall_back(error)

    def _start_heartbeat(self) -> None:
        threading.Thread(target=self._send_heartbeats, args=(self._closed,), name="huggy-budget", daemon=True).start()

    def _detect_fork(self) -> None:
        if os.getpid() != self._process:
            self._start()
            self._start_heartbeat()

    def _send_heartbeats(self, closed: threading.Event) -> None:
        from redis.exceptions import RedisError

        while not closed.wait(HEARTBEAT_INTERVAL):
            try:
                self._look(keys=self._keys, args=(self._holder, LEASE))
            except RedisError:
                continue  # the next change reports it

    def _change(self, act: Callable[[RequestWindow], T]) -> T:
        while True:
            seconds, microseconds, text, alive = self._look(keys=self._keys, args=(self._holder, LEASE))
            now = int(seconds) + int(microseconds) / 1e6
            limit = self._fallback_limit() if self._clock() < self._cautious_until else self._limit
            window = RequestWindow(limit, state := self._read(text, now), now=now)
            window.remove_dead(window.list_holders().difference(holder.decode() for holder in alive))
            if self._fallback is not None:
                self._count_fallback_requests(window)
            result = act(window)
            if self._swap(keys=self._keys[:1], args=(text, state.to_json(), STATE_TTL)):
                self._rejoin(len(alive))
                return result

    def _read(self, text: bytes, now: float) -> BudgetState:
        try:
            return BudgetState.from_json(text)
        except ValueError as error:
            if text:
                self._note(f"The budget in Redis {error}: it begins anew, as if the last second had been full.")
            return BudgetState.full(slots=self._limit.slots(), now=now)

    # While Redis is away ----------------------------------------------------------------------------------------------

    def _fall_back(self, error: Exception) -> MemoryBudgetStore:
        self._next_attempt = self._clock() + RECONNECT_INTERVAL
        if self._fallback is None:
            limit = self._fallback_limit()
            full = BudgetState.full(slots=limit.slots(), now=self._clock())
            self._fallback = MemoryBudgetStore(limit, clock=self._clock, state=full)
            self._note(
                f"The budget's Redis at {self._server} does not answer ({type(error).__name__}): this process goes on "
                f"with its share, {limit.rate:.3g} requests a second."
            )
        return self._fallback

    def _fallback_limit(self) -> RateLimit:
        return RateLimit(
            self._limit.rate * (1 / self._processes if self._share is None else self._share), ReleaseRule.STRICT
        )

    def _count_fallback_requests(self, window: RequestWindow) -> None:
        """Count as many requests as may have left in the last second, in place of those that Redis has in flight."""
        window.remove_dead({self._holder})
        for number in range(self._fallback_limit().slots()):
            window.record_loss(f"{self._holder}.alone{number}")

    def _rejoin(self, processes: int) -> None:
        """Return to the shared budget, but keep to the share until the others had time to return too."""
        if self._fallback is not None:
            self._fallback = None
            self._cautious_until = self._clock() + RECONNECT_INTERVAL + REDIS_TIMEOUT
            self._note(f"The budget's Redis at {self._server} answers again: back to the common budget.")
        elif self._clock() >= self._cautious_until:
            self._processes = processes


def state_key(name: str) -> str:
    """Return the key of the state of the budget `name`."""
    return f"huggy:budget:{{{name}}}:state"


def away_error(server: str, error: Exception) -> ConfigurationError:
    """Return the error for a Redis that does not answer."""
    return ConfigurationError(
        f"The budget's Redis at {server} does not answer ({type(error).__name__}): correct "
        "HUGGY_BUDGET, or add ?share=0.5 to go on with that part of the rate while it is away."
    )
