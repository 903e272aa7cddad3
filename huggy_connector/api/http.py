"""The only module that knows httpx: one request out, one answer read to its end, its failures told in our words."""

import os
import ssl
import threading
import time
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Protocol, Self
from urllib.request import getproxies

import httpx

from huggy_connector import __version__, errors
from huggy_connector.api.bounded import (
    LONGEST_ANSWER,
    BoundedNetwork,
    Deadlines,
    Reader,
    TooLarge,
    TooSlow,
    Unreadable,
)
from huggy_connector.api.network import CERTIFICATES, Proxy, trusted, way_to
from huggy_connector.api.protocol import Request, Response, too_large

TIMEOUTS = httpx.Timeout(connect=10, read=30, write=10, pool=None)


class Transport(Protocol):
    """Sends one request. Raises Unreachable, Untrusted or MangledAnswer, or ConfigurationError where the environment
    names no way to the server; never a library's own error.
    """

    def send(self, request: Request, *, token: str | None) -> Response: ...

    def close(self) -> None: ...


class HttpTransport:
    """Over HTTP, with connections kept open. Shared by threads."""

    def __init__(
        self,
        base_url: str,
        *,
        language: str,
        timeouts: httpx.Timeout = TIMEOUTS,
        longest: float = LONGEST_ANSWER,
        reader: Reader | None = None,
    ) -> None:
        """`longest`: seconds in which an answer must have come whole. Raises ConfigurationError where the environment
        names no way to the server.
        """
        self._ways = _Ways(_surroundings())
        self._longest, self._reader = longest, reader or Reader()
        try:
            self._base = httpx.URL(base_url)
            self._ways.to(self._base)
        except httpx.InvalidURL:
            raise _no_address("HUGGY_BASE_URL") from None
        self._client = httpx.Client(
            base_url=base_url,
            timeout=timeouts,
            transport=self._ways,
            follow_redirects=False,  # a server may not send a token on to another
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # none is needed, and none is kept
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "Accept-Language": language,
                "User-Agent": f"huggy-connector/{__version__}",
            },
        )

    def send(self, request: Request, *, token: str | None) -> Response:
        connecting = _Connecting()
        try:
            sent = self._client.build_request(
                "GET" if request.body is None else "POST",
                request.path,
                params=request.query,
                json=request.body,
                headers={} if token is None else {"Authorization": f"Bearer {token}"},
                extensions={"trace": connecting},
            )
            with self._ways.deadlines.within(self._longest):
                answer = self._client.send(sent, stream=True)
                try:
                    encoding = answer.headers.get("content-encoding", "")
                    body = self._reader.read(answer.iter_raw(), encoding=encoding)
                finally:
                    answer.close()
        except (httpx.HTTPError, TooSlow, Unreadable) as error:
            raise self._in_our_words(error, request) from None
        except TooLarge:
            raise too_large(request.what, request.setting) from None
        except httpx.InvalidURL:
            raise _no_address(request.setting) from None
        except errors.HuggyError:
            raise
        except Exception as error:  # what libraries make of an answer that none of them foresaw
            raise _garbled(request.what) from error
        if answer.status_code == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED and (proxy := self._proxy_of(request)):
            raise _refused_by(proxy)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status_code, headers, body, connecting.seconds)

    def _in_our_words(self, error: Exception, request: Request) -> errors.ApiError:
        host = self._target(request).host
        proxy = self._proxy_of(request)
        if _caused_by_a_certificate(error):
            return errors.Untrusted(
                f"The certificate of {host} is not trusted: check {request.setting}, or set SSL_CERT_FILE to the "
                "certificates of your network."
            )
        match error:
            case httpx.ProxyError() if proxy:
                return _refused_by(proxy)
            case httpx.ConnectError() | httpx.ConnectTimeout():
                return _no_connection(host, proxy, request.setting)
            case httpx.TimeoutException() | TooSlow():
                return errors.Unreachable(f"{host} does not answer in time for {request.what}: try later.")
            case httpx.RemoteProtocolError() | Unreadable():
                return _garbled(request.what)
            case _:
                return errors.Unreachable(f"The connection to {host} broke while asking for {request.what}: try later.")

    def _target(self, request: Request) -> httpx.URL:
        path = httpx.URL(request.path)
        return path if path.host else self._base

    def _proxy_of(self, request: Request) -> Proxy | None:
        return self._ways.proxy_to(self._target(request))

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Ways(httpx.BaseTransport):
    """Sends each request through the proxy that the environment names for its server, or without one."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.deadlines = Deadlines()
        self._certificates = _certificates(tuple((name, environ.get(name, "")) for name in CERTIFICATES))
        self._opening = threading.Lock()
        self._open: dict[Proxy | None, httpx.HTTPTransport] = {}

    def proxy_to(self, url: httpx.URL) -> Proxy | None:
        return way_to(str(url), self._environ)

    def to(self, url: httpx.URL) -> httpx.HTTPTransport:
        """Raises ConfigurationError."""
        proxy = self.proxy_to(url)
        with self._opening:
            if proxy not in self._open:
                self._open[proxy] = self._transport(proxy)
            return self._open[proxy]

    def _transport(self, proxy: Proxy | None) -> httpx.HTTPTransport:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=32)
        if proxy is None:
            return self._bounded(httpx.HTTPTransport(verify=self._certificates, limits=limits))
        try:
            way = httpx.Proxy(proxy.url, ssl_context=self._certificates if proxy.url.startswith("https:") else None)
            return self._bounded(httpx.HTTPTransport(verify=self._certificates, limits=limits, proxy=way))
        except (ValueError, httpx.InvalidURL):
            raise proxy.refused() from None
        except ImportError:
            raise errors.ConfigurationError(
                f"{proxy.variable} names a SOCKS proxy, and its client is not installed: "
                "pip install 'huggy-connector[socks]'."
            ) from None

    def _bounded(self, transport: httpx.HTTPTransport) -> httpx.HTTPTransport:
        """A header can trickle for ever, and httpx gives no other way to the single reads of a connection."""
        pool = transport._pool  # noqa: SLF001
        pool._network_backend = BoundedNetwork(pool._network_backend, self.deadlines)  # noqa: SLF001
        return transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.to(request.url).handle_request(request)
        answer.headers.pop("Location", None)  # httpx reads it, and may fail at it, even where it does not follow
        return answer

    def close(self) -> None:
        for each in self._open.values():
            each.close()


def _surroundings() -> Mapping[str, str]:
    """The environment; where it names no proxy, with those that the system itself has been told."""
    if any(name.lower().endswith("_proxy") for name in os.environ):
        return os.environ
    return {**{f"{scheme}_proxy": address for scheme, address in getproxies().items()}, **os.environ}


def _no_address(setting: str) -> errors.ConfigurationError:
    return errors.ConfigurationError(f"{setting} is no address that a server can have: correct it.")


def _garbled(what: str) -> errors.MangledAnswer:
    return errors.MangledAnswer(f"The answer for {what} is cut off or garbled: try later.")


def _no_connection(host: str, proxy: Proxy | None, setting: str) -> errors.Unreachable:
    if proxy is None:
        return errors.Unreachable(f"No connection to {host}: check {setting}, the network and the proxy settings.")
    return errors.Unreachable(
        f"No connection to {host} through the proxy of {proxy.variable}: check that, or name the host in NO_PROXY."
    )


def _refused_by(proxy: Proxy) -> errors.Unreachable:
    return errors.Unreachable(
        f"The proxy of {proxy.variable} refuses the request: check the user and password in it, and its rules."
    )


def _caused_by_a_certificate(error: BaseException | None) -> bool:
    """Other failures of TLS may pass, as where a server goes away in the middle of a handshake, or speaks none."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


class _Connecting:
    """Hears what httpx does for a request, and measures how long opening the connection took."""

    seconds = 0.0
    _since = 0.0

    def __call__(self, event: str, _: Any) -> None:
        if event == "connection.connect_tcp.started":
            self._since = time.monotonic()
        elif event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            self.seconds = time.monotonic() - self._since


@cache
def _certificates(told: tuple[tuple[str, str], ...]) -> ssl.SSLContext:
    """Those that the environment names, else those of httpx; read once for all connections: it takes 50 ms."""
    return trusted(dict(told)) or httpx.create_ssl_context(trust_env=False)
