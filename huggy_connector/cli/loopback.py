"""A web server on loopback for one login: it sends the browser to Huggy, and receives the answer that comes back.

Any page on the web can make a browser visit a port of this machine, and any user of the machine can visit it too. So a
visit without the login's state is no answer, and ends nothing. Other users can read the address of the page that leads
to Huggy in the list of processes, so that page leads there only once.
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
CALLBACK_PATH = "/callback"

SUCCESS_PAGE = "Huggy is connected: you may close this window. Huggy conectada: pode fechar esta janela."
FAILURE_PAGE = "That did not work: the terminal says why. Não deu certo: o terminal diz por quê."
FOREIGN_PAGE = "This is no answer to the login that waits here. Isto não responde ao login que espera aqui."

OPENED_TWICE = (
    "Somebody else has opened the page of this login: run `huggy auth login` again, with --no-browser on a machine "
    "whose other users you do not trust."
)


class LoopbackServer:
    """A server that listens while its block runs.

    `leads_to` is where the page `start` sends the browser. `read` turns the address of a later visit into the answer,
    or into None where it is no answer to this login. It may raise HuggyError.
    """

    def __init__(self, port: int, *, leads_to: str, read: Callable[[str], str | None]) -> None:
        """Raise ConfigurationError where the port is taken."""
        start = f"/{secrets.token_urlsafe(32)}"
        self.start = f"http://{HOST}:{port}{start}"
        try:
            self._server = _Server(port, start, leads_to, read)
        except OSError:
            raise ConfigurationError(
                f"Port {port} is taken: choose another with --port, and name it in the app's redirect URL too."
            ) from None

    def wait_for_answer(self, *, within: float) -> str:
        """Wait for the answer, and return it. Raise what `read` raised, or Unauthorized after `within` seconds."""
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
    """Return the redirect URL of a login on this port."""
    return f"http://{HOST}:{port}{CALLBACK_PATH}"


class _Server(ThreadingTCPServer):
    """A server with one thread for each connection. Browsers open some in advance, and send nothing on them."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, start: str, leads_to: str, read: Callable[[str], str | None]) -> None:
        self.start, self.leads_to, self.read = start, leads_to, read
        self.unopened = threading.Semaphore()
        self.answers: queue.Queue[str | HuggyError] = queue.Queue()
        super().__init__((HOST, port), _CallbackHandler)


class _CallbackHandler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        if self.path == self.server.start:
            self._redirect_once()
        elif urlsplit(self.path).path == CALLBACK_PATH:
            self._receive_answer()
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def _redirect_once(self) -> None:
        if not self.server.unopened.acquire(blocking=False):
            self._send_page(HTTPStatus.GONE, FAILURE_PAGE)
            self.server.answers.put(Unauthorized(OPENED_TWICE))
            return
        self.send_response(HTTPStatus.FOUND)
        self.send_header("Location", self.server.leads_to)
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _receive_answer(self) -> None:
        answer: str | HuggyError | None
        try:
            answer = self.server.read(self.path)
        except HuggyError as error:
            answer = error
        if answer is None:
            self._send_page(HTTPStatus.BAD_REQUEST, FOREIGN_PAGE)
            return
        failed = isinstance(answer, HuggyError)
        self._send_page(HTTPStatus.BAD_REQUEST if failed else HTTPStatus.OK, FAILURE_PAGE if failed else SUCCESS_PAGE)
        self.server.answers.put(answer)

    def _send_page(self, status: HTTPStatus, sentence: str) -> None:
        page = f"<!doctype html><meta charset=utf-8><title>huggy</title><p>{sentence}".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Log nothing: the address holds the code."""
