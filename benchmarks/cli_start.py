"""CPU seconds until `huggy` has answered, beside `python -c pass`, and beside another version of the code.

    python benchmarks/cli_start.py
    python benchmarks/cli_start.py --beside /path/to/another/checkout --python /path/to/its/python

Each round runs every command of every version once, so all of them meet the same noise. The figures are medians.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
HUGGY = "import sys; from huggy_connector.cli import start; sys.exit(start())"
PASS = "python -c pass"
WORDS = ("huggy sta", "huggy land ch", "huggy status --")
"""What is typed when the Tab key is pressed."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the code, and the Python that has what it needs."""

    checkout: Path
    python: str

    def measure(self, arguments: list[str], environ: dict[str, str], *, folder: Path) -> float:
        """Return the user and system seconds of this Python with this code."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("HUGGY_", "PYTHON"))}
        subprocess.run(
            [self.python, *arguments],
            env={**clean, "PYTHONPATH": str(self.checkout), **environ},
            cwd=folder,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def list_commands(warehouse: Path) -> Iterator[tuple[str, list[str], dict[str, str]]]:
    """Yield what is measured: its name, the arguments of Python, and the variables that it needs."""
    yield PASS, ["-c", "pass"], {}
    yield "huggy --help", ["-c", HUGGY, "--help"], {}
    for words in WORDS:
        environ = {"_HUGGY_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        yield f"{words}<Tab>", ["-c", HUGGY], environ
    yield "huggy status --help", ["-c", HUGGY, "status", "--help"], {}
    yield "huggy status", ["-c", HUGGY, "status", "--warehouse", str(warehouse)], {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beside", type=Path, help="A checkout of another version.")
    parser.add_argument("--python", default=sys.executable, help="The Python of that version; else this one.")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    versions = {"this version": Version(HERE, sys.executable)}
    if options.beside:
        versions["the other"] = Version(options.beside.resolve(), options.python)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        cases: dict[tuple[str, str], tuple[list[str], dict[str, str]]] = {}
        for name, version in versions.items():
            version.measure(["-c", HUGGY, "demo", "--chats", "40", "--folder", name], {}, folder=folder)
            for command, arguments, environ in list_commands(folder / name / "huggy.duckdb"):
                cases[name, command] = (arguments, environ)
        seconds: dict[tuple[str, str], list[float]] = {key: [] for key in cases}
        for _ in range(options.rounds):
            for (name, command), case in cases.items():
                seconds[name, command].append(versions[name].measure(*case, folder=folder))
    medians = {key: statistics.median(each) for key, each in seconds.items()}
    print(f"| command | {' | '.join(f'{name}, CPU seconds | of `{PASS}`' for name in versions)} |")
    print(f"|---|{'---:|---:|' * len(versions)}")
    for command in dict.fromkeys(command for _, command in cases):
        figures = [
            f"{medians[name, command]:.3f} | {medians[name, command] / medians[name, PASS]:.1f}" for name in versions
        ]
        print(f"| `{command}` | {' | '.join(figures)} |")


if __name__ == "__main__":
    main()
