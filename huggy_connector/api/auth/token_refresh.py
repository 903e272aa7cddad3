"""Token refresh: ahead of a token's end, and when the API refuses it. Once for all threads, processes and hosts.

**Durable before used.** The answer to a refresh is in the store, on the disk, before any request shows the new token.
If a process dies after that, nothing is lost. If it dies before, the old refresh token is still in the store: the next
process that needs a token tries it once, and if the server counts it as used, one sentence says so.

**One at a time.** The threads of a process wait for the thread that refreshes, and share its success or failure.
Processes and hosts wait for the lock of the store; the next one finds the new token there, and requests nothing.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from huggy_connector.api.auth import oauth
from huggy_connector.api.auth.stored_token import LockedTokenStore, StoredToken, TokenStore, fingerprint
from huggy_connector.api.auth.token_grant import TokenGrant
from huggy_connector.api.http_messages import Send
from huggy_connector.errors import HuggyError, Interrupted, Unauthorized

T = TypeVar("T")

PAUSE_AFTER_REFUSAL = 60.0
"""Seconds without another attempt after a refresh that cannot succeed."""

PAUSE_AFTER_FAILURE = 1.0
"""The same after a transient failure: many waiting threads must not send many requests."""

MARGIN_SHARE = 0.1
"""The same after a failure ahead of time, while the old token is still valid: a share of its refresh margin."""

DEAD_REFRESH_TOKEN = (
    f"Huggy does not accept the refresh token any more (used elsewhere, revoked or too old): {oauth.LOG_IN}."
)
NO_REFRESH_TOKEN = f"The token ended, and there is no refresh token to renew it with: {oauth.LOG_IN}."


@dataclass(frozen=True, slots=True)
class _FailedRefresh:
    """A refresh that failed. All who would try again too soon get the same error."""

    error: HuggyError
    at: datetime

    def forbids_retry(self, old: TokenGrant, *, is_early: bool, now: datetime) -> bool:
        """Say whether it is too early to try again. A clock that was set back does not prolong the pause."""
        pause = timedelta(seconds=PAUSE_AFTER_FAILURE if self.error.transient else PAUSE_AFTER_REFUSAL)
        if is_early:
            pause = max(pause, MARGIN_SHARE * old.refresh_margin)
        return self.at <= now < self.at + pause

    def copy_error(self) -> HuggyError:
        """Return a copy of the error to raise: threads must not share a traceback."""
        return type(self.error)(*self.error.args)


class RefreshingToken:
    """Credentials of one app that refresh themselves: see the module, and `token_store` for which tokens count."""

    def __init__(
        self,
        app: oauth.App,
        store: TokenStore,
        *,
        configured: TokenGrant | None,
        stored: StoredToken | None,
        now: Callable[[], datetime],
        note: Callable[[str], None],
    ) -> None:
        """`configured`: the tokens of the settings; `stored`: those of the store. At least one must be given."""
        self._app = app
        self._store = store
        self._seed = None if configured is None else fingerprint(configured)
        self._now = now
        self._note = note
        self._refresh_lock = threading.Lock()
        self._failure: _FailedRefresh | None = None
        self._last_granted: TokenGrant | None = None
        self._unstored: TokenGrant | None = None
        if stored is not None and self._is_ours(stored):
            self._grant, self._location = stored.grant, store.location
        elif configured is not None:
            self._grant, self._location = configured, "the settings"
        else:
            raise ValueError("there are no tokens")

    @property
    def grant(self) -> TokenGrant:
        return self._grant

    @property
    def location(self) -> str:
        return self._location

    @property
    def can_refresh(self) -> bool:
        return self._grant.refresh_token is not None

    def get_token(self, send: Send) -> str:
        """Return the newest access token. Raises the error of a refresh, unless the old token is still valid."""
        grant, now = self._grant, self._now()
        has_expired = grant.has_expired(now)
        is_due = grant.refresh_token is not None and grant.refresh_from is not None and grant.refresh_from <= now
        return (self._refresh(grant, send, is_early=not has_expired) if has_expired or is_due else grant).access_token

    def replace_token(self, rejected: str, send: Send, *, is_replacement: bool) -> str | None:
        grant = self._grant
        if grant.access_token != rejected:
            return grant.access_token
        if is_replacement and grant is self._last_granted:
            return None  # the server has just granted it: it would refuse the next one too
        return self._refresh(grant, send, is_early=False).access_token

    def _refresh(self, old: TokenGrant, send: Send, *, is_early: bool) -> TokenGrant:
        """Return the successor of `old`. If the refresh fails, but `is_early`, return `old` itself."""
        with self._refresh_lock:
            if self._grant is not old:
                return self._grant
            if self._failure is not None and self._failure.forbids_retry(old, is_early=is_early, now=self._now()):
                if is_early:
                    return old
                raise self._failure.copy_error()
            try:
                new = _run_uninterrupted(partial(self._refresh_in_store, old, send))
            except Interrupted:
                raise
            except HuggyError as error:
                self._failure = _FailedRefresh(error, self._now())
                if not is_early:
                    raise
                self._note(
                    f"The access token could not be renewed ahead of its end, {old.expires_at:%Y-%m-%d}. {error}"
                )
                return old
            self._grant, self._location, self._failure = new, self._store.location, None
            return new

    # While this process holds the lock of the store -------------------------------------------------------------------

    def _refresh_in_store(self, old: TokenGrant, send: Send) -> TokenGrant:
        with self._store.lock() as locked:
            stored = locked.read()
            current = stored.grant if stored is not None and self._is_ours(stored) else old
            if self._is_successor(current, old):
                self._unstored = None
                return current
            new = self._unstored or self._request_successor(current, stored, old, send)
            return self._write(locked, stored, new)

    def _request_successor(
        self, current: TokenGrant, stored: StoredToken | None, old: TokenGrant, send: Send
    ) -> TokenGrant:
        try:
            return self._request_tokens(current, send)
        except Unauthorized:
            if stored is None or stored.grant is current:
                raise
        # The configured tokens are worth nothing: then the stored ones count, although they have another seed.
        return stored.grant if self._is_successor(stored.grant, old) else self._request_tokens(stored.grant, send)

    def _request_tokens(self, grant: TokenGrant, send: Send) -> TokenGrant:
        if grant.refresh_token is None:
            raise Unauthorized(NO_REFRESH_TOKEN)
        answer = send(oauth.build_refresh_request(self._app, refresh_token=grant.refresh_token))
        new = oauth.decode_grant(answer, refresh_token=grant.refresh_token, now=self._now(), refusal=DEAD_REFRESH_TOKEN)
        self._last_granted = new
        return new

    def _write(self, locked: LockedTokenStore, stored: StoredToken | None, new: TokenGrant) -> TokenGrant:
        """Store `new`, and return the tokens that the store holds then. Nothing of `new` is used before it is durable.

        If it cannot be stored, this process remembers it for the next attempt.
        """
        self._unstored = new
        successor = (stored or StoredToken(self._app.client_id, new)).with_successor(new, seed=self._seed)
        if not locked.swap(stored, successor):
            if (other := locked.read()) is not None:
                new = other.grant
            else:
                locked.put(successor)
        self._unstored = None
        return new

    def _is_ours(self, stored: StoredToken) -> bool:
        """Say whether the stored tokens replace those of our settings."""
        return self._seed is None or self._seed in stored.seeds

    def _is_successor(self, grant: TokenGrant, old: TokenGrant) -> bool:
        return grant.access_token != old.access_token and not grant.has_expired(self._now())


def _run_uninterrupted(act: Callable[[], T]) -> T:
    """Run `act` to its end in another thread: Ctrl-C and SIGTERM interrupt only the main thread."""
    with ThreadPoolExecutor(1, thread_name_prefix="huggy-renewal") as pool:
        return pool.submit(act).result()
