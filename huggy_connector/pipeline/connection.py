"""What a connection is worth, before anything is fetched over it."""

from dataclasses import dataclass
from datetime import datetime

from huggy_connector.api import SYSTEM_CLOCK, Clock, open_client
from huggy_connector.catalogue import resource_named
from huggy_connector.settings import Settings


@dataclass(frozen=True, slots=True)
class Check:
    """What a connection is worth: who the token is, and what would be wrong later."""

    agent: str
    agent_id: int
    company_id: int
    main_company_id: int
    token_expires_at: datetime | None
    clock_skew: float | None
    """Seconds by which the server's clock is ahead of ours."""
    timezone: str
    local_time: datetime


def check(settings: Settings, *, clock: Clock = SYSTEM_CLOCK) -> Check:
    """Who am I? Two requests at most: the profile and, where a company is set, its smallest list."""
    with open_client(settings, clock=clock) as client:
        profile = client.fetch_profile()
        if settings.company_id is not None:
            client.fetch_page(resource_named("departments"), 0)
        return Check(
            agent=profile.name,
            agent_id=profile.agent_id,
            company_id=settings.company_id or profile.company_id,
            main_company_id=profile.company_id,
            token_expires_at=client.token_expires_at,
            clock_skew=client.server_clock_skew,
            timezone=settings.timezone,
            local_time=clock.now().astimezone(settings.zone),
        )
