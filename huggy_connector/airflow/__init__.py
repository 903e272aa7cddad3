"""The Airflow edge: hook, operators and DAG factories. It is the only room that imports airflow.

Everything it does is one call of the pipeline. A name is imported when it is first used, so importing this package
imports neither Airflow nor a data library: Airflow calls `provider_info` in each of its processes. Where there is no
Airflow, the import says which extra brings it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from huggy_connector.extras import require

if TYPE_CHECKING:
    from huggy_connector.airflow.dags import huggy_backfill, huggy_reconcile, huggy_sync
    from huggy_connector.airflow.hook import HuggyHook
    from huggy_connector.airflow.operators import HuggyPlanOperator, HuggyToParquetOperator, ParquetToDuckDBOperator

require("airflow", subject="huggy_connector.airflow", modules=("airflow",))

__all__ = [
    "HuggyHook",
    "HuggyPlanOperator",
    "HuggyToParquetOperator",
    "ParquetToDuckDBOperator",
    "huggy_backfill",
    "huggy_reconcile",
    "huggy_sync",
]

_MODULES = {
    "HuggyHook": "hook",
    "HuggyPlanOperator": "operators",
    "HuggyToParquetOperator": "operators",
    "ParquetToDuckDBOperator": "operators",
    "huggy_backfill": "dags",
    "huggy_reconcile": "dags",
    "huggy_sync": "dags",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
