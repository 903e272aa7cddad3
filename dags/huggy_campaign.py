from huggy_connector.airflow.dags import huggy_campaign

dag = huggy_campaign()
