from huggy_connector.airflow.dags import huggy_sync

dag = huggy_sync()
