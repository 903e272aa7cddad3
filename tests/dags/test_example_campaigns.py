"""The three campaigns of examples/airflow do what they say, with their queries, in an account that is small."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.airflow import HuggyActionOperator, HuggyToParquetOperator
from huggy_connector.warehouse import query
from tests.dags.campaigns import CampaignDesk, load_chats, open_desk
from tests.dags.internals import load_dags

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "airflow"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CampaignDesk]:
    with open_desk(tmp_path_factory.mktemp("examples"), days=30) as desk:
        yield desk


@pytest.fixture
def desk(
    running: CampaignDesk, connect: Callable[..., None], task_context: Callable[..., Any], monkeypatch: Any
) -> CampaignDesk:
    monkeypatch.delenv("HUGGY_STATE")
    if not Path(running.warehouse).exists():
        connect(host=running.account.url, password=running.account.token, extra=running.extra)
        HuggyToParquetOperator(task_id="land", resource="contacts").execute(task_context("land"))
    load_chats(running, connect, task_context("land_chats"))
    return running


@pytest.fixture(scope="module")
def dags() -> Any:
    bag = load_dags(EXAMPLES)
    assert bag.import_errors == {}
    return bag.dags


def run(dags: Any, dag_id: str, task_id: str, desk: CampaignDesk, **arguments: Any) -> dict[str, Any]:
    task = dags[dag_id].get_task(task_id)
    for name, value in arguments.items():
        setattr(task, name, value)
    done: dict[str, Any] = task.execute(desk.context(task_id))
    return done


def test_idle_chats_are_closed_with_their_closing_category(dags: Any, desk: CampaignDesk) -> None:
    desk.take(0)
    idle = query(desk.warehouse, dags["huggy_close_idle_chats"].get_task("close").sql).rows
    done = run(dags, "huggy_close_idle_chats", "close", desk)
    assert (done["planned"], done["confirmed"], done["left"]) == (len(idle), len(idle), 0)
    assert len(idle) > 0
    assert desk.written() == {f"PUT /chats/{row[0]}/close": 1 for row in idle}


def test_a_churn_segment_goes_into_a_field_of_the_contact_once(dags: Any, desk: CampaignDesk) -> None:
    desk.take(0)
    first, second = (run(dags, "huggy_churn_segment", "write", desk) for _ in range(2))
    assert (first["sent"] > 0, first["left"], second) == (True, 0, first)
    assert set(desk.written().values()) == {1}
    assert len(desk.written()) == first["sent"]


def test_a_rating_is_asked_for_after_a_person_approved(dags: Any, desk: CampaignDesk) -> None:
    dag = dags["huggy_satisfaction"]
    assert {task.task_id: sorted(task.downstream_task_ids) for task in dag.tasks} == {
        "plan": ["approve", "send"],
        "approve": ["send"],
        "send": [],
    }
    desk.take(0)
    plan = run(dags, "huggy_satisfaction", "plan", desk)
    sent = HuggyActionOperator(task_id="send", plan=plan).execute(desk.context("send"))
    assert (sent["planned"], sent["left"], sent["unknown"]) == (plan["waiting"], 0, 0)
    assert sum(desk.written().values()) == sent["sent"]
    assert dag.get_task("send").retries == 0
