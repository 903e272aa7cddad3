"""Sends one request and reads one whole answer. The only module that imports httpx; its errors are translated here."""

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
from huggy_connector.api.http_messages import Response, Sendable
from huggy_connector.api.protocol import too_large_error
from huggy_connector.api.proxies import CERTIFICATES, Proxy, choose_proxy, load_certificates
from huggy_connector.api.response_limits import (
    MAX_ANSWER_SECONDS,
    BodyReader,
    DeadlineNetwork,
    Deadlines,
    TooLarge,
    TooSlow,
    UndecodableBody,
)
from huggy_connector.api.versions.types import V3_HEADER
from huggy_connector.extras import require

TIMEOUTS = httpx.Timeout(connect=10, read=30, write=10, pool=None)


class Transport(Protocol):
    """Sends one request. Raises NeverSent or Untrusted if nothing of it left this host; Unreachable, MangledAnswer or
    AnswerTooLarge if it may have; ConfigurationError, before it leaves, if the environment names no usable proxy. It
    raises no error of a library, unless the body is no JSON.
    """

    def send(self, request: Sendable, *, token: str | None) -> Response: ...

    def close(self) -> None: ...


class HttpTransport:
    """A transport over HTTP that keeps connections open. Threads share it."""

    def __init__(
        self,
        base_url: str,
        *,
        language: str,
        token_header: str = V3_HEADER,
        timeouts: httpx.Timeout = TIMEOUTS,
        max_seconds: float = MAX_ANSWER_SECONDS,
        reader: BodyReader | None = None,
    ) -> None:
        """`max_seconds`: the time for one request and its whole answer. `token_header`: where the token goes; never in
        two headers. Raises ConfigurationError if the address is invalid or the environment names no usable proxy.
        """
        self._routes = _Routes(_read_environment())
        self._token_header = token_header
        self._max_seconds, self._reader = max_seconds, reader or BodyReader()
        try:
            self._base = httpx.URL(base_url)
            self._routes.transport_to(self._base)
        except httpx.InvalidURL:
            raise _invalid_address_error("HUGGY_BASE_URL") from None
        self._client = httpx.Client(
            base_url=base_url,
            timeout=timeouts,
            transport=self._routes,
            follow_redirects=False,  # a redirect would send the token to another server
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # the API needs no cookies
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "Accept-Language": language,
                "User-Agent": f"huggy-connector/{__version__}",
            },
        )

    def send(self, request: Sendable, *, token: str | None) -> Response:
        trace = _ConnectionTrace()
        try:
            sent = self._client.build_request(
                request.method,
                request.path,
                params=request.query,
                json=None if request.body is None else dict(request.body),
                headers={} if token is None else {self._token_header: f"Bearer {token}"},
                extensions={"trace": trace},
            )
            proxy = self._choose_proxy(request)
            with self._routes.deadlines.limit(self._max_seconds):
                answer = self._client.send(sent, stream=True)
                try:
                    encoding = answer.headers.get("content-encoding", "")
                    body = self._reader.read(answer.iter_raw(), encoding=encoding)
                finally:
                    answer.close()
        except (httpx.HTTPError, TooSlow, UndecodableBody) as error:
            raise self._translate_error(error, request, proxy, has_left=trace.has_left) from None
        except TooLarge:
            raise too_large_error(request.what, request.setting) from None
        except httpx.InvalidURL:
            raise _invalid_address_error(request.setting) from None
        except errors.HuggyError:
            raise
        except Exception as error:  # an answer that the libraries did not expect, or the client was closed meanwhile
            if not trace.has_left:
                raise errors.NeverSent(f"There was no way to ask for {request.what}: try later.") from error
            raise _mangled_error(request.what) from error
        if answer.status_code == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED and proxy:
            raise _proxy_refused_error(proxy)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status_code, headers, body, trace.seconds)

    def _translate_error(
        self, error: Exception, request: Sendable, proxy: Proxy | None, *, has_left: bool
    ) -> errors.ApiError:
        """Return our error. `has_left`: whether any byte of the request may be on its way, so that it may be done."""
        host = self._server_url(request).host
        kind = errors.Unreachable if has_left else errors.NeverSent
        if _is_certificate_error(error) and not has_left:
            return errors.Untrusted(
                f"The certificate of {host} is not trusted: check {request.setting}, or set SSL_CERT_FILE to the "
                "certificates of your network."
            )
        match error:
            case httpx.ProxyError() if proxy and not has_left:
                return _proxy_refused_error(proxy)
            case httpx.ConnectError() | httpx.ConnectTimeout() if not has_left:
                return _connection_error(host, proxy, request.setting)
            case httpx.TimeoutException() | TooSlow():
                return kind(f"{host} does not answer in time for {request.what}: try later.")
            case httpx.RemoteProtocolError() | UndecodableBody() if has_left:
                return _mangled_error(request.what)
            case _:
                return kind(f"The connection to {host} broke while asking for {request.what}: try later.")

    def _server_url(self, request: Sendable) -> httpx.URL:
        path = httpx.URL(request.path)
        return path if path.host else self._base

    def _choose_proxy(self, request: Sendable) -> Proxy | None:
        return self._routes.choose_proxy_to(self._server_url(request))

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Routes(httpx.BaseTransport):
    """Sends each request through the proxy that the environment names for its server, or directly."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.deadlines = Deadlines()
        self._certificates = _load_certificates_once(tuple((name, environ.get(name, "")) for name in CERTIFICATES))
        self._opening = threading.Lock()
        self._open: dict[Proxy | None, httpx.HTTPTransport] = {}

    def choose_proxy_to(self, url: httpx.URL) -> Proxy | None:
        return choose_proxy(str(url), self._environ)

    def transport_to(self, url: httpx.URL) -> httpx.HTTPTransport:
        """Return the transport for a URL; it is made once for each proxy. Raises ConfigurationError."""
        proxy = self.choose_proxy_to(url)
        with self._opening:
            if proxy not in self._open:
                self._open[proxy] = self._transport(proxy)
            return self._open[proxy]

    def _transport(self, proxy: Proxy | None) -> httpx.HTTPTransport:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=32)
        if proxy is None:
            return self._add_deadlines(httpx.HTTPTransport(verify=self._certificates, limits=limits))
        if proxy.url.startswith("socks"):
            require("socks", subject=f"The SOCKS proxy of {proxy.variable}")
        try:
            target = httpx.Proxy(proxy.url, ssl_context=self._certificates if proxy.url.startswith("https:") else None)
            return self._add_deadlines(httpx.HTTPTransport(verify=self._certificates, limits=limits, proxy=target))
        except (ValueError, httpx.InvalidURL):
            raise proxy.invalid_error() from None

    def _add_deadlines(self, transport: httpx.HTTPTransport) -> httpx.HTTPTransport:
        """Limit the time of each read: headers could come slowly for ever, and httpx has no public way for it."""
        pool = transport._pool  # noqa: SLF001
        pool._network_backend = DeadlineNetwork(pool._network_backend, self.deadlines)  # noqa: SLF001
        return transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.transport_to(request.url).handle_request(request)
        if answer.is_redirect:  # httpx parses where it leads even if it does not follow it, and may fail
            answer.headers.pop("Location", None)
        return answer

    def close(self) -> None:
        for transport in self._open.values():
            transport.close()


def _read_environment() -> Mapping[str, str]:
    """Return the environment. If it names no proxy, add the proxies of the system's own settings."""
    if any(name.lower().endswith("_proxy") for name in os.environ):
        return os.environ
    return {**{f"{scheme}_proxy": address for scheme, address in getproxies().items()}, **os.environ}


