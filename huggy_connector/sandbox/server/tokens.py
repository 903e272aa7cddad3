"""The tokens of the sandbox: shaped like Huggy's and signed with the seed, so a token is valid after a restart too.

Epochs are Unix seconds and come from the caller.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

Json = dict[str, Any]

DAY = 86_400
_FIRST_ISSUED = 1_735_689_600
_FIRST_EXPIRES = 4_102_444_800


class Tokens:
    """The issuer and checker of access tokens. It has the app's client id, its secret and the valid refresh tokens."""

    def __init__(self, *, seed: int, agent: int, days: float, days_left: float | None, epoch: float) -> None:
        self._secret = hashlib.sha256(f"huggy sandbox {seed}".encode()).digest()
        self._agent = agent
        self.lifetime = int(days * DAY)
        self.client_id = f"APP-{self._uuid('client id')}"
        self.client_secret = self._uuid("client secret")
        self._serial = 0
        self._ended: dict[str, str] = {}
        self._flaw_of_others = ""
        self._issued: set[str] = set()
        # Fixed dates make the first token the same at every start. With `days_left` it expires.
        issued_at, expires_at = _FIRST_ISSUED, _FIRST_EXPIRES
        if days_left is not None:
            expires_at = int(epoch + days_left * DAY)
            issued_at = min(int(epoch), expires_at) - DAY
        self.first_token = self._sign(issued_at, expires_at)
        self.refresh_token = self._new_secret("refresh")
        self.account_token = self._make_account_token(0)
        """The token of API v2, as Settings > API shows it."""
        self._renewals = 0
        self.refresh_tokens: dict[str, str] = {self.refresh_token: self.first_token}

    def issue(self, epoch: float) -> str:
        """Return a new access token."""
        return self._sign(int(epoch), int(epoch) + self.lifetime)

    def issue_refresh(self, access: str) -> str:
        """Return a new refresh token that belongs to `access`."""
        token = self._new_secret("refresh")
        self.refresh_tokens[token] = access
        return token

    def issue_code(self) -> str:
        """Return a new authorization code."""
        return self._new_secret("code")

    def revoke(self, token: str) -> None:
        """Revoke an access token."""
        self._ended[self._claims(token)["jti"]] = "Access token has been revoked"

    def end_all(self, *, expired: bool) -> None:
        """Revoke every access token issued so far, here or before a restart, or let it count as expired."""
        flaw = "Access token is expired" if expired else "Access token has been revoked"
        self._flaw_of_others = flaw
        self._ended.update(dict.fromkeys(self._issued, flaw))
        self._issued.clear()

    def renew_account_token(self) -> str:
        """Make another token of API v2. The former one is dead at once. Return the new one."""
        self._renewals += 1
        self.account_token = self._make_account_token(self._renewals)
        return self.account_token

    def find_account_flaw(self, *headers: str | None) -> str:
        """Return why the headers of a request of API v2 are refused, or `""`. Two with different values are."""
        given = {header for header in headers if header is not None}
        if not given:
            return 'Missing "X-Authorization" header'
        if len(given) > 1:
            return "Two tokens"
        scheme, _, token = given.pop().partition(" ")
        is_valid = hmac.compare_digest(token.strip().encode(), self.account_token.encode())
        return "" if scheme.lower() == "bearer" and is_valid else "Access token could not be verified"

    def _make_account_token(self, renewal: int) -> str:
        return hmac.digest(self._secret, f"account {renewal}".encode(), "sha256").hex()[:32]

    def find_flaw(self, authorization: str | None, epoch: float) -> str:
        """Return why the Authorization header is refused, in the token layer's words, or `""` if it is valid."""
        scheme, _, token = (authorization or "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            return 'Missing "Authorization" header'
        if token.count(".") != 2:
            return "The JWT string must have two dots"
        head, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._signature(head).encode(), signature.encode()):
            return "Access token could not be verified"
        claims = self._claims(token)
        is_known = claims["jti"] in self._issued or claims["jti"] in self._ended
        if flaw := self._ended.get(claims["jti"], "" if is_known else self._flaw_of_others):
            return flaw
        return "" if claims["nbf"] <= epoch < claims["exp"] else "Access token is expired"

    def _sign(self, issued_at: int, expires_at: int) -> str:
        claims: Json = {
            "aud": self.client_id,
            "jti": self._new_secret("access"),
            "iat": issued_at,
            "nbf": issued_at,
            "exp": expires_at,
            "sub": str(self._agent),
            "scopes": ["install_app", "read_agent_profile"],
        }
        self._issued.add(claims["jti"])
        head = ".".join(_encode_part(part) for part in ({"typ": "JWT", "alg": "HS256"}, claims))
        return f"{head}.{self._signature(head)}"

    def _signature(self, head: str) -> str:
        return _encode_base64(hmac.digest(self._secret, head.encode(), "sha256"))

    @staticmethod
    def _claims(token: str) -> Json:
        payload = token.split(".")[1]
        claims: Json = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims

    def _new_secret(self, kind: str) -> str:
        self._serial += 1
        return hmac.digest(self._secret, f"{kind} {self._serial}".encode(), "sha512").hex()[:80]

    def _uuid(self, name: str) -> str:
        digits = hmac.digest(self._secret, name.encode(), "sha256").hex()
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"


def _encode_part(value: Json) -> str:
    return _encode_base64(json.dumps(value, separators=(",", ":")).encode())


def _encode_base64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
