from huggy_connector.airflow.dags import huggy_backfill

dag = huggy_backfill()
