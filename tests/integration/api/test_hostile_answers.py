"""No answer, whatever it is, harms: each row is one answer of a server over HTTP, and what a command makes of it.

The command copes and lands every row, or one sentence says what to do; it asks again only for what may pass; it takes
neither the machine's memory nor its time; nothing of an answer and no token is in what it says. And whatever came, the
same landing, state and budget serve the next run once the API is well again. HUGGY_PROOF=full tries every row.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from huggy_connector.sandbox import Options, Sandbox
from tests.integration.api.hostile import Hostile
from tests.integration.api.hostile_rows import FEWER, FOUND, KINDS, ROWS
from tests.integration.conftest import ROOT, Run

MEGABYTES = 300
"""The most that a process may take."""
AGAIN = range(2, 16)
"""How often a request with transient failures is sent until the retry timeout."""
MOST_ASKED = 500
"""Requests of any run. A list that cannot be read exactly is given up after some 400."""
LONGEST, SHORT = 100.0, 0.4
"""Seconds that an answer may take; and where a row is slow."""


@dataclass(frozen=True)
class Ran(Run):
    megabytes: float
    """Of memory, at the most."""


@dataclass(frozen=True)
class Desk:
    """A sandbox, a hostile server before it, and a process that forks commands. `folder` is a row's own."""

    sandbox: Sandbox
    server: Hostile
    forks: subprocess.Popen[str]
    folder: Path = field(default_factory=Path)

    def huggy(self, *arguments: str, longest: float = LONGEST, scheme: str = "http") -> Ran:
        environ = {
            "HUGGY_BASE_URL": f"{scheme}://127.0.0.1:{self.server.port}/v3",
            "HUGGY_ACCESS_TOKEN": self.sandbox.token,
            "HUGGY_LANDING": str(self.folder / "landing"),
            "HUGGY_STATE": str(self.folder / "state"),
            "HUGGY_REQUESTS_PER_SECOND": "1000",
        }
        assert self.forks.stdin is not None
        assert self.forks.stdout is not None
        order = {"arguments": arguments, "environ": environ, "longest": longest}
        self.forks.stdin.write(json.dumps(order) + "\n")
        return Ran(**json.loads(self.forks.stdout.readline()))

    def vouched(self, ran: Ran) -> tuple[bool, int, int]:
        """Whether the snapshot calls itself exact; of how many rows of the account nothing is in it, or not the id."""
        files = (self.folder / "landing" / ran.snapshot["address"]).parent.glob("*.parquet")
        landed = [row for file in files for row in pq.read_table(file, columns=["id", "raw"]).to_pylist()]
        account = {*self.sandbox.truth()["ids"]}
        contents = {row["raw"] for row in landed} - {"{}"}
        lacks, nameless = max(0, len(account) - len(contents)), len(account - {row["id"] for row in landed})
        return ran.snapshot["certificate"]["exact"], lacks, nameless


@pytest.fixture(scope="module")
def opened() -> Iterator[Desk]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    forks = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.integration.api.forks"],
        cwd=ROOT,
        env={**kept, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    with forks, Sandbox(Options(chats=25, contacts=10, limit=0)) as sandbox, Hostile(sandbox.origin) as server:
        yield Desk(sandbox, server, forks)


@pytest.fixture
def desk(opened: Desk, tmp_path: Path) -> Iterator[Desk]:
    yield replace(opened, folder=tmp_path)
    opened.server.behave()


def test_the_corpus_is_large_and_of_every_kind() -> None:
    assert len(ROWS) > 300
    assert {name.partition(":")[0] for name in FEWER} == KINDS.keys()
    assert ROWS.keys() >= FOUND
    assert min(map(len, KINDS.values())) > 5


@pytest.mark.proof
@pytest.mark.parametrize("name", ROWS if os.environ.get("HUGGY_PROOF") == "full" else FEWER)
def test_no_answer_does_harm_and_the_next_run_ends_well(desk: Desk, name: str) -> None:
    row = ROWS[name]
    desk.server.misbehave(row.act, at=row.at, once=row.once)
    ran = desk.huggy(*row.command, longest=SHORT if row.slow else LONGEST, scheme=row.scheme)
    asked, all_asked = desk.server.asked.count(row.at), len(desk.server.asked)

    said = ran.out + ran.err
    assert [
        word for word in ("Unexpected", "Traceback", "TOKEN", desk.sandbox.token, "\x1b", "\x07") if word in said
    ] == []
    assert row.notes.format(page=row.page) in ran.err
    if row.says:
        assert (ran.code, ran.out) == (row.code, "")
        assert ran.sentence.startswith("huggy: ")
        assert row.says.format(page=row.page) in ran.sentence
    else:
        assert ran.code == 0, ran.err
    if not row.says and "land" in row.command:
        assert desk.vouched(ran) == (row.exact, row.lacks, row.nameless)
    assert asked == (asked if row.asked is None else row.asked)
    assert not row.again or asked in AGAIN
    assert all_asked < MOST_ASKED
    assert ran.megabytes < MEGABYTES

    desk.server.behave()
    healed = desk.huggy("land", "chats", "--json")
    assert healed.code == 0, healed.err
    assert desk.vouched(healed) in [(True, 0, 0), *([(False, 0, 0)] if row.lingers else [])]
    assert desk.server.cookies == 0
