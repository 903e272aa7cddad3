"""The first tokens of an app: a person agrees in a browser, and the code from there is exchanged for tokens."""

from collections.abc import Callable
from datetime import datetime

from huggy_connector.api.auth import oauth
from huggy_connector.api.auth.credentials import read_configured_app, read_configured_grant
from huggy_connector.api.auth.stored_token import (
    LockedTokenStore,
    StoredToken,
    UnreadableToken,
    fingerprint,
    read_token,
)
from huggy_connector.api.auth.token_grant import TokenGrant
from huggy_connector.api.auth.token_store import open_token_store
from huggy_connector.api.http_messages import Send
from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import Settings

USED_CODE = f"Huggy does not accept the code (used already, or too old): {oauth.LOG_IN} again."


def require_app(settings: Settings) -> oauth.App:
    """Return the app for which a person logs in. Raises ConfigurationError if the settings name none, or v2."""
    if settings.api_version != "v3":
        raise ConfigurationError(
            "There is no login for v2: an administrator makes its token in Huggy's panel under Settings > API."
        )
    if (app := read_configured_app(settings)) is None:
        raise ConfigurationError(
            "A login needs an app: create one in Huggy's panel, then set HUGGY_CLIENT_ID and HUGGY_CLIENT_SECRET."
        )
    return app


class AuthorizationCodeCredentials:
    """Credentials from an authorization code. The tokens replace all older ones in the store before they are used."""

    def __init__(self, settings: Settings, *, code: str, redirect_url: str, now: Callable[[], datetime]) -> None:
        """`redirect_url`: the one that the login address named. Raises ConfigurationError."""
        self._app = require_app(settings)
        self._store = open_token_store(settings, self._app)
        self._configured = read_configured_grant(settings)
        self._request = oauth.build_code_request(self._app, code=code, redirect_url=redirect_url)
        self._now = now
        self.grant = TokenGrant("")

    @property
    def location(self) -> str:
        return self._store.location

    @property
    def can_refresh(self) -> bool:
        return self.grant.refresh_token is not None

    def get_token(self, send: Send) -> str:
        if not self.grant.access_token:
            # Lock the store before the code is used: a store that is not writable must fail now.
            with self._store.lock() as locked:
                before = self._read_previous(locked)
                grant = oauth.decode_grant(send(self._request), refresh_token=None, now=self._now(), refusal=USED_CODE)
                seed = None if self._configured is None else fingerprint(self._configured)
                locked.put((before or StoredToken(self._app.client_id, grant)).with_successor(grant, seed=seed))
            self.grant = grant
        return self.grant.access_token

    def replace_token(self, rejected: str, send: Send, *, is_replacement: bool) -> str | None:
        del rejected, send, is_replacement
        return None

    def _read_previous(self, locked: LockedTokenStore) -> StoredToken | None:
        try:
            return read_token(self._app.client_id, locked, self._store.location)
        except UnreadableToken:
            return None
