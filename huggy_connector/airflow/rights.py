"""Whose figures somebody may see: Airflow's rights on DAGs, and what these DAGs have loaded."""

from collections.abc import Iterable
from typing import Any

from huggy_connector.airflow.database import all_dags, dags_that_loaded


def may_see(user: Any, companies: Iterable[int]) -> bool:
    """Whether somebody may read, for each of these companies, one of the DAGs that loaded it.

    A company that no DAG of today has loaded is seen by who may read every DAG.
    """
    wanted = set(companies)
    if not wanted:
        return True
    allowed = _readable(user)
    every, loaded = all_dags(), dags_that_loaded(wanted)
    if every and every <= allowed:
        return True
    return all(allowed & loaded.get(company, set()) for company in wanted)


def _readable(user: Any) -> set[str]:
    from airflow.api_fastapi.app import get_auth_manager

    return set(get_auth_manager().get_authorized_dag_ids(user=user, method="GET"))
