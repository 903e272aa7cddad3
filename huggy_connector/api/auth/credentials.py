"""The token that goes out with a request, and what to do when the API refuses it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import SecretStr

from huggy_connector.api.auth.oauth import LOG_IN, App
from huggy_connector.api.auth.stored_token import read_token
from huggy_connector.api.auth.token_claims import is_jwt, is_plausible, read_expiry
from huggy_connector.api.auth.token_grant import TokenGrant
from huggy_connector.api.auth.token_refresh import RefreshingToken
from huggy_connector.api.auth.token_store import open_token_store
from huggy_connector.api.http_messages import Send
from huggy_connector.api.versions.v2 import RENEWAL
from huggy_connector.errors import ConfigurationError, Unauthorized
from huggy_connector.settings import Settings


class Credentials(Protocol):
    """A source of access tokens. Threads share it."""

    @property
    def grant(self) -> TokenGrant:
        """The current tokens. Sends nothing."""

    @property
    def location(self) -> str:
        """Where the tokens come from: "the settings", "the file /path/tokens.json"."""

    @property
    def can_refresh(self) -> bool:
        """Whether there is a refresh token."""

    def get_token(self, send: Send) -> str:
        """Return the token to send now. It may be necessary to request one; raises what that request raises."""

    def replace_token(self, rejected: str, send: Send, *, is_replacement: bool) -> str | None:
        """Return another token to try after `rejected` got a 401; None if there is none.

        `is_replacement`: whether `rejected` was itself the replacement of another token. Raises as `get_token`.
        """


@dataclass(frozen=True, slots=True)
class FixedToken:
    """A token that is not refreshed here: somebody else replaces it."""

    grant: TokenGrant
    location: str = "the settings"
    can_refresh: bool = False

    def get_token(self, send: Send) -> str:
        del send
        return self.grant.access_token

    def replace_token(self, rejected: str, send: Send, *, is_replacement: bool) -> str | None:
        del rejected, send, is_replacement
        return None


def choose_credentials(settings: Settings, *, now: Callable[[], datetime], note: Callable[[str], None]) -> Credentials:
    """Return credentials that refresh themselves, or else the fixed token of the settings.

    A refresh needs an app in the settings, and tokens in the store or a refresh token in the settings. Reads the token
    store and sends nothing to Huggy. Raises ConfigurationError, or Unreachable if the store does not answer.
    """
    configured, app = read_configured_grant(settings), read_configured_app(settings)
    if app is not None and settings.api_version == "v3":
        store = open_token_store(settings, app)
        stored = read_token(app.client_id, store, store.location)
        if stored is not None or (configured is not None and configured.refresh_token):
            return RefreshingToken(app, store, configured=configured, stored=stored, now=now, note=note)
    if configured is None or not configured.access_token:
        raise ConfigurationError(_explain_missing_token(settings, app))
    return FixedToken(configured)


def _explain_missing_token(settings: Settings, app: App | None) -> str:
    if settings.refresh_token is not None and settings.api_version == "v3":
        return "A refresh token is worth nothing alone: set HUGGY_CLIENT_ID and HUGGY_CLIENT_SECRET too."
    if settings.api_version == "v2":
        return (
            "There is no token of API v2: set HUGGY_ACCESS_TOKEN (or the password of the Airflow connection) to the "
            f"account's token, which Huggy's panel shows under Settings > API; where nobody has it, {RENEWAL}."
        )
    first_step = LOG_IN if app is not None else "run `huggy init`"
    return (
        "There is no access token: set HUGGY_ACCESS_TOKEN (or the password of the Airflow connection), or "
        f"{first_step}."
    )


def read_configured_app(settings: Settings) -> App | None:
    """Return the app that the settings name; None if they lack its id or its secret."""
    if settings.client_id is None or settings.client_secret is None:
        return None
    return App(settings.auth_url, settings.client_id, settings.client_secret.get_secret_value())


def read_configured_grant(settings: Settings) -> TokenGrant | None:
    """Return the tokens of the settings; None if there are none. Raises ConfigurationError for an invalid token."""
    access_token = _clean_token(settings.access_token, "access")
    refresh_token = _clean_token(settings.refresh_token, "refresh")
    return TokenGrant.from_tokens(access_token, refresh_token or None) if access_token or refresh_token else None


def _clean_token(secret: SecretStr | None, kind: str) -> str:
    token = "" if secret is None else secret.get_secret_value().strip()
    if token and not is_plausible(token):
        raise ConfigurationError(
            f"The {kind} token holds spaces or other characters that no token has: "
            "copy it again, without the word Bearer."
        )
    return token


def explain_refusal(token: str, *, api_version: str, now: datetime) -> Unauthorized:
    """Return the error for a refused token: why, as far as the token itself says, and what to do."""
    if api_version == "v2":
        return Unauthorized(
            f"The API does not accept the v2 token: {RENEWAL}. Then set HUGGY_ACCESS_TOKEN (or the password of the "
            "Airflow connection) to the new one."
        )
    if not is_jwt(token):
        return Unauthorized(
            "This is no v3 token (a v3 token is an OAuth token with two dots; one of 32 hexadecimal digits from "
            "Settings > API is of API v2): set HUGGY_API_VERSION=v2 and HUGGY_COMPANY_ID for that one, or use the "
            "OAuth access token of an app in Huggy's panel."
        )
    end = read_expiry(token)
    if end is not None and end <= now:
        return Unauthorized(f"The token expired on {end:%Y-%m-%d %H:%M} UTC: {LOG_IN}, or set a new one.")
    return Unauthorized(f"The API does not accept the token (revoked, or of another account): {LOG_IN}.")
