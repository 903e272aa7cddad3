"""The stored tokens of a login, and the protocol of a token store."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from huggy_connector.api.auth.token_grant import TokenGrant
from huggy_connector.errors import ConfigurationError

FORMAT = 1

MAX_SEEDS = 20


class UnreadableToken(ConfigurationError):
    """The stored tokens are not readable, but the store works: a login may overwrite them."""


@dataclass(frozen=True, slots=True)
class StoredToken:
    """The newest tokens of one app, and the fingerprints of the configured tokens that they replace."""

    client_id: str
    grant: TokenGrant
    seeds: tuple[str, ...] = ()
    """Fingerprints of tokens that people configured, oldest first: in settings they are outdated."""
    format: int = FORMAT
    addresses: tuple[str, ...] = ()
    """Addresses of the API and its OAuth server: only they get these tokens. Empty in files of earlier releases."""

    def with_successor(self, grant: TokenGrant, *, seed: str | None) -> "StoredToken":
        """Return the same login with newer tokens, which replace the configured tokens of `seed` too."""
        seeds = tuple(each for each in self.seeds if each != seed)
        return StoredToken(self.client_id, grant, (*seeds, *filter(None, (seed,)))[-MAX_SEEDS:])

    @classmethod
    def from_json(cls, text: bytes) -> "StoredToken":
        """Return the tokens that `to_json` wrote. Raises ValueError, without the text, for anything else."""
        try:
            stored = _JSON.validate_json(text)
        except ValidationError:
            raise ValueError("does not hold what was kept there") from None
        if stored.format != FORMAT:
            raise ValueError("was written by another version of huggy-connector")
        return stored

    def to_json(self) -> bytes:
        """Return the tokens as JSON."""
        return _JSON.dump_json(self)


_JSON = TypeAdapter(StoredToken)


def fingerprint(grant: TokenGrant) -> str:
    """Return a digest that identifies tokens without showing them."""
    return sha256(f"{grant.access_token}\n{grant.refresh_token or ''}".encode()).hexdigest()[:32]


class LockedTokenStore(Protocol):
    """A token store while nobody else may change it; for one change."""

    def read(self) -> StoredToken | None:
        """Return the stored tokens; None if there are none."""

    def swap(self, before: StoredToken | None, after: StoredToken) -> bool:
        """Replace `before` by `after`, durable on return. Return False, without a change, if it is not there."""

    def put(self, token: StoredToken) -> None:
        """Store `token` in place of whatever is there, readable or not. Durable on return."""


class TokenStore(Protocol):
    """A store of one login, for all who use it.

    Every method raises ConfigurationError if the store is not usable (UnreadableToken if only its contents are not),
    and Unreachable if waiting may help.
    """

    @property
    def location(self) -> str:
        """The store as a person knows it: "the file /path/tokens.json"."""

    def read(self) -> StoredToken | None:
        """Return the stored tokens; None if there are none."""

    def lock(self) -> AbstractContextManager[LockedTokenStore]:
        """Wait for the lock and hold it while the block runs. The store has checked that there is room to write."""


def read_token(client_id: str, store: TokenStore | LockedTokenStore, location: str) -> StoredToken | None:
    """Return the stored tokens; None if there are none. Raises ConfigurationError also if they are another app's."""
    stored = store.read()
    if stored is not None and stored.client_id != client_id:
        raise ConfigurationError(
            f"The tokens in {location} are another app's: set HUGGY_TOKEN_STORE to another place for this one."
        )
    return stored
