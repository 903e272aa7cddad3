"""A token store in Redis, encrypted, for several hosts.

The key is derived from the client secret: whoever can read Redis, but does not know the app, learns nothing. Redis
should write to its disk (`appendonly yes`): if it loses the tokens, a person must log in again.
"""

import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

from huggy_connector.api.auth.stored_token import StoredToken, UnreadableToken
from huggy_connector.errors import ConfigurationError, Unreachable
from huggy_connector.extras import require
from huggy_connector.storage import redis_store

if TYPE_CHECKING:
    from cryptography.fernet import Fernet
    from redis.lock import Lock

LEASE = 10.0
"""Seconds after its last heartbeat for which the holder of the lock counts as alive."""

HEARTBEATS_PER_LEASE = 5

LOCK_TIMEOUT = 120.0
"""Seconds to wait for another process that refreshes: longer than any answer takes."""

REDIS_TIMEOUT = 5.0
"""Seconds in which Redis has to answer."""


class TokenRedis:
    """A token store in the key `name` of the Redis at `url`. Raises ConfigurationError for an invalid address."""

    def __init__(self, url: str, name: str, *, client_secret: str, lease: float = LEASE) -> None:
        require("redis", subject="The Redis of HUGGY_TOKEN_STORE")
        self._lease = lease
        self._redis = redis_store.connect(url, setting="HUGGY_TOKEN_STORE", timeout=REDIS_TIMEOUT)
        self._server = redis_store.server_name(url)
        self._key = f"huggy:tokens:{{{name}}}"
        self._cipher = _make_cipher(client_secret)
        self._swap = self._redis.register_script(redis_store.SWAP_SCRIPT)

    @property
    def location(self) -> str:
        return f"the Redis at {self._server}"

    def read(self) -> StoredToken | None:
        with self._translate_errors():
            secret = self._redis.get(self._key)
        return self._decrypt(secret)

    @contextmanager
    def lock(self) -> Iterator[Self]:
        lock = self._redis.lock(
            f"{self._key}:lock", timeout=self._lease, blocking_timeout=LOCK_TIMEOUT, thread_local=False
        )
        with self._translate_errors():
            is_acquired = lock.acquire()
        if not is_acquired:
            raise Unreachable(
                f"Another process has held the tokens in {self.location} for {LOCK_TIMEOUT:.0f} s: end it, or try "
                "later."
            )
        with _extend_lease(lock, every=self._lease / HEARTBEATS_PER_LEASE):
            yield self

    def swap(self, before: StoredToken | None, after: StoredToken) -> bool:
        with self._translate_errors():
            secret = self._redis.get(self._key)
            if self._decrypt(secret) != before:
                return False
            return bool(self._swap(keys=(self._key,), args=(secret or b"", self._encrypt(after))))

    def put(self, token: StoredToken) -> None:
        with self._translate_errors():
            self._redis.set(self._key, self._encrypt(token))

    def _encrypt(self, token: StoredToken) -> bytes:
        return self._cipher.encrypt(token.to_json())

    def _decrypt(self, secret: bytes | str | None) -> StoredToken | None:
        from cryptography.fernet import InvalidToken

        try:
            return None if secret is None else StoredToken.from_json(self._cipher.decrypt(secret))
        except InvalidToken:
            raise UnreadableToken(
                f"The tokens in {self.location} were kept with another client secret, or are damaged: "
                "check HUGGY_CLIENT_SECRET, or run `huggy auth login`."
            ) from None
        except ValueError as error:
            raise UnreadableToken(
                f"The value {self._key} in {self.location} {error}: run `huggy auth login`."
            ) from None

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        from redis.exceptions import AuthenticationError, RedisError, ResponseError

        try:
            yield
        except (AuthenticationError, ResponseError) as error:
            raise ConfigurationError(
                f"The token store's Redis at {self._server} refuses ({type(error).__name__}): "
                "correct user, password and number of the database in HUGGY_TOKEN_STORE."
            ) from None
        except RedisError as error:
            raise Unreachable(
                f"The token store's Redis at {self._server} does not answer ({type(error).__name__}): "
                "start it, or correct HUGGY_TOKEN_STORE."
            ) from None


@contextmanager
def _extend_lease(lock: "Lock", *, every: float) -> Iterator[None]:
    """Extend the lease `every` so many seconds while the block runs, and release the lock after it."""
    from redis.exceptions import RedisError

    stop = threading.Event()

    def send_heartbeats() -> None:
        while not stop.wait(every):
            # While Redis is away the lease may end: then `swap` notices whether another process came in between.
            with suppress(RedisError):
                lock.reacquire()

    heartbeat = threading.Thread(target=send_heartbeats, name="huggy-token-store", daemon=True)
    heartbeat.start()
    try:
        yield
    finally:
        stop.set()
        heartbeat.join()
        with suppress(RedisError):
            lock.release()


def _make_cipher(client_secret: str) -> "Fernet":
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    derived = HKDF(SHA256(), length=32, salt=None, info=b"huggy-connector token store").derive(client_secret.encode())
    return Fernet(urlsafe_b64encode(derived))
