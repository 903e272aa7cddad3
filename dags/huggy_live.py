from huggy_connector.airflow.dags import huggy_live

dag = huggy_live()
