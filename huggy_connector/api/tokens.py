"""What a token says of itself. Nothing here is verified: that is the server's business."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any


def claims(token: str) -> Mapping[str, Any]:
    """The claims of an OAuth token; none for a v2 token."""
    import jwt

    try:
        return jwt.decode(token, options={"verify_signature": False, "verify_exp": False, "verify_aud": False})
    except jwt.InvalidTokenError:
        return {}


def expires_at(token: str) -> datetime | None:
    """When an OAuth token ends (UTC); None for one that does not say."""
    try:
        return datetime.fromtimestamp(claims(token)["exp"], UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None


def identity(token: str) -> str:
    """Whose credential it is, the same for every token a refresh brings: who shares it shares the request budget."""
    told = claims(token)
    if "aud" in told and "sub" in told:
        return f"{told['aud']}/{told['sub']}"
    return sha256(token.encode()).hexdigest()


def is_jwt(token: str) -> bool:
    """v3 tokens have three parts with a dot between them; a v2 token is 32 hexadecimal digits."""
    return len(token.split(".")) == len(("header", "claims", "signature"))
