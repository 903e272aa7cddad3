"""What is kept of a login, and what a place that keeps it promises."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from huggy_connector.api.tokens import Grant
from huggy_connector.errors import ConfigurationError

FORMAT = 1

SEEDS_KEPT = 20


class Illegible(ConfigurationError):
    """What is kept cannot be read, though the place can be used: a login may overwrite it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The newest tokens of one app, and which settings they took the place of."""

    client_id: str
    grant: Grant
    seeds: tuple[str, ...] = ()
    """Fingerprints of tokens that people set, oldest first. Met again in some settings, they are old news."""
    format: int = FORMAT
    addresses: tuple[str, ...] = ()
    """Of the API and of its OAuth server: nobody else is shown these tokens. Earlier releases did not say."""

    def succeeded_by(self, grant: Grant, *, seed: str | None) -> "Kept":
        """The same login with newer tokens, which stand for the settings of `seed` too."""
        seeds = tuple(known for known in self.seeds if known != seed)
        return Kept(self.client_id, grant, (*seeds, *filter(None, (seed,)))[-SEEDS_KEPT:])

    @classmethod
    def from_json(cls, text: bytes) -> "Kept":
        """Raises ValueError, without the text, where it is not what `to_json` wrote."""
        try:
            kept = _JSON.validate_json(text)
        except ValidationError:
            raise ValueError("does not hold what was kept there") from None
        if kept.format != FORMAT:
            raise ValueError("was written by another version of huggy-connector")
        return kept

    def to_json(self) -> bytes:
        return _JSON.dump_json(self)


_JSON = TypeAdapter(Kept)


def fingerprint(grant: Grant) -> str:
    """Names tokens without telling them."""
    return sha256(f"{grant.access_token}\n{grant.refresh_token or ''}".encode()).hexdigest()[:32]


class Held(Protocol):
    """A store while nobody else may change it, for one change."""

    def read(self) -> Kept | None: ...

    def swap(self, before: Kept | None, after: Kept) -> bool:
        """Puts `after` in the place of `before`: durable on return. False, and no change, if another stands there."""

    def put(self, kept: Kept) -> None:
        """Puts `kept` in the place of whatever is there, readable or not: durable on return."""


class TokenStore(Protocol):
    """Keeps one login for all who use it.

    Everything raises ConfigurationError where the place cannot be used (Illegible where only what it holds cannot),
    and Unreachable where waiting may help.
    """

    @property
    def place(self) -> str:
        """How a person knows it: "the file /path/tokens.json"."""

    def read(self) -> Kept | None: ...

    def alone(self) -> AbstractContextManager[Held]:
        """Waits until nobody else holds the store. Who holds it has room to write: that is tried on entering."""


def kept_for(client_id: str, store: TokenStore | Held, place: str) -> Kept | None:
    """What the store holds. Raises ConfigurationError too where it is another app's."""
    kept = store.read()
    if kept is not None and kept.client_id != client_id:
        raise ConfigurationError(
            f"The tokens in {place} are another app's: set HUGGY_TOKEN_STORE to another place for this one."
        )
    return kept
