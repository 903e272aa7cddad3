"""OAuth: the address for the browser, the two requests to the token endpoint, and the decoding of its answer. Pure.

Huggy takes the token requests as JSON and the scopes with `%20`. oauthlib writes forms and `+`, and refuses the plain
HTTP of a loopback redirect: so it is not used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from secrets import compare_digest
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from huggy_connector import errors
from huggy_connector.api.auth.token_claims import is_plausible, read_expiry
from huggy_connector.api.auth.token_grant import TokenGrant
from huggy_connector.api.http_messages import Request, Response
from huggy_connector.api.protocol import decode_json

SCOPES = ("install_app", "read_agent_profile")

LOG_IN = "run `huggy auth login`"


@dataclass(frozen=True, slots=True)
class App:
    """An app, as an administrator creates it in Huggy's panel."""

    auth_url: str
    client_id: str
    client_secret: str = field(repr=False)


def build_authorize_url(app: App, *, redirect_url: str, state: str) -> str:
    """Return the address where a person agrees in a browser. It redirects to `redirect_url` with `state` and a code."""
    parameters = {
        "scope": " ".join(SCOPES),
        "response_type": "code",
        "redirect_uri": redirect_url,
        "client_id": app.client_id,
        "state": state,
    }
    return f"{app.auth_url}/authorize?{urlencode(parameters, quote_via=quote, safe='')}"


def is_answer_to_login(address: str, *, state: str) -> bool:
    """Say whether a visited address is the answer, a code or a refusal, to the login with this `state`."""
    return compare_digest(_parse_query(address).get("state", "").encode(), state.encode())


def _parse_query(address: str) -> Mapping[str, str]:
    try:
        return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    except ValueError:
        return {}


def extract_code(address: str, *, state: str) -> str:
    """Return the code in the address to which the browser was sent. Raises Unauthorized if it holds none for us."""
    parameters = _parse_query(address)
    if not is_answer_to_login(address, state=state):
        raise errors.Unauthorized(
            f"The browser's answer belongs to another login: {LOG_IN} again, and use the address it prints."
        )
    if "error" in parameters:
        raise errors.Unauthorized(f"The app was not authorised in the browser: agree there, or {LOG_IN} again.")
    if not parameters.get("code"):
        raise errors.Unauthorized(f"The address holds no code: {LOG_IN} again and paste the whole of it.")
    return parameters["code"]


def build_code_request(app: App, *, code: str, redirect_url: str) -> Request:
    """Return the request that exchanges a code for tokens. A code works once."""
    return _build_token_request(app, {"grant_type": "authorization_code", "redirect_uri": redirect_url, "code": code})


def build_refresh_request(app: App, *, refresh_token: str) -> Request:
    """Return the request that exchanges a refresh token for new tokens. The old one may be worth nothing afterwards."""
    return _build_token_request(app, {"grant_type": "refresh_token", "refresh_token": refresh_token})


def _build_token_request(app: App, parameters: Mapping[str, str]) -> Request:
    # Repeatable: the server refuses a code or refresh token that was used before, so a repetition grants nothing twice.
    return Request.post(
        f"{app.auth_url}/access_token",
        "an access token",
        {**parameters, "client_id": app.client_id, "client_secret": app.client_secret},
        setting="HUGGY_AUTH_URL",
        is_repeatable=True,
    )


def decode_grant(response: Response, *, refresh_token: str | None, now: datetime, refusal: str) -> TokenGrant:
    """Return the tokens of the token endpoint's answer. `refresh_token` is kept if the answer has none.

    Raises Unauthorized with the sentence `refusal` if the code or refresh token is not accepted, ConfigurationError if
    the app is unknown, and the error of the status for every other failure. It never quotes the body.
    """
    body = _decode_body(response)
    if (error := _decode_error(response.status, body.get("error"), refusal)) is not None:
        raise error
    access_token, other = body.get("access_token"), body.get("refresh_token")
    if not isinstance(access_token, str) or not is_plausible(access_token):
        raise errors.UnexpectedShape("The OAuth server's answer holds no access token: check HUGGY_AUTH_URL.")
    return TokenGrant(
        access_token=access_token,
        refresh_token=other if isinstance(other, str) and is_plausible(other) else refresh_token,
        issued_at=now,
        expires_at=_compute_expiry(body.get("expires_in"), access_token, now),
    )


def _compute_expiry(expires_in: object, access_token: str, now: datetime) -> datetime | None:
    """Return when a new token expires, by our own clock if possible. None if it seems to have expired already.

    With our own clock on both sides, a wrong clock does no harm.
    """
    try:
        life = float(expires_in) if isinstance(expires_in, int | float | str) else 0.0
        end = now + timedelta(seconds=life) if life > 0 else read_expiry(access_token)
    except (ValueError, OverflowError):
        end = read_expiry(access_token)
    return None if end is None or end <= now else end


def _decode_body(response: Response) -> Mapping[str, Any]:
    try:
        value = decode_json(response, "an access token", "HUGGY_AUTH_URL")
    except errors.ApiError:
        if response.status >= HTTPStatus.MULTIPLE_CHOICES:
            return {}
        raise
    return value if isinstance(value, dict) else {}


def _decode_error(status: int, code: object, refusal: str) -> errors.HuggyError | None:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return None
    if code in ("invalid_client", "unauthorized_client"):
        return errors.ConfigurationError(
            "Huggy does not know this app: check HUGGY_CLIENT_ID and HUGGY_CLIENT_SECRET against the panel."
        )
    # Servers of this family answer a dead refresh token with invalid_request and 401.
    if code == "invalid_grant" or (code == "invalid_request" and status == HTTPStatus.UNAUTHORIZED):
        return errors.Unauthorized(refusal)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return errors.RateLimited("The OAuth server refuses more requests for now: try later.")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return errors.ServerFailed(f"The OAuth server failed with status {status}, again and again: try later.")
    return errors.Refused(f"The OAuth server refused with status {status}: check HUGGY_AUTH_URL and {LOG_IN}.")
