"""The example files for reverse proxies, started as they are but for names, ports and certificates of this machine."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

EXAMPLES = Path(__file__).parents[3] / "examples" / "webhook"
LONGEST = 120
"""Seconds that a proxy has to start, to answer, and to stop."""
_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
BINARIES = {name: shutil.which(name, path=_PATH) for name in ("caddy", "nginx")}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a proxy answered."""

    status: int
    text: str
    retry_after: str | None


@dataclass(frozen=True, slots=True)
class Proxy:
    """A running proxy: its port, the certificate to trust, and the folder with all that it writes."""

    port: int
    certificate: Path
    folder: Path

    def ask(
        self, method: str, path: str, body: bytes | Iterator[bytes] | None = None, *, is_chunked: bool = False
    ) -> Answer:
        """Send a request over TLS, with the certificate checked. Return the answer."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        connection = http.client.HTTPSConnection("localhost", self.port, context=context, timeout=LONGEST)
        with closing(connection):
            with suppress(
                BrokenPipeError, ConnectionResetError, ssl.SSLEOFError
            ):  # it was answered before all of it was sent
                connection.request(method, path, body, encode_chunked=is_chunked)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode(), answer.getheader("Retry-After"))

    def post(self, path: str, body: bytes) -> Answer:
        return self.ask("POST", path, body)

    def read_logs(self) -> str:
        """Return all that the proxy has written about requests."""
        return "\n".join(path.read_text(encoding="utf-8") for path in sorted(self.folder.glob("*.log")))


@contextmanager
def run_proxy(name: str, folder: Path, *, receiver: int) -> Iterator[Proxy]:
    """Run the example file of `name` in front of the receiver at this port of loopback, until the block ends."""
    binary = BINARIES[name]
    assert binary is not None
    port = find_free_port()
    prepare = {"caddy": _prepare_caddy, "nginx": _prepare_nginx}[name]
    arguments, certificate = prepare(folder, port=port, receiver=receiver)
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "process.log").open("wb") as log:
        process = subprocess.Popen([binary, *arguments], env=os.environ | home, stdout=log, stderr=log, cwd=folder)
    proxy = Proxy(port, certificate, folder)
    try:
        _wait_for(proxy, process)
        yield proxy
    finally:
        process.terminate()
        process.wait(LONGEST)


def find_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _prepare_nginx(folder: Path, *, port: int, receiver: int) -> tuple[list[str], Path]:
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-days", "2", "-nodes", "-newkey", "rsa:2048", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", "req", "-x509", *subject, *files], check=True, capture_output=True)
    site = _edit(
        "nginx.conf",
        {
            "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
            "server_name huggy.example.com": "server_name localhost",
            "/etc/letsencrypt/live/huggy.example.com/fullchain.pem": str(certificate),
            "/etc/letsencrypt/live/huggy.example.com/privkey.pem": str(key),
            "http://127.0.0.1:8088": f"http://127.0.0.1:{receiver}",
            "/var/log/nginx/huggy.log": str(folder / "access.log"),
            "/var/log/nginx/error.log": str(folder / "error.log"),
        },
    )
    (folder / "site.conf").write_text(site)
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = "".join(f"{kind}_temp_path {folder / kind};" for kind in kinds)
    main = folder / "nginx.conf"
    main.write_text(
        f"daemon off; master_process off; pid {folder / 'nginx.pid'}; error_log {folder / 'main.log'};"
        f"events {{}} http {{ access_log off; {folders} include {folder / 'site.conf'}; }}"
    )
    return ["-p", str(folder), "-c", str(main), "-e", str(folder / "main.log")], certificate


def _prepare_caddy(folder: Path, *, port: int, receiver: int) -> tuple[list[str], Path]:
    own = ["admin off", "local_certs", "skip_install_trust", "auto_https disable_redirects", "default_bind 127.0.0.1"]
    options = "".join(f"\t{line}\n" for line in own)
    site = _edit(
        "Caddyfile",
        {
            "\n{\n": f"\n{{\n{options}",
            "\nhuggy.example.com {": f"\nhttps://localhost:{port} {{",
            "127.0.0.1:8088": f"127.0.0.1:{receiver}",
        },
    )
    (folder / "Caddyfile").write_text(site)
    arguments = ["run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    return arguments, folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"


def _edit(name: str, changes: Mapping[str, str]) -> str:
    """Return an example file with each of these texts replaced. Each stands in it."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    assert [old for old in changes if old not in text] == []
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


def _wait_for(proxy: Proxy, process: subprocess.Popen[bytes]) -> None:
    """Wait until it answers. Raise AssertionError, with what it said, if it ends or never does."""
    until = time.monotonic() + LONGEST
    while process.poll() is None and time.monotonic() < until:
        try:
            proxy.ask("GET", "/")
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
        else:
            return
    raise AssertionError(proxy.read_logs())
