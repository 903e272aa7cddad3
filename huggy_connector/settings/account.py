"""Where secrets may go: to the addresses of the same source, and over no network in the clear."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from huggy_connector.errors import ConfigurationError
from huggy_connector.settings.texts import quote_value

_TOKENS = ("access_token", "refresh_token")
ACCOUNT_SECRETS = (*_TOKENS, "client_secret")
_ADDRESSES = ("base_url", "auth_url")
ACCOUNT = (*_ADDRESSES, *ACCOUNT_SECRETS)
"""The settings that all come from one source."""


@dataclass(frozen=True, slots=True)
class SettingsSource:
    """One source of settings: arguments, a connection, the environment, an env file.

    `name_of` returns a setting's name there. `is_one_host`: its `auth_url` must be on the host of its `base_url`. This
    is so for a connection: whoever edits one does not see its secrets, and *Test* checks only the host.
    """

    values: Mapping[str, Any] = field(repr=False)
    name_of: Callable[[str], str]
    is_one_host: bool = False


def choose_sources(sources: Sequence[SettingsSource], *, default: Mapping[str, str]) -> dict[str, SettingsSource]:
    """Return the source of each of the account's addresses and secrets: the strongest source with a secret gives all.

    `sources`: strongest first; `default`: the addresses that count if no source names any. A secret never goes to an
    address of another source. A secret that is not needed is left out without a message: a token of the environment, if
    the connection has its own. Without any secret, the strongest addresses count. Raises ConfigurationError if another
    source names another address, or holds a secret that is missing.
    """
    holder = next((each for each in sources if any(each.values.get(name) for name in ACCOUNT_SECRETS)), None)
    named = {name: each for each in reversed(sources) for name in _ADDRESSES if name in each.values}
    if holder is None:
        return named
    own = {name: value for name, value in holder.values.items() if name in ACCOUNT}
    for name, each in named.items():
        sent_there = _TOKENS if name == "base_url" else ("client_secret",)
        secret = next(secret for secret in (*sent_there, *ACCOUNT_SECRETS) if secret in own)
        is_needed = name == "base_url" or "client_secret" in own
        if is_needed and _strip_slash(each.values[name]) != _strip_slash(own.get(name, default[name])):
            raise ConfigurationError(
                f"{each.name_of(name)}{quote_value(each.values[name])}: {holder.name_of(secret)} is not sent there: "
                "write an address and its secrets in the same place."
            )
    _refuse_foreign_auth_url(holder, own, default)
    _refuse_halves(holder, own, sources)
    return dict.fromkeys(own, holder)


def keep_permission_with_addresses(source_of: dict[str, SettingsSource], source: SettingsSource) -> None:
    """Take back the permission for plain HTTP that `source` gives if an address is of another source.

    Else a file in the folder could open the way for the secrets of the environment.
    """
    if source_of.get("allow_http") is source and any(source_of.get(name, source) is not source for name in _ADDRESSES):
        del source_of["allow_http"]


def _refuse_foreign_auth_url(holder: SettingsSource, own: Mapping[str, Any], default: Mapping[str, str]) -> None:
    base, auth = (str(own.get(name, default[name])) for name in _ADDRESSES)
    if holder.is_one_host and _strip_slash(auth) != default["auth_url"] and _parse_host(auth) != _parse_host(base):
        raise ConfigurationError(
            f"{holder.name_of('auth_url')}{quote_value(auth)}: must be on the host of {holder.name_of('base_url')}, "
            "or be left out."
        )


def _refuse_halves(holder: SettingsSource, own: Mapping[str, Any], sources: Sequence[SettingsSource]) -> None:
    """Raise ConfigurationError if a secret is useless alone, and a weaker source holds the other half."""
    missing: tuple[str, ...] = () if any(name in own for name in _TOKENS) else _TOKENS
    if "refresh_token" in own and "client_secret" not in own and "access_token" not in own:
        missing = ("client_secret",)
    for each in sources[sources.index(holder) + 1 :]:
        for name in missing:
            if name in each.values:
                alone = next(secret for secret in ACCOUNT_SECRETS if secret in own)
                raise ConfigurationError(
                    f"{holder.name_of(alone)}: {each.name_of(name)} is not used with it: write all secrets in the same "
                    "place."
                )


def _strip_slash(address: Any) -> str:
    return str(address).rstrip("/")


def _parse_host(address: str) -> str:
    try:
        return urlsplit(address).netloc.lower()
    except ValueError:
        return address  # the check of the field refuses it


def is_unencrypted(address: str) -> bool:
    """Say whether others can read what is sent to a URL: plain HTTP to another machine."""
    parts = urlsplit(address)
    return parts.scheme == "http" and not is_this_machine(parts.hostname)


def is_this_machine(host: str | None) -> bool:
    """Say whether a host is this machine, by its name alone."""
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"
