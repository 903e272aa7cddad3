"""Starts the server of the webhook, and ends it: what it has taken is on the disk, and its session is closed."""

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
from huggy_connector.errors import ConfigurationError, LandingError
from huggy_connector.landing import Landing
from huggy_connector.privacy import PrivacyPolicy, hash_key_of
from huggy_connector.serve.application import create_application
from huggy_connector.serve.connection import impatient
from huggy_connector.serve.endpoint import Patience
from huggy_connector.serve.forgotten_people import ForgottenPeople
from huggy_connector.serve.health import Health
from huggy_connector.settings import Settings
from huggy_connector.webhook import Inbox
from huggy_connector.webhook.protocol.tokens import Tokens
from huggy_connector.webhook.receiver import Receiver, Rules

KEEP_ALIVE_SECONDS = 75
"""How long a connection without a request stays open: longer than proxies keep it, or they would meet its end."""
BACKLOG = 2048
"""Connections that the kernel holds until they are taken."""


def serve(settings: Settings, *, host: str, port: int, note: Callable[[str], None]) -> None:
    """Take what Huggy's webhook sends, until SIGTERM or Ctrl-C.

    Raises ConfigurationError, InboxBusy or InboxUnusable before anything is taken.
    """
    with WebhookServer(settings, host=host, port=port, note=note) as server:
        server.run()


class WebhookServer:
    """A receiver at a port. It holds the port and the inbox from its making to `close`."""

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
        self._forgotten = ForgottenPeople(
            _open_landing(settings).storage, key=hash_key_of(settings), monotonic=clock.monotonic, note=note
        )
        rules = Rules(
            Tokens.from_settings(settings), settings.company_id, PrivacyPolicy.from_settings(settings), self._forgotten
        )
        self._read_forgotten(settings.company_id)
        self._socket = _bind(host, port)
        try:
            self.inbox = Inbox.open(settings.inbox_folder, now=clock.now)
        except BaseException:
            self._socket.close()
            raise
        self.inbox.review = self._forgotten.review
        self.receiver = Receiver(self.inbox, rules, now=clock.now, monotonic=clock.monotonic)
        health = Health(self.receiver, self.inbox, settings.inbox_folder, now=clock.now, monotonic=clock.monotonic)
        application = create_application(self.receiver, self.inbox, health, patience=patience, note=note)
        config = uvicorn.Config(
            application,
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
        self._warn(rules.tokens)

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
        self._forgotten.start()
        self._note(f"Taking what Huggy sends to {self.url}/webhook/COMPANY. Stop with Ctrl-C.")
        self._server.run(sockets=[self._socket])
        tally = self.receiver.tally
        self._note(f"Stopped. {tally.events:,} events were accepted, and are in the inbox.")

    def stop(self) -> None:
        """Answer 503 from now on, and let `run` end. Any thread may call it."""
        self._begin_stop()
        self._server.should_exit = True

    def close(self) -> None:
        """Release port and inbox."""
        self._forgotten.close()
        self._socket.close()
        self.inbox.close()

    def _begin_stop(self) -> None:
        self.receiver.is_stopping = True

    def _read_forgotten(self, company_id: int | None) -> None:
        """Read the list of the one company. Raises ConfigurationError if its key is wrong."""
        if company_id is not None:
            try:
                self._forgotten.read(company_id)
            except LandingError as error:
                self._note(f"Warning: until the list of forgotten people can be read, all is answered 503. {error}")

    def _warn(self, tokens: Tokens) -> None:
        if not tokens.configured and not self.inbox.learned and tokens.path is None:
            self._note(
                "Warning: neither HUGGY_WEBHOOK_TOKEN nor HUGGY_WEBHOOK_PATH is set and no token is learned, so that "
                "all is refused: set one, or run `huggy webhook learn` and save the address in Huggy's panel."
            )


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


def _open_landing(settings: Settings) -> Landing:
    return Landing.open(settings.landing, access=settings.landing_options, world_readable=settings.world_readable)


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
