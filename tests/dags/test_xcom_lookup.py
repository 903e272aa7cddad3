"""What the pages read of Airflow's own database: what a task returned, which connections and DAGs there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from airflow.sdk import DAG, task

from huggy_connector.airflow.ui.xcom_lookup import (
    ReturnedXCom,
    find_loading_dags,
    list_connections,
    list_dags,
    read_returned_xcom,
)

LANDED = {
    "address": "4242/chats/20261122T070000Z-full-1a2b3c4d/manifest.json",
    "rows": 3,
    "exact": True,
    "landing": "s3://bucket/S\u00e3o",
    "huggy_conn_id": "huggy_north",
}
LOADED = {
    "huggy_conn_id": 4343,
    "warehouse": "/data/desk.duckdb",
    "rows": {"4242": {"chats": 3}},
    "warnings": ["Late."],
}
FOREIGN: list[Any] = [{"address": "4242/chats"}, "huggy_conn_id", None]


@pytest.fixture
def run_id(run_dag: Callable[..., Any]) -> str:
    """The id of a run of the DAG `desk_xcom`, whose tasks are ours, foreign ones, a mapped one and a failed one."""
    with DAG("desk_xcom", schedule=None) as dag:

        @task
        def give(value: Any) -> Any:
            return value

        @task
        def fail() -> None:
            raise RuntimeError

        give.override(task_id="land")(LANDED)
        give.override(task_id="load")(LOADED)
        give.override(task_id="mapped").expand(value=[{**LANDED, "rows": rows} for rows in (10, 11)])
        give.override(task_id="foreign").expand(value=FOREIGN)
        fail()
    return str(run_dag(dag).run_id)


@pytest.mark.airflow
def test_only_a_task_of_ours_that_succeeded_is_read_and_with_its_facts_in_the_operators_order(run_id: str) -> None:
    landed = read_returned_xcom("desk_xcom", run_id, "land", -1)
    assert landed == ReturnedXCom(LANDED)
    assert [*landed.facts.items()] == [*LANDED.items()]
    assert (landed.conn_id, landed.address, landed.landing) == ("huggy_north", LANDED["address"], LANDED["landing"])
    loaded = read_returned_xcom("desk_xcom", run_id, "load", -1)
    assert loaded == ReturnedXCom(LOADED)
    assert (loaded.conn_id, loaded.address, loaded.landing) == ("4343", None, None)
    mapped = [read_returned_xcom("desk_xcom", run_id, "mapped", index) for index in (0, 1, 2, -1)]
    assert [each and each.facts["rows"] for each in mapped] == [10, 11, None, None]

    foreign = [read_returned_xcom("desk_xcom", run_id, "foreign", index) for index in range(len(FOREIGN))]
    assert foreign == [None] * len(FOREIGN)
    for dag_id, run, task_id in (
        ("desk_xcom", run_id, "fail"),
        ("desk_xcom", run_id, "absent"),
        ("desk_xcom", "run-of-nobody", "land"),
        ("desk", run_id, "land"),
        ("desk%", run_id, "land"),
    ):
        assert read_returned_xcom(dag_id, run, task_id, -1) is None


@pytest.fixture
def stored_connections(_database: None) -> Iterator[None]:
    from airflow.models.connection import Connection
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    kinds = {"huggy_south": "huggy", "Huggy_north": "huggy", "4343": "huggy", "shop": "http", "odd": "huggy2"}
    with create_session() as session:
        session.execute(delete(Connection))
        session.add_all(Connection(conn_id=name, conn_type=kind) for name, kind in kinds.items())
    yield
    with create_session() as session:
        session.execute(delete(Connection))


@pytest.mark.airflow
@pytest.mark.usefixtures("stored_connections")
def test_the_connections_of_our_type_in_the_database_are_listed_in_order(connect: Callable[..., None]) -> None:
    connect("huggy_of_the_environment")
    assert list_connections() == ["4343", "Huggy_north", "huggy_south"]


@pytest.mark.airflow
def test_every_dag_that_airflow_has_is_listed_loaded_or_not(write_loads: Callable[..., None]) -> None:
    write_loads([], [(4242, "gone")])
    assert list_dags() == set()
    write_loads(["north", "other"], [(4242, "north"), (4242, "gone")])
    assert list_dags() == {"north", "other"}


@pytest.mark.airflow
def test_a_company_has_the_dags_that_loaded_it_and_none_of_a_company_whose_number_begins_like_it(
    write_loads: Callable[..., None],
) -> None:
    loads = [
        (42, "short"),
        (4242, "north"),
        (4242, "north"),
        (4242, "both"),
        (4343, "both"),
        (4242, "gone"),
        (77, None),
    ]
    write_loads(["short", "north", "both"], loads)
    assert find_loading_dags([42, 4242, 77, 1]) == {42: {"short"}, 4242: {"north", "both", "gone"}, 77: set(), 1: set()}
    assert [find_loading_dags({company}) for company in (42, 4343)] == [{42: {"short"}}, {4343: {"both"}}]
