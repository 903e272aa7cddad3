import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


MODULES = [
    "huggy_connector.airflow.dags.sync",
    "huggy_connector.airflow.dags.live",
    "huggy_connector.airflow.dags.reconcile",
    "huggy_connector.airflow.dags.backfill",
    "huggy_connector.airflow.dags.campaign",
    "huggy_connector.airflow.hook",
    "huggy_connector.airflow.operators",
    "huggy_connector.airflow.plugin",
    "huggy_connector.airflow.timetable",
]
IMPORT_IN_TURN = """
import importlib, json, sys
from airflow.sdk import DAG, BaseHook
ours = {"huggy_connector.pipeline", "huggy_connector.webhook"}
heavy = {"duckdb", "filelock", "numpy", "pandas", "pyarrow", "pytz", *ours} - set(sys.modules)
found = {}
for module in sys.argv[1:]:
    importlib.import_module(module)
    found[module] = sorted(heavy & set(sys.modules))
print(json.dumps(found))
"""


def test_the_modules_that_airflow_imports_load_no_heavy_library(tmp_path: Path) -> None:
    """In one process: what none of them loads together, none loads alone. Airflow 3.1 itself loads pytz."""
    environ = {**os.environ, "AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", IMPORT_IN_TURN, *MODULES]
    ran = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout.splitlines()[-1]) == {module: [] for module in MODULES}


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
