"""Closes chats in which nobody has written for three days, after each load of chats. Each keeps its closing category.

Copy this file into your DAG folder, and the query `close_idle_chats.sql` from `examples/actions` beside it; then leave
`template_searchpath` out. Try it with `is_dry_run=True` first: the log then says how many chats it would close.

The ledger has each chat once, with the time of its last message: a chat that falls idle again is closed again. A chat
that is closed already is left out. If more than 300 chats are idle, nothing is closed: something else is wrong.

**It is red.** The last line of the log says what is left and what to do. Clear the task to go on: nothing is done
twice.
"""

from pathlib import Path

from airflow.sdk import DAG

from huggy_connector.airflow import HuggyActionOperator, table

with DAG(
    "huggy_close_idle_chats",
    description="Closes chats that have been idle for three days",
    doc_md=__doc__,
    schedule=table("chats"),
    max_active_runs=1,
    template_searchpath=str(Path(__file__).parents[1] / "actions"),
    tags=["huggy"],
) as dag:
    HuggyActionOperator(
        task_id="close",
        action="close_chat",
        campaign="idle",
        sql="close_idle_chats.sql",
        values={"comment": "Idle for three days"},
        cap=300,
    )
