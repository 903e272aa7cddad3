"""What a connection is worth, before anything is fetched over it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from huggy_connector.api import SYSTEM_CLOCK, Client, Clock, open_client
from huggy_connector.catalogue import resource_named
from huggy_connector.errors import Forbidden, NotFound
from huggy_connector.settings import Settings
from huggy_connector.sweep import facts_of
from huggy_connector.zones import zones_that_fit

PLAUSIBLE_AGE = 30
"""Minutes that the newest chat may be old without anybody asking why."""
CLOCKS_DIFFER = 5
"""Minutes that it may lie ahead."""


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
    newest_chat_at: datetime | None = None
    """The latest time in the newest page of chats; None where there is none, or the token may not read them."""
    fitting_zones: tuple[str, ...] = ()
    """Zones in which that time would be now, if it is not by `timezone`."""


def check(settings: Settings, *, clock: Clock = SYSTEM_CLOCK) -> Check:
    """Who am I? Three requests at most: the profile, where a company is set its smallest list, and the newest chats."""
    with open_client(settings, clock=clock) as client:
        profile = client.fetch_profile()
        if settings.company_id is not None:
            client.fetch_page(resource_named("departments"), 0)
        now = clock.now() + timedelta(seconds=client.server_clock_skew or 0)
        newest = _newest_chat(client, settings)
        off = None if newest is None else round((newest - now) / timedelta(minutes=1))
        is_plausible = off is None or -PLAUSIBLE_AGE <= off <= CLOCKS_DIFFER
        return Check(
            agent=profile.name,
            agent_id=profile.agent_id,
            company_id=settings.company_id or profile.company_id,
            main_company_id=profile.company_id,
            token_expires_at=client.token_expires_at,
            clock_skew=client.server_clock_skew,
            timezone=settings.timezone,
            local_time=clock.now().astimezone(settings.zone),
            newest_chat_at=newest,
            fitting_zones=()
            if off is None or is_plausible
            else zones_that_fit(settings.zone, low=off, high=off, at=now),
        )


def _newest_chat(client: Client, settings: Settings) -> datetime | None:
    chats = resource_named("chats")
    facts = facts_of(chats, zone=settings.zone)
    try:
        found = [*map(facts, client.fetch_page(chats, 0).rows)]
    except (Forbidden, NotFound):
        return None
    return max((at for fact in found for at in (fact.created, fact.updated) if at is not None), default=None)
