"""Which place keeps the tokens, and whose tokens hold where settings and store differ.

    HUGGY_TOKEN_STORE       kept in
    (nothing) or file:      a file in HUGGY_STATE, for the processes of this host
    file:/path/tokens.json  that file, on a local disk
    redis://host:6379/0     Redis (rediss:// over TLS), encrypted, for several hosts

**Whose.** What is kept says for which addresses it is, and is given to no run that names others: whoever names a place
of tokens and an address of their own must not have them sent there.

**Precedence.** Tokens in the settings are a seed: they hold until they are first renewed, and are not written down
before. From then on the store holds their successors and the fingerprint of the seed; as long as the settings show the
same seed, or none, or one that was superseded earlier, the store wins. A seed that the store has never seen is news: a
person set it, so it wins, and takes the store over when it is first renewed. Should it turn out to be worth nothing,
the store's tokens are used. `huggy auth login` supersedes whatever the settings hold at that time.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from huggy_connector.api.kept import Held, Illegible, Kept, TokenStore
from huggy_connector.api.oauth import App
from huggy_connector.api.token_file import TokenFile
from huggy_connector.api.token_redis import TokenRedis
from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import Settings

_HUGGYS_OWN = tuple(str(Settings.model_fields[name].default) for name in ("base_url", "auth_url"))
"""For these are tokens that an earlier release kept."""


def open_token_store(settings: Settings, app: App) -> TokenStore:
    """The place that HUGGY_TOKEN_STORE names. Nothing is asked or written yet. Raises ConfigurationError."""
    return _OfAddresses(_opened(settings, app), (settings.base_url, settings.auth_url))


def _opened(settings: Settings, app: App) -> TokenStore:
    spec = settings.token_store or "file:"
    kind, _, place = spec.partition(":")
    name = sha256(f"{settings.base_url} {app.client_id}".encode()).hexdigest()[:16]
    if kind == "file":
        return TokenFile(Path(place) if place else settings.state_folder / "tokens" / f"{name}.json")
    if kind in {"redis", "rediss"}:
        return TokenRedis(spec, name, client_secret=app.client_secret)
    raise ConfigurationError(
        "HUGGY_TOKEN_STORE is not understood: give file:, file:/path/tokens.json or redis://host:6379/0."
    )


def _checked(kept: Kept | None, addresses: tuple[str, ...], place: str) -> Kept | None:
    """What was kept for these addresses. Raises ConfigurationError for what was kept for others."""
    if kept is None or kept.addresses == addresses or (not kept.addresses and addresses == _HUGGYS_OWN):
        return kept
    if not kept.addresses:
        raise Illegible(f"The tokens in {place} do not say for which address they are: run `huggy auth login`.")
    raise ConfigurationError(
        f"The tokens in {place} are for another address: set HUGGY_TOKEN_STORE to another place for this one."
    )


@dataclass(frozen=True, slots=True)
class _OfAddresses:
    """A store that keeps tokens for two addresses, and gives none that was kept for others."""

    store: TokenStore
    addresses: tuple[str, ...]

    @property
    def place(self) -> str:
        return self.store.place

    def read(self) -> Kept | None:
        return _checked(self.store.read(), self.addresses, self.place)

    @contextmanager
    def alone(self) -> Iterator[Held]:
        with self.store.alone() as held:
            yield _HeldOfAddresses(held, self.addresses, self.place)


@dataclass(frozen=True, slots=True)
class _HeldOfAddresses:
    held: Held
    addresses: tuple[str, ...]
    place: str

    def read(self) -> Kept | None:
        return _checked(self.held.read(), self.addresses, self.place)

    def swap(self, before: Kept | None, after: Kept) -> bool:
        return self.held.swap(before, replace(after, addresses=self.addresses))

    def put(self, kept: Kept) -> None:
        self.held.put(replace(kept, addresses=self.addresses))
