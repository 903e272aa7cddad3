"""Checks the token and the account: who it is, for how long, and what its clock and its zone say."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from huggy_connector.api import CLOCK_TOLERANCE
from huggy_connector.api.auth.credentials import Credentials, read_configured_app
from huggy_connector.api.auth.oauth import LOG_IN
from huggy_connector.api.auth.token_claims import is_jwt
from huggy_connector.api.auth.token_store import find_token_file
from huggy_connector.api.proxies import choose_proxy
from huggy_connector.api.run_clock import MAX_CORRECTION
from huggy_connector.api.versions.v2 import RENEWAL
from huggy_connector.budget import BudgetReading
from huggy_connector.pipeline.check import MAX_AHEAD_MINUTES, MIN_CLOCK_SKEW, AccountCheck
from huggy_connector.pipeline.doctor.check_row import Finding, Unknown, fail, ok, warn
from huggy_connector.pipeline.doctor.check_runner import Fact
from huggy_connector.settings import Settings

FEW_DAYS = timedelta(days=7)
"""A token that nobody renews is told this long before its end."""


def check_token(settings: Settings, credentials: Fact[Credentials], *, now: datetime) -> Iterator[Finding]:
    """Say where the token is from, when it ends, and who renews it. Nothing is sent for it."""
    app = read_configured_app(settings)
    file = find_token_file(settings, app) if app is not None and settings.api_version == "v3" else None
    if file is not None:
        yield from _check_mode(file)  # first: whoever reads the file makes it private
    found = credentials.get()
    grant = found.grant
    yield ok(f"from {found.location}")
    if grant.access_token and settings.api_version == "v3" and not is_jwt(grant.access_token):
        yield warn("it does not look like a v3 token", "for a v2 token set HUGGY_API_VERSION=v2")
    if settings.api_version == "v2":
        yield from _check_v2_token(grant.access_token)
        return
    if found.can_refresh:
        yield ok("it can be renewed")
    if grant.has_expired(now):
        ended = f"it ended on {grant.expires_at:%Y-%m-%d}" if grant.expires_at else "there is only a refresh token"
        yield ok(f"{ended}, the next request renews it") if found.can_refresh else fail(ended, LOG_IN)
    elif grant.expires_at is None:
        yield ok("it does not say when it ends")
    else:
        left = grant.expires_at - now
        ends = f"it ends in {left.days:,} days, on {grant.expires_at:%Y-%m-%d}"
        is_short = left < FEW_DAYS and not found.can_refresh
        yield warn(f"{ends}, and nobody renews it", LOG_IN) if is_short else ok(ends)


def _check_v2_token(token: str) -> Iterator[Finding]:
    if is_jwt(token):
        yield warn("it looks like a v3 token", f"leave HUGGY_API_VERSION out, or use the v2 token: {RENEWAL}")
    yield ok(f"a v2 token says nothing of its end; {RENEWAL}")


def _check_mode(file: Path) -> Iterator[Finding]:
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
    except OSError:
        return
    if mode & 0o077:
        yield warn(
            f"{file} had mode {mode:o}, others could read it",
            f"it is private from now on; where others use this machine, {LOG_IN} for new tokens",
        )
    else:
        yield ok(f"the file has mode {mode:o}")


def check_account_of(
    settings: Settings, account: Fact[AccountCheck], budget: Fact[BudgetReading], environ: Mapping[str, str]
) -> Iterator[Finding]:
    """Say who the token is. This asks the API, unless it has asked for a pause."""
    if (proxy := choose_proxy(settings.base_url, environ)) is not None:
        yield ok(f"through the proxy of {proxy.variable}")
    raise_if_paused(budget)
    found = account.get()
    # The agent's name is personal data, and support needs only the number.
    if found.agent_id is None:
        yield ok(f"the token is accepted; company {found.company_id} is what was set, API v2 does not tell")
    else:
        yield ok(f"agent {found.agent_id}, company {found.company_id}")
    if found.company_id != found.main_company_id:
        yield ok(f"the token's main company is {found.main_company_id}")


def raise_if_paused(budget: Fact[BudgetReading]) -> None:
    """Raise Unknown while a 429 asks for a pause: a request would wait for its end."""
    try:
        pause = budget.get().pause
    except Exception:  # noqa: BLE001 -- its own row tells that
        return
    if pause > 0:
        raise Unknown(f"not asked, the API wants a pause of {pause:,.0f} s: see budget")


def check_clock(settings: Settings, account: Fact[AccountCheck]) -> Iterator[Finding]:
    """Say by how much this host's clock and the API's differ."""
    skew = account.get_if_known().clock_skew
    if skew is None:
        raise Unknown("the API's answers name no time")
    relation = "behind" if skew > 0 else "ahead of"
    apart = f"this host's clock is {abs(skew):,.0f} s {relation} the API's"
    if abs(skew) <= MIN_CLOCK_SKEW:
        yield ok(f"this host's clock and the API's differ by {abs(skew):,.0f} s")
    elif settings.clock == "api" and abs(skew) > MAX_CORRECTION.total_seconds():
        yield fail(f"{apart}, no landing begins", "set the clock right, or HUGGY_CLOCK=host where the API's is wrong")
    else:
        corrected = settings.clock == "api" and abs(skew) > CLOCK_TOLERANCE.total_seconds()
        yield warn(apart + (", times are taken by the API's" if corrected else ""), "set the clock right")


def check_zone(account: Fact[AccountCheck], *, now: datetime) -> Iterator[Finding]:
    """Say whether the newest chat's time can be true in the account's zone."""
    found = account.get_if_known()
    zone = f"{found.timezone}, there it is {found.local_time:%Y-%m-%d %H:%M}"
    if found.newest_chat_at is None:
        yield ok(f"{zone}; no chat tells whether that is right")
        return
    minutes = round((now + timedelta(seconds=found.clock_skew or 0) - found.newest_chat_at) / timedelta(minutes=1))
    age = (
        f"the newest chat is {minutes:,} minutes old"
        if minutes >= 0
        else f"the newest chat is {-minutes:,} minutes ahead"
    )
    if found.fitting_zones:
        yield warn(f"{zone}; {age}", f"if somebody wrote just now, set HUGGY_TIMEZONE={found.fitting_zones[0]}")
    elif minutes < -MAX_AHEAD_MINUTES:
        yield warn(f"{zone}; {age}", "is HUGGY_TIMEZONE right?")
    else:
        yield ok(f"{zone}; {age}")
