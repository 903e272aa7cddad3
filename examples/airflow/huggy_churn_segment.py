"""Writes a segment of the warehouse (active, at risk, lost) into a custom field of the contact, where agents see it.

Copy this file into your DAG folder, and the query `churn_segment.sql` from `examples/actions` beside it; then leave
`template_searchpath` out. Create the custom field in Huggy first, and put its key into the query.

Every night, after `huggy_sync` has read the contacts. Only contacts whose segment has changed are written to. The first
night has the most: raise `cap` for it.

**It is red.** The last line of the log says what is left and what to do. Clear the task to go on: nothing is done
twice.
"""

from pathlib import Path

from airflow.sdk import DAG

from huggy_connector.airflow import HuggyActionOperator

with DAG(
    "huggy_churn_segment",
    description="A churn segment in a custom field of the contact",
    doc_md=__doc__,
    schedule="30 6 * * *",
    catchup=False,
    max_active_runs=1,
    template_searchpath=str(Path(__file__).parents[1] / "actions"),
    tags=["huggy"],
) as dag:
    HuggyActionOperator(
        task_id="write",
        action="update_contact",
        campaign="churn",
        sql="churn_segment.sql",
        cap=2_000,
    )
