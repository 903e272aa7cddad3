import csv
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from huggy_connector.airflow.assets import table
from huggy_connector.airflow.operators import HuggyToParquetOperator, ParquetToDuckDBOperator
from huggy_connector.sandbox import Sandbox
from tests.dags.internals import ParamValidationError, load_dags

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
CAMPAIGNS = ("huggy_close_idle_chats", "huggy_churn_segment", "huggy_satisfaction")
COLUMNS = [
    "company_id",
    "agent_id",
    "agent",
    "chats",
    "closed",
    "median_first_response_minutes",
    "median_handling_minutes",
]


def test_the_daily_report_parses_without_a_connection_and_waits_for_any_load_of_chats() -> None:
    dag = load_report()
    assert (dag.schedule, dag.task_ids, dag.max_active_runs) == (table("chats"), ["write"], 1)
    assert "It is red." in str(dag.doc_md)


def test_the_daily_report_writes_yesterdays_chats_of_each_agent_and_can_repeat_it(
    account: Sandbox, loaded_folder: Path
) -> None:
    rows = account.truth("chats", rows=True)["rows"]
    day, wanted = find_busiest_day(rows)
    now = datetime.combine(day, datetime.min.time(), ZoneInfo("America/Sao_Paulo")) + timedelta(days=1, hours=0.5)

    def write() -> tuple[Any, bytes]:
        written = (
            load_report()
            .get_task("write")
            .python_callable(params={"folder": None}, dag_run=SimpleNamespace(run_after=now.astimezone(UTC)))
        )
        return written, Path(written["file"]).read_bytes()

    first = write()
    file = loaded_folder / "reports" / f"agents-{day}.csv"
    assert first[0] == {"file": str(file), "rows": len(wanted)}
    with file.open(newline="") as text:
        table_of_agents = list(csv.DictReader(text))
    assert {int(row["agent_id"]): int(row["chats"]) for row in table_of_agents} == wanted
    assert {tuple(row) for row in table_of_agents} == {tuple(COLUMNS)}
    assert write() == first


def test_all_examples_parse_with_no_connection_defined() -> None:
    bag = load_dags(EXAMPLES)
    names = ["huggy_chats_of_a_customer", "huggy_daily_report", "huggy_power_bi"]
    assert (bag.import_errors, sorted({*bag.dags} - {*CAMPAIGNS})) == ({}, names)
    assert {*CAMPAIGNS} - {*bag.dags} == set()
    assert all("It is red." in str(dag.doc_md) or "A task is red." in str(dag.doc_md) for dag in bag.dags.values())


def test_all_chats_of_a_customer_are_written_by_a_form(loaded_folder: Path, account: Sandbox) -> None:
    rows = account.truth("chats", rows=True)["rows"]
    contact, count = Counter(int(row["contactId"]) for row in rows).most_common(1)[0]
    write = load_dag("huggy_chats_of_a_customer").get_task("write").python_callable
    assert write(params={"contact": contact, "folder": None})["rows"] == count
    with (loaded_folder / "reports" / f"chats-of-{contact}.csv").open(newline="") as text:
        listed = list(csv.DictReader(text))
    assert {int(row["chat_id"]) for row in listed} == {
        int(row["id"]) for row in rows if int(row["contactId"]) == contact
    }
    assert write(params={"contact": 999_999_999, "folder": str(loaded_folder)})["rows"] == 0


@pytest.mark.parametrize("filled", [{"contact": None}, {"contact": "Ana"}, {"contact": 0}])
def test_a_contact_that_is_no_number_is_refused_with_the_reason(filled: dict[str, Any]) -> None:
    with pytest.raises(ParamValidationError, match="contact"):
        fill_in(load_dag("huggy_chats_of_a_customer").params, filled)


def test_power_bi_gets_a_file_for_each_table_with_every_row(loaded_folder: Path, account: Sandbox) -> None:
    import pyarrow.parquet as pq

    write = load_dag("huggy_power_bi").get_task("write")
    names = [*write.op_kwargs_expand_input.value["name"]]
    written = {name: write.python_callable(name, params={"folder": None}) for name in names}
    assert written["chat_times"]["rows"] == len(account.truth("chats")["ids"])
    for name in names:
        assert pq.read_metadata(loaded_folder / "power-bi" / f"{name}.parquet").num_rows == written[name]["rows"] > 0


@pytest.fixture
def loaded_folder(connected: Path, task_context: Callable[..., Any]) -> Path:
    """Loads every chat of the account. Returns the folder of the warehouse."""
    HuggyToParquetOperator(task_id="land", resource="chats").execute(task_context("land"))
    ParquetToDuckDBOperator(task_id="load").execute(task_context("load"))
    return connected


def fill_in(params: Any, filled: dict[str, Any]) -> None:
    params.update(filled)
    params.validate()


def load_dag(dag_id: str) -> Any:
    return load_dags(EXAMPLES).dags[dag_id]


def load_report() -> Any:
    return load_dag("huggy_daily_report")


def find_busiest_day(rows: list[dict[str, Any]]) -> tuple[Any, Counter[int]]:
    """Return the local day with most chats, and how many of them each agent has."""
    days = Counter(row["createdAt"][:10] for row in rows)
    day = max(days, key=lambda each: (days[each], each))
    agents = Counter(int(row["agentId"]) for row in rows if row["createdAt"][:10] == day and row.get("agentId"))
    return datetime.fromisoformat(day).date(), agents
