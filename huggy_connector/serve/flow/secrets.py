"""Who may ask: whoever shows one of up to two secrets in the header X-Huggy-Secret. Pure.

Two are right at once while one replaces the other. A secret in the address is never right: addresses stand in logs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from typing import Self

from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import Settings

HEADER = b"x-huggy-secret"
MAX_SECRETS = 2
SHORTEST = 16
"""Characters of a secret at least."""


@dataclass(frozen=True, slots=True)
class FlowSecrets:
    """The digests of the secrets: comparing them takes as long whatever was shown."""

    digests: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self | None:
        """Return the secrets, or None where flows are not served. Raises ConfigurationError."""
        if settings.flow_secret is None:
            if settings.flow_queries is not None:
                raise ConfigurationError(
                    "HUGGY_FLOW_QUERIES is set and HUGGY_FLOW_SECRET is not, so that nobody could ask: set both, or "
                    "neither."
                )
            return None
        others = (settings.webhook_token, settings.webhook_path)
        taken = [each for other in others if other is not None for each in _split(other.get_secret_value())]
        return cls.parse(settings.flow_secret.get_secret_value(), taken=taken)

    @classmethod
    def parse(cls, text: str, *, taken: Iterable[str] = ()) -> Self:
        """Return the secrets of a text with commas. `taken` are the webhook's. Raises ConfigurationError."""
        secrets = _split(text)
        if not 1 <= len(secrets) <= MAX_SECRETS:
            raise ConfigurationError(
                "HUGGY_FLOW_SECRET has one secret, or two while it is changed: the new and the last."
            )
        for secret in secrets:
            if len(secret) < SHORTEST or not secret.isascii() or not secret.isprintable() or " " in secret:
                raise ConfigurationError(
                    f"HUGGY_FLOW_SECRET needs at least {SHORTEST} letters, digits and signs, and no space: take the "
                    "output of `openssl rand -hex 24`."
                )
        if {*secrets} & {*taken}:
            raise ConfigurationError(
                "HUGGY_FLOW_SECRET is the webhook's token or address too: give flows a secret of their own."
            )
        return cls(tuple(sha256(secret.encode()).digest() for secret in secrets))

    def are_shown(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Return whether the headers of a request show one of the secrets. A header that comes twice shows none."""
        shown = [value for name, value in headers if name == HEADER]
        digest = sha256(shown[0] if len(shown) == 1 else b"").digest()
        matches = [compare_digest(digest, right) for right in self.digests]
        return any(matches)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
