"""The contestants' virtual environments, each built once from its pinned requirements, below a git-ignored folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

PLACE = Path(__file__).resolve().parents[2] / ".bench"


class Named(Protocol):
    """Whoever needs an environment; `label` is for people."""

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def requirements(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Needs:
    """An environment and no more."""

    name: str
    label: str
    requirements: tuple[str, ...]


def python_of(contestant: Named) -> Path:
    """The Python to run it with. Ends the program with a sentence where its environment cannot be built."""
    if not contestant.requirements:
        return Path(sys.executable)
    folder = PLACE / contestant.name
    python, ready = folder / "bin" / "python", folder / "ready"
    wanted = "\n".join((sys.version, *contestant.requirements))
    if not (ready.exists() and ready.read_text() == wanted):
        _build(folder, python, contestant)
        ready.write_text(wanted)
    return python


def _build(folder: Path, python: Path, contestant: Named) -> None:
    print(f"Installing {', '.join(contestant.requirements)} (once, up to a minute)", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    for step in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", *contestant.requirements],
    ):
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr or done.stdout).strip().rpartition("\n")[2]
            sys.exit(f"{contestant.label} cannot be installed ({last}): leave it out with --only.")
