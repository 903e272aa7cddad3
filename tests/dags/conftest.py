"""An Airflow for these tests: its own folder, and no connections except those of a test.

Airflow reads its environment at its first import, so the environment is set here, before any test module is imported.
"""

import atexit
import importlib
import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.sandbox import Options, Sandbox

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.sdk import DAG

ROOT = Path(__file__).resolve().parents[2]
HOME = Path(tempfile.mkdtemp(prefix="airflow-"))
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
os.environ.update(
    AIRFLOW_HOME=str(HOME),
    AIRFLOW__CORE__UNIT_TEST_MODE="True",
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__DAGS_FOLDER=str(ROOT / "dags"),
    AIRFLOW__CORE__PLUGINS_FOLDER=str(ROOT / "plugins"),
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{HOME}/airflow.db",
)


@pytest.fixture(scope="session")
def account() -> Iterator[Sandbox]:
    """A small account without a limit."""
    with Sandbox(Options(chats=250, contacts=90, limit=0)) as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("HUGGY_", "AIRFLOW_CONN_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HUGGY_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("HUGGY_REPORT", "no")  # it takes seconds; tests of the report switch it on


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Returns a function that defines a connection, as a user does with Airflow's environment variables."""

    def define(conn_id: str = "huggy_default", **parts: Any) -> None:
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps({"conn_type": "huggy", **parts}))

    return define


@pytest.fixture
def connected(connect: Callable[..., None], account: Sandbox, tmp_path: Path) -> Path:
    """Connects `huggy_default` to the account. Returns the folder of its landing and warehouse."""
    extra = {
        "landing": str(tmp_path / "landing"),
        "warehouse": str(tmp_path / "desk.duckdb"),
        "requests_per_second": 1000,
    }
    connect(host=account.url, password=account.token, extra=extra)
    return tmp_path


@pytest.fixture
def task_context() -> Callable[..., Any]:
    """Returns a function that builds the context of a task, with what our operators read of it."""

    def build_context(task_id: str, *, run_id: str = "run-1") -> Any:
        from airflow.sdk.execution_time.context import OutletEventAccessors

        ti = SimpleNamespace(dag_id="desk", run_id=run_id, task_id=task_id, map_index=-1, try_number=1)
        return {"ti": ti, "outlet_events": OutletEventAccessors()}

    return build_context


@pytest.fixture(scope="session")
def _database() -> None:
    with warnings.catch_warnings(action="ignore"):  # of Airflow's own libraries, while they are imported
        importlib.import_module("airflow.api_fastapi.execution_api.app")
        from airflow.utils.db import initdb

        initdb()


@pytest.fixture
def write_loads(_database: None) -> Iterator[Callable[[Iterable[str], Iterable[tuple[int, str | None]]], None]]:
    """Returns a function that writes DAGs, and what they loaded, into a database that has no others.

    A load is a company and the DAG that sent the event of its chats, or None where a person did.
    """
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.models.dag import DagModel
    from airflow.models.dagbundle import DagBundleModel
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    def clear(session: Any) -> None:
        """Delete all DAGs and assets, with what other tests have left that refers to them."""
        cleared = {DagModel.__table__, AssetModel.__table__, AssetEvent.__table__}
        tables = DagModel.metadata.sorted_tables
        for table in tables:
            if any(key.column.table in cleared for key in table.foreign_keys):
                cleared.add(table)
        for table in reversed(tables):
            if table in cleared:
                session.execute(delete(table))

    def write(dag_ids: Iterable[str], loads: Iterable[tuple[int, str | None]]) -> None:
        with create_session() as session:
            clear(session)
            if not session.get(DagBundleModel, "testing"):
                session.add(DagBundleModel(name="testing"))
                session.flush()
            session.add_all(DagModel(dag_id=each, bundle_name="testing") for each in dag_ids)  # type: ignore[no-untyped-call]
            for company, dag_id in loads:
                uri = f"huggy://{company}/chats"
                asset = session.query(AssetModel).filter_by(uri=uri).one_or_none()
                if asset is None:
                    asset = AssetModel(name=uri, uri=uri, group="asset")
                    session.add(asset)
                    session.flush()
                session.add(AssetEvent(asset_id=asset.id, source_dag_id=dag_id, extra={}))

    yield write
    with create_session() as session:
        clear(session)


@pytest.fixture
def run_dag(_database: None) -> "Callable[..., DagRun]":
    """Returns a function that runs a DAG in this process, as `airflow dags test` does. `form` is the trigger form."""

    def run(dag: "DAG", **form: Any) -> "DagRun":
        from airflow.models.dagbundle import DagBundleModel
        from airflow.utils.session import create_session

        from tests.dags.internals import write_dag

        with create_session() as session:
            if not session.get(DagBundleModel, "testing"):
                session.add(DagBundleModel(name="testing"))
                session.commit()
            write_dag(dag, session)
        finished: DagRun = dag.test(run_conf=form or None)
        return finished

    return run
