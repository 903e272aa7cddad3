"""The tokens of the sandbox: shaped like Huggy's, signed with the seed, so a token outlives a restart.

Epochs are Unix seconds, handed in.
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
    """Issues and checks access tokens; knows the app's client id, secret and valid refresh tokens."""

    def __init__(self, *, seed: int, agent: int, days: float, days_left: float | None, epoch: float) -> None:
        self._secret = hashlib.sha256(f"huggy sandbox {seed}".encode()).digest()
        self._agent = agent
        self.life = int(days * DAY)
        self.client_id = f"APP-{self._uuid('client id')}"
        self.client_secret = self._uuid("client secret")
        self._serial = 0
        self._fates: dict[str, str] = {}
        self._fate_of_others = ""
        self._known: set[str] = set()
        # Fixed dates make the first token the same at every start; `days_left` asks for one that runs out.
        issued, expires = _FIRST_ISSUED, _FIRST_EXPIRES
        if days_left is not None:
            expires = int(epoch + days_left * DAY)
            issued = min(int(epoch), expires) - DAY
        self.first = self._signed(issued, expires)
        self.refresh_token = self._fresh("refresh")
        self.refresh_tokens: dict[str, str] = {self.refresh_token: self.first}

    def issue(self, epoch: float) -> str:
        """A new access token."""
        return self._signed(int(epoch), int(epoch) + self.life)

    def issue_refresh(self, access: str) -> str:
        """A new refresh token that belongs to `access`."""
        token = self._fresh("refresh")
        self.refresh_tokens[token] = access
        return token

    def issue_code(self) -> str:
        """A new authorization code."""
        return self._fresh("code")

    def revoke(self, token: str) -> None:
        """Make an access token worth nothing."""
        self._fates[self._claims(token)["jti"]] = "Access token has been revoked"

    def end_all(self, *, expired: bool) -> None:
        """Every access token issued so far, here or before a restart, is revoked or counts as expired."""
        fate = "Access token is expired" if expired else "Access token has been revoked"
        self._fate_of_others = fate
        self._fates.update(dict.fromkeys(self._known, fate))
        self._known.clear()

    def flaw(self, authorization: str | None, epoch: float) -> str:
        """Why the Authorization header does not do, as the token layer puts it; `""` if it does."""
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
        known = claims["jti"] in self._known or claims["jti"] in self._fates
        if fate := self._fates.get(claims["jti"], "" if known else self._fate_of_others):
            return fate
        return "" if claims["nbf"] <= epoch < claims["exp"] else "Access token is expired"

    def _signed(self, issued: int, expires: int) -> str:
        claims: Json = {
            "aud": self.client_id,
            "jti": self._fresh("access"),
            "iat": issued,
            "nbf": issued,
            "exp": expires,
            "sub": str(self._agent),
            "scopes": ["install_app", "read_agent_profile"],
        }
        self._known.add(claims["jti"])
        head = ".".join(_encoded(part) for part in ({"typ": "JWT", "alg": "HS256"}, claims))
        return f"{head}.{self._signature(head)}"

    def _signature(self, head: str) -> str:
        return _base64(hmac.digest(self._secret, head.encode(), "sha256"))

    @staticmethod
    def _claims(token: str) -> Json:
        payload = token.split(".")[1]
        claims: Json = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims

    def _fresh(self, kind: str) -> str:
        self._serial += 1
        return hmac.digest(self._secret, f"{kind} {self._serial}".encode(), "sha512").hex()[:80]

    def _uuid(self, name: str) -> str:
        digits = hmac.digest(self._secret, name.encode(), "sha256").hex()
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"


def _encoded(value: Json) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
