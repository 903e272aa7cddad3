"""The tokens of a login, and from when on they are refreshed."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

from huggy_connector.api.auth.token_claims import read_expiry, read_instant

MAX_REFRESH_MARGIN = timedelta(days=7)
"""The longest time before its end at which a token is refreshed: people have days to notice a failing refresh."""

REFRESH_MARGIN_SHARE = 0.1
"""The same as a share of a token's life, for tokens that live less than 70 days."""


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """The tokens that an OAuth server granted or a person configured.

    Instants are UTC, by the clock of the host that got the tokens.
    """

    access_token: str = field(repr=False)
    """Empty while there is only a refresh token."""
    refresh_token: str | None = field(default=None, repr=False)
    issued_at: datetime | None = None
    expires_at: datetime | None = None
    """None if unknown: then only a 401 shows that it has expired."""

    @classmethod
    def from_tokens(cls, access_token: str, refresh_token: str | None) -> Self:
        """Return a grant with the instants that the access token names itself."""
        return cls(access_token, refresh_token, read_instant(access_token, "iat"), read_expiry(access_token))

    def has_expired(self, now: datetime) -> bool:
        """Say whether there is no access token that is still valid."""
        return not self.access_token or (self.expires_at is not None and self.expires_at <= now)

    @property
    def refresh_margin(self) -> timedelta:
        """How long before its end the token should be refreshed."""
        if self.issued_at is None or self.expires_at is None:
            return timedelta(0)
        return max(timedelta(0), min(MAX_REFRESH_MARGIN, REFRESH_MARGIN_SHARE * (self.expires_at - self.issued_at)))

    @property
    def refresh_from(self) -> datetime | None:
        """The instant from which the token should be refreshed; None if its end is not known."""
        return None if self.expires_at is None else self.expires_at - self.refresh_margin
