"""DAGs as functions. A file in the dags folder calls one of them and is done; nothing is read or asked here."""

from huggy_connector.airflow.dags.backfill import huggy_backfill
from huggy_connector.airflow.dags.reconcile import huggy_reconcile
from huggy_connector.airflow.dags.sync import huggy_sync

__all__ = ["huggy_backfill", "huggy_reconcile", "huggy_sync"]
