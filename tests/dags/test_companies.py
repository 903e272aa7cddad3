import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk import DAG

from huggy_connector.airflow.dags import huggy_reconcile, huggy_sync
from huggy_connector.airflow.dags.companies import _read_companies, parse_accounts
from huggy_connector.airflow.operators import HuggyToParquetOperator
from huggy_connector.errors import ConfigurationError
from huggy_connector.sandbox import Options, Sandbox
from tests.dags.internals import restore

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun

RunDag = Callable[..., "DagRun"]
OURS, THEIRS = 4242, 77


@pytest.fixture(scope="module")
def other_account() -> Iterator[Sandbox]:
    with Sandbox(Options(company=THEIRS, chats=60, contacts=30, limit=0)) as sandbox:
        yield sandbox


@pytest.fixture
def two_companies(connect: Callable[..., None], account: Sandbox, other_account: Sandbox, tmp_path: Path) -> Path:
    """Defines connections of two companies, whose data goes into one file. Returns its folder."""
    extra = {
        "landing": str(tmp_path / "landing"),
        "warehouse": str(tmp_path / "desk.duckdb"),
        "requests_per_second": 1000,
    }
    connect("huggy_ours", host=account.url, password=account.token, extra={**extra, "company_id": OURS})
    connect("huggy_theirs", host=other_account.url, password=other_account.token, extra=extra)
    connect("huggy_revoked", host=other_account.url, password="revoked", extra=extra)
    return tmp_path


@pytest.mark.parametrize("factory", [huggy_sync, huggy_reconcile])
def test_each_company_has_the_same_tasks_in_a_mapped_group(factory: Callable[..., DAG]) -> None:
    alone, mapped = factory(), factory(companies=["huggy_ours", THEIRS])
    assert {*mapped.task_ids} == {*alone.task_ids, "companies"}
    for task in alone.tasks:
        assert mapped.get_task(task.task_id).downstream_task_ids == task.downstream_task_ids
    stored = restore(mapped)
    assert sorted(stored.task_dict) == sorted(mapped.task_ids)


def test_an_entry_is_a_connection_or_a_company_of_the_dags_own_connection_and_counts_once() -> None:
    assert parse_accounts(["huggy_ours", 77, "77", "huggy_ours"], where="", huggy_conn_id="huggy_default") == [
        {"huggy_conn_id": "huggy_ours", "company_id": None},
        {"huggy_conn_id": "huggy_default", "company_id": 77},
    ]


