"""Tokens in a real Redis: encrypted, swapped only if unchanged, and an error if they are not readable."""

import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from huggy_connector.api.auth.stored_token import StoredToken, UnreadableToken
from huggy_connector.api.auth.token_grant import TokenGrant
from huggy_connector.api.auth.token_redis import TokenRedis
from huggy_connector.errors import ConfigurationError, Unreachable

if TYPE_CHECKING:
    from tests.integration.api.conftest import Account

REDIS = shutil.which("redis-server")

pytestmark = pytest.mark.skipif(REDIS is None, reason="no redis-server here: install the package redis-server")

LEASE = 1.0

FIRST = StoredToken("APP-1", TokenGrant("hidden-1", "hidden-r1"))
SECOND = StoredToken("APP-1", TokenGrant("hidden-2", "hidden-r2"), ("seed",))


class Server:
    """A Redis with a password that keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"redis://:hidden-password@127.0.0.1:{self.port}/0"
        assert REDIS is not None
        self.process = subprocess.Popen(
            [REDIS, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--requirepass", "hidden-password"],
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )
        while not self._answers():
            time.sleep(0.02)

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def raw(self) -> dict[bytes, bytes]:
        from redis import Redis

        with Redis.from_url(self.url) as client:
            return {key: bytes(client.get(key) or b"") for key in client.scan_iter() if not key.endswith(b":lock")}

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.stop()


def store(server: Server, *, secret: str = "hidden-secret") -> TokenRedis:
    return TokenRedis(server.url, "name", client_secret=secret, lease=LEASE)


def put(server: Server, kept: StoredToken) -> None:
    with store(server).lock() as held:
        held.put(kept)


def test_stored_tokens_are_read_back_and_redis_learns_nothing(server: Server) -> None:
    assert store(server).read() is None
    put(server, FIRST)
    assert store(server).read() == FIRST
    assert list(server.raw()) == [b"huggy:tokens:{name}"]
    assert b"hidden" not in b"".join(server.raw().values())
    assert store(server).location == f"the Redis at 127.0.0.1:{server.port}"


def test_a_swap_replaces_only_the_tokens_that_were_read(server: Server) -> None:
    with store(server).lock() as held:
        assert not held.swap(FIRST, SECOND)
        assert held.swap(None, FIRST)
        assert not held.swap(None, SECOND)
        assert held.swap(FIRST, SECOND)
        assert held.read() == SECOND


def test_of_two_that_swap_at_once_one_wins(server: Server) -> None:
    put(server, FIRST)
    stores = [store(server) for _ in range(8)]
    together, won = threading.Barrier(len(stores)), list[int]()

    def swap(number: int) -> None:
        together.wait()
        if stores[number].swap(FIRST, StoredToken("APP-1", TokenGrant(f"by-{number}"))):
            won.append(number)

    threads = [threading.Thread(target=swap, args=(number,)) for number in range(len(stores))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert store(server).read() == StoredToken("APP-1", TokenGrant(f"by-{won[0]}"))


def test_only_one_holds_the_lock_and_for_longer_than_a_lease(server: Server) -> None:
    told = list[str]()

    def another() -> None:
        with store(server).lock() as held:
            told.append(f"another finds {held.read() == FIRST}")

    with store(server).lock() as held:
        thread = threading.Thread(target=another)
        thread.start()
        thread.join(timeout=2 * LEASE)
        held.put(FIRST)
        told.append("kept")
    thread.join()
    assert told == ["kept", "another finds True"]


def test_nobody_waits_longer_than_a_lease_for_a_killed_holder(server: Server) -> None:
    script = (
        "import os, signal, sys; from huggy_connector.api.auth.token_redis import TokenRedis\n"
        "with TokenRedis(sys.argv[1], 'name', client_secret='x', lease=1).lock(): os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", script, server.url], check=False).returncode == -signal.SIGKILL
    put(server, FIRST)
    assert store(server).read() == FIRST


def test_another_client_secret_or_a_damaged_value_is_an_error_and_can_be_overwritten(server: Server) -> None:
    put(server, FIRST)
    with pytest.raises(UnreadableToken) as raised:
        store(server, secret="another").read()
    assert str(raised.value) == (
        f"The tokens in the Redis at 127.0.0.1:{server.port} were kept with another client secret, or are damaged: "
        "check HUGGY_CLIENT_SECRET, or run `huggy auth login`."
    )
    with store(server, secret="another").lock() as held:
        held.put(SECOND)
    assert store(server, secret="another").read() == SECOND


def test_the_error_about_a_wrong_password_does_not_quote_it(server: Server) -> None:
    url = server.url.replace("hidden-password", "hidden-and-wrong")
    with pytest.raises(ConfigurationError) as raised:
        TokenRedis(url, "name", client_secret="x").read()
    assert str(raised.value) == (
        f"The token store's Redis at 127.0.0.1:{server.port} refuses (AuthenticationError): "
        "correct user, password and number of the database in HUGGY_TOKEN_STORE."
    )


def test_the_error_about_a_missing_redis_does_not_quote_its_password(server: Server) -> None:
    server.stop()
    for act in (store(server).read, store(server).lock().__enter__):
        with pytest.raises(Unreachable) as raised:
            act()
        assert str(raised.value) == (
            f"The token store's Redis at 127.0.0.1:{server.port} does not answer (ConnectionError): "
            "start it, or correct HUGGY_TOKEN_STORE."
        )


def test_hosts_without_a_common_disk_refresh_once(
    server: Server, account: "Callable[..., Account]", tmp_path: Path
) -> None:
    user = account(token_days_left=-1.0).having(HUGGY_TOKEN_STORE=server.url)
    hosts = [user.having(HOME=str(tmp_path / name), HUGGY_STATE=str(tmp_path / name)) for name in ("one", "two")]
    said = user.together([host.worker(threads=16) for host in hosts for _ in range(2)])
    assert (said, user.refreshes()) == ([["20 rows"] * 16] * 4, (1, 0))
    assert list(tmp_path.glob("*/tokens")) == []
