from huggy_connector.airflow.dags import huggy_reconcile

dag = huggy_reconcile()
