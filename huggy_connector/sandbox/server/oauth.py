"""The OAuth endpoints: parameters in, answer out."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from huggy_connector.sandbox.server.faults import Answer, json_answer
from huggy_connector.sandbox.server.tokens import Tokens

_MESSAGES = {
    "invalid_request": "The request is missing a required parameter, includes an invalid parameter value, "
    "includes a parameter more than once, or is otherwise malformed.",
    "invalid_client": "Client authentication failed",
    "invalid_grant": "The provided authorization grant is invalid, expired or revoked.",
    "unsupported_grant_type": "The authorization grant type is not supported by the authorization server.",
}
_CODE_LIFETIME = 60


class OAuth:
    """The OAuth server. `rotation` is what a refresh does to the refresh token: rotate, same, absent."""

    def __init__(self, tokens: Tokens, *, rotation: str) -> None:
        self._tokens = tokens
        self._rotation = rotation
        self._codes: dict[str, tuple[str, float]] = {}
        self.refreshes = 0
        self.failed_refreshes = 0

    def authorize(self, parameters: Mapping[str, str], *, epoch: float) -> Answer:
        """Answer the browser's step: every user agrees at once and is redirected with a code."""
        if parameters.get("response_type") != "code" or not (redirect_uri := parameters.get("redirect_uri", "")):
            return _oauth_error(400, "invalid_request", "Check the `redirect_uri` and `response_type` parameters")
        if parameters.get("client_id") != self._tokens.client_id:
            return _oauth_error(401, "invalid_client", "")
        code = self._tokens.issue_code()
        self._codes[code] = (redirect_uri, epoch + _CODE_LIFETIME)
        answer = {"code": code} | ({"state": parameters["state"]} if "state" in parameters else {})
        return Answer(
            302, b"", headers=(("Location", f"{redirect_uri}{'&' if '?' in redirect_uri else '?'}{urlencode(answer)}"),)
        )

    def access_token(self, parameters: Mapping[str, str], *, epoch: float) -> Answer:
        """Answer the token endpoint."""
        grant = parameters.get("grant_type", "")
        if grant not in ("authorization_code", "refresh_token"):
            return _oauth_error(400, "unsupported_grant_type", "Check that all required parameters have been provided")
        if (parameters.get("client_id"), parameters.get("client_secret")) != (
            self._tokens.client_id,
            self._tokens.client_secret,
        ):
            return self._count_failure(grant, _oauth_error(401, "invalid_client", ""))
        if grant == "authorization_code":
            return self._exchange_code(parameters, epoch)
        return self._refresh(parameters.get("refresh_token"), epoch)

    def _exchange_code(self, parameters: Mapping[str, str], epoch: float) -> Answer:
        redirect_uri, expires_at = self._codes.pop(parameters.get("code", ""), ("", 0.0))
        if epoch >= expires_at:
            return _oauth_error(400, "invalid_grant", "Authorization code has expired or has been used")
        if redirect_uri != parameters.get("redirect_uri"):
            return _oauth_error(400, "invalid_grant", "Check the `redirect_uri` parameter")
        access = self._tokens.issue(epoch)
        return self._token_answer(access, self._tokens.issue_refresh(access))

    def _refresh(self, refresh: str | None, epoch: float) -> Answer:
        if not refresh:
            error = _oauth_error(400, "invalid_request", "Check the `refresh_token` parameter")
            return self._count_failure("refresh_token", error)
        if refresh not in self._tokens.refresh_tokens:
            return self._count_failure("refresh_token", _oauth_error(401, "invalid_grant", "Token has been revoked"))
        self.refreshes += 1
        access = self._tokens.issue(epoch)
        if self._rotation == "rotate":
            self._tokens.revoke(self._tokens.refresh_tokens.pop(refresh))
            return self._token_answer(access, self._tokens.issue_refresh(access))
        return self._token_answer(access, refresh if self._rotation == "same" else None)

    def _count_failure(self, grant: str, answer: Answer) -> Answer:
        self.failed_refreshes += grant == "refresh_token"
        return answer

    def _token_answer(self, access: str, refresh: str | None) -> Answer:
        answer = {"token_type": "Bearer", "expires_in": self._tokens.lifetime, "access_token": access}
        return json_answer(200, answer if refresh is None else answer | {"refresh_token": refresh})


def _oauth_error(status: int, error: str, hint: str) -> Answer:
    answer = {"error": error, "error_description": _MESSAGES[error], "message": _MESSAGES[error]}
    return json_answer(status, answer | ({"hint": hint} if hint else {}))
