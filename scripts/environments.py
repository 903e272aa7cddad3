"""Installs the package as a user does: built, in environments of any Python of this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
PYTHONS = ("3.11", "3.12", "3.13")
UV = (sys.executable, "-m", "uv")
PINNED = ("--constraint", str(ROOT / "constraints.txt"))


@dataclass(frozen=True)
class Environment:
    """A virtual environment, and a folder in which its commands run."""

    folder: Path
    environ: Mapping[str, str]

    @property
    def python(self) -> Path:
        return self.folder / "venv" / "bin" / "python"

    def install(self, *arguments: str) -> None:
        command = [*UV, "pip", "install", "--quiet", "--python", str(self.python), *arguments]
        subprocess.run(command, cwd=ROOT, env=self.environ, check=True)

    def run(
        self, command: str, *arguments: str, environ: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command that the environment has: `python`, `huggy`. `environ`: what is set besides."""
        return subprocess.run(
            [self.python.with_name(command), *arguments],
            cwd=cwd or self.folder,
            env={**self.environ, **(environ or {})},
            capture_output=True,
            text=True,
            check=False,
        )


def read_clean_environ() -> dict[str, str]:
    """Return the environment of a machine without settings of Huggy, Airflow or a proxy.

    What is installed in it is not compiled: few commands run there, and each compiles what it imports.
    """
    unwanted = ("HUGGY_", "AIRFLOW_", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "VIRTUAL_ENV", "UV_COMPILE_BYTECODE")
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(unwanted) and not name.lower().endswith("_proxy")
    }


def build(folder: Path, *options: str) -> None:
    """Write the sdist, and the wheel that is built of it, into `folder`. The option `--wheel` leaves the sdist out."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), *options, str(ROOT)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=read_clean_environ())


def create_environment(folder: Path, *, python: str = THIS_PYTHON) -> Environment | None:
    """Return a virtual environment without any package; None where this machine has no such Python."""
    interpreter = sys.executable if python == THIS_PYTHON else find_python(python)
    if interpreter is None:
        return None
    subprocess.run([*UV, "venv", "--quiet", "--python", interpreter, str(folder / "venv")], check=True)
    return Environment(folder, read_clean_environ())


def name_file(file: Path, *extras: str) -> str:
    """Return the requirement that installs a wheel or an sdist with extras."""
    return f"huggy-connector[{','.join(extras)}] @ {file.as_uri()}"


def find_python(version: str) -> str | None:
    """Return the path of a Python of this machine, also of one that pyenv has and hides."""
    found = subprocess.run(
        [*UV, "python", "find", "--no-project", version], capture_output=True, text=True, check=False
    )
    if found.returncode == 0:
        return found.stdout.strip()
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    return next((str(each) for each in sorted(versions.glob(f"{version}.*/bin/python"))), None)