def _invalid_address_error(setting: str) -> errors.ConfigurationError:
    return errors.ConfigurationError(f"{setting} is no address that a server can have: correct it.")


def _mangled_error(what: str) -> errors.MangledAnswer:
    return errors.MangledAnswer(f"The answer for {what} is cut off or garbled: try later.")


def _connection_error(host: str, proxy: Proxy | None, setting: str) -> errors.NeverSent:
    if proxy is None:
        return errors.NeverSent(f"No connection to {host}: check {setting}, the network and the proxy settings.")
    return errors.NeverSent(
        f"No connection to {host} through the proxy of {proxy.variable}: check that, or name the host in NO_PROXY."
    )


def _proxy_refused_error(proxy: Proxy) -> errors.NeverSent:
    return errors.NeverSent(
        f"The proxy of {proxy.variable} refuses the request: check the user and password in it, and its rules."
    )


def _is_certificate_error(error: BaseException | None) -> bool:
    """Say whether a certificate caused the error. Other TLS failures may pass: a server may stop in a handshake."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


class _ConnectionTrace:
    """Listens to what httpx does for a request: how long it took to open the connection, and whether it was sent."""

    seconds = 0.0
    has_left = False
    """Whether any byte of the request may have left: a connection, or a tunnel through a proxy, is none of it."""
    _since = 0.0

    def __call__(self, event: str, about: Mapping[str, Any]) -> None:
        if event.endswith("send_request_headers.started") and about["request"].method != b"CONNECT":
            self.has_left = True
        elif event == "connection.connect_tcp.started":
            self._since = time.monotonic()
        elif event in {"connection.connect_tcp.complete", "connection.start_tls.complete"}:
            self.seconds = time.monotonic() - self._since


@cache
def _load_certificates_once(variables: tuple[tuple[str, str], ...]) -> ssl.SSLContext:
    """Return the certificates that the environment names, or those of httpx. Cached: reading them takes 50 ms."""
    return load_certificates(dict(variables)) or httpx.create_ssl_context(trust_env=False)
