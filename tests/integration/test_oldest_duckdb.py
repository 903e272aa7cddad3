"""The oldest DuckDB that may be installed builds a warehouse, too: whoever pins it for other tools keeps it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sizes import FULL

ROOT = Path(__file__).resolve().parents[2]
TESTS = ["warehouse", "test_forget.py", "test_compact.py"] if FULL else ["warehouse/test_load.py"]


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_the_tests_of_the_warehouse_pass_on_the_oldest_duckdb(tmp_path: Path) -> None:
    oldest = re.findall(r'"duckdb>=([\d.]+)', (ROOT / "pyproject.toml").read_text())[0]
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(tmp_path), f"duckdb=={oldest}"]
    subprocess.run(install, check=True)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("HUGGY_", "PYTEST_"))}
    environ["PYTHONPATH"] = f"{tmp_path}{os.pathsep}{ROOT}"
    told = subprocess.check_output(
        [sys.executable, "-c", "import duckdb; print(duckdb.__version__)"], env=environ, text=True
    )
    assert told.strip() == oldest
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    # A query does stop, but DuckDB 1.5 takes up to half a minute for it.
    command += ["-k", "not ctrl_c" if FULL else "a_landed_row or changes_no_byte"]
    command += [str(ROOT / "tests" / "integration" / each) for each in TESTS]
    ran = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-5000:]
