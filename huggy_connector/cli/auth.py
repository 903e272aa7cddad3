"""`huggy auth`: the login of an app in a browser, and what is known of the token. No token is ever printed."""

import secrets
import sys
import webbrowser
from datetime import UTC, datetime
from typing import Any

import click

from huggy_connector.api import SYSTEM_CLOCK, Profile, credentials_in, log_in, open_client
from huggy_connector.api.auth import Credentials
from huggy_connector.api.login import app_to_log_in
from huggy_connector.api.oauth import authorize_url, code_in, is_of_login
from huggy_connector.cli.loopback import Loopback
from huggy_connector.cli.loopback import redirect_url as redirect_to
from huggy_connector.cli.options import API, LIMIT, as_json, settings_options
from huggy_connector.cli.show import note, print_json, say
from huggy_connector.errors import Unauthorized
from huggy_connector.settings import Settings

PATIENCE = 300.0
"""Seconds that a person has to agree in the browser."""


@click.group()
def auth() -> None:
    """Log in, and see how long the token lasts."""


@auth.command()
@click.option("--no-browser", is_flag=True, help="Print the address, and read the one that the browser ends on.")
@click.option("--port", default=8765, show_default=True, type=click.IntRange(1, 65535), help="Where to wait for it.")
@click.option("--redirect-url", metavar="URL", help="The app's own redirect URL; implies --no-browser.")
@settings_options(*API, *LIMIT)
@as_json
def login(*, settings: Settings, no_browser: bool, port: int, redirect_url: str | None, as_json: bool) -> None:
    """Let an administrator authorise your app, and keep the tokens.

    The app in Huggy's panel must name the redirect URL http://127.0.0.1:8765/callback, or whatever --port makes of it.

    \b
    Examples: huggy auth login
              huggy auth login --no-browser
    """
    app, state = app_to_log_in(settings), secrets.token_urlsafe(32)
    target = redirect_url or redirect_to(port)
    address = authorize_url(app, redirect_url=target, state=state)
    pasted = no_browser or redirect_url is not None
    code = _pasted(address, state) if pasted else _caught(address, state, port)
    profile = log_in(settings, code=code, redirect_url=target, note=note)
    _tell(settings, credentials_in(settings, now=SYSTEM_CLOCK.now, note=note), profile, as_json=as_json)


@auth.command()
@click.option("--online", is_flag=True, help="Ask Huggy too who the token is: one request.")
@settings_options(*API, *LIMIT)
@as_json
def status(*, settings: Settings, online: bool, as_json: bool) -> None:
    """Say where the token is from, how long it lasts, and whether it renews itself.

    \b
    Examples: huggy auth status
              huggy auth status --online --json
    """
    profile = None
    if online:
        with open_client(settings, note=note) as client:
            profile = client.fetch_profile()
    _tell(settings, credentials_in(settings, now=SYSTEM_CLOCK.now, note=note), profile, as_json=as_json)


def _caught(address: str, state: str, port: int) -> str:
    """The code that the browser brings to loopback.

    The browser is started with a page of ours that leads to `address`: other users of the machine read command lines.
    """

    def read(visited: str) -> str | None:
        return code_in(visited, state=state) if is_of_login(visited, state=state) else None

    with Loopback(port, leads_to=address, read=read) as loopback:
        opened = webbrowser.open(loopback.start)
        note(f"{'Agree in the browser' if opened else 'Open this address in a browser'}:", address)
        return loopback.answer(within=PATIENCE)


def _pasted(address: str, state: str) -> str:
    """The code that a person brings: the address that the browser ended on, or the bare code."""
    note("Open this address in a browser:", address, "Then paste the address that it ends on, or the code in it:")
    pasted = sys.stdin.readline().strip()
    if not pasted:
        raise Unauthorized("Nothing was pasted: run `huggy auth login` again.")
    return code_in(pasted, state=state) if "=" in pasted else pasted


def _tell(settings: Settings, credentials: Credentials, profile: Profile | None, *, as_json: bool) -> None:
    grant, now = credentials.grant, datetime.now(UTC)
    told: dict[str, Any] = {
        "place": credentials.place,
        "client_id": settings.client_id,
        "expires_at": grant.expires_at,
        "days_left": None if grant.expires_at is None else (grant.expires_at - now).days,
        "renews_itself": credentials.renews_itself,
        "renewed_from": grant.renewed_from if credentials.renews_itself else None,
    }
    if profile is not None:
        told |= {"agent": profile.name, "agent_id": profile.agent_id, "company_id": profile.company_id}
    if as_json:
        print_json(told)
        return
    if profile is not None:
        say(f"Connected as {profile.name} (agent {profile.agent_id}), company {profile.company_id}.")
    say(f"The token is from {credentials.place}. {_life(told, ended=grant.ended(now))}")
    say(_future(credentials))


def _life(told: dict[str, Any], *, ended: bool) -> str:
    if (end := told["expires_at"]) is None:
        return "There is only a refresh token so far." if ended else "It does not say when it ends."
    return f"It ended on {end:%Y-%m-%d}." if ended else f"It ends in {told['days_left']} days, on {end:%Y-%m-%d}."


def _future(credentials: Credentials) -> str:
    grant, now = credentials.grant, datetime.now(UTC)
    if not credentials.renews_itself:
        return "Nobody renews it: `huggy auth login` gives one that renews itself."
    if grant.ended(now) or (grant.renewed_from is not None and grant.renewed_from <= now):
        return "The next request renews it."
    if grant.renewed_from is None:
        return "It is renewed when Huggy refuses it."
    return f"It is renewed from {grant.renewed_from:%Y-%m-%d} on, and when Huggy refuses it."
