"""What the environment says of the way to a server: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY and SSL_CERT_FILE.

The names may be written in small letters, which then win. NO_PROXY is a list of host names, each of which stands for
those below it too, addresses, networks such as 10.0.0.0/8 and fd00::/8, and `*`; a port may follow.
No error quotes what a variable holds: the address of a proxy may hold a password.
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
from huggy_connector.settings import cleaned, is_here

CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE")
"""Who says which certificates are trusted: the first that is set."""

_PROXIES = ("http", "https", "socks5", "socks5h")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and the variable that names it."""

    url: str = field(repr=False)
    variable: str

    def refused(self) -> ConfigurationError:
        return ConfigurationError(
            f"{self.variable} is no address of a proxy such as http://proxy:3128 or socks5://proxy:1080: correct it."
        )


def proxy_for(url: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy through which a URL is reached; None where that is done without one. Raises ConfigurationError."""
    target = urlsplit(url)
    for scheme in (target.scheme, "all"):
        variable, address = _read(f"{scheme}_proxy", environ)
        if address:
            proxy = Proxy(address if "://" in address else f"http://{address}", variable)
            if not _is_address(proxy.url):
                raise proxy.refused()
            return None if _needs_none(target, _read("no_proxy", environ)[1]) else proxy
    return None


def way_to(url: str, environ: Mapping[str, str]) -> Proxy | None:
    """As `proxy_for`; but what listens on this machine is not asked of a proxy on another, to which a token would go in
    the clear.
    """
    proxy = proxy_for(url, environ)
    leaves = proxy is not None and is_here(urlsplit(url).hostname) and not is_here(urlsplit(proxy.url).hostname)
    return None if leaves else proxy


def _read(name: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """How the variable is spelled, and what it holds. Raises ConfigurationError."""
    spelled = name if name in environ else name.upper()
    try:
        return spelled, cleaned(environ.get(spelled, ""))
    except ValueError as error:
        raise ConfigurationError(f"{spelled}: {error}.") from None


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in _PROXIES and bool(parts.hostname) and parts.port != 0 and not re.search(r"\s", url)
    except ValueError:
        return False


def _needs_none(target: SplitResult, listed: str) -> bool:
    host, port = (target.hostname or "").rstrip("."), target.port or _PORTS.get(target.scheme)
    return any(_fits(entry.lower(), host, port) for entry in re.split(r"[,\s]+", listed) if entry)


def _fits(entry: str, host: str, port: int | None) -> bool:
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


def trusted(environ: Mapping[str, str]) -> ssl.SSLContext | None:
    """The certificates that a variable names; None where none does. Raises ConfigurationError."""
    for variable in CERTIFICATES:
        place = _read(variable, environ)[1]
        if place:
            try:
                return _context(place, is_folder=variable == "SSL_CERT_DIR" or Path(place).is_dir())
            except ssl.SSLError:
                reason = "it holds no certificate"
            except (OSError, ValueError) as error:
                reason = (getattr(error, "strerror", None) or "it is no path").lower()
            raise ConfigurationError(
                f"{variable} names no certificates that can be read ({reason}): correct or unset it."
            )
    return None


def _context(place: str, *, is_folder: bool) -> ssl.SSLContext:
    if not is_folder:
        return ssl.create_default_context(cafile=place)
    for folder in place.split(":"):  # as OpenSSL parts them
        next(Path(folder).iterdir(), None)
    return ssl.create_default_context(capath=place)
