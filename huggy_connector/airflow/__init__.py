"""The Airflow edge: the only room that imports airflow. Everything it does is one call of the pipeline."""
