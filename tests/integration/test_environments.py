"""The command line in odd environments: each cell is an exit code and a whole sentence, or the answer.

A column is a command, in the order in which a user gives them; a row is an environment. What a row does not say, works:
`check` knows who it is, `land` lands six departments, `load` publishes them, `status` and `query` tell of them, and
nothing but progress is said beside the answer.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from huggy_connector.sandbox import Options, Sandbox
from tests.sizes import FULL
from tests.warm_process import huggy_command

ROOT = Path(__file__).parents[2]
PYTHON = [sys.executable, "-c"]
MAIN = "import sys; from huggy_connector.cli import start; sys.exit(start())"
PROGRESS = re.compile(
    r"departments: (6 rows, .*|full, all of it\.|loading 6 rows of 1 snapshots\.)|(Publishing|Copying) version 1\b.*\."
)
STRANGER = 54_321
"""A user of whom no machine knows anything."""
A_YEAR = 365

Said: TypeAlias = tuple[int, str]


@dataclass(frozen=True)
class Environment:
    """What differs from an ordinary shell. In texts, {folder} is the row's own folder."""

    sets: Mapping[str, str] = field(default_factory=dict)
    unsets: tuple[str, ...] = ()
    before: str = ""
    """Python that runs in the command's process before it begins."""
    meanwhile: bool = False
    """Another user lands and loads there, where this one may not."""
    streams: str = ""
    """What a shell is told of them."""
    question: str = "SELECT count(*) AS n FROM departments"
    answer: Mapping[str, Any] = field(default_factory=lambda: {"n": 6})
    cwd: str = "{folder}"
    stranger: bool = False
    """It is run by a user who owns nothing but what `owns` says."""
    owns: tuple[str, ...] = ()
    says: Mapping[str, Said] = field(default_factory=dict)
    """By command: exit code and last sentence, where it does not work."""
    beside: Mapping[str, str] = field(default_factory=dict)
    """By command: what else an answer has to hold."""
    needs: Callable[[], str | None] = lambda: None
    """Why it cannot be tried on this machine."""

    @property
    def is_of_python(self) -> bool:
        """Whether a new Python itself may meet it, and not only what runs in it: then the command starts one."""
        names = {*self.sets, *self.unsets}
        return bool(self.stranger or self.before or self.streams) or any(
            name.startswith(("PYTHON", "LC_", "LANG", "LD_", "TZ", "PATH")) for name in names
        )


def root_and_setpriv() -> str | None:
    return None if os.geteuid() == 0 and shutil.which("setpriv") else "only root can become a stranger, with setpriv"


def faketime() -> str | None:
    return None if FAKETIME.exists() else "libfaketime is not installed"


FAKETIME = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), Path("/usr/lib/libfaketime.so.1"))


def a_clock(days: int, relation: str, **says: Said) -> Environment:
    """The wall clock is off; the one that counts since the boot is not, as on any machine."""
    far_apart = (
        "huggy: By this host's clock it is TIME UTC, by the API's TIME: set this host's clock. If the API's is wrong, "
        "HUGGY_CLOCK=host goes by this host's."
    )
    return Environment(
        sets={"LD_PRELOAD": str(FAKETIME), "FAKETIME": f"{days:+d}d", "FAKETIME_DONT_FAKE_MONOTONIC": "1"},
        beside={
            "check": rf"This machine's clock is 31,5[0-9]{{2}},[0-9]{{3}} s {relation} the server's: set it right\."
        },
        says={"land": (2, far_apart), **says},
        meanwhile=True,
        needs=faketime,
    )


NO_HOME = (2, "huggy: This user has no home folder: set HUGGY_STATE to a folder of your own on a local disk.")
READ_ONLY_HOME = (
    2,
    (
        "huggy: The budget's file {folder}/home/.local/state/huggy/budget-HASH cannot be used: Permission denied. Set "
        "HUGGY_STATE to a folder of your own on a local disk, or HUGGY_BUDGET to another budget."
    ),
)
NO_CERTIFICATES = (
    2,
    "huggy: SSL_CERT_FILE names no certificates that can be read (no such file or directory): correct or unset it.",
)
NO_FOLDER = (
    2,
    "huggy: HUGGY_{name} './{value}': is a relative path, and the current folder is gone: give an absolute one.",
)
ABSOLUTE = {"HUGGY_LANDING": "{folder}/landing", "HUGGY_WAREHOUSE": "{folder}/huggy.duckdb"}
GONE = "import os; os.mkdir('{folder}/gone'); os.chdir('{folder}/gone'); os.rmdir('{folder}/gone')"

