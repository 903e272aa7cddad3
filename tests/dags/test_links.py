"""The links of a task lead to our pages below whatever path Airflow is served at, for any ids."""

from __future__ import annotations

import re
from typing import Any

import pytest
from airflow.models.taskinstancekey import TaskInstanceKey

from huggy_connector.airflow.operators import HuggyPlanOperator, HuggyToParquetOperator, ParquetToDuckDBOperator
from huggy_connector.airflow.ui.links import ManifestLink, PageLink


def key_of(**ids: Any) -> TaskInstanceKey:
    given: dict[str, Any] = {"dag_id": "desk", "run_id": "run-1", "task_id": "land", "map_index": -1, **ids}
    return TaskInstanceKey(**given)


def landing(**arguments: Any) -> HuggyToParquetOperator:
    return HuggyToParquetOperator(task_id="land", resource="chats", **arguments)


@pytest.fixture
def served_at(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda url: monkeypatch.setenv("AIRFLOW__API__BASE_URL", url)


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("http://localhost:8080", ""),
        ("https://airflow.example/", ""),
        ("https://company.example/team/airflow/", "/team/airflow"),
        ("/airflow", "/airflow"),
        ("", ""),
    ],
)
def test_a_link_is_relative_to_the_path_at_which_a_browser_finds_airflow(served_at: Any, url: str, root: str) -> None:
    served_at(url)
    assert PageLink().get_link(landing(), ti_key=key_of()) == f"{root}/huggy/huggy_default/"
    assert ManifestLink().get_link(landing(), ti_key=key_of()) == f"{root}/huggy/tasks/desk/run-1/land/-1"


@pytest.mark.parametrize(
    ("ids", "path"),
    [
        ({"map_index": 7}, "desk/run-1/land/7"),
        (
            {"run_id": "scheduled__2026-11-22T07:00:00+00:00"},
            "desk/scheduled__2026-11-22T07%3A00%3A00%2B00%3A00/land/-1",
        ),
        ({"run_id": "a/../b?c#d%2F"}, "desk/a%2F..%2Fb%3Fc%23d%252F/land/-1"),
        ({"dag_id": "S\u00e3o", "task_id": "group.land"}, "S%C3%A3o/run-1/group.land/-1"),
    ],
)
def test_a_link_to_a_task_has_each_id_as_one_part_of_its_path(served_at: Any, ids: dict[str, Any], path: str) -> None:
    served_at("http://localhost:8080")
    link = ManifestLink().get_link(landing(), ti_key=key_of(**ids))
    assert link == f"/huggy/tasks/{path}"
    assert re.fullmatch(r"/huggy/tasks(/[^/]+){4}", link)


@pytest.mark.parametrize(
    ("conn_id", "part"),
    [("huggy_north", "huggy_north"), (4343, "4343"), ("//elsewhere.example", "%2F%2Felsewhere.example")],
)
def test_a_link_to_the_report_names_the_connection_of_the_task(served_at: Any, conn_id: Any, part: str) -> None:
    served_at("http://localhost:8080")
    assert PageLink().get_link(landing(huggy_conn_id=conn_id), ti_key=key_of()) == f"/huggy/{part}/"


@pytest.mark.parametrize(
    ("operator", "names"),
    [
        (HuggyToParquetOperator, ["Huggy", "Manifest"]),
        (HuggyPlanOperator, ["Huggy"]),
        (ParquetToDuckDBOperator, ["Huggy"]),
    ],
)
def test_only_a_landing_has_a_link_to_a_manifest(operator: type[Any], names: list[str]) -> None:
    assert [link.name for link in operator.operator_extra_links] == names
