"""pandas is hidden from the command line, as the script that pip installs begins it, and from nobody else."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

CODE = """
import sys
sys.argv[1:] = ["--version"]
from huggy_connector.cli import {entry}
print({entry}())
import pyarrow
pyarrow.array([1])
print(sys.modules.get("pandas") is not None)
"""


def said(entry: str) -> list[str]:
    ran = subprocess.run([sys.executable, "-c", CODE.format(entry=entry)], capture_output=True, text=True, check=True)
    return ran.stdout.splitlines()[1:]


def test_no_command_waits_for_pandas_which_pyarrow_would_import() -> None:
    (script,) = entry_points(group="console_scripts", name="huggy")
    assert said(script.attr) == ["0", "False"]


def test_whoever_calls_main_keeps_pandas() -> None:
    assert said("main") == ["0", "True"]
