"""Each wrong input is one sentence that says what to do, and leaves landing and warehouse as they were.

The commands are run as a user runs them, against a sandbox over HTTP. `HUGGY_SHOW=1 pytest -s` prints what each said.
"""

import http.server
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from huggy_connector.sandbox import Options, Sandbox
from tests.integration.conftest import LONGEST
from tests.warm_process import COLD, huggy_command

if TYPE_CHECKING:
    from tests.integration.conftest import Buckets

EXPIRED = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3MDAwMDAwMDB9.eA"
V2_TOKEN = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Run:
    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        return self.err.strip().splitlines()[-1]


@dataclass(frozen=True)
class Shell:
    """A user's shell in an empty folder, pointed at a sandbox."""

    folder: Path
    environ: dict[str, str]

    def huggy(self, *arguments: str, **environ: str) -> Run:
        done = subprocess.run(
            [*huggy_command(), *arguments],
            cwd=self.folder,
            env=self.environ | environ,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A Python of its own: signals reach it by its id."""
        return subprocess.Popen(
            [*COLD, *arguments],
            cwd=self.folder,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def files(self) -> dict[str, bytes]:
        """Everything published: landing and warehouse, not the state folder or work in progress."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and "state" not in path.parts and ".work" not in path.parts and path.name != "lock"
        }


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Options(chats=300, contacts=60, limit=0)) as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, sandbox: Sandbox) -> Shell:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUGGY_", "PYTHONDONTWRITE"))}
    root = str(Path(__file__).parents[2])
    return Shell(
        tmp_path,
        kept
        | {
            "PYTHONPATH": root,
            "HUGGY_BASE_URL": sandbox.url,
            "HUGGY_ACCESS_TOKEN": sandbox.token,
            "HUGGY_STATE": str(tmp_path / "state"),
            "HUGGY_REQUESTS_PER_SECOND": "1000",
            "HUGGY_REPORT": "no",
        },
    )


@dataclass(frozen=True)
class Case:
    arguments: tuple[str, ...]
    code: int
    sentence: str
    environ: dict[str, str] = field(default_factory=dict)


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


SYNC = ("sync", "chats")
CASES = {
    "no token": Case(SYNC, 2, "There is no access token: set HUGGY_ACCESS_TOKEN", {"HUGGY_ACCESS_TOKEN": ""}),
    "wrong token": Case(SYNC, 1, "The API does not accept the token (revoked", {"HUGGY_ACCESS_TOKEN": "a.b.c"}),
    "expired token": Case(SYNC, 1, "The token expired on 2023-11-14", {"HUGGY_ACCESS_TOKEN": EXPIRED}),
    "v2 token on v3": Case(SYNC, 1, "This is no v3 token", {"HUGGY_ACCESS_TOKEN": V2_TOKEN}),
    "token with a space": Case(SYNC, 2, "The access token holds spaces", {"HUGGY_ACCESS_TOKEN": "Bearer a.b.c"}),
    "wrong company": Case(
        (*SYNC, "--company-id", "999"), 1, "The token's agent may not read the token's profile: check HUGGY_COMPANY_ID"
    ),
    "host unreachable": Case(
        SYNC,
        1,
        "No connection to 127.0.0.1: check HUGGY_BASE_URL",
        {"HUGGY_BASE_URL": f"http://127.0.0.1:{closed_port()}"},
    ),
    "host unknown": Case(
        SYNC,
        1,
        "No connection to api.huggy.invalid: check HUGGY_BASE_URL",
        {"HUGGY_BASE_URL": "https://api.huggy.invalid/v3"},
    ),
    "plain http to another machine": Case(
        SYNC,
        2,
        "HUGGY_BASE_URL 'http://api.huggy.invalid/v3': would show secrets to the network: write https://, or set ",
        {"HUGGY_BASE_URL": "http://api.huggy.invalid/v3"},
    ),
    "unknown resource": Case(("sync", "chat"), 2, "There is no resource called 'chat': choose from agents,"),
    "unknown resource to get": Case(
        ("get", "tickets"), 2, "There is no resource called 'tickets': choose from agents,"
    ),
    "landing is a URL of no store": Case(
        SYNC, 2, "HUGGY_LANDING 'ftp://host/x': is neither a folder nor", {"HUGGY_LANDING": "ftp://host/x"}
    ),
    "landing holds a key": Case(
        SYNC, 2, "HUGGY_LANDING 's3://***@bucket/x': may hold only the", {"HUGGY_LANDING": "s3://a:b@bucket/x"}
    ),
    "landing in Azure without an account": Case(
        SYNC, 2, "The place az://box/x cannot be opened: set", {"HUGGY_LANDING": "az://box/x"}
    ),
    "unknown zone": Case((*SYNC, "--timezone", "Mars"), 2, "the argument timezone 'Mars': is no zone of the IANA"),
    "rate of 0": Case(
        (*SYNC, "--requests-per-second", "0"), 2, "the argument requests_per_second '0': input should be"
    ),
    "rate of abc": Case(
        (*SYNC, "--requests-per-second", "abc"), 2, "the argument requests_per_second 'abc': input should"
    ),
    "reserved warehouse name": Case(
        (*SYNC, "--warehouse", "marts.duckdb"), 2, "The warehouse may not be called 'marts"
    ),
    "unknown option": Case(("sync", "--everything"), 2, "No such option"),
    "unknown command": Case(("sink",), 2, "No such command 'sink'"),
    "no warehouse yet": Case(("query", "FROM chats"), 2, "There is no warehouse at"),
    "unknown row": Case(("get", "chats", "999999999"), 1, "Not found: chats 999999999. Check HUGGY_BASE_URL"),
    "unknown table": Case(("describe", "chat"), 2, "There is no table called 'chat': did you mean chats,"),
    "bad budget": Case((*SYNC, "--budget", "ftp://x"), 2, "HUGGY_BUDGET is not understood: give file:"),
}


