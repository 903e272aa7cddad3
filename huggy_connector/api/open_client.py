"""Opens a client: the credentials, the transport and the budget that the settings of an account name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self

from huggy_connector.api.auth.credentials import Credentials, choose_credentials
from huggy_connector.api.auth.login import AuthorizationCodeCredentials
from huggy_connector.api.auth.token_claims import compute_account, read_identity
from huggy_connector.api.client import Client
from huggy_connector.api.http import HttpTransport
from huggy_connector.api.protocol import Profile
from huggy_connector.api.versions.types import V3_HEADER
from huggy_connector.api.versions.v2 import COMPANY_NEEDED
from huggy_connector.budget import BudgetReading, Lane, inspect_budget, open_budget
from huggy_connector.clock import SYSTEM_CLOCK, Clock
from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import Settings
from huggy_connector.settings.version_defaults import find_foreign_address

if TYPE_CHECKING:
    from huggy_connector.api.writes import Writer


def open_client(
    settings: Settings,
    *,
    lane: Lane = Lane.NORMAL,
    clock: Clock = SYSTEM_CLOCK,
    note: Callable[[str], None] = lambda _: None,
) -> Client:
    """Return a client for the account of `settings`. The caller closes it. Raises ConfigurationError.

    Sends nothing yet, unless there is only a refresh token: the budget belongs to an account, and only an access token
    names the account.
    """
    if problem := find_foreign_address(settings.base_url, settings.api_version):
        raise ConfigurationError(problem)
    if settings.api_version == "v2" and settings.company_id is None:
        raise ConfigurationError(COMPANY_NEEDED)
    credentials = choose_credentials(settings, now=clock.now, note=note)
    if not credentials.grant.access_token:
        with _build_client(settings, credentials, lane, clock, note) as client:
            client.authenticate()
    return _build_client(settings, credentials, lane, clock, note)


@dataclass(frozen=True, slots=True)
class ActionsClient:
    """What an action needs of one account: a client that reads, and a writer. They share budget, token and connections.

    A context manager: at its end both are closed.
    """

    reader: Client
    writer: Writer

    def close(self) -> None:
        self.reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_actions_client(
    settings: Settings, *, clock: Clock = SYSTEM_CLOCK, note: Callable[[str], None] = lambda _: None
) -> ActionsClient:
    """Return a reader and a writer whose requests go out in the lane of actions. The caller closes it.

    Raises as `open_client`.
    """
    from huggy_connector.api.writes import Writer  # with all actions, which a read does without

    reader = open_client(settings, lane=Lane.ACTIONS, clock=clock, note=note)
    return ActionsClient(reader, Writer(reader.sender, longest_pause=settings.longest_pause, note=note))


def read_account(settings: Settings, *, now: Callable[[], datetime]) -> str:
    """Return what `Client.account` returns, without a request. Return "" if there is no access token yet.

    Raises what `choose_credentials` raises.
    """
    return compute_account(choose_credentials(settings, now=now, note=lambda _: None).grant.access_token)


def read_budget(settings: Settings, credentials: Credentials) -> BudgetReading:
    """Return the state of the budget of the account that these credentials name. Changes and sends nothing."""
    return inspect_budget(
        settings.budget,
        scope=_budget_scope(settings, credentials.grant.access_token),
        rate=settings.requests_per_second,
        longest_pause=settings.longest_pause,
        state_folder=settings.state_folder,
    )


def log_in(
    settings: Settings,
    *,
    code: str,
    redirect_url: str,
    clock: Clock = SYSTEM_CLOCK,
    note: Callable[[str], None] = lambda _: None,
) -> Profile:
    """Exchange the code of a browser's answer for tokens, store them, and return their owner. Raises HuggyError."""
    credentials = AuthorizationCodeCredentials(settings, code=code, redirect_url=redirect_url, now=clock.now)
    with _build_client(settings, credentials, Lane.NORMAL, clock, note) as client:
        client.authenticate()
        return client.fetch_profile()


def _build_client(
    settings: Settings, credentials: Credentials, lane: Lane, clock: Clock, note: Callable[[str], None]
) -> Client:
    header = settings.auth_header if settings.api_version == "v2" else V3_HEADER
    transport = HttpTransport(settings.base_url, language=settings.language, token_header=header)
    budget = open_budget(
        settings.budget,
        scope=_budget_scope(settings, credentials.grant.access_token),
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
        uses_api_clock=settings.clock == "api",
        note=note,
    )


def _budget_scope(settings: Settings, token: str) -> str:
    """Return the owner of the rate: the account of the token, else the app. A token of v2 belongs to one company, and
    says nothing of itself: the company is the owner, so that a renewed token has the same rate.
    """
    if settings.api_version == "v2" and settings.company_id is not None:
        return f"{settings.base_url} company {settings.company_id}"
    return f"{settings.base_url} {read_identity(token) if token else settings.client_id}"
