"""The budget in Redis, shared by hosts.

Each change reads the state together with the server's time, works it out here with the same window as everywhere, and
writes it back only if nobody else did meanwhile; else it begins again. The server's clock is a wall clock: set back, it
costs nothing (see window.py), set forward by a second it may let one second's requests through twice.

Who lives is told by a heartbeat: the requests of one who has not been heard of for a second count as given up.

Where Redis does not answer, each process goes on with its share of the rate, in strict mode, until it answers again.
"""

import os
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

from huggy_connector.budget.state import State
from huggy_connector.budget.threads import MemoryStore
from huggy_connector.budget.window import Limit, Window
from huggy_connector.errors import ConfigurationError

if TYPE_CHECKING:
    from redis import Redis

T = TypeVar("T")

LEASE = 1.0
"""Seconds after its last sign for which a process counts as living."""

BEAT = 0.25
"""Seconds between signs."""

PATIENCE = 1.0
"""Seconds in which Redis has to answer."""

TRY_AGAIN_AFTER = 5.0
"""Seconds after which a Redis that did not answer is asked again."""

KEPT = 7 * 86_400_000
"""Milliseconds after which a budget that nobody uses is forgotten."""

NO_ADDRESS = "HUGGY_BUDGET is no address of a Redis such as redis://localhost:6379/0: correct it."

# KEYS: state, holders. ARGV: holder, lease. Gives the seconds and microseconds of the server's clock, the state or
# nothing, and who lives.
LOOK = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. now)
redis.call('PEXPIRE', KEYS[2], 60000)
return {time[1], time[2], redis.call('GET', KEYS[1]) or '', redis.call('ZRANGE', KEYS[2], 0, -1)}
"""

# KEYS: state. ARGV: as it was read, as it shall be, milliseconds to keep it. Gives 1 where it was still as it was read.
SWAP = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""


class RedisStore:
    """The state under `name` in the Redis at `url`. A forked child is a holder of its own."""

    def __init__(
        self,
        url: str,
        name: str,
        limit: Limit,
        *,
        share: float | None,
        note: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`share`: of the rate, for this process alone while Redis is away; None: one by the number of processes.

        Raises ConfigurationError where Redis cannot be used, unless a share says how to go on without it.
        """
        self._client = _client(url)
        self._server = _server(url)
        self._look = self._client.register_script(LOOK)
        self._swap = self._client.register_script(SWAP)
        self._keys = (f"huggy:budget:{{{name}}}:state", f"huggy:budget:{{{name}}}:holders")
        self._limit = limit
        self._share = share
        self._note = note
        self._clock = clock
        self._processes = 1
        self._alone: MemoryStore | None = None
        self._try_again = 0.0
        self._careful_until = 0.0
        self._begin()
        self._meet()
        self._live()

    @property
    def holder(self) -> str:
        self._notice_fork()
        return self._holder

    def change(self, act: Callable[[Window], T]) -> T:
        from redis.exceptions import RedisError

        self._notice_fork()
        with self._threads:
            alone = self._alone
            if alone is None or self._clock() >= self._try_again:
                try:
                    return self._change(act)
                except RedisError as error:
                    alone = self._go_alone(error)
            return alone.change(act)

    def close(self) -> None:
        from redis.exceptions import RedisError

        self._closed.set()
        try:
            self._client.zrem(self._keys[1], self._holder)
        except RedisError:
            return  # gone: then the lease ends by itself
        finally:
            self._client.close()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._threads = threading.Lock()
        self._holder = uuid4().hex[:12]
        self._closed = threading.Event()

    def _meet(self) -> None:
        from redis.exceptions import RedisError

        try:
            self._change(lambda _: None)
        except RedisError as error:
            if self._share is None:
                raise ConfigurationError(
                    f"The budget's Redis at {self._server} does not answer ({type(error).__name__}): correct "
                    "HUGGY_BUDGET, or add ?share=0.5 to go on with that part of the rate while it is away."
                ) from error
            self._go_alone(error)

    def _live(self) -> None:
        threading.Thread(target=self._beat, args=(self._closed,), name="huggy-budget", daemon=True).start()

    def _notice_fork(self) -> None:
        if os.getpid() != self._process:
            self._begin()
            self._live()

    def _beat(self, closed: threading.Event) -> None:
        from redis.exceptions import RedisError

        while not closed.wait(BEAT):
            try:
                self._look(keys=self._keys, args=(self._holder, LEASE))
            except RedisError:
                continue  # the next change says so

    def _change(self, act: Callable[[Window], T]) -> T:
        while True:
            seconds, microseconds, text, living = self._look(keys=self._keys, args=(self._holder, LEASE))
            now = int(seconds) + int(microseconds) / 1e6
            limit = self._limit_alone() if self._clock() < self._careful_until else self._limit
            window = Window(limit, state := self._read(text, now), now=now)
            window.bury(window.holders().difference(holder.decode() for holder in living))
            if self._alone is not None:
                self._count_what_left_alone(window)
            result = act(window)
            if self._swap(keys=self._keys[:1], args=(text, state.to_json(), KEPT)):
                self._come_back(len(living))
                return result

    def _read(self, text: bytes, now: float) -> State:
        try:
            return State.from_json(text)
        except ValueError as error:
            if text:
                self._note(f"The budget in Redis {error}: it begins anew, as if the last second had been full.")
            return State.afresh(slots=self._limit.slots(), now=now)

    # While Redis is away ----------------------------------------------------------------------------------------------

    def _go_alone(self, error: Exception) -> MemoryStore:
        self._try_again = self._clock() + TRY_AGAIN_AFTER
        if self._alone is None:
            limit = self._limit_alone()
            full = State.afresh(slots=limit.slots(), now=self._clock())
            self._alone = MemoryStore(limit, clock=self._clock, state=full)
            self._note(
                f"The budget's Redis at {self._server} does not answer ({type(error).__name__}): this process goes on "
                f"with its share, {limit.rate:.3g} requests a second."
            )
        return self._alone

    def _limit_alone(self) -> Limit:
        return Limit(self._limit.rate * (1 / self._processes if self._share is None else self._share), strict=True)

    def _count_what_left_alone(self, window: Window) -> None:
        """As much as may have left in the last second, and nothing of what Redis still takes to be out."""
        window.bury({self._holder})
        for number in range(self._limit_alone().slots()):
            window.gave_up(f"{self._holder}.alone{number}")

    def _come_back(self, processes: int) -> None:
        """Back to the common budget, with no more than the share until the others had the time to come back too."""
        if self._alone is not None:
            self._alone = None
            self._careful_until = self._clock() + TRY_AGAIN_AFTER + PATIENCE
            self._note(f"The budget's Redis at {self._server} answers again: back to the common budget.")
        elif self._clock() >= self._careful_until:
            self._processes = processes


def _client(url: str) -> "Redis":
    try:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.exceptions import RedisError
        from redis.retry import Retry
    except ImportError:
        raise ConfigurationError(
            "HUGGY_BUDGET names a Redis, and its client is not installed: pip install 'huggy-connector[redis]'."
        ) from None
    try:
        redis = Redis.from_url(
            url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 1)
        )
        redis.connection_pool.make_connection()
    except (ValueError, TypeError, RedisError):  # of an option that is none
        raise ConfigurationError(NO_ADDRESS) from None
    return redis


def _server(url: str) -> str:
    """Host and port, without user and password."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'localhost'}:{parts.port or 6379}"