def said(name: str, run: Run) -> None:
    if os.environ.get("HUGGY_SHOW"):
        sys.stdout.write(f"{name} | exit {run.code} | {run.last}\n")


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_setting_or_account_is_one_sentence(shell: Shell, name: str) -> None:
    case = CASES[name]
    run = shell.huggy(*case.arguments, **case.environ)
    said(name, run)
    assert (run.code, run.out) == (case.code, "")
    assert run.last.startswith(f"huggy: {case.sentence}")
    assert "Traceback" not in run.err
    assert shell.files() == {}


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("object", "The answer for page 0 of chats is an object where a list is due"),
        ("html", "The answer for page 0 of chats is a web page, not JSON"),
        ("truncated", "The answer for page 0 of chats is cut off or garbled"),
        ("json", "The answer for page 0 of chats is cut off or not JSON"),
        ("empty", "The answer for page 0 of chats is empty, again and again"),
        ("500", "The API failed with status 500 for page 0 of chats, again and again"),
    ],
)
def test_an_answer_that_is_no_list_is_one_sentence(tmp_path: Path, shell: Shell, fault: str, sentence: str) -> None:
    with Sandbox(Options(chats=40, contacts=10, limit=0, faults={fault: 1.0})) as broken:
        run = shell.huggy("get", "chats", HUGGY_BASE_URL=broken.url, HUGGY_ACCESS_TOKEN=broken.token)
    said(fault, run)
    assert (run.code, run.out, shell.files()) == (1, "", {})
    assert run.last.startswith(f"huggy: {sentence}")


class _NotFound(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def other_server() -> Iterator[Callable[[ssl.SSLContext | None], str]]:
    servers: list[http.server.HTTPServer] = []

    def start(tls: ssl.SSLContext | None) -> str:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _NotFound)
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"{'https' if tls else 'http'}://localhost:{server.server_port}/v3"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_base_url_that_has_no_api_is_one_sentence(
    shell: Shell, other_server: Callable[[ssl.SSLContext | None], str]
) -> None:
    run = shell.huggy(*SYNC, HUGGY_BASE_URL=other_server(None))
    said("404 base URL", run)
    assert (run.code, shell.files()) == (1, {})
    assert run.last.startswith("huggy: Not found: the token's profile. Check HUGGY_BASE_URL")


def test_a_certificate_that_is_not_trusted_is_one_sentence(
    tmp_path: Path, shell: Shell, other_server: Callable[[ssl.SSLContext | None], str]
) -> None:
    subject = ["-subj", "/CN=localhost", "-days", "2", "-nodes", "-newkey", "rsa:2048"]
    files = ["-keyout", str(tmp_path / "state-key.pem"), "-out", str(tmp_path / "state-cert.pem")]
    subprocess.run(["openssl", "req", "-x509", *subject, *files], check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "state-cert.pem", tmp_path / "state-key.pem")
    before = shell.files()
    run = shell.huggy(*SYNC, HUGGY_BASE_URL=other_server(tls))
    said("TLS failure", run)
    assert (run.code, shell.files()) == (1, before)
    assert run.last.startswith("huggy: The certificate of localhost is not trusted: check HUGGY_BASE_URL")


def test_a_landing_that_is_a_file_or_not_ours_is_one_sentence(shell: Shell) -> None:
    (shell.folder / "occupied").write_text("mine")
    run = shell.huggy(*SYNC, "--landing", "occupied")
    said("landing is a file", run)
    assert (run.code, shell.files()) == (1, {"occupied": b"mine"})
    assert "occupied" in run.last


def test_a_landing_in_a_bucket_that_is_not_there_is_one_sentence(shell: Shell, buckets: "Buckets") -> None:
    run = shell.huggy(*SYNC, HUGGY_LANDING="s3://nowhere/x", **buckets.environ)
    said("no such bucket", run)
    assert (run.code, run.out, shell.files()) == (1, "", {})
    reason = "there is no such bucket; create it, or correct the address"
    assert run.last == f"huggy: The landing s3://nowhere/x cannot be read: {reason}."


