"""DAG factories. A file in the dags folder only calls one of them. They read no file and send no request."""

import huggy_connector.airflow.versions  # noqa: F401 -- it refuses an older Airflow
from huggy_connector.airflow.dags.backfill import huggy_backfill
from huggy_connector.airflow.dags.reconcile import huggy_reconcile
from huggy_connector.airflow.dags.sync import huggy_sync

__all__ = ["huggy_backfill", "huggy_reconcile", "huggy_sync"]
