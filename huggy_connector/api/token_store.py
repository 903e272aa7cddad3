"""Which place keeps the tokens, and whose tokens hold where settings and store differ.

    HUGGY_TOKEN_STORE       kept in
    (nothing) or file:      a file in HUGGY_STATE, for the processes of this host
    file:/path/tokens.json  that file, on a local disk
    redis://host:6379/0     Redis (rediss:// over TLS), encrypted, for several hosts

**Precedence.** Tokens in the settings are a seed: they hold until they are first renewed, and are not written down
before. From then on the store holds their successors and the fingerprint of the seed; as long as the settings show the
same seed, or none, or one that was superseded earlier, the store wins. A seed that the store has never seen is news: a
person set it, so it wins, and takes the store over when it is first renewed. Should it turn out to be worth nothing,
the store's tokens are used. `huggy auth login` supersedes whatever the settings hold at that time.
"""

from hashlib import sha256
from pathlib import Path

from huggy_connector.api.kept import TokenStore
from huggy_connector.api.oauth import App
from huggy_connector.api.token_file import TokenFile
from huggy_connector.api.token_redis import TokenRedis
from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import Settings


def open_token_store(settings: Settings, app: App) -> TokenStore:
    """The place that HUGGY_TOKEN_STORE names. Nothing is asked or written yet. Raises ConfigurationError."""
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
