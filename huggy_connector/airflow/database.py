"""What Airflow's database has of ours. Only its API server can read that."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from huggy_connector.airflow.hook import HuggyHook


@dataclass(frozen=True, slots=True)
class Returned:
    """`facts` in the order in which the operator tells them; `address` is that of a manifest, where one was landed."""

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


def returned(dag_id: str, run_id: str, task_id: str, map_index: int) -> Returned | None:
    """What a task returned. Nothing where it is none of ours, or has not ended well."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    with create_session() as session:
        found = session.scalars(
            XComModel.get_many(
                key="return_value", dag_ids=dag_id, run_id=run_id, task_ids=task_id, map_indexes=map_index
            )
        ).first()
        facts = None if found is None else XComModel.deserialize_value(found)
    return Returned(facts) if isinstance(facts, Mapping) and "huggy_conn_id" in facts else None


def connections() -> list[str]:
    """The ids of the connections of our type, but for those that come from elsewhere, such as the environment."""
    from airflow.models.connection import Connection
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        wanted = select(Connection.conn_id).where(Connection.conn_type == HuggyHook.conn_type)
        return sorted(session.scalars(wanted))


def all_dags() -> set[str]:
    """The ids of all DAGs that Airflow knows."""
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        return set(session.scalars(select(DagModel.dag_id)))


def dags_that_loaded(companies: Collection[int]) -> dict[int, set[str]]:
    """By company: the DAGs of whose loads there are asset events. One that a person sent by hand has no DAG."""
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.utils.session import create_session
    from sqlalchemy import or_, select

    found: dict[int, set[str]] = {company: set() for company in companies}
    ours = or_(*(AssetModel.uri.startswith(f"huggy://{company}/") for company in found))
    loads = (
        select(AssetModel.uri, AssetEvent.source_dag_id)
        .join(AssetEvent, AssetEvent.asset_id == AssetModel.id)
        .where(ours, AssetEvent.source_dag_id.is_not(None))
        .distinct()
    )
    with create_session() as session:
        for uri, dag_id in session.execute(loads):
            if dag_id and (match := re.match(r"huggy://([0-9]+)/", uri)):
                found[int(match[1])].add(dag_id)
    return found
