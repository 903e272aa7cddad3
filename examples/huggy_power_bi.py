"""What the report shows as Parquet files for Power BI, after each load of chats. Copy this file into your DAG folder
and name the tables that you want: `huggy describe` shows them all.

In Power BI: *Get data > Parquet*, a query for each file; refresh after the hour at which the load ends. Each file is
replaced as a whole, so a refresh reads the old one or the new one.

**A task is red.** The last line of its log says what to do. The usual reason is a folder without write permission.
Clear it: it writes the newest version again.
"""

from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Param, task

from huggy_connector import export
from huggy_connector.airflow import HuggyHook, table

QUERIES = {
    "chat_times": "SELECT * EXCLUDE (source, events_source) FROM marts.chat_times",
    "chats_by_day": "FROM marts.chats_by_day",
    "agent_performance": "FROM marts.agent_performance",
    "backlog_by_day": "FROM marts.backlog_by_day",
}

with DAG(
    "huggy_power_bi",
    description="Marts as Parquet files for Power BI",
    doc_md=__doc__,
    schedule=table("chats"),
    max_active_runs=1,
    tags=["huggy"],
    params={
        "folder": Param(None, type=["null", "string"], description="Of the files; empty: `power-bi`, by the warehouse.")
    },
) as dag:

    @task(map_index_template="{{ task.op_kwargs['name'] }}")
    def write(name: str, *, params: Any = None) -> dict[str, Any]:
        """Read the live version of the warehouse. A load does not lock it and does not wait for this task."""
        settings = HuggyHook().settings(uses_api=False)
        folder = Path(params["folder"] or Path(settings.warehouse).parent / "power-bi").expanduser()
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{name}.parquet"
        return {"file": str(file), "rows": export(settings.warehouse, QUERIES[name], file, zone=settings.zone)}

    write.expand(name=[*QUERIES])
