"""The package `huggy_connector.airflow` names hook, operators and DAG factories, and imports them only when used."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import huggy_connector.airflow as edge
from tests.documents import list_imports

ROOT = Path(__file__).parents[2]
HEAVY = {"airflow", "duckdb", "httpx", "pandas", "pyarrow", "pydantic"}


def run_python(code: str, home: Path) -> list[str]:
    """Run `code` in a Python of its own. Return the words of the last line that it prints."""
    environ = {**os.environ, "AIRFLOW_HOME": str(home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1].split()


@pytest.mark.slow
def test_importing_the_package_imports_neither_airflow_nor_a_data_library(tmp_path: Path) -> None:
    code = "import sys, huggy_connector.airflow; print('ready', *{name.partition('.')[0] for name in sys.modules})"
    imported = run_python(code, tmp_path)
    assert (imported[0], HEAVY & set(imported)) == ("ready", set())


@pytest.mark.slow
def test_every_name_of_the_package_can_be_imported_from_it(tmp_path: Path) -> None:
    names = ", ".join(edge.__all__)
    code = f"from huggy_connector.airflow import {names}; print(*(each.__name__ for each in ({names})))"
    assert run_python(code, tmp_path) == edge.__all__


@pytest.mark.slow
def test_what_a_document_imports_for_airflow_is_there(tmp_path: Path) -> None:
    lines = {f"from {module} import {name}" for _, module, name in list_imports() if "airflow" in module}
    assert run_python("\n".join([*sorted(lines), "print('all', 'there')"]), tmp_path) == ["all", "there"]


@pytest.mark.slow
def test_the_room_of_the_factories_and_their_names_do_not_hide_each_other(tmp_path: Path) -> None:
    code = (
        "from huggy_connector.airflow import huggy_sync, table; import huggy_connector.airflow.dags as dags;"
        "from huggy_connector.airflow import dags as room, hook, assets;"
        "print(room is dags, dags.huggy_sync is huggy_sync, assets.table is table, hook.HuggyHook.conn_type)"
    )
    assert run_python(code, tmp_path) == ["True", "True", "True", "huggy"]


def test_a_name_that_the_package_does_not_have_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'HuggyHoook'"):
        edge.HuggyHoook  # type: ignore[attr-defined]  # noqa: B018
