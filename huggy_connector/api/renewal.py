"""A token that renews itself: ahead of its end, and when it is refused. One renewal for all threads, processes, hosts.

**Durable before used.** The answer to a refresh is in the store, on the disk, before any request shows the new token.
Whoever dies after that has lost nothing. Whoever dies before it leaves the old refresh token in the store: the next who
needs a token tries it once, and where the server has taken it for used, one sentence says so.

**One flight.** The threads of a process wait for the one that renews, and share its success or failure. The processes
and hosts wait for the store's lock; who gets it finds the successor there, and asks for nothing.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from huggy_connector.api import oauth
from huggy_connector.api.kept import Held, Kept, TokenStore, fingerprint
from huggy_connector.api.protocol import Send
from huggy_connector.api.tokens import Grant
from huggy_connector.errors import HuggyError, Interrupted, Unauthorized

T = TypeVar("T")

PAUSE_AFTER_REFUSAL = 60.0
"""Seconds for which a renewal that cannot succeed is not tried again."""

PAUSE_AFTER_FAULT = 1.0
"""Seconds for which one that may is not: many threads that each try again must not become many requests."""

SHARE_OF_MARGIN = 0.1
"""How long a renewal ahead of time is not tried again after a failure, while the old token still does."""

DEAD = f"Huggy does not accept the refresh token any more (used elsewhere, revoked or too old): {oauth.LOG_IN}."
NO_REFRESH_TOKEN = f"The token ended, and there is no refresh token to renew it with: {oauth.LOG_IN}."


@dataclass(frozen=True, slots=True)
class _Failure:
    """A renewal that failed: what all who would try again soon get to hear."""

    error: HuggyError
    at: datetime

    def stands(self, old: Grant, *, ahead: bool, now: datetime) -> bool:
        """Whether it is too early to try again. A clock that was set back does not make it later."""
        pause = timedelta(seconds=PAUSE_AFTER_FAULT if self.error.transient else PAUSE_AFTER_REFUSAL)
        if ahead:
            pause = max(pause, SHARE_OF_MARGIN * old.margin)
        return self.at <= now < self.at + pause

    def again(self) -> HuggyError:
        """A copy to raise: threads must not share a traceback."""
        return type(self.error)(*self.error.args)


class RenewedToken:
    """The tokens of one app. See the module for what is promised, `token_store` for which tokens hold."""

    def __init__(
        self,
        app: oauth.App,
        store: TokenStore,
        *,
        given: Grant | None,
        kept: Kept | None,
        now: Callable[[], datetime],
        note: Callable[[str], None],
    ) -> None:
        """`given`: the tokens of the settings; `kept`: what the store holds. At least one of them must be there."""
        self._app = app
        self._store = store
        self._seed = None if given is None else fingerprint(given)
        self._now = now
        self._note = note
        self._flight = threading.Lock()
        self._failure: _Failure | None = None
        self._given_to_us: Grant | None = None
        self._unkept: Grant | None = None
        if kept is not None and self._is_ours(kept):
            self._grant, self._place = kept.grant, store.place
        elif given is not None:
            self._grant, self._place = given, "the settings"
        else:
            raise ValueError("there are no tokens")

    @property
    def grant(self) -> Grant:
        return self._grant

    @property
    def place(self) -> str:
        return self._place

    @property
    def renews_itself(self) -> bool:
        return self._grant.refresh_token is not None

    def token(self, send: Send) -> str:
        """The newest access token. Raises what a renewal raises, unless the old token still does."""
        grant, now = self._grant, self._now()
        ended = grant.ended(now)
        due = grant.refresh_token is not None and grant.renewed_from is not None and grant.renewed_from <= now
        return (self._successor(grant, send, ahead=not ended) if ended or due else grant).access_token

    def replacement(self, refused: str, send: Send, *, again: bool) -> str | None:
        grant = self._grant
        if grant.access_token != refused:
            return grant.access_token
        if again and grant is self._given_to_us:
            return None  # by the server, a moment ago: the next one would be refused too
        return self._successor(grant, send, ahead=False).access_token

    def _successor(self, old: Grant, send: Send, *, ahead: bool) -> Grant:
        """What took the place of `old`. Where that fails, and is only `ahead` of time, `old` itself."""
        with self._flight:
            if self._grant is not old:
                return self._grant
            if self._failure is not None and self._failure.stands(old, ahead=ahead, now=self._now()):
                if ahead:
                    return old
                raise self._failure.again()
            try:
                new = _undisturbed(partial(self._renew, old, send))
            except Interrupted:
                raise
            except HuggyError as error:
                self._failure = _Failure(error, self._now())
                if not ahead:
                    raise
                self._note(
                    f"The access token could not be renewed ahead of its end, {old.expires_at:%Y-%m-%d}. {error}"
                )
                return old
            self._grant, self._place, self._failure = new, self._store.place, None
            return new

    # With the store to itself, in whatever process and host -----------------------------------------------------------

    def _renew(self, old: Grant, send: Send) -> Grant:
        with self._store.alone() as held:
            kept = held.read()
            known = kept.grant if kept is not None and self._is_ours(kept) else old
            if self._takes_the_place(known, old):
                self._unkept = None
                return known
            new = self._unkept or self._asked_for(known, kept, old, send)
            return self._keep(held, kept, new)

    def _asked_for(self, known: Grant, kept: Kept | None, old: Grant, send: Send) -> Grant:
        try:
            return self._refreshed(known, send)
        except Unauthorized:
            if kept is None or kept.grant is known:
                raise
        # What the settings hold is worth nothing: then what the store holds for others counts.
        return kept.grant if self._takes_the_place(kept.grant, old) else self._refreshed(kept.grant, send)

    def _refreshed(self, grant: Grant, send: Send) -> Grant:
        if grant.refresh_token is None:
            raise Unauthorized(NO_REFRESH_TOKEN)
        answer = send(oauth.refresh_request(self._app, refresh_token=grant.refresh_token))
        new = oauth.grant_in(answer, refresh_token=grant.refresh_token, now=self._now(), refused=DEAD)
        self._given_to_us = new
        return new

    def _keep(self, held: Held, kept: Kept | None, new: Grant) -> Grant:
        """Nothing of `new` is used before it is durable. What could not be kept is not lost as long as we live."""
        self._unkept = new
        successor = (kept or Kept(self._app.client_id, new)).succeeded_by(new, seed=self._seed)
        if not held.swap(kept, successor):
            if (theirs := held.read()) is not None:
                new = theirs.grant
            else:
                held.put(successor)
        self._unkept = None
        return new

    def _is_ours(self, kept: Kept) -> bool:
        """Whether its tokens take the place of those of our settings."""
        return self._seed is None or self._seed in kept.seeds

    def _takes_the_place(self, grant: Grant, old: Grant) -> bool:
        return grant.access_token != old.access_token and not grant.ended(self._now())


def _undisturbed(act: Callable[[], T]) -> T:
    """Runs `act` in a thread of its own, to its end: Ctrl-C and SIGTERM interrupt the main thread only."""
    with ThreadPoolExecutor(1, thread_name_prefix="huggy-renewal") as alone:
        return alone.submit(act).result()