def test_a_landing_at_a_url_without_the_extra_is_one_sentence(shell: Shell) -> None:
    code = "import sys; sys.modules['obstore'] = None; from huggy_connector.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, *SYNC],
        cwd=shell.folder,
        env=shell.environ | {"HUGGY_LANDING": "s3://bucket/x"},
        capture_output=True,
        text=True,
        check=False,
    )
    run = Run(done.returncode, done.stdout, done.stderr)
    said("no extra", run)
    assert (run.code, run.out, shell.files()) == (2, "", {})
    extra = 'pip install "huggy-connector[object-storage]"'
    assert run.last == f"huggy: The place s3://bucket/x needs the extra object-storage: {extra}."


def test_a_full_disk_is_one_sentence_and_nothing_is_published(shell: Shell) -> None:
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))"
    code = f"import sys; {limited}; from huggy_connector.cli import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, "land", "chats"],
        cwd=shell.folder,
        env=shell.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    run = Run(done.returncode, done.stdout, done.stderr)
    said("full landing", run)
    assert (run.code, [name for name in shell.files() if name.endswith("manifest.json")]) == (1, [])
    assert "landing" in run.last


@pytest.mark.parametrize("damage", ["deleted", "corrupted", "truncated"])
def test_a_published_part_that_is_damaged_stops_the_load(shell: Shell, damage: str) -> None:
    assert shell.huggy("land", "chats").code == 0
    part = next(shell.folder.glob("landing/4242/chats/*/part-*.parquet"))
    content = part.read_bytes()
    if damage == "deleted":
        part.unlink()
    else:
        part.write_bytes(
            content[:-100] if damage == "truncated" else content[:5000] + bytes([content[5000] ^ 1]) + content[5001:]
        )
    before = shell.files()
    run = shell.huggy("load")
    said(f"part {damage}", run)
    assert (run.code, run.out, shell.files()) == (1, "", before)
    assert "landing" in run.last or "snapshot" in run.last


def test_a_warehouse_that_is_a_folder_or_no_database_is_one_sentence_and_untouched(shell: Shell) -> None:
    assert shell.huggy("land", "departments").code == 0
    (shell.folder / "folder.duckdb").mkdir()
    (shell.folder / "text.duckdb").write_text("not a database")
    duckdb.connect(str(shell.folder / "foreign.duckdb")).execute("CREATE TABLE mine (a INT)").close()
    before = shell.files()
    for name in ("folder", "text", "foreign", "meta", "history", "missing/x"):
        run = shell.huggy("load", "--warehouse", f"{name}.duckdb")
        said(f"warehouse {name}", run)
        assert (run.code in {1, 2}, run.out, shell.files()) == (True, "", before)
        assert run.last.startswith("huggy: ")
        assert "Unexpected" not in run.last


def test_a_warehouse_that_a_writer_holds_is_one_sentence_and_the_next_load_succeeds(shell: Shell) -> None:
    assert shell.huggy("sync", "departments").code == 0
    assert shell.huggy("land", "departments").code == 0
    hold = "import duckdb, sys; c = duckdb.connect('huggy.duckdb'); print('held', flush=True); sys.stdin.read()"
    writer = subprocess.Popen(
        [sys.executable, "-c", hold], cwd=shell.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "held\n"
        before = shell.files()
        run = shell.huggy("load")
        said("warehouse held by a writer", run)
        assert (run.code, run.out, shell.files()) == (1, "", before)
    finally:
        writer.communicate("")
    assert shell.huggy("load").code == 0


@pytest.fixture
def slow(shell: Shell) -> Iterator[Shell]:
    with Sandbox(Options(chats=1_000, contacts=40, limit=0, latency_ms=200)) as sandbox:
        yield Shell(shell.folder, shell.environ | {"HUGGY_BASE_URL": sandbox.url, "HUGGY_ACCESS_TOKEN": sandbox.token})


def wait_for_work(shell: Shell) -> None:
    end = time.monotonic() + LONGEST
    while not list(shell.folder.glob("landing/4242/chats/.work/*/part-*.parquet")):
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_is_one_sentence_and_the_same_command_goes_on(slow: Shell, number: signal.Signals) -> None:
    running = slow.start("sync", "chats")
    wait_for_work(slow)
    running.send_signal(number)
    out, err = running.communicate(timeout=LONGEST)
    run = Run(running.returncode, out, err)
    said(number.name, run)
    assert (run.code, run.out, slow.files()) == (130, "", {})
    assert run.last == "huggy: Interrupted: what was done so far is kept, and the same command goes on from there."
    again = slow.huggy("sync", "chats")
    assert again.code == 0
    assert "resumes the work begun at" in again.err
    assert (
        slow.huggy("query", "SELECT count(*) AS n, count(DISTINCT id) AS ids FROM chats", "--json").out.count("1000")
        == 2
    )


def test_of_two_syncs_at_once_one_says_who_is_at_it(slow: Shell) -> None:
    first = slow.start("sync", "chats")
    wait_for_work(slow)
    first.send_signal(signal.SIGSTOP)  # it is at it however long the second one takes to start
    second = slow.huggy("sync", "chats")
    first.send_signal(signal.SIGCONT)
    said("two syncs at once", second)
    assert second.code == 1
    assert "has been going on since" in second.last
    first.communicate(timeout=LONGEST)
    assert first.returncode == 0
