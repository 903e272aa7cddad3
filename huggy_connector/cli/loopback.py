"""A web server on loopback for one login: it sends the browser to Huggy, and hears its answer when it comes back.

Any page on the web can have a browser visit a port of this machine, and any user of it can visit too. So what does not
show the login's state is no answer and ends nothing; and the page that leads to Huggy, whose address other users read
in the list of processes, leads there once.
"""

import queue
import secrets
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from huggy_connector.errors import ConfigurationError, HuggyError, Unauthorized

HOST = "127.0.0.1"
PATH = "/callback"

DONE = "Huggy is connected: you may close this window. Huggy conectada: pode fechar esta janela."
FAILED = "That did not work: the terminal says why. Não deu certo: o terminal diz por quê."
FOREIGN = "This is no answer to the login that waits here. Isto não responde ao login que espera aqui."

TWICE = (
    "Somebody else has opened the page of this login: run `huggy auth login` again, with --no-browser on a machine "
    "whose other users you do not trust."
)


class Loopback:
    """Listens while its block runs.

    `leads_to` is where the page `start` sends the browser. `read` turns the address that was visited then into what it
    is worth, into None for what is no answer to this login, or raises.
    """

    def __init__(self, port: int, *, leads_to: str, read: Callable[[str], str | None]) -> None:
        """Raises ConfigurationError where the port is taken."""
        start = f"/{secrets.token_urlsafe(32)}"
        self.start = f"http://{HOST}:{port}{start}"
        try:
            self._server = _Server(port, start, leads_to, read)
        except OSError:
            raise ConfigurationError(
                f"Port {port} is taken: choose another with --port, and name it in the app's redirect URL too."
            ) from None

    def answer(self, *, within: float) -> str:
        """What the visit was worth. Raises what `read` raised, or Unauthorized after `within` seconds."""
        try:
            answer = self._server.answers.get(timeout=within)
        except queue.Empty:
            raise Unauthorized(
                f"No answer came from the browser within {within:.0f} s: run `huggy auth login` again, "
                "with --no-browser if the browser runs on another machine."
            ) from None
        if isinstance(answer, HuggyError):
            raise answer
        return answer

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def redirect_url(port: int) -> str:
    return f"http://{HOST}:{port}{PATH}"


class _Server(ThreadingTCPServer):
    """A thread a connection: browsers open some in advance and say nothing on them."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, start: str, leads_to: str, read: Callable[[str], str | None]) -> None:
        self.start, self.leads_to, self.read = start, leads_to, read
        self.unopened = threading.Semaphore()
        self.answers: queue.Queue[str | HuggyError] = queue.Queue()
        super().__init__((HOST, port), _Visit)


class _Visit(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        if self.path == self.server.start:
            self._lead()
        elif urlsplit(self.path).path == PATH:
            self._hear()
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def _lead(self) -> None:
        if not self.server.unopened.acquire(blocking=False):
            self._say(HTTPStatus.GONE, FAILED)
            self.server.answers.put(Unauthorized(TWICE))
            return
        self.send_response(HTTPStatus.FOUND)
        self.send_header("Location", self.server.leads_to)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _hear(self) -> None:
        answer: str | HuggyError | None
        try:
            answer = self.server.read(self.path)
        except HuggyError as error:
            answer = error
        if answer is None:
            self._say(HTTPStatus.BAD_REQUEST, FOREIGN)
            return
        failed = isinstance(answer, HuggyError)
        self._say(HTTPStatus.BAD_REQUEST if failed else HTTPStatus.OK, FAILED if failed else DONE)
        self.server.answers.put(answer)

    def _say(self, status: HTTPStatus, sentence: str) -> None:
        page = f"<!doctype html><meta charset=utf-8><title>huggy</title><p>{sentence}".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Says nothing: the address holds the code."""
