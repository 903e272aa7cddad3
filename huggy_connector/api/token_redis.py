"""Tokens in Redis, encrypted, for several hosts.

The key to them is derived from the client secret: who may read Redis but does not know the app learns nothing. Redis
should write what it is told to its disk (`appendonly yes`): tokens that it forgets must be fetched by a person.
"""

import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from huggy_connector.api.kept import Illegible, Kept
from huggy_connector.errors import ConfigurationError, Unreachable

if TYPE_CHECKING:
    from cryptography.fernet import Fernet
    from redis import Redis
    from redis.lock import Lock

LEASE = 10.0
"""Seconds after its last sign for which one who holds the store counts as living."""

SIGNS_A_LEASE = 5

PATIENCE = 120.0
"""Seconds to wait for another who renews: longer than any answer takes."""

ANSWER_WITHIN = 5.0
"""Seconds in which Redis has to answer."""

# KEYS: the tokens. ARGV: as they were read or nothing, as they shall be. Gives 1 where they were still as read.
SWAP = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2])
return 1
"""


class TokenRedis:
    """The value under `name` in the Redis at `url`. Raises ConfigurationError where that is no address of one."""

    def __init__(self, url: str, name: str, *, client_secret: str, lease: float = LEASE) -> None:
        self._lease = lease
        self._redis = _redis(url)
        self._server = _server(url)
        self._key = f"huggy:tokens:{{{name}}}"
        self._cipher = _cipher(client_secret)
        self._swap = self._redis.register_script(SWAP)

    @property
    def place(self) -> str:
        return f"the Redis at {self._server}"

    def read(self) -> Kept | None:
        with self._in_our_words():
            secret = self._redis.get(self._key)
        return self._opened(secret)

    @contextmanager
    def alone(self) -> Iterator[Self]:
        lock = self._redis.lock(f"{self._key}:lock", timeout=self._lease, blocking_timeout=PATIENCE, thread_local=False)
        with self._in_our_words():
            taken = lock.acquire()
        if not taken:
            raise Unreachable(
                f"Another process has held the tokens in {self.place} for {PATIENCE:.0f} s: end it, or try later."
            )
        with _kept_up(lock, every=self._lease / SIGNS_A_LEASE):
            yield self

    def swap(self, before: Kept | None, after: Kept) -> bool:
        with self._in_our_words():
            secret = self._redis.get(self._key)
            if self._opened(secret) != before:
                return False
            return bool(self._swap(keys=(self._key,), args=(secret or b"", self._closed(after))))

    def put(self, kept: Kept) -> None:
        with self._in_our_words():
            self._redis.set(self._key, self._closed(kept))

    def _closed(self, kept: Kept) -> bytes:
        return self._cipher.encrypt(kept.to_json())

    def _opened(self, secret: bytes | str | None) -> Kept | None:
        from cryptography.fernet import InvalidToken

        try:
            return None if secret is None else Kept.from_json(self._cipher.decrypt(secret))
        except InvalidToken:
            raise Illegible(
                f"The tokens in {self.place} were kept with another client secret, or are damaged: "
                "check HUGGY_CLIENT_SECRET, or run `huggy auth login`."
            ) from None
        except ValueError as error:
            raise Illegible(f"The value {self._key} in {self.place} {error}: run `huggy auth login`.") from None

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
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
def _kept_up(lock: "Lock", *, every: float) -> Iterator[None]:
    """Gives a sign of life `every` so many seconds while the block runs, and lets go after it."""
    from redis.exceptions import RedisError

    over = threading.Event()

    def beat() -> None:
        while not over.wait(every):
            # Where Redis is away the lease may end: then `swap` says whether another came in between.
            with suppress(RedisError):
                lock.reacquire()

    heart = threading.Thread(target=beat, name="huggy-token-store", daemon=True)
    heart.start()
    try:
        yield
    finally:
        over.set()
        heart.join()
        with suppress(RedisError):
            lock.release()


def _redis(url: str) -> "Redis":
    try:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.exceptions import RedisError
        from redis.retry import Retry
    except ImportError:
        raise ConfigurationError(
            "HUGGY_TOKEN_STORE names a Redis, and its client is not installed: pip install 'huggy-connector[redis]'."
        ) from None
    try:
        redis = Redis.from_url(
            url, socket_timeout=ANSWER_WITHIN, socket_connect_timeout=ANSWER_WITHIN, retry=Retry(NoBackoff(), 1)
        )
        redis.connection_pool.make_connection()
    except (ValueError, TypeError, RedisError):  # of an option that is none
        raise ConfigurationError(
            "HUGGY_TOKEN_STORE is no address of a Redis such as redis://localhost:6379/0."
        ) from None
    return redis


def _server(url: str) -> str:
    """The server without user and password."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'localhost'}:{parts.port or 6379}"


def _cipher(client_secret: str) -> "Fernet":
    from cryptography.fernet import Fernet
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    derived = HKDF(SHA256(), length=32, salt=None, info=b"huggy-connector token store").derive(client_secret.encode())
    return Fernet(urlsafe_b64encode(derived))
