"""Closed, full and broken streams, as cron and pipes hand them over. No work is lost for them.

Each command is a Python of its own: how it takes its streams over is what is tested. In small each fate of a
stream meets three commands; HUGGY_PROOF=full tries each command with each of them.
"""

import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path

import duckdb
import pytest

from huggy_connector.sandbox import Options, Sandbox
from tests.sizes import FULL as PROOF_IS_FULL

MAIN = "import sys; from huggy_connector.cli import start; sys.exit(start())"
LONGEST = 600
NONE_SUCH = "nosuch"
FULL = (
    "huggy: The answer cannot be written to standard output (No space left on device): what was done stays done. "
    "Make room, or send the answer elsewhere.\n"
)


@dataclass(frozen=True)
class Shell:
    """A user's shell in a folder of their own."""

    folder: Path
    environ: dict[str, str]

    def run(self, *arguments: str, streams: str = "", after: str = "") -> tuple[int, str, str]:
        """What `huggy arguments streams` ends with, and what is read of it. `after` is the next of a pipe."""
        command = shlex.join([sys.executable, "-c", MAIN, *arguments])
        script = f"{command} {streams}{' | ' + after if after else ''}; exit ${{PIPESTATUS[0]}}"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def on_a_terminal(self, *arguments: str, **environ: str) -> tuple[int, str]:
        """The exit code, and all that the terminal got."""
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.folder)
            os.execvpe(sys.executable, [sys.executable, "-c", MAIN, *arguments], self.environ | environ)
        told = b""
        try:
            while part := os.read(terminal, 1 << 16):
                told += part
        except OSError:  # the terminal's end
            pass
        finally:
            os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), told.decode()

    def ids(self) -> list[int]:
        """Of the chats in the warehouse."""
        with duckdb.connect(str(self.folder / "huggy.duckdb"), read_only=True) as connection:
            return [row[0] for row in connection.execute("SELECT id FROM chats ORDER BY id").fetchall()]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Options(chats=40, contacts=20, limit=0)) as running:
        yield running


@pytest.fixture(scope="module")
def in_folder(sandbox: Sandbox) -> Callable[[Path], Shell]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUGGY_", "PYTHON"))}

    def of(folder: Path) -> Shell:
        return Shell(
            folder,
            kept
            | {
                "PYTHONPATH": str(Path(__file__).parents[2]),
                "HUGGY_BASE_URL": sandbox.url,
                "HUGGY_AUTH_URL": sandbox.auth_url,
                "HUGGY_ACCESS_TOKEN": sandbox.token,
                "HUGGY_STATE": str(folder / "state"),
                "HUGGY_REQUESTS_PER_SECOND": "1000",
                "HUGGY_REPORT": "no",
            },
        )

    return of


@pytest.fixture
def shell(in_folder: Callable[[Path], Shell], tmp_path: Path) -> Shell:
    return in_folder(tmp_path)


