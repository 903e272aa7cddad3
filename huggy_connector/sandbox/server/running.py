"""A running sandbox: in a thread for tests (`Sandbox`), or until a signal stops it (`serve`). On loopback only."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address
from types import TracebackType
from typing import Any, Self, TypeVar

from aiohttp import web

from huggy_connector.sandbox.options import Options
from huggy_connector.sandbox.server.control import Control
from huggy_connector.sandbox.server.server import Server

Json = dict[str, Any]
T = TypeVar("T")


class _Listener:
    """The socket of a server."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def open(self, host: str, port: int) -> str:
        """Listen. Return the address at which clients reach it. Raise ValueError for a host that is not loopback."""
        _check_loopback(host)
        self._web = web.Server(self._server.handle, access_log=None)
        self._socket = await asyncio.get_running_loop().create_server(self._connect, host, port)
        address = self._socket.sockets[0].getsockname()
        return f"http://{f'[{host}]' if ':' in host else host}:{address[1]}"

    def _connect(self) -> asyncio.BaseProtocol:
        self._server.connections += 1
        return self._web()

    async def close(self) -> None:
        """Stop listening. Answers in progress are cut off."""
        self._socket.close()
        await self._web.shutdown(timeout=0.01)  # 0 would be without a limit


@asynccontextmanager
async def _send_webhook(server: Server) -> AsyncIterator[None]:
    """Send the events of the account meanwhile, where it has a webhook."""
    if server.webhook is None:
        yield
        return
    sending = asyncio.create_task(server.webhook.run())
    try:
        yield
    finally:
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending


class Sandbox:
    """A sandbox in a background thread, on a free port: `with Sandbox(Options(chats=500)) as sandbox: ...`."""

    def __init__(self, options: Options | None = None) -> None:
        self.options = options or Options()
        self.origin = ""
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="huggy-sandbox", daemon=True)

    @property
    def url(self) -> str:
        """Base URL of the API of the options, for `HUGGY_BASE_URL`."""
        return self.url_of(self.options.api)

    def url_of(self, version: str) -> str:
        """Return the base URL of a version of the API. Both answer, whatever the options say."""
        return f"{self.origin}/{version}"

    @property
    def auth_url(self) -> str:
        """Base URL of OAuth, for `HUGGY_AUTH_URL`."""
        return f"{self.origin}/oauth"

    @property
    def token(self) -> str:
        """The token of the API of the options: of v3 the access token it starts with, of v2 the account's token now."""
        tokens = self._server.tokens
        return tokens.account_token if self.options.api == "v2" else tokens.first_token

    @property
    def account_token(self) -> str:
        """The token of API v2 now."""
        return self._server.tokens.account_token

    @property
    def refresh_token(self) -> str:
        """The refresh token it starts with."""
        return self._server.tokens.refresh_token

    @property
    def webhook_token(self) -> str:
        """The token of the webhook now, or an empty text where there is none."""
        return "" if self._server.webhook is None else self._server.webhook.token

    @property
    def client_id(self) -> str:
        """The app's client id."""
        return self._server.tokens.client_id

    @property
    def client_secret(self) -> str:
        """The app's client secret."""
        return self._server.tokens.client_secret

    def stats(self, *, arrivals: bool = False) -> Json:
        """Return what `GET /sandbox/stats` answers."""
        return self._run_in_loop(lambda control: control.stats(arrivals=arrivals))

    def truth(self, resource: str = "chats", *, rows: bool = False, ids: list[str] | None = None) -> Json:
        """Return what `GET /sandbox/truth` answers."""
        return self._run_in_loop(lambda control: control.truth(resource, rows=rows, ids=ids))

    def writes(self, *, bodies: bool = False) -> list[Json]:
        """Return what `GET /sandbox/writes` answers: a row a write that arrived, done or not."""
        return self._run_in_loop(lambda _: self._server.writes.log.rows(bodies=bodies))

    def written(self) -> dict[str, int]:
        """Return how often each target was really written to, as `GET /sandbox/writes?by=target` answers."""
        return self._run_in_loop(lambda _: self._server.writes.log.targets())

    def mark(self) -> None:
        """Do what `POST /sandbox/mark` does."""
        self._run_in_loop(lambda control: control.mark())

    def control(self, **commands: Any) -> Json:
        """Do what `POST /sandbox/control` does. Return its answer."""
        return self._run_in_loop(lambda control: control.control(commands))

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve_until_stopped())
        except BaseException as error:  # noqa: BLE001 - it belongs to the thread that waits in __enter__
            self._failure = error
            self._ready.set()

    async def _serve_until_stopped(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._server = Server(self.options)
        self._control = Control(self._server)
        listener = _Listener(self._server)
        self.origin = await listener.open("127.0.0.1", 0)
        async with _send_webhook(self._server):
            self._ready.set()
            await self._stop.wait()
        await listener.close()

    def _run_in_loop(self, action: Callable[[Control], T]) -> T:
        """Run an action in the thread of the event loop, where nothing changes meanwhile. Return its result."""

        async def answer() -> T:
            return action(self._control)

        return asyncio.run_coroutine_threadsafe(answer(), self._loop).result()


def serve(
    options: Options, *, host: str = "127.0.0.1", port: int = 0, ready: Callable[[str], None] | None = None
) -> None:
    """Run a sandbox until SIGINT or SIGTERM. Port 0 is a free one.

    Call `ready` with the lines to show, once the sandbox answers. Raise ValueError for a host that is not loopback.
    """
    asyncio.run(_serve(options, host, port, ready))


async def _serve(options: Options, host: str, port: int, ready: Callable[[str], None] | None) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    server = Server(options)
    Control(server)
    listener = _Listener(server)
    origin = await listener.open(host, port)
    async with _send_webhook(server):
        if ready is not None:
            ready(_start_message(server, origin))
        await stop.wait()
    await listener.close()


def _start_message(server: Server, origin: str) -> str:
    """Return lines for a shell: an address to look at, and the variables with which the connector finds it."""
    tokens, webhook, version = server.tokens, server.webhook, server.options.api
    account = (
        (
            "export HUGGY_API_VERSION=v2",
            f"export HUGGY_COMPANY_ID={server.options.company}",
            f"export HUGGY_ACCESS_TOKEN={tokens.account_token}",
            "# To move to v3, later: unset HUGGY_API_VERSION, and then",
            f"# export HUGGY_BASE_URL={origin}/v3 HUGGY_ACCESS_TOKEN={tokens.first_token}",
        )
        if version == "v2"
        else (
            f"export HUGGY_AUTH_URL={origin}/oauth",
            f"export HUGGY_ACCESS_TOKEN={tokens.first_token}",
            f"export HUGGY_CLIENT_ID={tokens.client_id}",
            f"export HUGGY_CLIENT_SECRET={tokens.client_secret}",
            f"export HUGGY_REFRESH_TOKEN={tokens.refresh_token}",
        )
    )
    return "\n".join(
        (
            f"# The sandbox answers at {origin}/{version}; look at {origin}/sandbox/stats and {origin}/sandbox/truth",
            f"export HUGGY_BASE_URL={origin}/{version}",
            *account,
            *([] if webhook is None else [f"export HUGGY_WEBHOOK_TOKEN={webhook.token}"]),
        )
    )


def _check_loopback(host: str) -> None:
    try:
        is_loopback = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise ValueError(f"host is {host!r}; the sandbox listens on loopback only, as 127.0.0.1.")
