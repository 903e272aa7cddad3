"""The OAuth endpoints as a conversation of values: parameters in, answer out."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from huggy_connector.sandbox.faults import Answer, json_answer
from huggy_connector.sandbox.tokens import Tokens

_MESSAGES = {
    "invalid_request": "The request is missing a required parameter, includes an invalid parameter value, "
    "includes a parameter more than once, or is otherwise malformed.",
    "invalid_client": "Client authentication failed",
    "invalid_grant": "The provided authorization grant is invalid, expired or revoked.",
    "unsupported_grant_type": "The authorization grant type is not supported by the authorization server.",
}
_CODE_LIFE = 60


class OAuth:
    """Hands out codes and tokens. `rotation` is what a refresh does to the refresh token: rotate, same, absent."""

    def __init__(self, tokens: Tokens, *, rotation: str) -> None:
        self._tokens = tokens
        self._rotation = rotation
        self._codes: dict[str, tuple[str, float]] = {}
        self.refreshes = 0
        self.failed_refreshes = 0

    def authorize(self, asked: Mapping[str, str], *, epoch: float) -> Answer:
        """The browser's step: everybody agrees at once, and is sent back with a code."""
        if asked.get("response_type") != "code" or not (target := asked.get("redirect_uri", "")):
            return _refused(400, "invalid_request", "Check the `redirect_uri` and `response_type` parameters")
        if asked.get("client_id") != self._tokens.client_id:
            return _refused(401, "invalid_client", "")
        code = self._tokens.issue_code()
        self._codes[code] = (target, epoch + _CODE_LIFE)
        answer = {"code": code} | ({"state": asked["state"]} if "state" in asked else {})
        return Answer(302, b"", headers=(("Location", f"{target}{'&' if '?' in target else '?'}{urlencode(answer)}"),))

    def access_token(self, asked: Mapping[str, str], *, epoch: float) -> Answer:
        """The token endpoint."""
        grant = asked.get("grant_type", "")
        if grant not in ("authorization_code", "refresh_token"):
            return _refused(400, "unsupported_grant_type", "Check that all required parameters have been provided")
        if (asked.get("client_id"), asked.get("client_secret")) != (self._tokens.client_id, self._tokens.client_secret):
            return self._failed(grant, _refused(401, "invalid_client", ""))
        if grant == "authorization_code":
            return self._exchange(asked, epoch)
        return self._refresh(asked.get("refresh_token"), epoch)

    def _exchange(self, asked: Mapping[str, str], epoch: float) -> Answer:
        target, until = self._codes.pop(asked.get("code", ""), ("", 0.0))
        if epoch >= until:
            return _refused(400, "invalid_grant", "Authorization code has expired or has been used")
        if target != asked.get("redirect_uri"):
            return _refused(400, "invalid_grant", "Check the `redirect_uri` parameter")
        access = self._tokens.issue(epoch)
        return self._granted(access, self._tokens.issue_refresh(access))

    def _refresh(self, refresh: str | None, epoch: float) -> Answer:
        if not refresh:
            refused = _refused(400, "invalid_request", "Check the `refresh_token` parameter")
            return self._failed("refresh_token", refused)
        if refresh not in self._tokens.refresh_tokens:
            return self._failed("refresh_token", _refused(401, "invalid_grant", "Token has been revoked"))
        self.refreshes += 1
        access = self._tokens.issue(epoch)
        if self._rotation == "rotate":
            self._tokens.revoke(self._tokens.refresh_tokens.pop(refresh))
            return self._granted(access, self._tokens.issue_refresh(access))
        return self._granted(access, refresh if self._rotation == "same" else None)

    def _failed(self, grant: str, answer: Answer) -> Answer:
        self.failed_refreshes += grant == "refresh_token"
        return answer

    def _granted(self, access: str, refresh: str | None) -> Answer:
        answer = {"token_type": "Bearer", "expires_in": self._tokens.life, "access_token": access}
        return json_answer(200, answer if refresh is None else answer | {"refresh_token": refresh})


def _refused(status: int, error: str, hint: str) -> Answer:
    answer = {"error": error, "error_description": _MESSAGES[error], "message": _MESSAGES[error]}
    return json_answer(status, answer | ({"hint": hint} if hint else {}))
