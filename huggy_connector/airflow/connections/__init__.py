"""How Airflow Connections are read, and what Airflow hides of them."""
