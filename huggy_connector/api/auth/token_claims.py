"""What a token says about itself. Nothing is verified here: the server does that."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

MAX_LENGTH = 16_384
"""Characters of a token: no server accepts a longer header."""


def decode_claims(token: str) -> Mapping[str, Any]:
    """Return the claims of an OAuth token; none for a v2 token."""
    import jwt

    try:
        return jwt.decode(token, options={"verify_signature": False, "verify_exp": False, "verify_aud": False})
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        return {}


def read_expiry(token: str) -> datetime | None:
    """Return when an OAuth token expires (UTC); None if it does not say."""
    return read_instant(token, "exp")


def read_instant(token: str, claim: str) -> datetime | None:
    """Return the instant (UTC) that a claim of an OAuth token names; None if it names none."""
    try:
        return datetime.fromtimestamp(decode_claims(token)[claim], UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None


def read_identity(token: str) -> str:
    """Return the identity of a token's owner: the same for every refreshed token. One identity has one budget."""
    claims = decode_claims(token)
    if "aud" in claims and "sub" in claims:
        return f"{claims['aud']}/{claims['sub']}"
    return sha256(token.encode()).hexdigest()


def compute_account(token: str) -> str:
    """Return a digest of the owner of a token; "" for no token."""
    return sha256(f"account {read_identity(token)}".encode()).hexdigest()[:16] if token else ""


def is_jwt(token: str) -> bool:
    """Say whether it is a v3 token: three parts with dots between them. A v2 token is 32 hexadecimal digits."""
    return len(token.split(".")) == len(("header", "claims", "signature"))


def is_plausible(token: str) -> bool:
    """Say whether a header can carry it: not too long, without spaces, line ends or other invalid characters."""
    return 0 < len(token) <= MAX_LENGTH and token.isascii() and token.isprintable() and " " not in token
