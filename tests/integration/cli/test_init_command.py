"""`huggy init` asks five things of a terminal or a pipe, and writes them into a file that only its user may read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import duckdb
import pytest

from huggy_connector.sandbox import Sandbox
from tests.integration.conftest import LONGEST, ROOT, Run

Huggy = Callable[..., Run]
ON_A_TERMINAL = (
    "import fcntl, signal, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "signal.signal(signal.SIGINT, signal.default_int_handler); from huggy_connector.cli import main; "
    "sys.exit(main(['init']))"
)
"""With this terminal as its own, so that Ctrl-C arrives, even if the tests run in the background, which ignores it."""
V2_TOKEN = "0123456789abcdef0123456789abcdef"
NO_ACCOUNT = dict.fromkeys(("HUGGY_BASE_URL", "HUGGY_AUTH_URL", "HUGGY_ACCESS_TOKEN"), "")


def mode(path: Path) -> str:
    return oct(path.stat().st_mode & 0o777)


def written(sandbox: Sandbox, folder: Path, **others: str) -> str:
    """The file that a first run with nothing but proposals writes."""
    values = {
        "BASE_URL": sandbox.url,
        "AUTH_URL": sandbox.auth_url,
        "ACCESS_TOKEN": sandbox.token,
        "TIMEZONE": "America/Sao_Paulo",
        "LANDING": f"{folder}/landing",
        "WAREHOUSE": f"{folder}/huggy.duckdb",
    }
    return "".join(f"HUGGY_{name}={value}\n" for name, value in (values | others).items())


def prepare(folder: Path) -> None:
    """Puts into the folder what no answer may name."""
    with duckdb.connect(str(folder / "theirs.duckdb")) as connection:
        connection.execute("CREATE TABLE t (a INT)")
    (folder / "note.txt").write_text("a note" * 1_000)


# From a pipe ----------------------------------------------------------------------------------------------------------


def test_empty_lines_take_all_proposals_and_the_file_is_private(huggy: Huggy, sandbox: Sandbox, tmp_path: Path) -> None:
    done = huggy("init", pasted="\n" * 5)
    file = tmp_path / ".env"
    assert (done.code, done.out) == (
        0,
        f"{file} is written. Only you can read it.\nEvery command reads it in this folder.\nNext:\n  huggy sync\n",
    )
    assert (file.read_text(), mode(file)) == (written(sandbox, tmp_path), "0o600")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".env", "state"]
    assert sandbox.token not in done.out + done.err


def test_the_next_command_does_what_it_says(huggy: Huggy, tmp_path: Path) -> None:
    assert huggy("init", pasted="\n\n\nlake\ndesk.duckdb\n").code == 0
    assert huggy("sync", **NO_ACCOUNT).code == 0
    told = json.loads(huggy("query", "SELECT count(*) AS chats FROM chats", "--json", **NO_ACCOUNT).out)
    assert told["rows"] == [{"chats": 45}]
    assert sorted(path.name for path in tmp_path.iterdir() if path.name[0] != ".") == ["desk.duckdb", "lake", "state"]


def test_an_app_is_written_and_its_login_is_next(huggy: Huggy, tmp_path: Path) -> None:
    done = huggy("init", pasted="\nAPP-1\nhidden\nUTC\n\n\n", **NO_ACCOUNT)
    assert (done.code, done.out.splitlines()[-1], "hidden" in done.out + done.err.replace("not shown", "")) == (
        0,
        "  huggy auth login",
        False,
    )
    assert (tmp_path / ".env").read_text() == (
        "HUGGY_CLIENT_ID=APP-1\nHUGGY_CLIENT_SECRET=hidden\nHUGGY_TIMEZONE=UTC\n"
        f"HUGGY_LANDING={tmp_path}/landing\nHUGGY_WAREHOUSE={tmp_path}/huggy.duckdb\n"
    )


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ("", "Token: there is no answer, standard input ended before it."),
        ("nonsense\n", "Token: This is no v3 token (a v3 token is an OAuth token with two dots; "),
        (
            "a.b.c\n",
            "Token: The API does not accept the token (revoked, or of another account): run `huggy auth login`.",
        ),
        ("two words\n", "Token: The access token holds spaces or other characters that no token has: "),
        ("app\n\n", "Client id: Nothing was given."),
        ("app\nAPP-1\na b\n", "Client secret (not shown): It holds a space or another character that none has: "),
        ("\nmany\n", "Company: 'many' is no number of a company, such as 4242."),
        ("\n77\n", "Company: The token does not reach company 77: give another number."),
        ("\n\nMars\n", "Time zone: HUGGY_TIMEZONE 'Mars': is no zone of the IANA database such as America/Sao_Paulo."),
        ("\n\n\nnote.txt\n", "Landing: The landing {here}/note.txt is no folder, or a file lies in its way: "),
        (
            "\n\n\n\ntheirs.duckdb\n",
            "DuckDB file: {here}/theirs.duckdb holds 1 tables, views or other things of someone",
        ),
        (
            "\n\n\n\nnote.txt\n",
            "DuckDB file: {here}/note.txt is not a DuckDB file: give another path, or move it away.",
        ),
        ("\n\n\n\nmain.duckdb\n", "DuckDB file: The warehouse may not be called 'main.duckdb': "),
        ("\n\n\n\nno/x.duckdb\n", "DuckDB file: The warehouse's folder '{here}/no' does not exist: create it first."),
        ("\n\n\n\n", "DuckDB file: there is no answer, standard input ended before it."),
    ],
)
def test_a_wrong_answer_ends_it_with_one_sentence_and_nothing_is_written(
    huggy: Huggy, tmp_path: Path, answers: str, sentence: str
) -> None:
    prepare(tmp_path)
    done = huggy("init", pasted=answers)
    assert (done.code, done.out) == (2, "")
    assert done.sentence.startswith(f"huggy: {sentence.format(here=tmp_path)}")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "state") == ["note.txt", "theirs.duckdb"]


def test_an_api_that_does_not_answer_is_no_wrong_answer(huggy: Huggy, tmp_path: Path, free_port: int) -> None:
    done = huggy("init", pasted="\n" * 5, HUGGY_BASE_URL=f"http://127.0.0.1:{free_port}/v3")
    assert (done.code, (tmp_path / ".env").exists()) == (1, False)


# A file that is there -------------------------------------------------------------------------------------------------


OLD = (
    "# The desk of the north.\nOTHER='kept as it is'\nHUGGY_LANGUAGE=es\nHUGGY_TIMEZONE=Mars\nHUGGY_REFRESH_TOKEN=old\n"
)


def test_a_file_that_is_there_keeps_its_other_lines(huggy: Huggy, sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(OLD)
    file.chmod(0o600)
    done = huggy("init", pasted="\n" * 6)
    assert done.code == 0
    zone = "HUGGY_TIMEZONE=America/Sao_Paulo\n"
    kept = OLD.replace("HUGGY_TIMEZONE=Mars\n", zone).replace("HUGGY_REFRESH_TOKEN=old\n", "")
    assert file.read_text() == kept + written(sandbox, tmp_path).replace(zone, "")
    names = ("BASE_URL", "AUTH_URL", "ACCESS_TOKEN", "TIMEZONE", "LANDING", "WAREHOUSE")
    assert done.err.splitlines()[-5:-1] == [
        ".env is there already",
        f"   Written: {', '.join(f'HUGGY_{name}' for name in names)}.",
        "   Removed: HUGGY_REFRESH_TOKEN.",
        "   All other lines stay. Change it? [Y/n]",
    ]
    again = huggy("init", pasted="\n" * 5)
    assert (again.code, again.out.splitlines()[0]) == (0, f"{file} holds all of this already. Only you can read it.")


def test_who_does_not_want_it_changed_has_it_as_it_was(huggy: Huggy, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(OLD)
    file.chmod(0o600)
    done = huggy("init", pasted="\n\n\n\n\nn\n")
    assert (done.code, done.sentence, file.read_text()) == (130, "huggy: Nothing is written.", OLD)


def test_a_typed_token_goes_to_no_address_of_the_file_unasked(huggy: Huggy, sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(f"HUGGY_BASE_URL={sandbox.url}\nHUGGY_ALLOW_HTTP=yes\n")
    before = sandbox.stats()["requests"]
    refused = huggy("init", pasted=f"{sandbox.token}\nperhaps\n", **NO_ACCOUNT)
    assert refused.sentence == "huggy: Is this one for there? Answer y for yes or n for no."
    assert sandbox.stats()["requests"] == before
    assert huggy("init", pasted=f"{sandbox.token}\ny\n\n\n\n\n\n", **NO_ACCOUNT).code == 0
    assert file.read_text().splitlines()[:2] == [f"HUGGY_BASE_URL={sandbox.url}", "HUGGY_ALLOW_HTTP=yes"]


def test_variables_of_the_shell_that_outvote_the_file_are_told(huggy: Huggy) -> None:
    done = huggy("init", pasted="\n\nAmerica/Manaus\n\n\n", HUGGY_TIMEZONE="UTC", HUGGY_LANDING="/lake")
    assert done.out.splitlines()[2] == (
        "But this shell sets HUGGY_TIMEZONE, which takes precedence: unset it, or open a new shell."
    )


def test_a_git_repository_is_told_to_ignore_the_file(huggy: Huggy, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    sentence = "This folder is in a git repository: add .env to its .gitignore."
    assert sentence in huggy("init", pasted="\n" * 5).out.splitlines()
    (tmp_path / ".gitignore").write_text("*.duckdb\n/.env\n")
    assert sentence not in huggy("init", pasted="\n" * 5).out.splitlines()


# Where it cannot be written -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "why"),
    [("link", "it is a link"), ("folder", "it is no regular file"), ("pipe", "it is no regular file")],
)
def test_anything_but_a_file_in_its_place_is_told_before_a_question(
    huggy: Huggy, tmp_path: Path, kind: str, why: str
) -> None:
    place = tmp_path / ".env"
    match kind:
        case "link":
            place.symlink_to("elsewhere.env")
        case "folder":
            place.mkdir()
        case "pipe":
            os.mkfifo(place)
    done = huggy("init", pasted="\n" * 5)
    assert (done.code, done.out, done.err) == (
        2,
        "",
        (f"huggy: .env cannot be written ({why}): go to a folder of yours, or name another file in HUGGY_ENV_FILE.\n"),
    )
    assert not (tmp_path / "elsewhere.env").exists()


def test_a_folder_where_nobody_can_write_is_told_before_a_question(huggy: Huggy) -> None:
    done = huggy("init", pasted="\n" * 5, HUGGY_ENV_FILE="/proc/huggy.env")
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)
    assert done.err.startswith("huggy: /proc/huggy.env cannot be written (")


def test_a_named_file_is_made_and_an_empty_name_is_told(huggy: Huggy, tmp_path: Path) -> None:
    done = huggy("init", pasted="\n" * 5, HUGGY_ENV_FILE="north.env")
    assert done.out.splitlines()[:2] == [
        f"{tmp_path}/north.env is written. Only you can read it.",
        "Every command reads it while HUGGY_ENV_FILE names it.",
    ]
    assert mode(tmp_path / "north.env") == "0o600"
    assert huggy("init", HUGGY_ENV_FILE="").sentence == (
        "huggy: HUGGY_ENV_FILE is set and empty, so no command reads a file: unset it, or name one."
    )


# v2 -------------------------------------------------------------------------------------------------------------------


@contextmanager
def v2_api() -> Iterator[tuple[str, list[str]]]:
    """An API of v2 that has no agent and no chat: its address, and what it was asked."""
    asked: list[str] = []

    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.path} {self.headers['X-Authorization']} {self.headers['Authorization']}")
            answer = b"[]"
            self.send_response(200 if self.path.startswith("/v2/") else 401)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()


def test_a_v2_token_is_asked_for_its_address_and_goes_nowhere_else(huggy: Huggy, tmp_path: Path) -> None:
    with v2_api() as (origin, asked):
        (tmp_path / ".env").write_text(f"HUGGY_BASE_URL={origin}/v3\n")
        done = huggy("init", pasted=f"{V2_TOKEN}\ny\n\n7\nUTC\n\n\n\n", **NO_ACCOUNT)
    assert done.code == 0
    assert asked == [f"/v2/{path}?page=0 Bearer {V2_TOKEN} None" for path in ("agents", "chats")]
    assert (tmp_path / ".env").read_text().splitlines()[:4] == [
        f"HUGGY_BASE_URL={origin}/v2",
        "HUGGY_API_VERSION=v2",
        f"HUGGY_ACCESS_TOKEN={V2_TOKEN}",
        "HUGGY_COMPANY_ID=7",
    ]


# On a terminal --------------------------------------------------------------------------------------------------------


@dataclass
class Terminal:
    """`huggy init` on a terminal of its own. `screen` is all that it has shown."""

    folder: Path
    environ: dict[str, str]
    screen: str = ""
    _seen: int = 0
    _child: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _person: int = -1

    def open(self) -> None:
        self._person, program = os.openpty()
        self._child = subprocess.Popen(
            [sys.executable, "-c", ON_A_TERMINAL],
            cwd=self.folder,
            env=self.environ,
            stdin=program,
            stdout=program,
            stderr=program,
            start_new_session=True,
        )
        os.close(program)

    def wait_for(self, prompt: str) -> None:
        """Read on until a new prompt stands there. What ends before it fails the test with the screen."""
        while (at := self.screen.find(prompt, self._seen)) < 0:
            assert self._read(), f"{prompt!r} does not come:\n{self.screen}"
        self._seen = at + len(prompt)

    def type(self, *dialogue: tuple[str, str]) -> None:
        """Wait for each prompt, and type the answer."""
        for prompt, keys in dialogue:
            self.wait_for(prompt)
            os.write(self._person, keys.encode())

    def end(self) -> int:
        while self._read():
            pass
        assert self._child is not None
        os.close(self._person)
        return self._child.wait(timeout=LONGEST)

    def _read(self) -> bool:
        try:
            shown = os.read(self._person, 65536)
        except OSError:  # the other end is closed
            return False
        self.screen += shown.decode().replace("\r\n", "\n")
        return bool(shown)


@pytest.fixture
def terminal(sandbox: Sandbox, tmp_path: Path) -> Terminal:
    """In an empty folder, with a shell that names the sandbox and holds no secret."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HUGGY_", "PYTHONDONTWRITE"))}
    return Terminal(
        tmp_path,
        clean
        | {
            "PYTHONPATH": str(ROOT),
            "HUGGY_BASE_URL": sandbox.url,
            "HUGGY_AUTH_URL": sandbox.auth_url,
            "HUGGY_STATE": str(tmp_path / "state"),
            "HUGGY_CLOCK": "host",
        },
    )


