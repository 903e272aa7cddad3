"""Asks for a rating by a WhatsApp template after a chat was closed: each contact once a month, after a person approved.

Copy this file into your DAG folder, and the query `satisfaction_after_closing.sql` from `examples/actions` beside it;
then leave `template_searchpath` out. Write the number of your own template and its category as Meta has it. Set
HUGGY_MESSAGE_EVERY_DAYS to 28, and HUGGY_CALENDAR so that nobody is written to at night.

Each working day `plan` finds whom to ask, and `approve` waits for a person under *Required actions*, for at most eight
hours. `send` asks those who were in the plan, and nobody else.

**A task is red.** The last line of its log says what is left and what to do. Clear it to go on: nobody is asked twice.
"""

from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG

from huggy_connector.airflow import HuggyActionOperator, HuggyActionPlanOperator, HuggyApprovalOperator

with DAG(
    "huggy_satisfaction",
    description="A satisfaction template after closing, once a contact and month",
    doc_md=__doc__,
    schedule="0 13 * * 1-5",
    catchup=False,
    max_active_runs=1,
    template_searchpath=str(Path(__file__).parents[1] / "actions"),
    tags=["huggy"],
) as dag:
    plan = HuggyActionPlanOperator(
        task_id="plan",
        action="send_template",
        campaign="satisfaction",
        sql="satisfaction_after_closing.sql",
        values={"template_id": 78, "category": "utility"},
        cap=300,
    )
    approve = HuggyApprovalOperator(task_id="approve", plan=plan.output, wait=timedelta(hours=8))
    approve >> HuggyActionOperator(task_id="send", plan=plan.output)
