from datetime import timedelta

from airflow.sdk import DAG

from huggy_connector.airflow.operators import HuggyToParquetOperator, ParquetToDuckDBOperator

with DAG("slow", schedule=None, default_args={"retries": 1, "retry_delay": timedelta(seconds=1)}):
    land = HuggyToParquetOperator(task_id="land", resource="chats", huggy_conn_id="huggy_slow")
    land >> ParquetToDuckDBOperator(task_id="load", huggy_conn_id="huggy_slow")
