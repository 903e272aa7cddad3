"""Whose requests these are: the token that goes out, and what to do when it is refused."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import SecretStr

from huggy_connector.api.kept import kept_for
from huggy_connector.api.oauth import LOG_IN, App
from huggy_connector.api.protocol import Send
from huggy_connector.api.renewal import RenewedToken
from huggy_connector.api.token_store import open_token_store
from huggy_connector.api.tokens import Grant, expires_at, is_jwt, is_plausible
from huggy_connector.errors import ConfigurationError, Unauthorized
from huggy_connector.settings import Settings


class Credentials(Protocol):
    """A source of tokens, shared by threads."""

    @property
    def grant(self) -> Grant:
        """The tokens at hand. Asks nobody."""

    @property
    def place(self) -> str:
        """Where they are from: "the settings", "the file /path/tokens.json"."""

    @property
    def renews_itself(self) -> bool: ...

    def token(self, send: Send) -> str:
        """The token to send now. May have to be asked for first, and then raises what may go wrong with that."""

    def replacement(self, refused: str, send: Send, *, again: bool) -> str | None:
        """Another token worth trying after `refused` got a 401; None where there is none.

        `again`: it was a replacement itself.
        """


@dataclass(frozen=True, slots=True)
class FixedToken:
    """A token that someone else renews."""

    grant: Grant
    place: str = "the settings"
    renews_itself: bool = False

    def token(self, send: Send) -> str:
        del send
        return self.grant.access_token

    def replacement(self, refused: str, send: Send, *, again: bool) -> str | None:
        del refused, send, again
        return None


def credentials_in(settings: Settings, *, now: Callable[[], datetime], note: Callable[[str], None]) -> Credentials:
    """A token that renews itself where the settings name an app and it has been authorised; else the one they hold.

    Reads the token store, asks nobody else. Raises ConfigurationError, or Unreachable where the store is away.
    """
    given, app = given_in(settings), app_in(settings)
    if app is not None and settings.api_version == "v3":
        store = open_token_store(settings, app)
        kept = kept_for(app.client_id, store, store.place)
        if kept is not None or (given is not None and given.refresh_token):
            return RenewedToken(app, store, given=given, kept=kept, now=now, note=note)
    if given is None or not given.access_token:
        raise ConfigurationError(_missing(settings, app))
    return FixedToken(given)


def _missing(settings: Settings, app: App | None) -> str:
    if settings.refresh_token is not None and settings.api_version == "v3":
        return "A refresh token is worth nothing alone: set HUGGY_CLIENT_ID and HUGGY_CLIENT_SECRET too."
    login = f", or {LOG_IN}" if app is not None and settings.api_version == "v3" else "; the README says how to get one"
    return f"There is no access token: set HUGGY_ACCESS_TOKEN (or the password of the Airflow connection){login}."


def app_in(settings: Settings) -> App | None:
    if settings.client_id is None or settings.client_secret is None:
        return None
    return App(settings.auth_url, settings.client_id, settings.client_secret.get_secret_value())


def given_in(settings: Settings) -> Grant | None:
    """The tokens of the settings themselves. Raises ConfigurationError for what is no token."""
    access_token = _clean(settings.access_token, "access")
    refresh_token = _clean(settings.refresh_token, "refresh")
    return Grant.told_by(access_token, refresh_token or None) if access_token or refresh_token else None


def _clean(secret: SecretStr | None, kind: str) -> str:
    token = "" if secret is None else secret.get_secret_value().strip()
    if token and not is_plausible(token):
        raise ConfigurationError(
            f"The {kind} token holds spaces or other signs that no token has: copy it again, without the word Bearer."
        )
    return token


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
        return Unauthorized(f"The token expired on {end:%Y-%m-%d %H:%M} UTC: {LOG_IN}, or set a new one.")
    return Unauthorized(f"The API does not accept the token (revoked, or of another account): {LOG_IN}.")
