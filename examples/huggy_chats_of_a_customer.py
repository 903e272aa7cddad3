"""All chats of one customer, as a CSV file, by a form. Copy this file into your DAG folder and change the query:
`huggy describe` shows every table and column.

*Trigger* asks for the contact's id, which is at the end of its address in Huggy's panel. You cannot find it by phone or
e-mail: unless your privacy policy keeps them, the warehouse does not have them.

**It is red.** The last line of the log says what to do. A contact without chats is no failure: its file has a header
and no row, and the log says so.

**For Excel** give `export` the argument `excel=True`: `;` between columns, and no name that is a formula.
"""

from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Param, task

from huggy_connector import export
from huggy_connector.airflow import HuggyHook

CHATS = """
    SELECT
        t.company_id,
        t.chat_id,
        t.created_at_local AS opened,
        t.channel,
        d.name AS department,
        a.name AS agent,
        t.situation,
        round(t.first_response_seconds / 60, 1) AS first_response_minutes,
        round(t.resolution_seconds / 60, 1) AS resolution_minutes
    FROM marts.chat_times AS t
    LEFT JOIN marts.names AS a ON a.company_id = t.company_id AND a.kind = 'agent' AND a.id = t.agent_id
    LEFT JOIN marts.names AS d ON d.company_id = t.company_id AND d.kind = 'department' AND d.id = t.department_id
    WHERE t.contact_id = {contact}
    ORDER BY t.company_id, t.created_at, t.chat_id
"""

with DAG(
    "huggy_chats_of_a_customer",
    description="All chats of one customer as a CSV file",
    doc_md=__doc__,
    schedule=None,
    tags=["huggy"],
    params={
        "contact": Param(type="integer", minimum=1, title="Contact", description="Its id in Huggy."),
        "folder": Param(None, type=["null", "string"], description="Of the file; empty: `reports`, by the warehouse."),
    },
) as dag:

    @task
    def write(*, params: Any = None) -> dict[str, Any]:
        """Read the live version of the warehouse. A load does not lock it and does not wait for this task."""
        settings = HuggyHook().settings(uses_api=False)
        folder = Path(params["folder"] or Path(settings.warehouse).parent / "reports").expanduser()
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"chats-of-{params['contact']}.csv"
        rows = export(settings.warehouse, CHATS.format(contact=params["contact"]), file, zone=settings.zone)
        return {"file": str(file), "rows": rows}

    write()
