"""A server of a stranger on loopback: it remembers all that it is asked, and answers what it is told to."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


@dataclass
class Recorder:
    """`with Recorder() as stranger: ...`; `asked` is each request as it came, head and body in one text."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    answer: object = field(default_factory=lambda: {"access_token": "a.b.c", "id": 1, "companyId": 1, "name": "Nobody"})
    asked: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def heard(self, *secrets: str) -> list[str]:
        """Those of the texts that it was told."""
        return [secret for secret in secrets if any(secret in each for each in self.asked)]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                recorder.asked.append(f"{self.requestline}\n{self.headers}\n{body.decode(errors='replace')}")
                answer = json.dumps(recorder.answer).encode()
                self.send_response(recorder.status)
                for name, value in recorder.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        return Handler
