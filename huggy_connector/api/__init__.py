"""The API: `protocol` is pure, `http` is the wire, `client` asks within the budget and retries."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from huggy_connector.api.auth import credentials_in
from huggy_connector.api.client import Client, Clock, Fetched
from huggy_connector.api.http import HttpTransport
from huggy_connector.api.protocol import PAGE_SIZE, Profile, Row
from huggy_connector.api.tokens import identity
from huggy_connector.budget import Lane, open_budget
from huggy_connector.settings import Settings

SYSTEM_CLOCK = Clock(now=lambda: datetime.now(UTC), sleep=time.sleep, monotonic=time.monotonic)


def open_client(
    settings: Settings,
    *,
    lane: Lane = Lane.NORMAL,
    clock: Clock = SYSTEM_CLOCK,
    note: Callable[[str], None] = lambda _: None,
) -> Client:
    """A client for the account of `settings`, to be closed. Sends nothing yet. Raises ConfigurationError."""
    credentials = credentials_in(settings)
    budget = open_budget(
        settings.budget,
        scope=f"{settings.base_url} {identity(credentials.token())}",
        rate=settings.requests_per_second,
        state_folder=settings.state_folder,
        note=note,
    )
    return Client(
        transport=HttpTransport(settings.base_url, language=settings.language),
        budget=budget,
        credentials=credentials,
        clock=clock,
        company_id=settings.company_id,
        api_version=settings.api_version,
        lane=lane,
    )


__all__ = ["PAGE_SIZE", "SYSTEM_CLOCK", "Client", "Clock", "Fetched", "Profile", "Row", "open_client"]