@pytest.fixture(scope="module")
def filled(in_folder: Callable[[Path], Shell], tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """With a warehouse, to be read only."""
    shell = in_folder(tmp_path_factory.mktemp("filled"))
    assert shell.run("sync", streams=">/dev/null 2>&1") == (0, "", "")
    return shell


STREAMS = ("<&- >&- 2>&-", "2>/dev/full", "2>&-", ">&-", "<&-", "2>&1 >/dev/null")


@pytest.mark.proof
@pytest.mark.parametrize("streams", STREAMS if PROOF_IS_FULL else STREAMS[:1])
def test_a_sync_does_its_work_whatever_streams_are_closed(shell: Shell, sandbox: Sandbox, streams: str) -> None:
    code, _, err = shell.run("sync", streams=streams)
    assert (code, "huggy:" in err) == (0, False)
    assert shell.ids() == sorted(sandbox.truth()["ids"])


def test_a_sync_whose_progress_nobody_reads_any_more_does_its_work(shell: Shell, sandbox: Sandbox) -> None:
    code, out, err = shell.run("sync", streams="2>&1", after="head -1")
    assert (code, out, err) == (141, "agents: full, all of it.\n", "")
    assert shell.ids() == sorted(sandbox.truth()["ids"])


def test_a_sync_whose_answer_is_lost_has_done_its_work_and_says_so(shell: Shell, sandbox: Sandbox) -> None:
    code, out, err = shell.run("sync", "--json", streams=">/dev/full")
    assert (code, out, err.splitlines(keepends=True)[-1]) == (1, "", FULL)
    assert shell.ids() == sorted(sandbox.truth()["ids"])


def test_progress_with_a_closed_standard_error_is_silent_and_the_answer_is_whole(shell: Shell) -> None:
    code, out, err = shell.run("land", "departments", "--json", streams="2>&-")
    assert (code, [each["resource"] for each in json.loads(out)["snapshots"]], err) == (0, ["departments"], "")


COMMANDS = {
    "help": ("--help",),
    "version": ("--version",),
    "check": ("check",),
    "get": ("get", "chats"),
    "plan": ("plan", "--json"),
    "status": ("status",),
    "query": ("query", "FROM chats"),
    "query of JSON": ("query", "FROM chats", "--json"),
    "query to a file": ("query", "FROM chats", "--out", "out.csv"),
    "describe": ("describe",),
    "describe a table": ("describe", "chats"),
    "auth status": ("auth", "status"),
    "load": ("load",),
    "compact": ("compact",),
    "report": ("report",),
}


def some_commands(first: int) -> pytest.MarkDecorator:
    """Every tenth command from the first of these on; all of them at full size."""
    chosen = dict(islice(COMMANDS.items(), *((0, None) if PROOF_IS_FULL else (first, None, 10))))
    return pytest.mark.parametrize("arguments", chosen.values(), ids=chosen)


@pytest.mark.proof
@some_commands(0)
def test_a_command_with_closed_streams_ends_as_with_open_ones(filled: Shell, arguments: tuple[str, ...]) -> None:
    assert filled.run(*arguments, streams="<&- >&- 2>&-") == (0, "", "")


@pytest.mark.proof
@some_commands(1)
def test_a_command_whose_answer_does_not_fit_says_so_and_fails(filled: Shell, arguments: tuple[str, ...]) -> None:
    code, out, err = filled.run(*arguments, streams=">/dev/full")
    assert (code, out, err.splitlines(keepends=True)[-1]) == (1, "", FULL)


@pytest.mark.proof
@some_commands(2)
def test_a_command_whose_answer_nobody_reads_is_silent(filled: Shell, arguments: tuple[str, ...]) -> None:
    code, _, err = filled.run(*arguments, after="true")
    assert (code in {0, 141}, "huggy:" in err, "Traceback" in err) == (True, False, False)


def test_the_first_line_of_a_long_answer_is_read_and_the_rest_dropped(filled: Shell) -> None:
    question = "SELECT repeat('x', 1000) AS x FROM range(1000)"
    code, out, err = filled.run("query", question, "--limit", "1000", "--json", after="head -c 11")
    assert (code, out, err) == (141, '{"columns":'[:11], "")


@pytest.mark.parametrize("streams", ["2>/dev/full", "<&- >&- 2>&-"])
def test_a_failure_keeps_its_exit_code(filled: Shell, streams: str) -> None:
    assert filled.run("query", f"SELECT {NONE_SUCH}", streams=streams)[0] == 2


@pytest.mark.parametrize("streams", ["2>&-", ">&-", "<&- >&- 2>&-"])
def test_no_file_of_ours_gets_the_number_of_a_closed_stream(tmp_path: Path, streams: str) -> None:
    """For libraries of C print to the number: into the warehouse, if it is the next file that is opened."""
    code = (
        "import os; from huggy_connector.cli.shell.standard_streams import standard_streams\n"
        "with standard_streams(), open('file', 'w') as file:\n"
        "    [os.write(number, b'noise') for number in (1, 2)]\n"
        "    file.write('ours')"
    )
    script = f"{shlex.join([sys.executable, '-c', code])} {streams}"
    environ = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environ, capture_output=True, check=False)
    assert (done.returncode, (tmp_path / "file").read_text()) == (0, "ours")


def test_a_login_without_standard_input_says_that_nothing_was_pasted(shell: Shell) -> None:
    app = shell.environ | {"HUGGY_CLIENT_ID": "APP-1", "HUGGY_CLIENT_SECRET": "s", "HUGGY_ACCESS_TOKEN": ""}
    code, out, err = Shell(shell.folder, app).run("auth", "login", "--no-browser", streams="<&-")
    assert (code, out, err.splitlines()[-1]) == (1, "", "huggy: Nothing was pasted: run `huggy auth login` again.")


def test_the_sandbox_answers_without_streams(shell: Shell, free_port: int) -> None:
    command = shlex.join([sys.executable, "-c", MAIN, "sandbox", "--port", str(free_port), "--chats", "1"])
    running = subprocess.Popen(["bash", "-c", f"exec {command} <&- >&- 2>&-"], env=shell.environ)
    try:
        deadline = time.monotonic() + LONGEST
        answered = False
        while not answered and running.poll() is None and time.monotonic() < deadline:
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{free_port}/sandbox/stats") as answer:
                answered = answer.status == HTTPStatus.OK
            time.sleep(0.1)
        running.send_signal(signal.SIGINT)
        assert (answered, running.wait(LONGEST)) == (True, 0)
    finally:
        running.kill()
        running.wait()


def test_a_demo_whose_answer_nobody_reads_leaves_its_warehouse(shell: Shell) -> None:
    code, _, err = shell.run("demo", "--chats", "40", streams="2>&-", after="true")
    assert (code, err, (shell.folder / "huggy-demo" / "huggy.duckdb").is_file()) == (141, "", True)


HOSTILE = "chr(27) || ']0;t' || chr(7) || '[bold]SKU:1234:A[/bold]' || chr(155) || '31m' || chr(8238) || chr(13)"
SHOWN = r"\x1b]0;t\x07[bold]SKU:1234:A[/bold]\x9b31m\u202e\r"


NAME = "\x1b]0;t\x07[bold]SKU:1234:A[/bold]\x9b31m\u202e\r"


