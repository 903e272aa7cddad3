"""The OAuth conversation: the address for the browser, the two requests of the token endpoint, and their answer. Pure.

Huggy takes the token requests as JSON and the scopes with `%20`; oauthlib writes forms and `+`, and refuses the plain
HTTP of a loopback redirect, so there was nothing left for it to do here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from secrets import compare_digest
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from huggy_connector import errors
from huggy_connector.api.protocol import Request, Response, json_in
from huggy_connector.api.tokens import Grant, expires_at, is_plausible

SCOPES = ("install_app", "read_agent_profile")

LOG_IN = "run `huggy auth login`"


@dataclass(frozen=True, slots=True)
class App:
    """An app as an administrator creates it in Huggy's panel."""

    auth_url: str
    client_id: str
    client_secret: str = field(repr=False)


def authorize_url(app: App, *, redirect_url: str, state: str) -> str:
    """Where a person agrees, in a browser; it then goes to `redirect_url` with `state` and a code."""
    asked = {
        "scope": " ".join(SCOPES),
        "response_type": "code",
        "redirect_uri": redirect_url,
        "client_id": app.client_id,
        "state": state,
    }
    return f"{app.auth_url}/authorize?{urlencode(asked, quote_via=quote, safe='')}"


def is_of_login(address: str, *, state: str) -> bool:
    """Whether an address that was visited answers the login that showed `state`, with a code or a refusal."""
    return compare_digest(_told(address).get("state", "").encode(), state.encode())


def _told(address: str) -> Mapping[str, str]:
    try:
        return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    except ValueError:
        return {}


def code_in(address: str, *, state: str) -> str:
    """The code in the address that the browser was sent to. Raises Unauthorized where it holds none for us."""
    told = _told(address)
    if not is_of_login(address, state=state):
        raise errors.Unauthorized(
            f"The browser's answer belongs to another login: {LOG_IN} again, and use the address it prints."
        )
    if "error" in told:
        raise errors.Unauthorized(f"The app was not authorised in the browser: agree there, or {LOG_IN} again.")
    if not told.get("code"):
        raise errors.Unauthorized(f"The address holds no code: {LOG_IN} again and paste the whole of it.")
    return told["code"]


def code_request(app: App, *, code: str, redirect_url: str) -> Request:
    """Tokens for a code. It can be asked for once."""
    return _token_request(app, {"grant_type": "authorization_code", "redirect_uri": redirect_url, "code": code})


def refresh_request(app: App, *, refresh_token: str) -> Request:
    """Tokens for a refresh token, which may be worth nothing from then on."""
    return _token_request(app, {"grant_type": "refresh_token", "refresh_token": refresh_token})


def _token_request(app: App, asked: Mapping[str, str]) -> Request:
    return Request(
        path=f"{app.auth_url}/access_token",
        what="an access token",
        body={**asked, "client_id": app.client_id, "client_secret": app.client_secret},
        setting="HUGGY_AUTH_URL",
    )


def grant_in(response: Response, *, refresh_token: str | None, now: datetime, refused: str) -> Grant:
    """What the token endpoint gave. `refresh_token` stays where the answer has none.

    Raises Unauthorized with the sentence `refused` where what we showed is not accepted, ConfigurationError where the
    app is unknown, and what its status says for every other failure. Nothing of the body is ever quoted.
    """
    told = _json(response)
    if (error := _error_in(response.status, told.get("error"), refused)) is not None:
        raise error
    access_token, other = told.get("access_token"), told.get("refresh_token")
    if not isinstance(access_token, str) or not is_plausible(access_token):
        raise errors.UnexpectedShape("The OAuth server's answer holds no access token: check HUGGY_AUTH_URL.")
    return Grant(
        access_token=access_token,
        refresh_token=other if isinstance(other, str) and is_plausible(other) else refresh_token,
        issued_at=now,
        expires_at=_end(told.get("expires_in"), access_token, now),
    )


def _end(expires_in: object, access_token: str, now: datetime) -> datetime | None:
    """By our own clock if possible, so that one that is wrong does no harm. None if a new token seems to have ended."""
    try:
        life = float(expires_in) if isinstance(expires_in, int | float | str) else 0.0
        end = now + timedelta(seconds=life) if life > 0 else expires_at(access_token)
    except (ValueError, OverflowError):
        end = expires_at(access_token)
    return None if end is None or end <= now else end


def _json(response: Response) -> Mapping[str, Any]:
    try:
        value = json_in(response, "an access token", "HUGGY_AUTH_URL")
    except errors.ApiError:
        if response.status >= HTTPStatus.MULTIPLE_CHOICES:
            return {}
        raise
    return value if isinstance(value, dict) else {}


def _error_in(status: int, code: object, refused: str) -> errors.HuggyError | None:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if code in ("invalid_client", "unauthorized_client"):
        return errors.ConfigurationError(
            "Huggy does not know this app: check HUGGY_CLIENT_ID and HUGGY_CLIENT_SECRET against the panel."
        )
    # Servers of this family call a dead refresh token an invalid request, with 401.
    if code == "invalid_grant" or (code == "invalid_request" and status == HTTPStatus.UNAUTHORIZED):
        return errors.Unauthorized(refused)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return errors.RateLimited("The OAuth server refuses more requests for now: try later.")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return errors.ServerFailed(f"The OAuth server failed with status {status}, again and again: try later.")
    return errors.Refused(f"The OAuth server refused with status {status}: check HUGGY_AUTH_URL and {LOG_IN}.")
