"""The only module that knows httpx: one request out, one answer read to its end, its failures told in our words."""

import ssl
import time
from functools import cache
from typing import Any, Protocol, Self

import httpx

from huggy_connector import __version__, errors
from huggy_connector.api.protocol import Request, Response

TIMEOUTS = httpx.Timeout(connect=10, read=30, write=10, pool=None)


class Transport(Protocol):
    """Sends one request. Raises Unreachable, Untrusted or MangledAnswer; never a library's own error."""

    def send(self, request: Request, *, token: str | None) -> Response: ...

    def close(self) -> None: ...


class HttpTransport:
    """Over HTTP, with connections kept open. Shared by threads."""

    def __init__(self, base_url: str, *, language: str, timeouts: httpx.Timeout = TIMEOUTS) -> None:
        self._host = httpx.URL(base_url).host
        self._client = httpx.Client(
            base_url=base_url,
            timeout=timeouts,
            verify=_trusted(),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=32),
            headers={
                "Accept": "application/json",
                "Accept-Language": language,
                "User-Agent": f"huggy-connector/{__version__}",
            },
        )

    def send(self, request: Request, *, token: str | None) -> Response:
        connecting = _Connecting()
        try:
            answer = self._client.request(
                "GET" if request.body is None else "POST",
                request.path,
                params=request.query,
                json=request.body,
                headers={} if token is None else {"Authorization": f"Bearer {token}"},
                extensions={"trace": connecting},
            )
        except httpx.HTTPError as error:
            raise self._in_our_words(error, request) from None
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status_code, headers, answer.content, connecting.seconds)

    def _in_our_words(self, error: httpx.HTTPError, request: Request) -> errors.ApiError:
        host = httpx.URL(request.path).host or self._host
        if _caused_by_tls(error):
            return errors.Untrusted(
                f"The certificate of {host} is not trusted: check {request.setting}, or set SSL_CERT_FILE to the "
                "certificates of your network."
            )
        match error:
            case httpx.ConnectError() | httpx.ConnectTimeout():
                return errors.Unreachable(
                    f"No connection to {host}: check {request.setting}, the network and the proxy settings."
                )
            case httpx.TimeoutException():
                return errors.Unreachable(f"{host} does not answer in time for {request.what}: try later.")
            case httpx.RemoteProtocolError() | httpx.DecodingError():
                return errors.MangledAnswer(f"The answer for {request.what} is cut off or garbled: try later.")
            case _:
                return errors.Unreachable(f"The connection to {host} broke while asking for {request.what}: try later.")

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _caused_by_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
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
def _trusted() -> ssl.SSLContext:
    """The certificates that httpx trusts, read once for all connections of the process: it takes 50 ms each time."""
    return httpx.create_ssl_context()