def test_a_good_run_shows_five_questions_and_no_token(terminal: Terminal, sandbox: Sandbox, tmp_path: Path) -> None:
    terminal.open()
    terminal.type(("Token [app]: ", f"{sandbox.token}\n"), ("Company [4242]: ", "\n"))
    terminal.type(("Time zone [America/Sao_Paulo]: ", "\n"), (f"Landing [{tmp_path}/landing]: ", "\n"))
    terminal.type((f"DuckDB file [{tmp_path}/huggy.duckdb]: ", "\n"))
    assert terminal.end() == 0
    assert sandbox.token not in terminal.screen
    assert terminal.screen.splitlines()[-4:] == [
        f"{tmp_path}/.env is written. Only you can read it.",
        "Every command reads it in this folder.",
        "Next:",
        "  huggy sync",
    ]
    assert ((tmp_path / ".env").read_text(), mode(tmp_path / ".env")) == (written(sandbox, tmp_path), "0o600")


def test_a_line_that_somebody_else_writes_meanwhile_stays(terminal: Terminal, sandbox: Sandbox, tmp_path: Path) -> None:
    terminal.open()
    terminal.type(("Token [", f"{sandbox.token}\n"), ("Company [", "\n"), ("Time zone [", "\n"), ("Landing [", "\n"))
    terminal.wait_for("DuckDB file [")
    (tmp_path / ".env").write_text("OTHER=1\n")
    (tmp_path / ".env").chmod(0o644)
    terminal.type(("]: ", "\n"), ("Change it? [Y/n] ", "\n"))
    assert terminal.end() == 0
    assert (tmp_path / ".env").read_text() == f"OTHER=1\n{written(sandbox, tmp_path)}"
    assert mode(tmp_path / ".env") == "0o600"


