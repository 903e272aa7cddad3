# Airflow with the connector in it. Built from this folder: docker compose build
# AIRFLOW_IMAGE may name the image by its digest, and should: see "Supply chain" in SECURITY.md.
ARG AIRFLOW_IMAGE=apache/airflow:3.3.2
FROM ${AIRFLOW_IMAGE}
COPY --chown=airflow:root pyproject.toml README.md LICENSE requirements-image.txt /tmp/huggy/
COPY --chown=airflow:root huggy_connector /tmp/huggy/huggy_connector
# What Airflow's image does not bring is installed by its hash, and nothing is moved that Airflow needs itself.
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement /tmp/huggy/requirements-image.txt
RUN pip install --no-cache-dir --no-deps --no-build-isolation "/tmp/huggy[airflow,report,sandbox,serve]"
RUN ! pip check | grep "^huggy-connector "
# A new volume is made like this folder: writable for the image's group, whichever user runs.
RUN rm -r /tmp/huggy && mkdir -m 0775 /opt/airflow/lake
USER airflow
