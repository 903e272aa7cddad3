"""Checks that the workers of this Airflow can share a budget in a file, which needs a common disk."""

from collections.abc import Mapping

from airflow.configuration import conf

from huggy_connector.errors import ConfigurationError

SINGLE_HOST_EXECUTORS = ("LocalExecutor", "SequentialExecutor")
"""Executors whose tasks are processes of one machine."""
KUBERNETES_POD_VARIABLE = "AIRFLOW_IS_K8S_EXECUTOR_POD"
"""A variable of the KubernetesExecutor's pods. Airflow's configuration in a pod names the LocalExecutor."""


def require_shared_budget(budget: str, *, environ: Mapping[str, str]) -> None:
    """Raise ConfigurationError for a budget in a file of the worker's own, unless it is only a share of the rate.

    Else each of ten such workers would send requests at the full rate, and the API would refuse the account to all.
    """
    address, _, options = budget.partition("?")
    if address != "file:" or "share=" in options:
        return
    names = (
        ["KubernetesExecutor"]
        if environ.get(KUBERNETES_POD_VARIABLE)
        else _parse_executors(conf.get("core", "executor"))
    )
    if distributed := [name for name in names if name not in SINGLE_HOST_EXECUTORS]:
        raise ConfigurationError(
            f"Workers of the {distributed[0]} need not share a disk, and each would take the account's whole limit: "
            "set HUGGY_BUDGET to redis://host:6379/0, to file:/folder on a local disk that all of them see, or to "
            "file:?share=0.25 where each of four is to have its part."
        )


def _parse_executors(setting: str) -> list[str]:
    """Return the class names in a setting such as `LocalExecutor,team_a=celery:package.module.CeleryExecutor;...`."""
    parts = [part.strip() for part in setting.replace(";", ",").split(",")]
    return [part.rpartition("=")[2].rpartition(":")[2].rpartition(".")[2] for part in parts if part]
