"""Starts the server of `huggy serve`, and ends it: what it has taken is on the disk, and its session is closed."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from errno import EADDRINUSE
from typing import Self

import uvicorn

from huggy_connector.clock import SYSTEM_CLOCK, Clock
from huggy_connector.errors import ConfigurationError
from huggy_connector.serve.application import create_application
from huggy_connector.serve.connection import impatient
from huggy_connector.serve.endpoint import Patience
from huggy_connector.serve.flow import FlowService
from huggy_connector.serve.webhook_service import WebhookService, is_webhook_configured
from huggy_connector.settings import Settings

KEEP_ALIVE_SECONDS = 75
"""How long a connection without a request stays open: longer than proxies keep it, or they would meet its end."""
BACKLOG = 2048
"""Connections that the kernel holds until they are taken."""


def serve(settings: Settings, *, host: str, port: int, note: Callable[[str], None]) -> None:
    """Take what Huggy's webhook sends and answer its flows, as far as each is configured, until SIGTERM or Ctrl-C.

    Raises ConfigurationError, InboxBusy or InboxUnusable before anything is taken.
    """
    with HuggyServer(settings, host=host, port=port, note=note) as server:
        server.run()


class HuggyServer:
    """The webhook, the flow endpoint, or both, at a port. It holds the port and the inbox from its making to `close`.

    Flows are answered where HUGGY_FLOW_SECRET is set. The webhook is there unless only that is set.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        note: Callable[[str], None] = lambda _: None,
        patience: Patience | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        patience = patience or Patience()
        self._note = note
        self.flow = FlowService.from_settings(settings, clock=clock, note=note, body_seconds=patience.body)
        self.webhook: WebhookService | None = None
        self._socket = _bind(host, port)
        try:
            if self.flow is None or is_webhook_configured(settings):
                self.webhook = WebhookService(settings, clock=clock, note=note, patience=patience)
        except BaseException:
            self._socket.close()
            raise
        config = uvicorn.Config(
            create_application(self.webhook, self.flow, note=note),
            http=impatient(patience.head),
            ws="none",
            lifespan="on",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=int(patience.stop),
        )
        self._server = _Server(config, self._begin_stop)

    @property
    def url(self) -> str:
        host, port = self._socket.getsockname()[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self) -> None:
        """Answer until `stop`, or a signal if this is the main thread."""
        if self.flow is not None:
            self.flow.start()
        if self.webhook is not None:
            self.webhook.start()
            self._note(f"Taking what Huggy sends to {self.url}/webhook/COMPANY. Stop with Ctrl-C.")
        if self.flow is not None:
            self._note(f"Answering flows at {self.url}/flow/QUERY: {', '.join(self.flow.queries.queries)}.")
        self._server.run(sockets=[self._socket])
        if self.webhook is not None:
            events = self.webhook.receiver.tally.events
            self._note(f"Stopped. {events:,} events were accepted, and are in the inbox.")

    def stop(self) -> None:
        """Take no more events from now on, and let `run` end. Any thread may call it."""
        self._begin_stop()
        self._server.should_exit = True

    def close(self) -> None:
        """Release port, inbox and warehouse."""
        self._socket.close()
        if self.flow is not None:
            self.flow.close()
        if self.webhook is not None:
            self.webhook.close()

    def _begin_stop(self) -> None:
        if self.webhook is not None:
            self.webhook.begin_stop()


class _Server(uvicorn.Server):
    """Ends orderly at a signal, and does not send it on to this process once more."""

    def __init__(self, config: uvicorn.Config, begin_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._begin_stop = begin_stop

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, *_: object) -> None:
        self._begin_stop()
        self.should_exit = True


def _bind(host: str, port: int) -> socket.socket:
    """Return a socket that listens at the port from now on. Raises ConfigurationError."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        if error.errno == EADDRINUSE:
            raise ConfigurationError(
                f"Port {port} is taken: choose another with --port, or stop what listens there."
            ) from None
        raise ConfigurationError(
            f"The server cannot listen at {host}, port {port} ({error.strerror or type(error).__name__}): "
            "choose others with --host and --port."
        ) from None