def test_every_answer_may_be_wrong_once(terminal: Terminal, sandbox: Sandbox, tmp_path: Path) -> None:
    prepare(tmp_path)
    (tmp_path / ".env").write_text("# The desk of the north.\nHUGGY_TOKEN=slip\n")
    terminal.open()
    terminal.type(("Token [app]: ", "nonsense\n"), ("Token [app]: ", f"{sandbox.token}x\n"))
    terminal.type(("Token [app]: ", f"{sandbox.token}\n"))
    terminal.type(*(("Company [4242]: ", answer) for answer in ("many\n", "77\n", "4242\n")))
    terminal.type(*(("Time zone [", answer) for answer in ("Manaus\n", "\x1b[D\n", "America/Manaus\n")))
    terminal.type(*(("Landing [", answer) for answer in ("note.txt\n", "ftp://x/y\n", "lake\n")))
    wrong = ("theirs.duckdb\n", "main.duckdb\n", "no/x.duckdb\n", "note.txt\n")
    terminal.type(*(("DuckDB file [", answer) for answer in (*wrong, "desk.duckdb\n")))
    terminal.type(("Change it? [Y/n] ", "perhaps\n"), ("Change it? [Y/n] ", "y\n"))
    assert terminal.end() == 0
    assert sandbox.token not in terminal.screen
    for sentence in (
        "Warning: HUGGY_TOKEN in .env is no setting, and does nothing. Is HUGGY_ACCESS_TOKEN meant?",
        "   This is no v3 token (",
        "   The API does not accept the token (",
        "   'many' is no number of a company, such as 4242.",
        "   The token does not reach company 77: give another number.",
        "such as America/Sao_Paulo. Is America/Manaus meant?",
        "   The answer holds a key that is no text, such as an arrow: type it again.",
        f"   The landing {tmp_path}/note.txt is no folder, or a file lies in its way: ",
        "   HUGGY_LANDING 'ftp://x/y': is neither a folder nor a URL ",
        f"   {tmp_path}/theirs.duckdb holds 1 tables, views or other things of someone else",
        "   The warehouse may not be called 'main.duckdb'",
        f"   The warehouse's folder '{tmp_path}/no' does not exist: create it first.",
        f"   {tmp_path}/note.txt is not a DuckDB file",
        "   Answer y for yes or n for no.",
    ):
        assert terminal.screen.count(sentence) == 1, sentence
    others = {"TIMEZONE": "America/Manaus", "LANDING": f"{tmp_path}/lake", "WAREHOUSE": f"{tmp_path}/desk.duckdb"}
    assert (tmp_path / ".env").read_text() == (
        f"# The desk of the north.\nHUGGY_TOKEN=slip\n{written(sandbox, tmp_path, **others)}"
    )
    assert mode(tmp_path / ".env") == "0o600"


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl-C", "Ctrl-D"])
@pytest.mark.parametrize("question", ["Token [", "Company [", "DuckDB file ["])
def test_ctrl_c_at_a_question_writes_nothing(
    terminal: Terminal, sandbox: Sandbox, tmp_path: Path, question: str, key: str
) -> None:
    terminal.open()
    for prompt, keys in (
        ("Token [", f"{sandbox.token}\n"),
        ("Company [", "\n"),
        ("Time zone [", "\n"),
        ("Landing [", "\n"),
        ("DuckDB file [", "\n"),
    ):
        terminal.type((prompt, key if prompt == question else keys))
        if prompt == question:
            break
    assert terminal.end() == 130
    assert terminal.screen.endswith("\nhuggy: Interrupted: nothing is written.\n")
    assert [path.name for path in tmp_path.iterdir() if path.name != "state"] == []


def test_a_signal_to_end_gives_the_terminal_back(terminal: Terminal, tmp_path: Path) -> None:
    terminal.open()
    terminal.wait_for("Token [")
    assert terminal._child is not None
    terminal._child.send_signal(signal.SIGTERM)
    assert terminal.end() == 130
    assert terminal.screen.endswith("\nhuggy: Interrupted: nothing is written.\n")
    assert not (tmp_path / ".env").exists()
