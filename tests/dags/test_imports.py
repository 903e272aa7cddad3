import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "module",
    [
        "huggy_connector.airflow.dags",
        "huggy_connector.airflow.hook",
        "huggy_connector.airflow.operators",
        "huggy_connector.airflow.plugin",
        "huggy_connector.airflow.timetable",
    ],
)
def test_the_modules_that_airflow_imports_load_no_heavy_library(module: str, tmp_path: Path) -> None:
    """None but those that Airflow itself loads: 3.1 loads pytz."""
    code = (
        "import sys; from airflow.sdk import DAG, BaseHook; of_airflow = set(sys.modules);"
        f"import {module}; heavy = {{'duckdb', 'numpy', 'pandas', 'pyarrow', 'pytz'}};"
        "print(sorted(heavy & set(sys.modules) - of_airflow))"
    )
    environ = {**os.environ, "AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    ran = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_the_provider_info_is_read_without_importing_airflow(tmp_path: Path) -> None:
    code = (
        "import sys; from huggy_connector.airflow.provider_info import get_provider_info; get_provider_info();"
        "print([name for name in sys.modules if name.split('.')[0] in ('airflow', 'httpx', 'pydantic')])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "[]\n"
