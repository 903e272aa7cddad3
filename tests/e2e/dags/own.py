from airflow.sdk import DAG

from huggy_connector.airflow.operators import HuggyToParquetOperator, ParquetToDuckDBOperator

with DAG("own", schedule=None):
    HuggyToParquetOperator(task_id="land", resource="departments") >> ParquetToDuckDBOperator(task_id="load")
