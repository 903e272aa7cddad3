"""Whether the workers of this Airflow are sure to share a disk, and with it a budget in a file."""

from collections.abc import Mapping

from airflow.configuration import conf

from huggy_connector.errors import ConfigurationError

ONE_HOST = ("LocalExecutor", "SequentialExecutor")
"""Executors whose tasks are processes of one machine."""
POD = "AIRFLOW_IS_K8S_EXECUTOR_POD"
"""Set in the pods of the KubernetesExecutor, which are told that theirs is the LocalExecutor."""


def refuse_a_budget_each_worker_has_alone(budget: str, *, environ: Mapping[str, str]) -> None:
    """Raises ConfigurationError for a budget in a file of the worker's own, unless it is but a share of the rate.

    Each of ten such workers would ask at the full rate, and the account be refused to everyone.
    """
    address, _, options = budget.partition("?")
    if address != "file:" or "share=" in options:
        return
    names = ["KubernetesExecutor"] if environ.get(POD) else _executors(conf.get("core", "executor"))
    if apart := [name for name in names if name not in ONE_HOST]:
        raise ConfigurationError(
            f"Workers of the {apart[0]} need not share a disk, and each would take the account's whole limit: set "
            "HUGGY_BUDGET to redis://host:6379/0, to file:/folder on a local disk that all of them see, or to "
            "file:?share=0.25 where each of four is to have its part."
        )


def _executors(setting: str) -> list[str]:
    """The class names in `LocalExecutor,team_a=celery:package.module.CeleryExecutor;...`."""
    parts = [part.strip() for part in setting.replace(";", ",").split(",")]
    return [part.rpartition("=")[2].rpartition(":")[2].rpartition(".")[2] for part in parts if part]
