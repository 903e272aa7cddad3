"""A Redis is opened by its address. An address that is none is told with the setting that holds it."""

from __future__ import annotations

import socket
import sys

import pytest

from huggy_connector.errors import ConfigurationError, ExtraMissing
from huggy_connector.storage import redis_store


@pytest.mark.parametrize("url", ["redis://{}:{}/0", "rediss://me:hidden@{}:{}"])
def test_opening_sends_nothing(url: str) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        silent.setblocking(False)
        redis_store.connect(url.format(*silent.getsockname()), setting="HUGGY_BUDGET", timeout=1.0).close()
        with pytest.raises(BlockingIOError):
            silent.accept()


@pytest.mark.parametrize("url", ["", "localhost", "http://host", "redis://host:port", "redis://host?socket_tiemout=1"])
def test_what_is_no_address_is_refused_by_the_name_of_the_setting(url: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        redis_store.connect(url, setting="HUGGY_TOKEN_STORE", timeout=1.0)
    assert str(raised.value) == (
        "HUGGY_TOKEN_STORE is no address of a Redis such as redis://localhost:6379/0: correct it."
    )


def test_without_the_client_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ExtraMissing, match=r"^The Redis of HUGGY_BUDGET needs the extra redis: "):
        redis_store.connect("redis://host", setting="HUGGY_BUDGET", timeout=1.0)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("redis://me:hidden@host.example:7000/3", "host.example:7000"),
        ("redis://host", "host:6379"),
        ("unix:///run/redis.sock", "localhost:6379"),
    ],
)
def test_a_server_is_named_without_its_password(url: str, name: str) -> None:
    assert redis_store.server_name(url) == name
