"""One real Airflow for all tests of this folder: four processes on loopback, and an account at the real limit."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from huggy_connector.sandbox import Options, Sandbox
from scripts.stack import ROOT, Airflow
from tests.e2e.postgres import IS_INSTALLED, postgres


@dataclass(frozen=True)
class Desk:
    """A running Airflow with huggy_sync switched on, the account that it reads, and the folder of its data."""

    airflow: Airflow
    account: Sandbox
    folder: Path
    first_run: str
    first_state: str

    @property
    def warehouse(self) -> Path:
        return self.folder / "desk.duckdb"


@pytest.fixture(scope="session")
def environ() -> dict[str, str]:
    """The environment of a machine without settings of Huggy or Airflow."""
    unwanted = ("HUGGY_", "AIRFLOW_", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
    return {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}


@pytest.fixture(scope="session")
def account() -> Iterator[Sandbox]:
    with Sandbox(Options(chats=700, contacts=250)) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def connection_into(account: Sandbox) -> Callable[[Path], str]:
    """Returns a function: the value of AIRFLOW_CONN_HUGGY_DEFAULT that brings the account's data into a folder."""

    def connection(folder: Path) -> str:
        extra = {"landing": str(folder / "landing"), "warehouse": str(folder / "desk.duckdb")}
        return json.dumps({"conn_type": "huggy", "host": account.url, "password": account.token, "extra": extra})

    return connection


@pytest.fixture(scope="session")
def new_database() -> Iterator[Callable[[], str | None]]:
    """Returns a function that creates a database for Airflow's own tables, on Postgres as in a deployment.

    Without Debian's postgresql the function returns None, which means a SQLite file.
    """
    if not IS_INSTALLED:
        yield lambda: None
        return
    with postgres() as new:
        yield new


@pytest.fixture(scope="session")
def desk(
    environ: dict[str, str],
    new_database: Callable[[], str | None],
    account: Sandbox,
    connection_into: Callable[[Path], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Desk]:
    """Switches the DAG on, as a user does, and waits for the end of its first run, which the scheduler starts."""
    folder = tmp_path_factory.mktemp("desk")
    dags = shutil.copytree(ROOT / "dags", folder / "dags")
    shutil.copytree(Path(__file__).parent / "dags", dags, dirs_exist_ok=True)
    settings = {"HUGGY_STATE": str(folder / "state"), "AIRFLOW_CONN_HUGGY_DEFAULT": connection_into(folder)}
    with Airflow(folder / "airflow", dags=dags, environ={**environ, **settings}, database=new_database()) as airflow:
        for consumer in ("after_any_company", "after_one_company"):
            airflow.switch_on(consumer)
        airflow.switch_on("huggy_sync")
        run_id = airflow.wait_for_first_run("huggy_sync")
        state = airflow.wait_for_run("huggy_sync", run_id)
        airflow.switch_off("huggy_sync")  # or another run would begin at the full hour
        yield Desk(airflow, account, folder, run_id, state)
