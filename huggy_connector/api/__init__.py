"""The API: `protocol` is pure, `http` is the wire, `client` asks within the budget and retries."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from huggy_connector.api.agreed import TOLERANCE
from huggy_connector.api.auth import Credentials, credentials_in
from huggy_connector.api.client import Client, Clock, Fetched
from huggy_connector.api.http import HttpTransport
from huggy_connector.api.login import CodeGrant
from huggy_connector.api.protocol import PAGE_SIZE, Profile, Row
from huggy_connector.api.tokens import account, identity
from huggy_connector.budget import Lane, open_budget
from huggy_connector.settings import Settings

SYSTEM_CLOCK = Clock(now=lambda: datetime.now(UTC), wait=threading.Event.wait, monotonic=time.monotonic)


def open_client(
    settings: Settings,
    *,
    lane: Lane = Lane.NORMAL,
    clock: Clock = SYSTEM_CLOCK,
    note: Callable[[str], None] = lambda _: None,
) -> Client:
    """A client for the account of `settings`, to be closed. Raises ConfigurationError.

    Sends nothing yet, unless there is nothing but a refresh token: whose budget it is, only an access token tells.
    """
    credentials = credentials_in(settings, now=clock.now, note=note)
    if not credentials.grant.access_token:
        with _client(settings, credentials, lane, clock, note) as first:
            first.authenticate()
    return _client(settings, credentials, lane, clock, note)


def account_of(settings: Settings, *, now: Callable[[], datetime]) -> str:
    """`Client.account` without a client: it asks the API nothing. Empty where there is no access token yet.

    Raises what `credentials_in` raises.
    """
    return account(credentials_in(settings, now=now, note=lambda _: None).grant.access_token)


def log_in(
    settings: Settings,
    *,
    code: str,
    redirect_url: str,
    clock: Clock = SYSTEM_CLOCK,
    note: Callable[[str], None] = lambda _: None,
) -> Profile:
    """Turns the code of a browser's answer into tokens, keeps them, and asks with them who they are."""
    credentials = CodeGrant(settings, code=code, redirect_url=redirect_url, now=clock.now)
    with _client(settings, credentials, Lane.NORMAL, clock, note) as client:
        client.authenticate()
        return client.fetch_profile()


def _client(
    settings: Settings, credentials: Credentials, lane: Lane, clock: Clock, note: Callable[[str], None]
) -> Client:
    token = credentials.grant.access_token
    transport = HttpTransport(settings.base_url, language=settings.language)
    budget = open_budget(
        settings.budget,
        scope=f"{settings.base_url} {identity(token) if token else settings.client_id}",
        rate=settings.requests_per_second,
        longest_pause=settings.longest_pause,
        state_folder=settings.state_folder,
        note=note,
    )
    return Client(
        transport=transport,
        budget=budget,
        credentials=credentials,
        clock=clock,
        company_id=settings.company_id,
        api_version=settings.api_version,
        lane=lane,
        longest_pause=settings.longest_pause,
        heeds_api_clock=settings.clock == "api",
        note=note,
    )


__all__ = [
    "PAGE_SIZE",
    "SYSTEM_CLOCK",
    "TOLERANCE",
    "Client",
    "Clock",
    "Fetched",
    "Profile",
    "Row",
    "account_of",
    "credentials_in",
    "log_in",
    "open_client",
]
