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


def find_refusal(connect: Connect, budget: str) -> str:
    """Return the sentence that refuses a client with this budget, or "" if it is accepted."""
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
def test_a_budget_file_of_each_worker_is_refused_if_workers_may_be_on_several_hosts(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, executor: str, name: str, budget: str
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", executor)
    assert find_refusal(connect, budget) == SENTENCE.format(name)


def test_a_kubernetes_pod_is_recognized_although_its_setting_names_the_local_executor(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "LocalExecutor")
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    assert find_refusal(connect, "") == SENTENCE.format("KubernetesExecutor")


@pytest.mark.parametrize(
    "executor", ["LocalExecutor", "airflow.executors.local_executor.LocalExecutor", "SequentialExecutor"]
)
def test_a_budget_in_a_file_is_accepted_on_one_host(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, executor: str
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", executor)
    assert find_refusal(connect, "") == ""


@pytest.mark.parametrize("budget", ["file:?share=0.25", "file:{}", "memory:"])
def test_a_share_or_an_explicit_folder_is_accepted_everywhere(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, budget: str
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    assert find_refusal(connect, budget.format(tmp_path)) == ""


def test_a_load_sends_no_request_and_needs_no_budget(
    connect: Connect, account: Sandbox, connected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    (connected / "landing").mkdir()
    events: dict[Any, Any] = {}
    done = ParquetToDuckDBOperator(task_id="load").execute({"outlet_events": events})
    assert done["snapshots"] == 0
