"""Airflow's insides, as far as these tests need them. Each version has them in another place."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from huggy_connector.airflow.versions import AIRFLOW

if TYPE_CHECKING:
    import pytest
    from airflow.sdk import DAG

_HAS_PLACES_OF_3_2 = AIRFLOW >= (3, 2)

ParamValidationError: type[Exception] = import_module(
    "airflow.sdk.exceptions" if _HAS_PLACES_OF_3_2 else "airflow.exceptions"
).ParamValidationError


def load_dags(folder: Path) -> Any:
    """Return the DAGs of a folder, and the errors of its files, as the dag-processor reads them."""
    module = import_module("airflow.dag_processing.dagbag" if _HAS_PLACES_OF_3_2 else "airflow.models.dagbag")
    return module.DagBag(str(folder), **({} if _HAS_PLACES_OF_3_2 else {"include_examples": False}))


def restore(dag: "DAG") -> Any:
    """Return the DAG as the scheduler has it: serialized, and read again."""
    module = import_module("airflow.serialization.serialized_objects")
    serialization = module.DagSerialization if _HAS_PLACES_OF_3_2 else module.SerializedDAG
    return serialization.from_dict(serialization.to_dict(dag))


def find_first_run(stored: Any) -> Any:
    """Return the run that the scheduler would create first of a DAG as it has it, or None."""
    return stored.next_dagrun_info(
        **{"last_automated_run_info" if _HAS_PLACES_OF_3_2 else "last_automated_dagrun": None}
    )


def write_dag(dag: "DAG", session: Any) -> None:
    """Write a DAG into Airflow's database, as the dag-processor does."""
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.serialization.serialized_objects import LazyDeserializedDAG

    module = (
        "airflow.serialization.definitions.dag" if _HAS_PLACES_OF_3_2 else "airflow.serialization.serialized_objects"
    )
    lazy = LazyDeserializedDAG.from_dag(dag)
    import_module(module).SerializedDAG.bulk_write_to_db("testing", None, [lazy], session=session)
    SerializedDagModel.write_dag(lazy, bundle_name="testing", session=session)


def load_plugins() -> tuple[list[Any], dict[str, str]]:
    """Return the plugins that Airflow registers, and the errors of those that it could not."""
    manager = import_module("airflow.plugins_manager")
    if _HAS_PLACES_OF_3_2:
        plugins, errors = manager._get_plugins()
        return plugins, errors
    manager.ensure_plugins_loaded()
    return manager.plugins, manager.import_errors


def set_auth_manager(manager: Any, monkeypatch: "pytest.MonkeyPatch") -> None:
    """Let Airflow ask this auth manager for the length of a test."""
    app = import_module("airflow.api_fastapi.app")
    owner, name = (app._AuthManagerState, "instance") if _HAS_PLACES_OF_3_2 else (app, "auth_manager")
    monkeypatch.setattr(owner, name, manager)
