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
    """A running Airflow with huggy_sync switched on, the account it reads, and where its data goes."""

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
    """The environment of a machine that knows nothing of Huggy or Airflow."""
    unwanted = ("HUGGY_", "AIRFLOW_", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
    return {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}


@pytest.fixture(scope="session")
def account() -> Iterator[Sandbox]:
    with Sandbox(Options(chats=700, contacts=250)) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def connection_into(account: Sandbox) -> Callable[[Path], str]:
    """The value of AIRFLOW_CONN_HUGGY_DEFAULT that brings the account's data into a folder."""

    def connection(folder: Path) -> str:
        extra = {"landing": str(folder / "landing"), "warehouse": str(folder / "desk.duckdb")}
        return json.dumps({"conn_type": "huggy", "host": account.url, "password": account.token, "extra": extra})

    return connection


@pytest.fixture(scope="session")
def new_database() -> Iterator[Callable[[], str | None]]:
    """Makes one for an Airflow's own tables: on Postgres, as a deployment has it; without Debian's postgresql it
    returns None, for a SQLite file.
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
    """The DAG is switched on, as a user does, and its first run, the scheduler's own, has ended."""
    folder = tmp_path_factory.mktemp("desk")
    dags = shutil.copytree(ROOT / "dags", folder / "dags")
    shutil.copytree(Path(__file__).parent / "dags", dags, dirs_exist_ok=True)
    told = {"HUGGY_STATE": str(folder / "state"), "AIRFLOW_CONN_HUGGY_DEFAULT": connection_into(folder)}
    with Airflow(folder / "airflow", dags=dags, environ={**environ, **told}, database=new_database()) as airflow:
        for consumer in ("after_any_company", "after_one_company"):
            airflow.switch_on(consumer)
        airflow.switch_on("huggy_sync")
        run_id = airflow.first_run("huggy_sync")
        state = airflow.wait("huggy_sync", run_id)
        airflow.switch_off("huggy_sync")  # lest another run begin at the full hour
        yield Desk(airflow, account, folder, run_id, state)
