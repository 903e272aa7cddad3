"""Where secrets may go: to the addresses that stand where they stand, and over no network in the clear."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from huggy_connector.errors import ConfigurationError
from huggy_connector.settings.texts import shown

_TOKENS = ("access_token", "refresh_token")
_SECRETS = (*_TOKENS, "client_secret")
_ADDRESSES = ("base_url", "auth_url")
ACCOUNT = (*_ADDRESSES, *_SECRETS)
"""The settings that come from one source, all of them."""


@dataclass(frozen=True, slots=True)
class Source:
    """What one place says: the environment, a connection, arguments. `called` names a setting as people find it there.

    `trusts_no_other`: its `auth_url` must be on the host of its `base_url`. So it is of a connection: who edits one
    keeps secrets that Airflow hides, and *Test* takes care of the host alone.
    """

    values: Mapping[str, Any] = field(repr=False)
    called: Callable[[str], str]
    trusts_no_other: bool = False


def givers(sources: Sequence[Source], *, default: Mapping[str, str]) -> dict[str, Source]:
    """Who gives each of the account's addresses and secrets: the strongest source that holds a secret gives all of
    them. `sources`: strongest first; `default`: the addresses where nobody names any.

    A secret never goes to an address that stands elsewhere. What is merely not needed is left out in silence: a token
    of the environment beside a connection that has its own. Without any secret the strongest addresses hold. Raises
    ConfigurationError where another source names another address, or holds what is missing.
    """
    holder = next((each for each in sources if any(each.values.get(name) for name in _SECRETS)), None)
    named = {name: each for each in reversed(sources) for name in _ADDRESSES if name in each.values}
    if holder is None:
        return named
    own = {name: value for name, value in holder.values.items() if name in ACCOUNT}
    for name, each in named.items():
        goes_there = _TOKENS if name == "base_url" else ("client_secret",)
        secret = next(secret for secret in (*goes_there, *_SECRETS) if secret in own)
        needed = name == "base_url" or "client_secret" in own
        if needed and _plain(each.values[name]) != _plain(own.get(name, default[name])):
            raise ConfigurationError(
                f"{each.called(name)}{shown(each.values[name])}: {holder.called(secret)} is not sent there: "
                "write an address and its secrets in the same place."
            )
    _refuse_a_stranger(holder, own, default)
    _refuse_halves(holder, own, sources)
    return dict.fromkeys(own, holder)


def _refuse_a_stranger(holder: Source, own: Mapping[str, Any], default: Mapping[str, str]) -> None:
    base, auth = (str(own.get(name, default[name])) for name in _ADDRESSES)
    if holder.trusts_no_other and _plain(auth) != default["auth_url"] and _server(auth) != _server(base):
        raise ConfigurationError(
            f"{holder.called('auth_url')}{shown(auth)}: must be on the host of {holder.called('base_url')}, or be left "
            "out."
        )


def _refuse_halves(holder: Source, own: Mapping[str, Any], sources: Sequence[Source]) -> None:
    """A secret that is worth nothing alone, while a weaker source holds the other half of it."""
    wanted: tuple[str, ...] = () if any(name in own for name in _TOKENS) else _TOKENS
    if "refresh_token" in own and "client_secret" not in own and "access_token" not in own:
        wanted = ("client_secret",)
    for each in sources[sources.index(holder) + 1 :]:
        for name in wanted:
            if name in each.values:
                alone = next(secret for secret in _SECRETS if secret in own)
                raise ConfigurationError(
                    f"{holder.called(alone)}: {each.called(name)} is not used with it: write all secrets in the same "
                    "place."
                )


def _plain(address: Any) -> str:
    return str(address).rstrip("/")


def _server(address: str) -> str:
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return address  # for its own field to refuse


def is_open(address: str) -> bool:
    """Whether what is sent to a URL can be read on the way: plain HTTP that leaves this machine."""
    parts = urlsplit(address)
    return parts.scheme == "http" and not is_here(parts.hostname)


def is_here(host: str | None) -> bool:
    """Whether a host is this machine, by its name alone."""
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"
