"""Workers that do not share a disk would each take the account's whole limit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.airflow.operators import ParquetToDuckDBOperator
from huggy_connector.errors import ConfigurationError
from huggy_connector.sandbox import Sandbox

Connect = Callable[..., None]


def told(connect: Connect, budget: str) -> str:
    """The sentence that a client of an account with this budget is refused with; empty where it is not."""
    connect(password="any-token", extra={"budget": budget})
    try:
        HuggyHook().get_conn().close()
    except ConfigurationError as error:
        return str(error)
    return ""


SENTENCE = (
    "Workers of the {} need not share a disk, and each would take the account's whole limit: set HUGGY_BUDGET to "
    "redis://host:6379/0, to file:/folder on a local disk that all of them see, or to file:?share=0.25 where each of "
    "four is to have its part."
)


@pytest.mark.parametrize(
    ("executor", "name"),
    [
        ("CeleryExecutor", "CeleryExecutor"),
        ("KubernetesExecutor", "KubernetesExecutor"),
        ("LocalExecutor,CeleryExecutor", "CeleryExecutor"),
        ("LocalExecutor;team_a=far:my.own.FarExecutor", "FarExecutor"),
    ],
)
@pytest.mark.parametrize("budget", ["", "file:", "file:?mode=strict"])
def test_where_workers_may_be_on_several_hosts_a_file_of_each_is_refused(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, executor: str, name: str, budget: str
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", executor)
    assert told(connect, budget) == SENTENCE.format(name)


def test_a_pod_that_is_told_it_is_local_is_not_believed(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "LocalExecutor")
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    assert told(connect, "") == SENTENCE.format("KubernetesExecutor")


@pytest.mark.parametrize(
    "executor", ["LocalExecutor", "airflow.executors.local_executor.LocalExecutor", "SequentialExecutor"]
)
def test_on_one_host_the_file_is_the_budget(connect: Connect, monkeypatch: pytest.MonkeyPatch, executor: str) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", executor)
    assert told(connect, "") == ""


@pytest.mark.parametrize("budget", ["file:?share=0.25", "file:{}", "memory:"])
def test_a_share_or_a_folder_that_was_named_will_do_anywhere(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, budget: str
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    assert told(connect, budget.format(tmp_path)) == ""


def test_a_load_asks_nothing_and_needs_no_budget(
    connect: Connect, account: Sandbox, connected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    (connected / "landing").mkdir()
    events: dict[Any, Any] = {}
    done = ParquetToDuckDBOperator(task_id="load").execute({"outlet_events": events})
    assert done["snapshots"] == 0
