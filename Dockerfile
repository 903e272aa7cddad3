# Airflow with the connector in it. Built from this folder: docker compose build
ARG AIRFLOW_VERSION=3.3.2
FROM apache/airflow:${AIRFLOW_VERSION}
ARG AIRFLOW_VERSION
COPY --chown=airflow:root pyproject.toml README.md LICENSE /tmp/huggy/
COPY --chown=airflow:root huggy_connector /tmp/huggy/huggy_connector
# The pin keeps pip from moving the image's Airflow.
RUN pip install --no-cache-dir "apache-airflow==${AIRFLOW_VERSION}" "/tmp/huggy[report]" && rm -r /tmp/huggy
