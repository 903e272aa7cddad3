"""DAG factories. A file in the dags folder only calls one of them. They read no file and send no request.

A file imports only the factory that it calls.
"""

from typing import TYPE_CHECKING

import huggy_connector.airflow.versions  # noqa: F401 -- it refuses an older Airflow

if TYPE_CHECKING:
    from huggy_connector.airflow.dags.backfill import huggy_backfill
    from huggy_connector.airflow.dags.campaign import huggy_campaign
    from huggy_connector.airflow.dags.live import huggy_live
    from huggy_connector.airflow.dags.reconcile import huggy_reconcile
    from huggy_connector.airflow.dags.sync import huggy_sync
else:
    from huggy_connector.lazy_exports import export_lazily

    __getattr__, __dir__ = export_lazily(
        __name__,
        {
            "backfill": ["huggy_backfill"],
            "campaign": ["huggy_campaign"],
            "live": ["huggy_live"],
            "reconcile": ["huggy_reconcile"],
            "sync": ["huggy_sync"],
        },
    )

__all__ = ["huggy_backfill", "huggy_campaign", "huggy_live", "huggy_reconcile", "huggy_sync"]