class _Hostile(BaseHTTPRequestHandler):
    """An API whose every text is out to steer a terminal, and whose numbers are none."""

    def do_GET(self) -> None:
        about = f'"id": 1, "name": {json.dumps(NAME)}'
        profile = f'{{{about}, "companyID": 4242}}'
        odd = '"half": "\\ud83d", "share": NaN, "high": [1e999], "text": "a\\nb\\tc"'
        row = f'{{{about}, {json.dumps(NAME)}: "k", {odd}}}'
        body = (profile if "profile" in self.path else f"[{row}]" if "page=0" in self.path else "[]").encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def hostile_api() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Hostile) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v3"
        server.shutdown()


def test_what_an_api_says_does_not_steer_a_terminal_and_is_valid_json(shell: Shell) -> None:
    with hostile_api() as url:
        there = Shell(shell.folder, shell.environ | {"HUGGY_BASE_URL": url})
        code, told = there.on_a_terminal("check", TERM="xterm-256color")
        assert (code, told.splitlines()[0]) == (0, f"Connected as {SHOWN} (agent 1), company 4242.")
        code, told = there.on_a_terminal("get", "agents", TERM="xterm-256color", COLUMNS="200")
        cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in told.split("\n") if line.startswith("│")]
        assert (code, cells) == (0, [["1", SHOWN, "k", "\\ud83d", "nan", "a\\nb\\tc"]])
        code, out, _ = there.run("get", "agents", "--json")
        row = {"id": 1, "name": NAME, "half": "\ufffd", NAME: "k", "share": None, "high": [None], "text": "a\nb\tc"}
        rows = json.loads(out, parse_constant=pytest.fail)["rows"]
        assert (code, rows) == (0, [row])


@pytest.mark.parametrize("term", ["dumb", "xterm-256color"])
def test_a_terminal_is_not_steered_by_the_data(filled: Shell, term: str) -> None:
    code, told = filled.on_a_terminal("query", f"SELECT {HOSTILE} AS v", TERM=term, COLUMNS="120")
    cell = [line.strip("│ \r") for line in told.split("\n") if line.startswith("│")]
    assert (code, cell) == (0, [SHOWN])
    code, told = filled.on_a_terminal("query", f"SELECT {HOSTILE} AS v", "--json", TERM=term)
    assert (code, json.loads(told)["rows"]) == (0, [{"v": "\x1b]0;t\x07[bold]SKU:1234:A[/bold]\x9b31m\u202e\r"}])
    assert {sign for sign in told if ord(sign) < 32 or 127 <= ord(sign) < 160 or sign == "\u202e"} == {"\r", "\n"}


def test_a_dumb_terminal_gets_lines_of_progress_and_nothing_that_moves_a_cursor(shell: Shell) -> None:
    code, told = shell.on_a_terminal("sync", TERM="dumb")
    lines = [re.sub(r"\d.*\d", "N", line) for line in told.splitlines() if line.startswith("agents: ")]
    assert (code, lines[:2], "\x1b" in told) == (0, ["agents: full, all of it.", "agents: N% of the budget"], False)


ENCODINGS: list[tuple[dict[str, str], str, str | None]] = [
    ({"PYTHONIOENCODING": "latin-1"}, "São \\U0001f600", '"S\\u00e3o \\ud83d\\ude00"'),
    ({"PYTHONIOENCODING": "ascii"}, "S\\xe3o \\U0001f600", '"S\\u00e3o \\ud83d\\ude00"'),
    ({"PYTHONIOENCODING": "utf-8:strict"}, "São 😀", '"São 😀"'),
    ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "S\\xe3o \\U0001f600", None),
    ({"LANG": "C"}, "São 😀", '"São 😀"'),
]


@pytest.mark.proof
@pytest.mark.parametrize(("environ", "table", "document"), ENCODINGS if PROOF_IS_FULL else ENCODINGS[::3])
def test_what_an_encoding_lacks_is_shown_by_its_number(
    filled: Shell, environ: dict[str, str], table: str, document: str | None
) -> None:
    without = {name: value for name, value in filled.environ.items() if name not in {"LANG", "LC_ALL", "LC_CTYPE"}}

    def said(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", MAIN, "query", "SELECT 'São 😀' AS v", *arguments],
            cwd=filled.folder,
            env=without | environ,
            capture_output=True,
            timeout=LONGEST,
            check=True,
        )
        return done.stdout.decode("latin-1" if environ.get("PYTHONIOENCODING") == "latin-1" else "utf-8")

    assert [line.strip("│| \n") for line in said().splitlines() if line[0] in "│|"][-1] == table
    expected = '"S\\u00e3o \\ud83d\\ude00"' if document is None else document
    assert said("--json") == f'{{"columns": ["v"], "rows": [{{"v": {expected}}}], "complete": true}}\n'


def test_an_argument_that_is_no_text_is_refused_in_one_sentence(filled: Shell) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MAIN, "query", b"SELECT '\xff'"],
        cwd=filled.folder,
        env=filled.environ | {"LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        "huggy: SELECT '\\udcff' is no UTF-8: write it so, or set LANG to what it is.\n",
    )
