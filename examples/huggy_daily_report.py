"""Yesterday's table of agents as a CSV file, after each load of chats. Copy this file into your DAG folder and change
the query: `huggy describe` shows every table and column.

**It is red.** The last line of the log says what to do. The usual reason is a folder without write permission. Clear
the task: it writes the day of its run again.

**A figure is too small.** The file is written again after each load, so yesterday's file is complete after the first
load of today. Chats that were closed later are in their final state after the next load.

**For Excel** give `export` the argument `excel=True`: `;` between columns, and no name that is a formula.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Param, task

from huggy_connector import export
from huggy_connector.airflow import HuggyHook, table

AGENTS = """
    SELECT
        t.company_id,
        t.agent_id,
        a.name AS agent,
        count(*) AS chats,
        count(*) FILTER (NOT t.is_open) AS closed,
        round(median(t.first_response_seconds) / 60, 1) AS median_first_response_minutes,
        round(median(t.handling_seconds) / 60, 1) AS median_handling_minutes
    FROM marts.chat_times AS t
    LEFT JOIN marts.names AS a ON a.company_id = t.company_id AND a.kind = 'agent' AND a.id = t.agent_id
    WHERE t.day = DATE '{day}' AND t.agent_id IS NOT NULL
    GROUP BY ALL
    ORDER BY t.company_id, chats DESC, t.agent_id
"""

with DAG(
    "huggy_daily_report",
    description="Yesterday's table of agents as a CSV file",
    doc_md=__doc__,
    schedule=table("chats"),
    max_active_runs=1,
    tags=["huggy"],
    params={
        "folder": Param(None, type=["null", "string"], description="Of the files; empty: `reports`, by the warehouse.")
    },
) as dag:

    @task
    def write(*, params: Any = None, dag_run: Any = None) -> dict[str, Any]:
        """Read the live version of the warehouse. A load does not lock it and does not wait for this task."""
        settings = HuggyHook().settings(uses_api=False)
        folder = Path(params["folder"] or Path(settings.warehouse).parent / "reports").expanduser()
        folder.mkdir(parents=True, exist_ok=True)
        day = dag_run.run_after.astimezone(settings.zone).date() - timedelta(days=1)
        file = folder / f"agents-{day}.csv"
        return {"file": str(file), "rows": export(settings.warehouse, AGENTS.format(day=day), file, zone=settings.zone)}

    write()
