"""The first tokens of an app: a person agrees in a browser, and the code that this gives becomes a kept login."""

from collections.abc import Callable
from datetime import datetime

from huggy_connector.api import oauth
from huggy_connector.api.auth import app_in, given_in
from huggy_connector.api.kept import Held, Illegible, Kept, fingerprint, kept_for
from huggy_connector.api.protocol import Send
from huggy_connector.api.token_store import open_token_store
from huggy_connector.api.tokens import Grant
from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import Settings

USED_CODE = f"Huggy does not accept the code (used already, or too old): {oauth.LOG_IN} again."


def app_to_log_in(settings: Settings) -> oauth.App:
    """The app that a person is asked to agree to. Raises ConfigurationError with what is missing."""
    if settings.api_version != "v3":
        raise ConfigurationError(
            "There is no login for v2: an administrator makes its token in Huggy's panel under Settings > API."
        )
    if (app := app_in(settings)) is None:
        raise ConfigurationError(
            "A login needs an app: create one in Huggy's panel, then set HUGGY_CLIENT_ID and HUGGY_CLIENT_SECRET."
        )
    return app


class CodeGrant:
    """Credentials that come from a code. The tokens are kept, in the place of all older ones, before they are used."""

    def __init__(self, settings: Settings, *, code: str, redirect_url: str, now: Callable[[], datetime]) -> None:
        """`redirect_url`: the one with which the code was asked for. Raises ConfigurationError."""
        self._app = app_to_log_in(settings)
        self._store = open_token_store(settings, self._app)
        self._given = given_in(settings)
        self._request = oauth.code_request(self._app, code=code, redirect_url=redirect_url)
        self._now = now
        self.grant = Grant("")

    @property
    def place(self) -> str:
        return self._store.place

    @property
    def renews_itself(self) -> bool:
        return self.grant.refresh_token is not None

    def token(self, send: Send) -> str:
        if not self.grant.access_token:
            # Held before the code is spent: a place that cannot be written to should be told now.
            with self._store.alone() as held:
                before = self._before(held)
                grant = oauth.grant_in(send(self._request), refresh_token=None, now=self._now(), refused=USED_CODE)
                seed = None if self._given is None else fingerprint(self._given)
                held.put((before or Kept(self._app.client_id, grant)).succeeded_by(grant, seed=seed))
            self.grant = grant
        return self.grant.access_token

    def replacement(self, refused: str, send: Send, *, again: bool) -> str | None:
        del refused, send, again
        return None

    def _before(self, held: Held) -> Kept | None:
        try:
            return kept_for(self._app.client_id, held, self._store.place)
        except Illegible:
            return None
