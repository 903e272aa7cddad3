"""A DAG that runs when events wait, one run at a time, and every five minutes where nothing tells it."""

from datetime import timedelta
from typing import Any

import pytest

from huggy_connector.airflow.dags import huggy_live
from huggy_connector.airflow.live.inbox_trigger import HuggyInboxTrigger
from huggy_connector.airflow.live.live_operator import HuggyLiveOperator
from huggy_connector.airflow.operators import ParquetToDuckDBOperator
from tests.dags.internals import find_first_run, restore


def asset_of(dag: Any) -> Any:
    return dag.timetable.asset_condition


def watchers_of(dag: Any) -> list[Any]:
    return list(asset_of(dag).watchers)


def test_events_land_then_one_load_which_also_loads_what_another_host_has_landed() -> None:
    dag = huggy_live()
    assert {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks} == {
        "land_events": ["complete", "load"],
        "load": ["complete"],
        "complete": [],
    }
    load = dag.get_task("load")
    assert isinstance(load, ParquetToDuckDBOperator)
    assert (load.trigger_rule, load.report) == ("all_done", False)


def test_one_run_at_a_time_so_that_a_burst_becomes_one_run() -> None:
    assert (huggy_live().max_active_runs, huggy_live().catchup) == (1, False)


def test_a_watcher_sees_the_inbox_and_a_run_comes_every_five_minutes_anyway() -> None:
    dag = huggy_live()
    (watcher,) = watchers_of(dag)
    assert isinstance(watcher.trigger, HuggyInboxTrigger)
    stored = restore(dag)
    assert asset_of(stored).uri == "huggy://any/events"
    first = find_first_run(stored)
    assert first.run_after.minute % 5 == 0
    assert stored.get_task("land_events").task_type == "HuggyLiveOperator"


def test_a_dag_of_one_company_is_scheduled_on_its_asset_and_lands_that_company() -> None:
    dag = huggy_live("huggy_live_north", company_id=4242, huggy_conn_id="huggy_north", landing="/data/landing")
    assert asset_of(dag).uri == "huggy://4242/events"
    (watcher,) = watchers_of(dag)
    assert (watcher.trigger.huggy_conn_id, watcher.trigger.company_id) == ("huggy_north", 4242)
    task = dag.get_task("land_events")
    assert isinstance(task, HuggyLiveOperator)
    assert (task.company_id, task.huggy_conn_id, task.landing) == (4242, "huggy_north", "/data/landing")


def test_without_a_schedule_only_events_start_it() -> None:
    dag = huggy_live(schedule=None)
    assert find_first_run(restore(dag)) is None
    assert len(watchers_of(dag)) == 1


def test_where_the_triggerer_has_no_inbox_the_dag_may_be_without_a_watcher() -> None:
    dag = huggy_live(watch=False, schedule="*/2 * * * *")
    assert watchers_of(dag) == []
    assert find_first_run(restore(dag)).run_after.minute % 2 == 0


@pytest.mark.parametrize(
    "options", [{"tags": ["acme"]}, {"default_args": {"retries": 0}}, {"dagrun_timeout": timedelta(hours=1)}]
)
def test_options_go_to_the_dag(options: dict[str, Any]) -> None:
    dag = huggy_live(**options)
    for name, value in options.items():
        assert getattr(dag, name) == ({*value} if name == "tags" else value)