ENVIRONMENTS = {
    "an ordinary shell": Environment(),
    "nothing but the token": Environment(unsets=("PATH", "LANG", "LC_ALL", "HOME", "TERM", "USER", "SHELL", "PWD")),
    "no HOME": Environment(
        meanwhile=True,
        stranger=True,
        owns=(".",),
        unsets=("HOME", "HUGGY_STATE"),
        says={"check": NO_HOME, "land": NO_HOME},
    ),
    "no HOME, but a state": Environment(stranger=True, owns=(".", "state"), unsets=("HOME",)),
    "a read-only HOME": Environment(
        meanwhile=True,
        stranger=True,
        owns=(".",),
        sets={"HOME": "{folder}/home"},
        unsets=("HUGGY_STATE",),
        says={"check": READ_ONLY_HOME, "land": READ_ONLY_HOME},
    ),
    "a read-only HOME, but a state": Environment(
        stranger=True, owns=(".", "state"), sets={"HOME": "{folder}/home", "HUGGY_REPORT": "yes"}
    ),
    "a HOME that is not there": Environment(sets={"HOME": "{folder}/nowhere"}),
    "a home in the settings": Environment(
        sets={
            "HOME": "{folder}/home",
            "HUGGY_LANDING": "~/lake",
            "HUGGY_WAREHOUSE": "~/desk.duckdb",
            "HUGGY_STATE": "~",
        }
    ),
    "a user who owns nothing": Environment(
        meanwhile=True,
        stranger=True,
        sets={"HUGGY_STATE": "{folder}/state"},
        says={
            "check": (2, READ_ONLY_HOME[1].replace("home/.local/state/huggy", "state")),
            "land": (2, READ_ONLY_HOME[1].replace("home/.local/state/huggy", "state")),
            "load": (
                1,
                (
                    "huggy: The warehouse's folder {folder} cannot be written to (Permission denied): change its "
                    "rights, or give another path."
                ),
            ),
        },
    ),
    "umask 000": Environment(before="import os; os.umask(0)"),
    "umask 077": Environment(before="import os; os.umask(0o77)"),
    "LANG=C": Environment(sets={"LANG": "C", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}),
    "a locale that is not installed": Environment(sets={"LANG": "pt_BR.ISO-8859-1", "LC_ALL": "pt_BR.ISO-8859-1"}),
    "PYTHONUTF8=0": Environment(sets={"PYTHONUTF8": "0"}),
    "PYTHONWARNINGS=error": Environment(sets={"PYTHONWARNINGS": "error"}),
    "PYTHONOPTIMIZE=2": Environment(sets={"PYTHONOPTIMIZE": "2"}),
    "TERM=dumb": Environment(sets={"TERM": "dumb"}),
    "no TERM, one column": Environment(sets={"COLUMNS": "1", "LINES": "1"}, unsets=("TERM",)),
    "TZ of another continent": Environment(sets={"TZ": "Asia/Kathmandu"}),
    "TZ of nowhere": Environment(sets={"TZ": ":Not/A/Zone"}),
    "TMPDIR that is not there": Environment(sets={"TMPDIR": "{folder}/nowhere"}),
    "no folder for temporary files": Environment(
        stranger=True,
        owns=(".", "state"),
        sets={"TMPDIR": "{folder}/home", "TEMP": "{folder}/home", "TMP": "{folder}/home", "HOME": "{folder}/home"},
        before="import tempfile; tempfile._candidate_tempdir_list = lambda: ['{folder}/home']",
    ),
    "a folder with spaces, emoji and a newline": Environment(cwd="{folder}/Team Drive \U0001f469\u200d\U0001f52c\n2"),
    "a folder that is gone": Environment(
        before=GONE,
        says={
            "check": (2, NO_FOLDER[1].format(name="LANDING", value="landing")),
            "land": (2, NO_FOLDER[1].format(name="LANDING", value="landing")),
            "load": (2, NO_FOLDER[1].format(name="LANDING", value="landing")),
            "status": (2, NO_FOLDER[1].format(name="LANDING", value="landing")),
            "query": (2, NO_FOLDER[1].format(name="LANDING", value="landing")),
        },
    ),
    "a folder that is gone, and absolute paths": Environment(sets=ABSOLUTE, before=GONE),
    "an env file of Windows": Environment(
        sets={
            "HUGGY_LANDING": '\ufeff"lake of chats"\r',
            "HUGGY_WAREHOUSE": "desk.duckdb \r",
            "HUGGY_TIMEZONE": "America/Manaus\r",
            "HUGGY_REQUESTS_PER_SECOND": "1000\r",
            "HUGGY_COMPANY_ID": "\u00a04242\r",
            "HUGGY_REPORT": "no\r",
            "HUGGY_STOP_ON": "chats.fresh, agents.fresh\r",
            "HUGGY_PUBLISH": "{folder}/Team Drive, copies\r",
            "HUGGY_PRIVACY": "email=hmac, name=mask\r",
            "HUGGY_HASH_KEY": "0123456789012345678901234567890123456789\r",
        }
    ),
    "a setting in latin-1": Environment(
        sets={"HUGGY_LANDING": "S\udce3o Paulo"},
        says=dict.fromkeys(
            ("check", "land", "load", "status", "query"),
            (2, "huggy: HUGGY_LANDING: is no UTF-8 text: write it again in that encoding."),
        ),
    ),
    "a proxy for others": Environment(
        sets={
            "HTTP_PROXY": "http://127.0.0.1:1",
            "ALL_PROXY": "socks5://127.0.0.1:1",
            "NO_PROXY": "fd00::/8,[::1], 127.0.0.0/8",
        }
    ),
    "certificates that are not there": Environment(
        meanwhile=True,
        sets={"SSL_CERT_FILE": "{folder}/misspelt.pem"},
        says={"check": NO_CERTIFICATES, "land": NO_CERTIFICATES},
    ),
    "a clock a year ahead": a_clock(A_YEAR, "ahead of"),
    "a clock a year behind": a_clock(
        -A_YEAR,
        "behind",
        load=(
            2,
            (
                "huggy: All snapshots of the landing are of a time after now, which is TIME UTC by this host's clock: "
                "set it."
            ),
        ),
    ),
    "no standard input": Environment(streams="<&-"),
    "no standard output": Environment(streams=">&-"),
    "no standard error": Environment(streams="2>&-"),
    "no streams at all": Environment(streams="<&- >&- 2>&-"),
    "streams of ASCII": Environment(
        sets={"PYTHONIOENCODING": "ascii", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
        question="SELECT count(*) AS n, 'S\u00e3o Paulo \U0001f469' AS cidad\u00e3o FROM departments",
        answer={"n": 6, "cidad\u00e3o": "S\u00e3o Paulo \U0001f469"},
    ),
    "few open files": Environment(before="import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))"),
}

COMMANDS: dict[str, tuple[str, ...]] = {
    "check": ("check",),
    "land": ("land", "departments", "--json"),
    "load": ("load", "--json"),
    "status": ("status", "--json"),
    "query": ("query", "{question}", "--json"),
}
BEFORE = {"load": "land", "status": "load"}
"""What a command builds on."""
WORKS: dict[str, Callable[[Any, Environment], bool]] = {
    "land": lambda told, _: told["snapshots"][0]["unique_ids"] == 6,
    "load": lambda told, _: told["published"] is True,
    "status": lambda told, _: told["version"] == 1,
    "query": lambda told, odd: told == {"columns": [*odd.answer], "rows": [odd.answer], "complete": True},
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Options(chats=20, contacts=10, limit=0)) as running:
        yield running


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that strangers can reach."""
    import tempfile

    made = Path(tempfile.mkdtemp(prefix="huggy-environment-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def usual(folder: Path, sandbox: Sandbox) -> dict[str, str]:
    kept = ("PATH", "LANG", "LC_ALL", "HOME", "TERM", "USER", "SHELL", "PWD")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "PYTHONPATH": str(ROOT),
        "HUGGY_BASE_URL": sandbox.url,
        "HUGGY_ACCESS_TOKEN": sandbox.token,
        "HUGGY_STATE": str(folder / "state"),
        "HUGGY_REPORT": "no",
    }


def run(odd: Environment, folder: Path, usual: Mapping[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    def placed(text: str) -> str:
        return text.replace("{folder}", str(folder))

    environ = {name: value for name, value in usual.items() if name not in odd.unsets}
    environ |= {name: placed(value) for name, value in odd.sets.items()}
    stranger = ["setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups", *CAN_READ]
    return subprocess.run(
        [
            *(stranger if odd.stranger else []),
            *(["sh", "-c", f'exec "$@" {odd.streams}', "sh"] if odd.streams else []),
            *([*PYTHON, f"{placed(odd.before)}\n{MAIN}"] if FULL or odd.is_of_python else huggy_command()),
            *(part.replace("{question}", odd.question) for part in command),
        ],
        env=environ,
        cwd=placed(odd.cwd),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=600,
        check=False,
    )


SMALL = (
    "an ordinary shell",
    "a home in the settings",
    "PYTHONWARNINGS=error",
    "no folder for temporary files",
    "certificates that are not there",
    "a clock a year ahead",
)
"""Some rows are enough for every change; `make proof` tries all of them."""
CAN_READ = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
"""A stranger may read all, for Python itself may lie in a folder of root's."""


@pytest.mark.proof
@pytest.mark.parametrize("name", ENVIRONMENTS if FULL else SMALL)
def test_in_an_odd_environment_a_command_works_or_says_what_to_do(
    name: str, folder: Path, usual: dict[str, str]
) -> None:
    odd = ENVIRONMENTS[name]
    if reason := odd.needs() or (root_and_setpriv() if odd.stranger else None):
        pytest.skip(reason)
    for each in ("home", "state"):
        (folder / each).mkdir()
    cwd = Path(odd.cwd.replace("{folder}", str(folder)))
    cwd.mkdir(exist_ok=True)
    for each in odd.owns:
        os.chown(folder / each, STRANGER, STRANGER)
    found = {}
    for column, command in COMMANDS.items():
        step_before = BEFORE.get(column, "")
        if odd.meanwhile and step_before in odd.says:
            another(folder, usual, COMMANDS[step_before])
        found[column] = told(run(odd, folder, usual, *command), column, folder, odd)
    wanted = {column: odd.says.get(column, (0, "")) for column in COMMANDS}
    assert found == {column: (code, said.replace("{folder}", str(folder))) for column, (code, said) in wanted.items()}


def another(folder: Path, usual: Mapping[str, str], command: Sequence[str]) -> None:
    """What another user of an ordinary shell does there, for all to read."""
    done = run(Environment(), folder, usual, *command)
    assert done.returncode == 0, done.stderr
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def told(done: "subprocess.CompletedProcess[str]", column: str, folder: Path, odd: Environment) -> Said:
    """Exit code, and nothing where it works; else all that was said but progress."""
    said = [line for line in done.stderr.splitlines() if not PROGRESS.fullmatch(line)]
    works = done.returncode == 0
    if ">&-" in odd.streams.split():
        return done.returncode, "\n".join([*said, done.stdout])
    if works and column == "check":
        works = done.stdout.startswith("Connected as ")
    elif works:
        works = WORKS[column](json.loads(done.stdout), odd)
    if works and (more := odd.beside.get(column)):
        works = re.search(more, done.stdout) is not None
    if not works and done.returncode == 0:
        said.append(f"not the answer: {done.stdout}")
    if not works and done.stdout and done.returncode:
        said.append(f"beside it: {done.stdout}")
    told = re.sub(r"budget-[0-9a-f]{16}", "budget-HASH", "\n".join(said))
    return done.returncode, re.sub(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}", "TIME", told)
