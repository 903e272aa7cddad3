"""Which figures a user may see: it follows from Airflow's rights on DAGs, and from what these DAGs have loaded."""

from collections.abc import Iterable
from typing import Any

from huggy_connector.airflow.ui.xcom_lookup import find_loading_dags, list_dags


def may_see(user: Any, companies: Iterable[int]) -> bool:
    """Return whether the user may read, for each of these companies, one of the DAGs that loaded it.

    A user who may read every DAG sees also a company that no present DAG has loaded.
    """
    wanted = set(companies)
    if not wanted:
        return True
    allowed = _list_readable_dags(user)
    dags, loading_dags = list_dags(), find_loading_dags(wanted)
    if dags and dags <= allowed:
        return True
    return all(allowed & loading_dags.get(company, set()) for company in wanted)


def _list_readable_dags(user: Any) -> set[str]:
    from airflow.api_fastapi.app import get_auth_manager

    return set(get_auth_manager().get_authorized_dag_ids(user=user, method="GET"))
