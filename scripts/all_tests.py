"""All tests: those of the house and, at the same time, those of the DAGs and those in a real Airflow. `make test`.

Each suite has its own processes: the tests of the last share one Airflow. What the first suite says is shown as it
comes, what the others say once all have ended.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import IO

SUITES: Mapping[str, Sequence[str]] = {
    "Tests": ("--numprocesses=4", "--dist=worksteal", "tests/unit", "tests/integration"),
    "Tests of the DAGs": ("tests/dags",),
    "Tests in a real Airflow": ("tests/e2e",),
}


def run_together(commands: Mapping[str, Sequence[str]]) -> list[str]:
    """Run these at once. Return the titles of those that fail. If this is interrupted, none goes on."""
    first, *later = commands
    with ExitStack() as opened:
        print(f"== {first}", flush=True)
        running = {first: opened.enter_context(_running(commands[first], None))}
        logs = {title: opened.enter_context(tempfile.TemporaryFile()) for title in later}
        running |= {title: opened.enter_context(_running(commands[title], log)) for title, log in logs.items()}
        failed = []
        for title, process in running.items():
            code = process.wait()
            failed += [title] if code else []
            if title in logs:
                logs[title].seek(0)
                print(f"== {title}", logs[title].read().decode(errors="replace"), sep="\n", end="", flush=True)
        return failed


@contextmanager
def _running(command: Sequence[str], log: IO[bytes] | None) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command. End it with the block, if it has not ended by itself."""
    errors = None if log is None else subprocess.STDOUT
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=errors)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def main() -> None:
    commands = {title: (sys.executable, "-m", "pytest", *arguments) for title, arguments in SUITES.items()}
    if failed := run_together(commands):
        sys.exit(f"These failed: {', '.join(failed)}.")
    print("All tests pass. Next: make check (format, lint, types, imports), make proof (the slow proofs at full size).")


if __name__ == "__main__":
    main()
