"""Checks a connection before anything is landed over it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from huggy_connector.api import Client, Profile, open_client
from huggy_connector.catalogue import get_resource
from huggy_connector.clock import Clock
from huggy_connector.errors import Forbidden, NotFound
from huggy_connector.settings import Settings
from huggy_connector.sweep import make_facts_reader
from huggy_connector.zones import find_matching_zones

MAX_AGE_MINUTES = 30
"""Age of the newest chat up to which nobody asks why."""
MIN_CLOCK_SKEW = 30.0
"""Seconds from which on a difference between two clocks is reported."""
MAX_AHEAD_MINUTES = 5
"""Minutes that the newest chat may be ahead of now."""


@dataclass(frozen=True, slots=True)
class AccountCheck:
    """Who the token is, and what would go wrong later. API v2 does not tell whose a token is: `agent_id` is None."""

    agent: str
    agent_id: int | None
    company_id: int
    main_company_id: int
    token_expires_at: datetime | None
    clock_skew: float | None
    """Seconds by which the server's clock is ahead of ours."""
    timezone: str
    local_time: datetime
    newest_chat_at: datetime | None = None
    """The latest time in the newest page of chats. None where there is no chat, or the token may not read chats."""
    fitting_zones: tuple[str, ...] = ()
    """Zones in which that time would be now. Empty where it is plausible in `timezone`."""


def check_account(settings: Settings, clock: Clock) -> AccountCheck:
    """Return who the token is. It sends three requests at most: for the profile, for the newest chats, and for the
    smallest list of the company where one is set. Of API v2: for the agents and for the newest chats.
    """
    with open_client(settings, clock=clock) as client:
        profile = _read_owner(client, settings)
        own = settings.company_id or 0  # where there is no profile, open_client has made sure of it
        main = own if profile is None else profile.company_id
        now = clock.now() + timedelta(seconds=client.server_clock_skew or 0)
        newest = _newest_chat_time(client, settings)
        ahead = None if newest is None else round((newest - now) / timedelta(minutes=1))
        is_plausible = ahead is None or -MAX_AGE_MINUTES <= ahead <= MAX_AHEAD_MINUTES
        return AccountCheck(
            agent="" if profile is None else profile.name,
            agent_id=None if profile is None else profile.agent_id,
            company_id=own or main,
            main_company_id=main,
            token_expires_at=client.token_expires_at,
            clock_skew=client.server_clock_skew,
            timezone=settings.timezone,
            local_time=clock.now().astimezone(settings.zone),
            newest_chat_at=newest,
            fitting_zones=()
            if ahead is None or is_plausible
            else find_matching_zones(settings.zone, low=ahead, high=ahead, at=now),
        )


def _read_owner(client: Client, settings: Settings) -> Profile | None:
    """Return the owner of the token; None where the API does not tell, but accepts the token."""
    if not client.version.has_profile:
        client.probe()
        return None
    profile = client.fetch_profile()
    if settings.company_id is not None:
        client.fetch_page(get_resource("departments"), 0)
    return profile


def _newest_chat_time(client: Client, settings: Settings) -> datetime | None:
    chats = get_resource("chats")
    facts = make_facts_reader(chats, zone=settings.zone)
    try:
        rows = [*map(facts, client.fetch_page(chats, 0).rows)]
    except (Forbidden, NotFound):
        return None
    return max((at for fact in rows for at in (fact.created, fact.updated) if at is not None), default=None)
