"""The contestants' virtual environments: each is built once from pinned requirements, in a folder that git ignores."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

BENCH_FOLDER = Path(__file__).resolve().parents[2] / ".bench"


class EnvironmentSpec(Protocol):
    """The attributes that describe an environment; `label` is for people."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def requirements(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Environment:
    """A description of an environment."""

    name: str
    label: str
    requirements: tuple[str, ...]


def prepare_python(environment: EnvironmentSpec) -> Path:
    """Build the environment if necessary. Return its Python. End the program with a sentence if that is impossible."""
    if not environment.requirements:
        return Path(sys.executable)
    folder = BENCH_FOLDER / environment.name
    python, ready = folder / "bin" / "python", folder / "ready"
    wanted = "\n".join((sys.version, *environment.requirements))
    if not (ready.exists() and ready.read_text() == wanted):
        _build(folder, python, environment)
        ready.write_text(wanted)
    return python


def _build(folder: Path, python: Path, environment: EnvironmentSpec) -> None:
    print(f"Installing {', '.join(environment.requirements)} (once, up to a minute)", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    for step in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", *environment.requirements],
    ):
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr or done.stdout).strip().rpartition("\n")[2]
            sys.exit(f"{environment.label} cannot be installed ({last}): leave it out with --only.")
