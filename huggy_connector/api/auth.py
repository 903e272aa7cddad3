"""Whose requests these are: the token that goes out, and what to do when it is refused."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from huggy_connector.api.tokens import expires_at, is_jwt
from huggy_connector.errors import ConfigurationError, Unauthorized
from huggy_connector.settings import Settings


class Credentials(Protocol):
    """A source of tokens."""

    def token(self) -> str:
        """The token to send now."""

    def replacement(self, refused: str) -> str | None:
        """Another token worth trying after `refused` got a 401; None where there is none."""


@dataclass(frozen=True, slots=True)
class FixedToken:
    """A token that someone else renews."""

    value: str

    def __repr__(self) -> str:
        return "FixedToken(***)"

    def token(self) -> str:
        return self.value

    def replacement(self, refused: str) -> str | None:
        del refused
        return None


def credentials_in(settings: Settings) -> Credentials:
    if settings.access_token is None:
        raise ConfigurationError(
            "There is no access token: set HUGGY_ACCESS_TOKEN (or the password of the Airflow connection); "
            "the README says how to get one."
        )
    token = settings.access_token.get_secret_value().strip()
    if not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigurationError(
            "The access token holds spaces or other signs that no token has: copy it again, without the word Bearer."
        )
    return FixedToken(token)


def explained(token: str, *, api_version: str, now: datetime) -> Unauthorized:
    """Why a token was refused, as far as the token itself tells, and what to do."""
    if api_version == "v2":
        return Unauthorized(
            "The API does not accept the v2 token: an administrator renews it in Huggy's panel under Settings > API."
        )
    if not is_jwt(token):
        return Unauthorized(
            "This is no v3 token (a v3 token is an OAuth token with two dots; a v2 token from Settings > API is not "
            "accepted here): create an app in Huggy's panel and use its OAuth access token."
        )
    end = expires_at(token)
    if end is not None and end <= now:
        return Unauthorized(
            f"The token expired on {end:%Y-%m-%d %H:%M} UTC: authorise the app again and set the new one."
        )
    return Unauthorized("The API does not accept the token (revoked, or of another account): authorise the app again.")
