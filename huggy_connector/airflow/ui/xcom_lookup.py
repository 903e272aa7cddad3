"""Reads what Airflow's database has about our tasks. Only the API server can read it."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from huggy_connector.airflow.hook import HuggyHook


@dataclass(frozen=True, slots=True)
class ReturnedXCom:
    """The value that one of our tasks returned. `facts` keep the operator's order; `address` is a manifest's."""

    facts: Mapping[str, Any]

    @property
    def conn_id(self) -> str:
        return str(self.facts["huggy_conn_id"])

    @property
    def address(self) -> str | None:
        return self.facts.get("address")

    @property
    def landing(self) -> str | None:
        return self.facts.get("landing")


def read_returned_xcom(dag_id: str, run_id: str, task_id: str, map_index: int) -> ReturnedXCom | None:
    """Return the value that a task returned, or None if the task is not ours or did not succeed."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    with create_session() as session:
        found = session.scalars(
            XComModel.get_many(
                key="return_value", dag_ids=dag_id, run_id=run_id, task_ids=task_id, map_indexes=map_index
            )
        ).first()
        facts = None if found is None else XComModel.deserialize_value(found)
    return ReturnedXCom(facts) if isinstance(facts, Mapping) and "huggy_conn_id" in facts else None


def list_connections() -> list[str]:
    """Return the ids of the connections of our type in the database, sorted.

    Connections from other places, such as the environment, are not among them.
    """
    from airflow.models.connection import Connection
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        query = select(Connection.conn_id).where(Connection.conn_type == HuggyHook.conn_type)
        return sorted(session.scalars(query))


def list_dags() -> set[str]:
    """Return the ids of all DAGs that Airflow has."""
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        return set(session.scalars(select(DagModel.dag_id)))


def find_loading_dags(companies: Collection[int]) -> dict[int, set[str]]:
    """Return, by company, the DAGs whose loads have sent asset events. An event sent by a person has no DAG."""
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.utils.session import create_session
    from sqlalchemy import or_, select

    dags: dict[int, set[str]] = {company: set() for company in companies}
    is_ours = or_(*(AssetModel.uri.startswith(f"huggy://{company}/") for company in dags))
    loads = (
        select(AssetModel.uri, AssetEvent.source_dag_id)
        .join(AssetEvent, AssetEvent.asset_id == AssetModel.id)
        .where(is_ours, AssetEvent.source_dag_id.is_not(None))
        .distinct()
    )
    with create_session() as session:
        for uri, dag_id in session.execute(loads):
            if dag_id and (match := re.match(r"huggy://([0-9]+)/", uri)):
                dags[int(match[1])].add(dag_id)
    return dags
