"""The DAG huggy_campaign: a form, a plan, a person, and then what was planned."""

from datetime import timedelta
from typing import Any

import pytest
from airflow.providers.standard.operators.hitl import ApprovalOperator

from huggy_connector.airflow import HuggyActionOperator, HuggyActionPlanOperator, HuggyApprovalOperator
from huggy_connector.airflow.dags import huggy_campaign
from huggy_connector.catalogue.actions import ACTIONS
from tests.dags.internals import ParamValidationError, find_first_run, restore

FORM = {"action": "close_chat", "campaign": "idle", "sql": "SELECT id FROM chats", "cap": 10, "dry_run": False}


def fill_in(filled: dict[str, Any]) -> dict[str, Any]:
    params = huggy_campaign().params
    params.update(filled)
    return dict(params.validate())


def test_a_plan_then_a_person_then_what_was_planned() -> None:
    dag = huggy_campaign()
    assert {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks} == {
        "plan": ["approve", "send"],
        "approve": ["send"],
        "send": [],
    }
    kinds = [type(dag.get_task(name)) for name in ("plan", "approve", "send")]
    assert kinds == [HuggyActionPlanOperator, HuggyApprovalOperator, HuggyActionOperator]
    assert isinstance(dag.get_task("approve"), ApprovalOperator)
    assert dag.get_task("send").trigger_rule == "all_success"


def test_the_sending_task_is_never_retried_and_runs_of_the_dag_do_not_overlap() -> None:
    dag = huggy_campaign(default_args={"retries": 5})
    assert (dag.get_task("send").retries, dag.get_task("plan").retries, dag.max_active_runs) == (0, 5, 1)


def test_it_never_runs_by_itself() -> None:
    assert find_first_run(restore(huggy_campaign())) is None


def test_the_form_is_a_dry_run_unless_somebody_says_otherwise_and_offers_all_actions() -> None:
    assert fill_in({"campaign": "idle"})["dry_run"] is True
    assert huggy_campaign().params.get_param("action").schema["enum"] == [*ACTIONS]
    assert fill_in({**FORM, "set": {"tabulation_id": 10}})["set"] == {"tabulation_id": 10}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("action", "shout"),
        ("campaign", ""),
        ("sql", ""),
        ("cap", 0),
        ("cap", "many"),
        ("dry_run", "perhaps"),
        ("set", "text=Hello"),
    ],
)
def test_a_wrong_value_of_the_form_is_refused(name: str, value: object) -> None:
    with pytest.raises(ParamValidationError):
        fill_in({**FORM, name: value})


def test_the_arguments_reach_the_tasks() -> None:
    dag = huggy_campaign(
        "north",
        approvers=["ana"],
        wait=timedelta(hours=2),
        company_id=4242,
        huggy_conn_id="huggy_north",
        landing="/data/landing",
        warehouse="/data/huggy.duckdb",
        tags=["north"],
    )
    approve = dag.get_task("approve")
    assert isinstance(approve, HuggyApprovalOperator)
    assert approve.assigned_users == [{"id": "ana", "name": "ana"}]
    assert timedelta(hours=2) in {getattr(approve, "response_timeout", None), approve.execution_timeout}
    for task in dag.tasks:
        account = [getattr(task, name) for name in ("company_id", "huggy_conn_id", "landing", "warehouse")]
        assert account == [4242, "huggy_north", "/data/landing", "/data/huggy.duckdb"]
    assert (dag.dag_id, dag.tags) == ("north", {"north"})
