"""The budget in a real Redis on loopback."""

import json
import logging
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.budget import open_budget
from huggy_connector.budget.redis import RedisBudgetStore
from huggy_connector.budget.types import Lane
from huggy_connector.budget.window import RateLimit, RequestWindow
from huggy_connector.errors import ConfigurationError
from tests.sizes import FULL

REDIS = shutil.which("redis-server")

pytestmark = [
    pytest.mark.skipif(REDIS is None, reason="no redis-server here: install the package redis-server"),
    pytest.mark.skipif(find_spec("redis") is None, reason="no client of Redis here: install the extra redis"),
]


class Server:
    """A Redis that keeps nothing on disk, and can be stopped and started again on its port."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port = port
        self.url = f"redis://127.0.0.1:{port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert REDIS is not None
        command = [REDIS, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen([*command, "--dir", str(self._folder)], stdout=subprocess.DEVNULL)
        while not self.answers():
            time.sleep(0.02)

    def answers(self) -> bool:
        from redis import Redis
        from redis.exceptions import RedisError

        with Redis.from_url(self.url) as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False

    def keys(self) -> list[bytes]:
        from redis import Redis

        with Redis.from_url(self.url) as client:
            return sorted(client.keys())

    def processes(self) -> int:
        from redis import Redis

        with Redis.from_url(self.url) as client:
            return sum(client.zcard(key) for key in client.keys("*:holders"))

    def waiting(self) -> set[str]:
        from redis import Redis

        with Redis.from_url(self.url) as client:
            [key] = client.keys("*:state")
            return set(json.loads(client.get(key) or "{}")["waiting"])

    def forget_everything(self) -> None:
        from redis import Redis

        with Redis.from_url(self.url) as client:
            client.flushall()

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@pytest.fixture
def redis(free_port: int, tmp_path: Path) -> Iterator[Server]:
    server = Server(free_port, tmp_path)
    try:
        server.start()
        yield server
    finally:
        server.stop()


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


Open = Callable[..., RedisBudgetStore]


@pytest.fixture
def open_store(redis: Server) -> Iterator[Open]:
    opened: list[RedisBudgetStore] = []

    def open_store(told: list[str], *, share: float | None = None, clock: Any = time.monotonic) -> RedisBudgetStore:
        store = RedisBudgetStore(redis.url, "a", RateLimit(400.0), share=share, note=told.append, clock=clock)
        opened.append(store)
        return store

    yield open_store
    for store in opened:
        store.close()


@pytest.mark.proof
@pytest.mark.parametrize(("mode", "most", "least_used"), [("strict", 20, 0.85), ("learned", 23, 0.93)])
def test_hosts_share_one_budget(
    redis: Server, server: Any, start: Any, said: Any, mode: str, most: int, least_used: float
) -> None:
    """Each worker has a home and a folder for temporary files of its own: nothing is shared but Redis."""
    workers = [start(f"{redis.url}?mode={mode}", threads=8, seconds=30.0 if FULL else 3.0) for _ in range(2)]
    told = [said(worker)["told"] for worker in workers]
    assert told == [[], []]
    assert server.most_in_any_second() <= most
    used = (len(server.arrivals) - 1) / (20 * (server.arrivals[-1] - server.arrivals[0]))
    logging.getLogger(__name__).info("%.1f %% of the budget used", 100 * used)
    assert used >= least_used or not FULL


def test_a_killed_host_leaves_nothing_behind(redis: Server, server: Any, start: Any, said: Any) -> None:
    server.least = server.most = 3600.0
    killed = start(f"{redis.url}?mode=strict", threads=20, seconds=60.0)
    server.wait_for(20)
    killed.kill()
    killed.wait()
    server.least = server.most = 0.05
    said(start(f"{redis.url}?mode=strict", seconds=4.0))
    assert len(server.arrivals) > 20 + 20
    assert server.most_in_any_second() <= 20


def test_a_redis_outage_during_a_run_lets_nobody_overrun(redis: Server, server: Any, start: Any, said: Any) -> None:
    workers = [start(f"{redis.url}?mode=strict", threads=8, seconds=11.0) for _ in range(2)]
    while redis.processes() < 2:
        time.sleep(0.02)
    server.wait_for(len(server.arrivals) + 20)
    redis.stop()
    server.wait_for(len(server.arrivals) + 20)
    redis.start()
    told = [said(worker)["told"] for worker in workers]
    place = f"The budget's Redis at 127.0.0.1:{redis.port}"
    assert told == [
        [
            f"{place} does not answer (ConnectionError): this process goes on with its share, 10 requests a second.",
            f"{place} answers again: back to the common budget.",
        ]
    ] * len(workers)
    assert server.most_in_any_second() <= 20


def test_a_configured_share_is_used_while_redis_is_away(redis: Server, open_store: Open) -> None:
    told: list[str] = []
    store = open_store(told, share=0.1)
    redis.stop()
    store.change(lambda _: None)
    [sentence] = told
    assert sentence == (
        f"The budget's Redis at 127.0.0.1:{redis.port} does not answer (ConnectionError): "
        "this process goes on with its share, 40 requests a second."
    )


def test_with_a_share_a_run_starts_without_redis_and_returns_to_it(redis: Server, open_store: Open) -> None:
    redis.stop()
    clock, told = Clock(), list[str]()
    store = open_store(told, share=0.1, clock=clock)
    redis.start()
    store.change(lambda _: None)
    assert len(told) == 1
    clock.now += 5.0
    store.change(lambda _: None)
    assert told[1:] == [f"The budget's Redis at 127.0.0.1:{redis.port} answers again: back to the common budget."]


def granted(store: RedisBudgetStore, asks: range) -> int:
    """How many of so many requests may leave at once; the others do not wait."""

    def request_slot(window: RequestWindow, name: str) -> bool:
        wait = window.request_slot(name, Lane.NORMAL)
        window.withdraw(name)
        return not wait

    return sum(store.change(partial(request_slot, name=f"{store.holder}.{number}")) for number in asks)


def test_the_first_process_that_returns_keeps_to_its_share_until_the_others_can_return(
    redis: Server, open_store: Open
) -> None:
    clock = Clock()
    first = open_store([], clock=clock)
    other = open_store([])
    first.change(lambda _: None)
    redis.stop()
    first.change(lambda _: None)
    redis.start()
    clock.now += 5.0
    first.change(lambda _: None)
    other.close()
    while first.change(lambda window: window.request_slot(f"{first.holder}.first", Lane.NORMAL)):
        time.sleep(0.05)
    assert granted(first, range(300)) == 199
    clock.now += 10.0
    assert granted(first, range(300, 600)) == 200


def test_without_a_share_a_run_does_not_start_without_redis(redis: Server) -> None:
    redis.stop()
    with pytest.raises(ConfigurationError) as raised:
        open_budget(
            redis.url.replace("127", "user:secret@127"), scope="a", rate=20.0, state_folder=Path("unused"), note=print
        )
    assert str(raised.value) == (
        f"The budget's Redis at 127.0.0.1:{redis.port} does not answer (ConnectionError): correct "
        "HUGGY_BUDGET, or add ?share=0.5 to go on with that part of the rate while it is away."
    )


def test_keys_in_redis_are_named_by_a_hash_of_the_scope(redis: Server) -> None:
    open_budget(redis.url, scope="a", rate=20.0, state_folder=Path("unused"), note=print).close()
    assert redis.keys() == [b"huggy:budget:{ca978112ca1bbdca}:state"]


def test_a_lost_state_starts_again_as_if_the_last_second_had_been_full(redis: Server, open_store: Open) -> None:
    store = open_store([])
    redis.forget_everything()
    assert store.change(lambda window: window.request_slot(f"{store.holder}.1", Lane.NORMAL)) > 0


def test_simultaneous_changes_are_all_kept(redis: Server, open_store: Open) -> None:
    stores = [open_store([]) for _ in range(4)]
    names = {f"{stores[number % 4].holder}.{number}" for number in range(50)}

    def wait(number: int) -> None:
        store = stores[number % 4]
        store.change(lambda window: window.request_slot(f"{store.holder}.{number}", Lane.NORMAL))

    stores[0].change(lambda window: window.record_refusal("a.0", round_trip=0.0, retry_after=900.0))
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(wait, range(50)))
    assert redis.waiting() == names
