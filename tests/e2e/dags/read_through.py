from huggy_connector.airflow.dags import huggy_sync

dag = huggy_sync(dag_id="read_through", schedule=None, huggy_conn_id="huggy_read_through")
