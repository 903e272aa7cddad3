"""The package as a user installs it: a wheel in an environment with Airflow, without any file of this repository."""

import json
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from huggy_connector.sandbox import Sandbox
from scripts.environments import find_python, name_file
from scripts.stack import ROOT
from tests.sizes import FULL

DAG_FILE = """\
from huggy_connector.airflow.dags import huggy_sync

dag = huggy_sync()
"""
OWN_DAG_FILE = """\
from airflow.sdk import DAG
from huggy_connector.airflow.operators import HuggyToParquetOperator, ParquetToDuckDBOperator

with DAG("own", schedule=None):
    HuggyToParquetOperator(task_id="land", resource="contacts") >> ParquetToDuckDBOperator(task_id="load")
"""
FORM = """
import json
from airflow.providers_manager import ProvidersManager
forms = {each.connection_type: each for each in ProvidersManager().iter_connection_type_hook_ui_metadata()}
print(json.dumps([forms["huggy"].hook_name, forms["huggy"].field_behaviour["relabeling"]["host"]]))
"""


@dataclass(frozen=True)
class Installation:
    python: Path
    folder: Path
    environ: Mapping[str, str]

    def run(self, *arguments: str) -> str:
        ran = subprocess.run(
            [self.python, *arguments], cwd=self.folder, env=self.environ, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
        return ran.stdout


OTHER_PYTHONS = [
    pytest.param(
        version,
        marks=[pytest.mark.proof, pytest.mark.skipif(not FULL, reason="a minute of installing: by make proof")],
    )
    for version in ("3.12", "3.13")
]


@pytest.fixture(scope="module", params=["", *OTHER_PYTHONS])
def installed(
    request: pytest.FixtureRequest,
    environ: dict[str, str],
    connection_into: Callable[[Path], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Installation:
    """A virtual environment with the wheel alone; Airflow and the libraries are those of the environment under test.
    Of another Python all of it is installed, as a user does.
    """
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder / "dist"), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, env=environ)
    python, wheel = folder / "venv" / "bin" / "python", str(next((folder / "dist").glob("*.whl")))
    uv = [sys.executable, "-m", "uv"]
    version = (find_python(request.param) or request.param) if request.param else sys.executable
    if subprocess.run([*uv, "venv", "--quiet", "--python", version, folder / "venv"], check=False).returncode:
        pytest.skip(f"There is no Python {version} on this machine.")
    install = [*uv, "pip", "install", "--quiet", "--python", str(python)]
    if request.param:
        pinned = ["--constraint", str(ROOT / "constraints.txt"), "apache-airflow==3.3.2"]
        subprocess.run([*install, *pinned, name_file(Path(wheel), "airflow")], check=True, env=environ)
    else:
        subprocess.run([*install, "--no-deps", wheel], check=True, env=environ)
        next((folder / "venv").glob("lib/python*/site-packages")).joinpath("airflow.pth").write_text(
            sysconfig.get_path("purelib")  # a path added so has its own .pth files left alone, the editable one too
        )
    (folder / "dags").mkdir()
    (folder / "dags" / "huggy_sync.py").write_text(DAG_FILE)
    (folder / "dags" / "own.py").write_text(OWN_DAG_FILE)
    told = {
        "AIRFLOW_HOME": str(folder / "airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        "AIRFLOW_CONN_HUGGY_DEFAULT": connection_into(folder),
        "HUGGY_STATE": str(folder / "state"),
    }
    made = Installation(python, folder, {**environ, **told})
    made.run("-m", "airflow", "db", "migrate")
    return made


def test_the_package_comes_from_the_wheel(installed: Installation) -> None:
    place = installed.run("-c", "import huggy_connector; print(huggy_connector.__file__)")
    assert Path(place.strip()).is_relative_to(installed.folder / "venv")


def test_airflow_lists_the_provider(installed: Installation) -> None:
    listed = installed.run("-m", "airflow", "providers", "list", "--output", "plain")
    assert [line.split()[0] for line in listed.splitlines() if "huggy" in line] == ["huggy-connector"]


def test_three_lines_in_the_dags_folder_land_the_data_with_airflow_dags_test(
    installed: Installation, account: Sandbox
) -> None:
    installed.run("-m", "airflow", "dags", "test", "huggy_sync")
    import duckdb

    with duckdb.connect(str(installed.folder / "desk.duckdb"), read_only=True) as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM chats ORDER BY id").fetchall()]
    assert ids == sorted(map(int, account.truth("chats")["ids"]))


def test_the_form_has_our_labels(installed: Installation) -> None:
    assert json.loads(installed.run("-c", FORM).splitlines()[-1]) == ["Huggy", "Base URL"]


def test_the_connection_can_be_tested_by_the_button_of_the_form(installed: Installation) -> None:
    assert "Connection success!" in installed.run("-m", "airflow", "connections", "test", "huggy_default")


@pytest.mark.proof
@pytest.mark.skipif(not FULL, reason="half a minute of Airflow, as the three lines are: by make proof")
def test_a_users_own_five_lines_with_our_operators_land_the_contacts(installed: Installation, account: Sandbox) -> None:
    installed.run("-m", "airflow", "dags", "test", "own")
    import duckdb

    with duckdb.connect(str(installed.folder / "desk.duckdb"), read_only=True) as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM contacts ORDER BY id").fetchall()]
    assert ids == sorted(map(int, account.truth("contacts")["ids"]))
