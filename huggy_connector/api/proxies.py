"""Reads proxies and certificates from HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY and SSL_CERT_FILE.

The names may be written in lower case; then these win. NO_PROXY is a list of host names (with all their subdomains),
addresses, networks such as 10.0.0.0/8 and fd00::/8, and `*`; a port may follow.
No error quotes the value of a variable: the address of a proxy may hold a password.
"""

import ipaddress
import re
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from huggy_connector.errors import ConfigurationError
from huggy_connector.settings import clean_text, is_this_machine

CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
"""Variables that name trusted certificates: the first that is set counts."""

_PROXIES = ("http", "https", "socks5", "socks5h")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and the variable that names it."""

    url: str = field(repr=False)
    variable: str

    def invalid_error(self) -> ConfigurationError:
        return ConfigurationError(
            f"{self.variable} is no address of a proxy such as http://proxy:3128 or socks5://proxy:1080: correct it."
        )


def read_proxy(url: str, environ: Mapping[str, str]) -> Proxy | None:
    """Return the proxy that the environment names for a URL; None if it names none. Raises ConfigurationError."""
    target = urlsplit(url)
    for scheme in (target.scheme, "all"):
        variable, address = _read_variable(f"{scheme}_proxy", environ)
        if address:
            proxy = Proxy(address if "://" in address else f"http://{address}", variable)
            if not _is_address(proxy.url):
                raise proxy.invalid_error()
            return None if _is_excluded(target, _read_variable("no_proxy", environ)[1]) else proxy
    return None


def choose_proxy(url: str, environ: Mapping[str, str]) -> Proxy | None:
    """Return the proxy to use for a URL; None for a direct connection. Raises ConfigurationError.

    A server on this machine is not reached through a proxy on another machine: the token would go there in the clear.
    """
    proxy = read_proxy(url, environ)
    leaves_machine = (
        proxy is not None
        and is_this_machine(urlsplit(url).hostname)
        and not is_this_machine(urlsplit(proxy.url).hostname)
    )
    return None if leaves_machine else proxy


def _read_variable(name: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the name as it is spelled in the environment, and its value. Raises ConfigurationError."""
    spelling = name if name in environ else name.upper()
    try:
        return spelling, clean_text(environ.get(spelling, ""))
    except ValueError as error:
        raise ConfigurationError(f"{spelling}: {error}.") from None


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in _PROXIES and bool(parts.hostname) and parts.port != 0 and not re.search(r"\s", url)
    except ValueError:
        return False


def _is_excluded(target: SplitResult, no_proxy: str) -> bool:
    host, port = (target.hostname or "").rstrip("."), target.port or _PORTS.get(target.scheme)
    return any(_entry_matches(entry.lower(), host, port) for entry in re.split(r"[,\s]+", no_proxy) if entry)


def _entry_matches(entry: str, host: str, port: int | None) -> bool:
    entry = entry.rpartition("://")[2]
    match = re.fullmatch(r"(?:\[(?P<six>[^]]*)\](?P<bits>/\d+)?|(?P<name>[^:]*))(?::(?P<port>\d+))?", entry)
    name, wanted = (
        (match["name"] or f"{match['six'] or ''}{match['bits'] or ''}", match["port"]) if match else (entry, None)
    )
    if wanted and int(wanted) != port:
        return False
    if name == "*":
        return True
    with suppress(ValueError):
        network = ipaddress.ip_network(name, strict=False)
        with suppress(ValueError):
            return ipaddress.ip_address(host) in network
        return False
    name = name.lstrip("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def load_certificates(environ: Mapping[str, str]) -> ssl.SSLContext | None:
    """Return the certificates that a variable names; None if no variable is set. Raises ConfigurationError."""
    for variable in CERTIFICATES:
        path = _read_variable(variable, environ)[1]
        if path:
            try:
                return _make_context(path, is_folder=variable == "SSL_CERT_DIR" or Path(path).is_dir())
            except ssl.SSLError:
                reason = "it holds no certificate"
            except (OSError, ValueError) as error:
                reason = (getattr(error, "strerror", None) or "it is no path").lower()
            raise ConfigurationError(
                f"{variable} names no certificates that can be read ({reason}): correct or unset it."
            )
    return None


def _make_context(path: str, *, is_folder: bool) -> ssl.SSLContext:
    if not is_folder:
        return ssl.create_default_context(cafile=path)
    for folder in path.split(":"):  # as OpenSSL splits them
        next(Path(folder).iterdir(), None)
    return ssl.create_default_context(capath=path)
