"""What one of our tasks returned, as Airflow's database has it. Only its API server can read that."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from huggy_connector.airflow.hook import HuggyHook

OURS = frozenset({"requests", "warehouse"})
"""At least one of these is in what each of our operators returns."""


@dataclass(frozen=True, slots=True)
class Returned:
    """`facts` in the order in which the operator tells them; `address` is that of a manifest, where one was landed."""

    conn_id: str
    landing: str | None
    facts: Mapping[str, Any]

    @property
    def address(self) -> str | None:
        return self.facts.get("address")


def returned(dag_id: str, run_id: str, task_id: str, map_index: int) -> Returned | None:
    """Nothing where the task is none of ours, or has not ended well."""
    from airflow.models.renderedtifields import RenderedTaskInstanceFields
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    with create_session() as session:
        found = session.scalars(
            XComModel.get_many(
                key="return_value", dag_ids=dag_id, run_id=run_id, task_ids=task_id, map_indexes=map_index
            )
        ).first()
        facts = None if found is None else XComModel.deserialize_value(found)
        rendered = session.get(RenderedTaskInstanceFields, (dag_id, task_id, run_id, map_index))
        fields = {} if rendered is None else dict(rendered.rendered_fields)
    if not isinstance(facts, Mapping) or not OURS & set(facts):
        return None
    return Returned(fields.get("huggy_conn_id") or HuggyHook.default_conn_name, fields.get("landing"), facts)
