"""The import contracts of pyproject.toml hold, and a module that nobody has written yet cannot pass them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OFFENDERS = {
    "rows/climbs.py": "import huggy_connector.warehouse",
    "cellar/__init__.py": "",
    "sandbox/data/looks_into_the_house.py": "import huggy_connector.errors",
    "budget/one.py": "import huggy_connector.budget.other",
    "budget/other.py": "import huggy_connector.budget.one",
    "pipeline/uses_the_sandbox.py": "from huggy_connector.sandbox import Options",
    "api/webhook.py": "import httpx",
    "api/writes/reads_again.py": "import huggy_connector.api.client",
    "webhook/answers_itself.py": "import starlette",
    "landing/opens_a_store.py": "import obstore",
    "pipeline/asks_duckdb.py": "import duckdb",
    "cli/knows_airflow.py": "import airflow",
    "sweep/not_pure.py": "import subprocess, sqlite3, urllib.request, threading, secrets, socket, time, random",
    "catalogue/opens_files.py": "import pathlib",
}
"""Modules by their path in the package: each breaks a wall."""


def contracts(root: Path) -> tuple[dict[str, str], str]:
    """KEPT or BROKEN for each contract of a checkout, and all that import-linter says."""
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=root,
        env={"PYTHONPATH": str(root), "PATH": "", "COLUMNS": "300", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = ran.stdout + ran.stderr
    return dict(re.findall(r"^(.+?) (KEPT|BROKEN)\b", said, re.MULTILINE)), said


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package and of its contracts."""
    shutil.copytree(
        ROOT / "huggy_connector", tmp_path / "huggy_connector", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_is_kept_by_the_house_and_broken_by_offenders(copy: Path) -> None:
    before, said = contracts(copy)
    assert set(before.values()) == {"KEPT"}, said
    for path, text in OFFENDERS.items():
        file = copy / "huggy_connector" / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"{text}\n")
    after, said = contracts(copy)
    assert after == dict.fromkeys(before, "BROKEN"), said
    names = {f"huggy_connector.{path.removesuffix('.py').replace('/', '.')}" for path in OFFENDERS}
    unnoticed = {name for name in names if name.removesuffix(".__init__") not in said}
    # These two stand in a circle, which import-linter tells by the last parts of their names.
    assert unnoticed <= {"huggy_connector.budget.one", "huggy_connector.budget.other"}, said
