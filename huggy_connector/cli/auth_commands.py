"""Commands of `huggy auth`: the login of an app in a browser, and the state of the token. No token is ever printed."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from huggy_connector.cli.options import API_SETTINGS, BUDGET_SETTINGS, as_json, settings_options
from huggy_connector.cli.output import note, print_json, say
from huggy_connector.clock import SYSTEM_CLOCK
from huggy_connector.errors import Unauthorized

if TYPE_CHECKING:
    from huggy_connector.api import Profile
    from huggy_connector.api.auth.credentials import Credentials
    from huggy_connector.settings import Settings

LOGIN_PORT = 8765
"""Where the browser brings the answer of a login: an app's redirect URL names it."""
LOGIN_TIMEOUT = 300.0
"""Seconds that a person has to agree in the browser."""


@click.group()
def auth() -> None:
    """Log in, and see how long the token lasts."""


@auth.command()
@click.option("--no-browser", is_flag=True, help="Print the address, and read the one that the browser ends on.")
@click.option(
    "--port", default=LOGIN_PORT, show_default=True, type=click.IntRange(1, 65535), help="Where to wait for it."
)
@click.option("--redirect-url", metavar="URL", help="The app's own redirect URL; implies --no-browser.")
@settings_options(*API_SETTINGS, *BUDGET_SETTINGS)
@as_json
def login(*, settings: Settings, no_browser: bool, port: int, redirect_url: str | None, as_json: bool) -> None:
    """Let an administrator authorise your app, and keep the tokens.

    The app in Huggy's panel must name the redirect URL http://127.0.0.1:8765/callback, or whatever --port makes of it.

    \b
    Examples: huggy auth login
              huggy auth login --no-browser
    """
    import secrets

    from huggy_connector.api import choose_credentials, log_in
    from huggy_connector.api.auth.login import require_app
    from huggy_connector.api.auth.oauth import build_authorize_url
    from huggy_connector.cli.loopback import redirect_url as redirect_to

    app, state = require_app(settings), secrets.token_urlsafe(32)
    target = redirect_url or redirect_to(port)
    address = build_authorize_url(app, redirect_url=target, state=state)
    pasted = no_browser or redirect_url is not None
    code = _read_pasted_code(address, state) if pasted else _wait_for_code(address, state, port)
    profile = log_in(settings, code=code, redirect_url=target, note=note)
    _print_status(settings, choose_credentials(settings, now=SYSTEM_CLOCK.now, note=note), profile, as_json=as_json)


@auth.command()
@click.option("--online", is_flag=True, help="Ask Huggy too who the token is: one request.")
@settings_options(*API_SETTINGS, *BUDGET_SETTINGS)
@as_json
def status(*, settings: Settings, online: bool, as_json: bool) -> None:
    """Say where the token is from, how long it lasts, and whether it renews itself.

    \b
    Examples: huggy auth status
              huggy auth status --online --json
    """
    from huggy_connector.api import choose_credentials, open_client

    profile = None
    if online:
        with open_client(settings, note=note) as client:
            if client.version.has_profile:
                profile = client.fetch_profile()
            else:
                client.probe()
    credentials = choose_credentials(settings, now=SYSTEM_CLOCK.now, note=note)
    _print_status(settings, credentials, profile, as_json=as_json, is_accepted=online)


def _wait_for_code(address: str, state: str, port: int) -> str:
    """Return the code that the browser brings to loopback.

    The browser opens a page of ours that leads to `address`, because other users of the machine read command lines.
    """
    import webbrowser

    from huggy_connector.api.auth.oauth import extract_code, is_answer_to_login
    from huggy_connector.cli.loopback import LoopbackServer

    def read_code(url: str) -> str | None:
        return extract_code(url, state=state) if is_answer_to_login(url, state=state) else None

    with LoopbackServer(port, leads_to=address, read=read_code) as loopback:
        opened = webbrowser.open(loopback.start)
        note(f"{'Agree in the browser' if opened else 'Open this address in a browser'}:", address)
        return loopback.wait_for_answer(within=LOGIN_TIMEOUT)


def _read_pasted_code(address: str, state: str) -> str:
    """Return the code that a person pastes: the address that the browser ended on, or the bare code."""
    from huggy_connector.api.auth.oauth import extract_code

    note("Open this address in a browser:", address, "Then paste the address that it ends on, or the code in it:")
    pasted = sys.stdin.readline().strip()
    if not pasted:
        raise Unauthorized("Nothing was pasted: run `huggy auth login` again.")
    return extract_code(pasted, state=state) if "=" in pasted else pasted


def _print_status(
    settings: Settings, credentials: Credentials, profile: Profile | None, *, as_json: bool, is_accepted: bool = False
) -> None:
    grant, now = credentials.grant, datetime.now(UTC)
    status: dict[str, Any] = {
        "place": credentials.location,
        "client_id": settings.client_id,
        "expires_at": grant.expires_at,
        "days_left": None if grant.expires_at is None else (grant.expires_at - now).days,
        "renews_itself": credentials.can_refresh,
        "renewed_from": grant.refresh_from if credentials.can_refresh else None,
    }
    if profile is not None:
        status |= {"agent": profile.name, "agent_id": profile.agent_id, "company_id": profile.company_id}
    elif is_accepted:
        status |= {"agent": None, "agent_id": None, "company_id": settings.company_id}
    if as_json:
        print_json(status)
        return
    if profile is not None:
        say(f"Connected as {profile.name} (agent {profile.agent_id}), company {profile.company_id}.")
    if is_accepted and profile is None:
        say(
            "The API accepts the token. API v2 does not tell whose it is: "
            f"company {settings.company_id} is what was set."
        )
    say(f"The token is from {credentials.location}. {_describe_expiry(status, has_expired=grant.has_expired(now))}")
    say(_describe_renewal() if settings.api_version == "v2" else _describe_refresh(credentials))


def _describe_renewal() -> str:
    from huggy_connector.api.versions.v2 import RENEWAL

    return f"It is a token of API v2: {RENEWAL}."


def _describe_expiry(status: dict[str, Any], *, has_expired: bool) -> str:
    if (end := status["expires_at"]) is None:
        return "There is only a refresh token so far." if has_expired else "It does not say when it ends."
    return (
        f"It ended on {end:%Y-%m-%d}." if has_expired else f"It ends in {status['days_left']} days, on {end:%Y-%m-%d}."
    )


def _describe_refresh(credentials: Credentials) -> str:
    grant, now = credentials.grant, datetime.now(UTC)
    if not credentials.can_refresh:
        return "Nobody renews it: `huggy auth login` gives one that renews itself."
    if grant.has_expired(now) or (grant.refresh_from is not None and grant.refresh_from <= now):
        return "The next request renews it."
    if grant.refresh_from is None:
        return "It is renewed when Huggy refuses it."
    return f"It is renewed from {grant.refresh_from:%Y-%m-%d} on, and when Huggy refuses it."
