"""What a token says of itself. Nothing here is verified: that is the server's business."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Self

LONGEST = 16_384
"""Signs of a token: what is longer, no server takes in a header."""


def claims(token: str) -> Mapping[str, Any]:
    """The claims of an OAuth token; none for a v2 token."""
    import jwt

    try:
        return jwt.decode(token, options={"verify_signature": False, "verify_exp": False, "verify_aud": False})
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        return {}


def expires_at(token: str) -> datetime | None:
    """When an OAuth token ends (UTC); None for one that does not say."""
    return _instant(token, "exp")


def _instant(token: str, claim: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(claims(token)[claim], UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None


def identity(token: str) -> str:
    """Whose credential it is, the same for every token a refresh brings: who shares it shares the request budget."""
    told = claims(token)
    if "aud" in told and "sub" in told:
        return f"{told['aud']}/{told['sub']}"
    return sha256(token.encode()).hexdigest()


def account(token: str) -> str:
    """A digest of whose credential it is; empty for no token."""
    return sha256(f"account {identity(token)}".encode()).hexdigest()[:16] if token else ""


def is_jwt(token: str) -> bool:
    """v3 tokens have three parts with a dot between them; a v2 token is 32 hexadecimal digits."""
    return len(token.split(".")) == len(("header", "claims", "signature"))


def is_plausible(token: str) -> bool:
    """Whether it can stand in a header: not too long, no spaces, line ends or other signs that no token has."""
    return 0 < len(token) <= LONGEST and token.isascii() and token.isprintable() and " " not in token


LONGEST_MARGIN = timedelta(days=7)
"""How long before its end a token is renewed at the most, so that a failing renewal has days to be noticed in."""

SHARE_OF_LIFE = 0.1
"""The same as a share of the token's life, for tokens that live shorter than 70 days."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What an OAuth server gave, or a person set. Instants are UTC, by the clock of the host that got it."""

    access_token: str = field(repr=False)
    """Empty as long as there is only a refresh token."""
    refresh_token: str | None = field(default=None, repr=False)
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    """None where nobody says: then only a 401 tells."""

    @classmethod
    def told_by(cls, access_token: str, refresh_token: str | None) -> Self:
        """A grant of which no more is known than what the access token says of itself."""
        return cls(access_token, refresh_token, _instant(access_token, "iat"), expires_at(access_token))

    def ended(self, now: datetime) -> bool:
        """Whether there is no access token that could be sent."""
        return not self.access_token or (self.expires_at is not None and self.expires_at <= now)

    @property
    def margin(self) -> timedelta:
        """How long before its end it should be renewed."""
        if self.issued_at is None or self.expires_at is None:
            return timedelta(0)
        return max(timedelta(0), min(LONGEST_MARGIN, SHARE_OF_LIFE * (self.expires_at - self.issued_at)))

    @property
    def renewed_from(self) -> datetime | None:
        """The instant from which on it should be renewed; None where its end is not known."""
        return None if self.expires_at is None else self.expires_at - self.margin
