"""An analyst who never stops: a process that asks a warehouse again and again, and what it saw."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PROGRAM = """
import json, sys, threading, duckdb
file, question, least, pause = sys.argv[1:]
stopped = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stopped.set())).start()
versions, mixtures, asked, errors = set(), 0, 0, []
print("ready", flush=True)
while not stopped.wait(float(pause)) or asked < int(least):
    try:
        with duckdb.connect(file, read_only=True) as connection:
            version, whole = connection.execute(question).fetchone()
    except duckdb.Error as error:
        errors.append(str(error))
    else:
        versions.add(version)
        mixtures += whole is not True
    asked += 1
print(json.dumps({"versions": sorted(versions), "mixtures": mixtures, "asked": asked, "errors": errors}), flush=True)
"""


@dataclass(slots=True)
class Seen:
    """What the reader saw, once it has ended: the versions, and how many answers were no single version's."""

    versions: tuple[int, ...] = ()
    mixtures: int = 0
    asked: int = 0
    errors: tuple[str, ...] = ()


@contextmanager
def reading(warehouse: Path, question: str, *, least: int = 0, pause: float = 0.01) -> Iterator[Seen]:
    """Asks until the block ends, and at `least` so often: a busy machine is no fault. It rests `pause` seconds each
    time. The question gives one row: the version, and whether all of it is of that version.
    """
    seen = Seen()
    command = [sys.executable, "-c", _PROGRAM, str(warehouse), question, str(least), str(pause)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
        try:
            yield seen
        finally:
            told, _ = reader.communicate()
    found = json.loads(told)
    seen.versions, seen.errors = tuple(found["versions"]), tuple(found["errors"])
    seen.mixtures, seen.asked = found["mixtures"], found["asked"]
