"""Says whether a token is right. Pure; every comparison takes as long for a wrong token as for a right one."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from typing import Self

from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import Settings

MAX_TOKENS = 2


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a request must show: one of the tokens, and the secret last part of its address where there is one."""

    configured: tuple[str, ...] = field(default=(), repr=False)
    path: str | None = field(default=None, repr=False)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return what the settings say. Raises ConfigurationError."""
        given = (settings.webhook_token, settings.webhook_path)
        return cls.parse(*(None if secret is None else secret.get_secret_value() for secret in given))

    @classmethod
    def parse(cls, token: str | None, path: str | None) -> Self:
        """Return what these texts say. Raises ConfigurationError."""
        configured = tuple(filter(None, (each.strip() for each in (token or "").split(","))))
        if len(configured) > MAX_TOKENS:
            raise ConfigurationError("HUGGY_WEBHOOK_TOKEN has more than two tokens: keep the new and the last one.")
        if path is not None and (not path.strip("/") or "/" in path.strip("/")):
            raise ConfigurationError("HUGGY_WEBHOOK_PATH is one part of an address: write it without a slash.")
        return cls(configured, None if path is None else path.strip("/"))

    def is_path(self, shown: str | None) -> bool:
        """Return whether a request came to the right address: `shown` is what follows the company."""
        return (shown is None) if self.path is None else _is_same(shown or "", self.path)

    def is_token(self, shown: str | None, *, learned: str | None) -> bool:
        """Return whether a token is right. `learned` is the digest of the one that a handshake told."""
        is_configured = [_is_same(shown or "", each) for each in self.configured]
        is_learned = learned is not None and _is_same(digest_token(shown or ""), learned)
        return bool(shown) and (any(is_configured) or is_learned)

    def may_send(self, shown: str | None, *, learned: str | None) -> bool:
        """Return whether a request at the right address may tell events.

        Where no token is known the secret address alone will do: an app of Huggy's may send none.
        """
        if self.configured or learned is not None:
            return self.is_token(shown, learned=learned)
        return self.path is not None


def digest_token(token: str) -> str:
    """Return what is kept of a learned token, which is long and random."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _is_same(shown: str, right: str) -> bool:
    return compare_digest(shown.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))
