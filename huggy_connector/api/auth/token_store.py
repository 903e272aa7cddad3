"""Where tokens are stored, and which tokens count if settings and store differ.

    HUGGY_TOKEN_STORE       stored in
    (nothing) or file:      a file in HUGGY_STATE, for the processes of this host
    file:/path/tokens.json  that file, on a local disk
    redis://host:6379/0     Redis (rediss:// over TLS), encrypted, for several hosts

**Addresses.** Stored tokens name their addresses, and a run that names other addresses does not get them: nobody can
name a token store together with an address of their own, and so have the tokens sent there.

**Precedence.** Tokens in the settings are a seed: they count until the first refresh, and are not stored before. From
then on the store holds their successors and the fingerprint of the seed. The store wins as long as the settings show
the same seed, or none, or one that was replaced earlier. A seed that the store has never seen is new: a person set it,
so it wins, and its successors go into the store at the first refresh. If it turns out to be worth nothing, the stored
tokens are used. `huggy auth login` replaces whatever the settings hold at that time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from huggy_connector.api.auth.oauth import App
from huggy_connector.api.auth.stored_token import LockedTokenStore, StoredToken, TokenStore, UnreadableToken
from huggy_connector.api.auth.token_file import TokenFile
from huggy_connector.api.auth.token_redis import TokenRedis
from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import Settings

_DEFAULT_ADDRESSES = tuple(str(Settings.model_fields[name].default) for name in ("base_url", "auth_url"))
"""Tokens that an earlier release stored are for these addresses."""


def open_token_store(settings: Settings, app: App) -> TokenStore:
    """Return the store that HUGGY_TOKEN_STORE names. Reads and writes nothing yet. Raises ConfigurationError."""
    return _AddressBoundStore(_open_unbound(settings, app), (settings.base_url, settings.auth_url))


def find_token_file(settings: Settings, app: App) -> Path | None:
    """Return the file of the token store; None if the tokens are stored elsewhere. It need not exist."""
    kind, _, location = (settings.token_store or "file:").partition(":")
    if kind != "file":
        return None
    return Path(location) if location else settings.state_folder / "tokens" / f"{_store_name(settings, app)}.json"


def _open_unbound(settings: Settings, app: App) -> TokenStore:
    if (file := find_token_file(settings, app)) is not None:
        return TokenFile(file)
    spec = settings.token_store or ""
    if spec.partition(":")[0] in {"redis", "rediss"}:
        return TokenRedis(spec, _store_name(settings, app), client_secret=app.client_secret)
    raise ConfigurationError(
        "HUGGY_TOKEN_STORE is not understood: give file:, file:/path/tokens.json or redis://host:6379/0."
    )


def _store_name(settings: Settings, app: App) -> str:
    return sha256(f"{settings.base_url} {app.client_id}".encode()).hexdigest()[:16]


def _check_addresses(stored: StoredToken | None, addresses: tuple[str, ...], location: str) -> StoredToken | None:
    """Return the stored tokens if they are for these addresses. Raises ConfigurationError if they are for others."""
    if stored is None or stored.addresses == addresses or (not stored.addresses and addresses == _DEFAULT_ADDRESSES):
        return stored
    if not stored.addresses:
        raise UnreadableToken(
            f"The tokens in {location} do not say for which address they are: run `huggy auth login`."
        )
    raise ConfigurationError(
        f"The tokens in {location} are for another address: set HUGGY_TOKEN_STORE to another place for this one."
    )


@dataclass(frozen=True, slots=True)
class _AddressBoundStore:
    """A store of tokens for two addresses. It returns no tokens that are for other addresses."""

    store: TokenStore
    addresses: tuple[str, ...]

    @property
    def location(self) -> str:
        return self.store.location

    def read(self) -> StoredToken | None:
        return _check_addresses(self.store.read(), self.addresses, self.location)

    @contextmanager
    def lock(self) -> Iterator[LockedTokenStore]:
        with self.store.lock() as locked:
            yield _LockedAddressBoundStore(locked, self.addresses, self.location)


@dataclass(frozen=True, slots=True)
class _LockedAddressBoundStore:
    locked: LockedTokenStore
    addresses: tuple[str, ...]
    location: str

    def read(self) -> StoredToken | None:
        return _check_addresses(self.locked.read(), self.addresses, self.location)

    def swap(self, before: StoredToken | None, after: StoredToken) -> bool:
        return self.locked.swap(before, replace(after, addresses=self.addresses))

    def put(self, token: StoredToken) -> None:
        self.locked.put(replace(token, addresses=self.addresses))
