"""Runs one contestant against one sandbox: what it delivered, how fast, and at what cost.

The sandbox is a process of its own and has the truth. Nothing heavy may be imported here: a child's peak memory, as the
system counts it, begins with that of the process that started it.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer
from typing import Any, Self
from urllib.request import ProxyHandler, Request, build_opener

from benchmarks.peers.contestants import Contestant, build_command

REQUESTS_A_SECOND, PAGE = 20, 20
"""The API's limit and its page size."""
TIMEOUT_SECONDS = 1800.0
"""Seconds after which a child is killed."""
_HUGGY = Path(sys.executable).with_name("huggy")


@dataclass(frozen=True, slots=True)
class Delay:
    """Milliseconds: of an answer, one sigma of what these differ, and the most that a request takes to arrive."""

    latency: int
    sigma: int = 0
    way: int = 0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the delay in a text such as `150`, `150:20` or `150:0:150`. Raises ValueError for another one."""
        return cls(*map(int, text.split(":")))

    def __str__(self) -> str:
        spread = f" ± {self.sigma}" if self.sigma else ""
        return f"{self.latency}{spread} ms" + (f", 0-{self.way} ms there" if self.way else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case: a list, and how it moves while it is read."""

    name: str
    chats: int
    delay: Delay
    arrivals_per_second: float = 0.0
    departures_per_second: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The result of a trial.

    `seconds` are those from the arrival of the first request to the last answer; `run_seconds` are those of the whole
    process. `rows` counts all delivered rows, `unique` the different ones. `throughout` counts the rows that the
    sandbox had from before the start until after the end; `missing` counts those of them that were not delivered.
    """

    contestant: str
    list: str
    chats: int
    delay: Delay
    seconds: float
    run_seconds: float
    requests: int
    refused: int
    most_in_any_second: int
    rows: int
    unique: int
    throughout: int
    missing: int
    peak_mb: float
    exit_code: int
    said: str

    @property
    def rows_per_second(self) -> float:
        """Different rows in a second."""
        return self.unique / self.seconds if self.seconds else 0.0

    @property
    def requests_per_page(self) -> float:
        """Requests for each page of what was delivered."""
        return self.requests * PAGE / self.unique if self.unique else 0.0

    @property
    def share(self) -> float:
        """The share of what the limit allows: 400 rows a second."""
        return self.rows_per_second / (REQUESTS_A_SECOND * PAGE)


def run_trial(contestant: Contestant, python: Path, case: Case) -> Result:
    """Run a contestant once, from nothing. Return the result."""
    with TemporaryDirectory(prefix="huggy-bench-") as name, _run_sandbox(case) as (origin, account):
        folder = Path(name)
        _call_sandbox(origin, "mark", method="POST")
        began = time.monotonic()
        exit_code, peak_mb = _run_process(
            build_command(contestant, python), folder, _build_environ(contestant, folder, account)
        )
        run_seconds = time.monotonic() - began
        if exit_code:
            last = (folder / "stderr").read_text(errors="replace").strip().rpartition("\n")[2]
            print(f"{contestant.label} ended with {exit_code}: {last}", file=sys.stderr, flush=True)
        stats, truth = _call_sandbox(origin, "stats"), _call_sandbox(origin, "truth?resource=chats")
        ids = list(contestant.read_ids(folder))
        delivered, throughout = set(ids), set(map(int, truth["throughout"]))
        active = (
            stats["last_arrival"] - stats["first_arrival"] + case.delay.latency / 1000 if stats["requests"] else 0.0
        )
        return Result(
            contestant=contestant.name,
            list=case.name,
            chats=case.chats,
            delay=case.delay,
            seconds=round(active, 3),
            run_seconds=round(run_seconds, 3),
            requests=stats["requests"],
            refused=stats["refused_429"],
            most_in_any_second=stats["most_in_any_second"],
            rows=len(ids),
            unique=len(delivered),
            throughout=len(throughout),
            missing=len(throughout - delivered),
            peak_mb=round(peak_mb, 1),
            exit_code=exit_code,
            said=contestant.read_statement(folder),
        )


@contextmanager
def _run_sandbox(case: Case) -> Iterator[tuple[str, dict[str, str]]]:
    """Run a sandbox of the case. Yield its origin, and the variables that it prints.

    Its rows have no odd spellings and its 429 have a Retry-After in seconds: the trial is about extraction, not about
    parsing.
    """
    options = {
        "--port": 0,
        "--chats": case.chats,
        "--contacts": 1_000,
        "--limit": REQUESTS_A_SECOND,
        "--page-size": PAGE,
        "--latency-ms": case.delay.latency,
        "--latency-sigma-ms": case.delay.sigma,
        "--way-spread-ms": case.delay.way,
        "--arrivals-per-second": case.arrivals_per_second,
        "--departures-per-second": case.departures_per_second,
        "--refusal": "seconds",
    }
    flags = [str(word) for option in options.items() for word in option]
    process = subprocess.Popen([_HUGGY, "sandbox", "--no-quirks", *flags], stdout=subprocess.PIPE, text=True)
    try:
        account: dict[str, str] = {}
        assert process.stdout is not None
        while not {"HUGGY_BASE_URL", "HUGGY_ACCESS_TOKEN"} <= account.keys():
            line = process.stdout.readline()
            if not line:
                sys.exit("The sandbox ended at once: its own words are above.")
            words = shlex.split(line, comments=True)
            if words[:1] == ["export"]:
                variable, _, value = words[1].partition("=")
                account[variable] = value
        yield account["HUGGY_BASE_URL"].removesuffix("/v3"), account
    finally:
        process.terminate()
        process.wait(10)


def _build_environ(contestant: Contestant, folder: Path, account: Mapping[str, str]) -> dict[str, str]:
    """Return an environment with only the PATH of this machine: no proxy, no settings, no budget of an earlier run."""
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "HOME": str(folder),
        "HUGGY_BASE_URL": account["HUGGY_BASE_URL"],
        "HUGGY_ACCESS_TOKEN": account["HUGGY_ACCESS_TOKEN"],
        "HUGGY_LANDING": str(folder / "landing"),
        "HUGGY_STATE": str(folder / "state"),
        **contestant.environ,
    }


def _run_process(words: list[str], folder: Path, environ: Mapping[str, str]) -> tuple[int, float]:
    """Return the exit code, and the peak of resident memory in MB."""
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        process = subprocess.Popen(words, cwd=folder, env=environ, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
    timer = Timer(TIMEOUT_SECONDS, process.kill)
    timer.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
        process.kill()
        raise
    finally:
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss / 1024


def _call_sandbox(origin: str, endpoint: str, *, method: str = "GET") -> Any:
    """Return an answer of the sandbox's own endpoints, which are neither limited nor counted."""
    request = Request(f"{origin}/sandbox/{endpoint}", method=method)
    with build_opener(ProxyHandler({})).open(request, timeout=60) as answer:
        return json.load(answer)