@pytest.mark.parametrize("listed", [[], "huggy_ours", {"huggy_ours": 1}, [None], [""], [True], [["huggy_ours"]], [0]])
def test_a_wrong_list_of_companies_is_an_import_error_that_shows_a_right_one(listed: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^The list (must be|has an entry) .*connection id.*number.*\.$"):
        parse_accounts(listed, where="The list", huggy_conn_id="huggy_default")


@pytest.mark.airflow
def test_a_revoked_token_stops_no_other_company_and_the_failure_names_the_company(
    account: Sandbox, other_account: Sandbox, two_companies: Path, run_dag: RunDag, capsys: pytest.CaptureFixture[str]
) -> None:
    companies = ["huggy_revoked", "huggy_ours", "huggy_theirs"]
    run = run_dag(huggy_sync("desk_three", schedule=None, resources=["contacts"], companies=companies))
    assert read_states(run) == {
        "run": "failed",
        "companies": "success",
        "land_contacts 0": "failed",
        "land_contacts 1": "success",
        "land_contacts 2": "success",
        "load 0": "success",  # of what landed before
        "load 1": "success",
        "load 2": "success",
        "complete 0": "upstream_failed",
        "complete 1": "success",
        "complete 2": "success",
    }
    assert "huggy_revoked: " in capsys.readouterr().out
    assert read_ids(two_companies / "desk.duckdb") == {
        OURS: sorted(map(int, account.truth("contacts")["ids"])),
        THEIRS: sorted(map(int, other_account.truth("contacts")["ids"])),
    }


@pytest.mark.airflow
def test_the_companies_of_a_variable_are_read_when_a_run_starts_and_the_form_may_name_some_of_them(
    two_companies: Path, run_dag: RunDag, monkeypatch: pytest.MonkeyPatch
) -> None:
    dag = huggy_sync("desk_variable", schedule=None, resources=["departments"], companies="huggy_companies")
    assert read_states(run_dag(dag))["companies"] == "failed"
    monkeypatch.setenv("AIRFLOW_VAR_HUGGY_COMPANIES", "huggy_ours, huggy_theirs")
    assert read_states(run_dag(dag))["companies"] == "failed"
    monkeypatch.setenv("AIRFLOW_VAR_HUGGY_COMPANIES", json.dumps(["huggy_ours", "huggy_theirs"]))
    assert read_states(run_dag(dag))["land_departments 1"] == "success"
    assert "land_departments 1" not in read_states(run_dag(dag, companies=["huggy_theirs"]))


@pytest.mark.airflow
def test_native_templates_do_not_turn_a_companys_label_into_a_number(
    account: Sandbox, connect: Callable[..., None], two_companies: Path, run_dag: RunDag
) -> None:
    values = json.loads(os.environ["AIRFLOW_CONN_HUGGY_OURS"])
    connect("4343", **{**values, "conn_type": "huggy"})
    native = huggy_sync(
        "desk_native",
        schedule=None,
        resources=["departments"],
        companies=[OURS],
        huggy_conn_id="4343",
        render_template_as_native_obj=True,
    )
    assert set(read_states(run_dag(native)).values()) == {"success"}


@pytest.mark.airflow
def test_a_variable_may_have_the_byte_order_mark_of_a_windows_editor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_VAR_HUGGY_COMPANIES", '\ufeff["huggy_ours\u00a0", " 77"]\r\n')
    listed, where = _read_companies("huggy_companies", None)
    assert parse_accounts(listed, where=where, huggy_conn_id="huggy_default") == [
        {"huggy_conn_id": "huggy_ours", "company_id": None},
        {"huggy_conn_id": "huggy_default", "company_id": 77},
    ]


def test_tasks_cleared_after_a_change_of_the_list_land_each_company_once(
    account: Sandbox, other_account: Sandbox, two_companies: Path, task_context: Callable[..., Any]
) -> None:
    """A run has [theirs]; then the Variable becomes [ours, theirs], and the run is cleared."""

    def run_and_clear(listed: list[str]) -> list[dict[str, Any]]:
        landed = []
        for index, conn_id in enumerate(listed):
            context = task_context("land_departments")
            context["ti"].map_index = index
            task = HuggyToParquetOperator(
                task_id="land_departments", resource="departments", mode="due", huggy_conn_id=conn_id
            )
            landed.append(task.execute(context))
        return landed

    [theirs] = run_and_clear(["huggy_theirs"])
    [ours, again] = run_and_clear(["huggy_ours", "huggy_theirs"])
    sent = account.stats()["requests"], other_account.stats()["requests"]

    assert (ours["company_id"], theirs["company_id"], again) == (OURS, THEIRS, theirs)
    assert run_and_clear(["huggy_theirs", "huggy_ours"]) == [theirs, ours]
    assert (account.stats()["requests"], other_account.stats()["requests"]) == sent


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"company_id": 4242}, {"company_id": 77, "huggy_conn_id": "huggy_theirs"}),
        ({"huggy_conn_id": "huggy_ours"}, {"huggy_conn_id": "huggy_theirs"}),
        (
            {"mode": "window", "from_date": "2026-11-01", "to_date": "2026-11-03"},
            {"mode": "window", "from_date": "2026-11-02", "to_date": "2026-11-03"},
        ),
        ({"mode": "recent"}, {"mode": "reconcile"}),
    ],
)
def test_a_task_that_is_corrected_and_cleared_lands_what_it_asks_for_now(
    two_companies: Path, task_context: Callable[..., Any], before: dict[str, Any], after: dict[str, Any]
) -> None:
    def run_and_clear(asked: dict[str, Any]) -> dict[str, Any]:
        given = {"huggy_conn_id": "huggy_ours", **asked}
        return HuggyToParquetOperator(task_id="land", resource="chats", **given).execute(task_context("land"))

    landed, anew = run_and_clear(before), run_and_clear(after)
    assert anew["address"] != landed["address"]
    assert [run_and_clear(before), run_and_clear(after)] == [landed, anew]


def read_states(run: "DagRun") -> dict[str, Any]:
    states = {
        ti.task_id if ti.map_index < 0 else f"{ti.task_id} {ti.map_index}": str(ti.state)
        for ti in run.get_task_instances()
    }
    return {"run": str(run.state), **states}


def read_ids(warehouse: Path) -> dict[int, list[int]]:
    import duckdb

    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute("SELECT company_id, list(id ORDER BY id) FROM contacts GROUP BY ALL").fetchall()
    return dict(found)
