"""Opens a Redis, and changes a value in it only if nobody else has changed it meanwhile."""

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from huggy_connector.errors import ConfigurationError
from huggy_connector.extras import require

if TYPE_CHECKING:
    from redis import Redis

SWAP_SCRIPT: Final = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then
  return 0
end
if ARGV[3] then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
else
  redis.call('SET', KEYS[1], ARGV[2])
end
return 1
"""
"""Replaces a value if it has not changed, and returns 1; else returns 0.

KEYS: the value's key. ARGV: the value as it was read, or nothing; the new value; the milliseconds after which Redis
deletes it, or no third argument to keep it.
"""


def connect(url: str, *, setting: str, timeout: float) -> "Redis":
    """Return a client of the Redis at `url`, which has to answer in `timeout` seconds. Send nothing yet.

    Raises ConfigurationError, which names the `setting`, if the address is invalid or the client is not installed.
    """
    require("redis", subject=f"The Redis of {setting}", modules=("redis",))
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.exceptions import RedisError
    from redis.retry import Retry

    try:
        redis = Redis.from_url(url, socket_timeout=timeout, socket_connect_timeout=timeout, retry=Retry(NoBackoff(), 1))
        redis.connection_pool.make_connection()
    except (ValueError, TypeError, RedisError):  # an option that does not exist
        raise ConfigurationError(
            f"{setting} is no address of a Redis such as redis://localhost:6379/0: correct it."
        ) from None
    return redis


def server_name(url: str) -> str:
    """Return host and port of the server, without user and password."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'localhost'}:{parts.port or 6379}"
