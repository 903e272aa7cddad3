"""pyarrow is lean in the command line, as the script that pip installs begins it, and for nobody else."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points

POOL = "ARROW_DEFAULT_MEMORY_POOL"
CODE = """
import sys
sys.argv[1:] = ["--version"]
from huggy_connector.cli import {entry}
print({entry}())
import pyarrow
pyarrow.array([1])
print(sys.modules.get("pandas") is not None, pyarrow.default_memory_pool().backend_name)
"""


def said(entry: str, **more: str) -> list[str]:
    environ = {name: value for name, value in os.environ.items() if name != POOL} | more
    code = CODE.format(entry=entry)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environ)
    return ran.stdout.splitlines()[1:]


def test_no_command_waits_for_pandas_and_what_is_freed_goes_back_to_the_system() -> None:
    (script,) = entry_points(group="console_scripts", name="huggy")
    assert said(script.attr) == ["0", "False system"]


def test_a_pool_that_the_environment_names_is_kept() -> None:
    assert said("start", **{POOL: "mimalloc"}) == ["0", "False mimalloc"]


def test_whoever_calls_main_keeps_pandas_and_the_pool() -> None:
    import pyarrow as pa

    assert said("main") == ["0", f"True {pa.default_memory_pool().backend_name}"]
