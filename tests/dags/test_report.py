import csv
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from airflow.dag_processing.dagbag import DagBag

from huggy_connector.airflow.assets import table
from huggy_connector.airflow.operators import HuggyToParquetOperator, ParquetToDuckDBOperator
from huggy_connector.sandbox import Sandbox

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
COLUMNS = [
    "company_id",
    "agent_id",
    "agent",
    "chats",
    "closed",
    "median_first_response_minutes",
    "median_handling_minutes",
]


def test_it_parses_with_no_connection_defined_and_waits_for_any_load_of_chats() -> None:
    dag = _report()
    assert (dag.schedule, dag.task_ids, dag.max_active_runs) == (table("chats"), ["write"], 1)
    assert "It is red." in str(dag.doc_md)


def test_it_writes_yesterdays_chats_of_each_agent_and_the_same_file_again(
    account: Sandbox, connected: Path, as_task: Callable[..., Any]
) -> None:
    HuggyToParquetOperator(task_id="land", resource="chats").execute(as_task("land"))
    ParquetToDuckDBOperator(task_id="load").execute(as_task("load"))
    rows = account.truth("chats", rows=True)["rows"]
    day, wanted = _busiest(rows)
    now = datetime.combine(day, datetime.min.time(), ZoneInfo("America/Sao_Paulo")) + timedelta(days=1, hours=0.5)

    def write() -> tuple[Any, bytes]:
        written = (
            _report()
            .get_task("write")
            .python_callable(params={"folder": None}, dag_run=SimpleNamespace(run_after=now.astimezone(UTC)))
        )
        return written, Path(written["file"]).read_bytes()

    first = write()
    file = connected / "reports" / f"agents-{day}.csv"
    assert first[0] == {"file": str(file), "rows": len(wanted)}
    with file.open(newline="") as text:
        table_of_agents = list(csv.DictReader(text))
    assert {int(row["agent_id"]): int(row["chats"]) for row in table_of_agents} == wanted
    assert {tuple(row) for row in table_of_agents} == {tuple(COLUMNS)}
    assert write() == first


def _report() -> Any:
    bag = DagBag(str(EXAMPLES))
    assert (bag.import_errors, sorted(bag.dags)) == ({}, ["huggy_daily_report"])
    return bag.dags["huggy_daily_report"]


def _busiest(rows: list[dict[str, Any]]) -> tuple[Any, Counter[int]]:
    """The local day with most chats, and how many of them each agent has."""
    days = Counter(row["createdAt"][:10] for row in rows)
    day = max(days, key=lambda each: (days[each], each))
    agents = Counter(int(row["agentId"]) for row in rows if row["createdAt"][:10] == day and row.get("agentId"))
    return datetime.fromisoformat(day).date(), agents
