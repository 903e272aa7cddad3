"""An action for each row of a query: once, whatever Airflow does with the task."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from huggy_connector.airflow import HuggyActionOperator, HuggyActionPlanOperator, HuggyHook, ParquetToDuckDBOperator
from huggy_connector.airflow.versions import AirflowFailException
from huggy_connector.catalogue.actions import ACTIONS
from huggy_connector.errors import ConfigurationError, Interrupted
from huggy_connector.warehouse import query
from tests.dags.campaigns import CampaignDesk, ids_sql, load_chats, open_desk

TEXT = "A text that no XCom has"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CampaignDesk]:
    with open_desk(tmp_path_factory.mktemp("campaigns")) as desk:
        yield desk


@pytest.fixture
def desk(
    running: CampaignDesk, connect: Callable[..., None], task_context: Callable[..., Any], monkeypatch: Any
) -> CampaignDesk:
    monkeypatch.delenv("HUGGY_STATE")  # the ledger of all tests of this module is one: the landing knows it
    load_chats(running, connect, task_context("land"))
    return running


def act(desk: CampaignDesk, **arguments: Any) -> dict[str, Any]:
    return HuggyActionOperator(task_id="act", **arguments).execute(desk.context())


def messages(chats: list[int]) -> dict[str, int]:
    return {f"POST /chats/{chat}/messages": 1 for chat in chats}


def test_rows_of_a_query_are_sent_and_a_task_that_runs_again_sends_nothing(desk: CampaignDesk) -> None:
    chats = desk.take(3)
    asked: dict[str, Any] = {"action": "send_message", "campaign": "again", "values": {"text": TEXT}}
    first, second = (act(desk, **asked, sql=ids_sql(chats)) for _ in range(2))
    assert first == {
        "campaign": "again",
        "action": "send_message",
        "company_id": 4242,
        "planned": 3,
        "sent": 3,
        "confirmed": first["confirmed"],
        "refused": 0,
        "skipped": 0,
        "unknown": 0,
        "left": 0,
        "dry_run": False,
        "pause": "",
        "huggy_conn_id": "huggy_default",
    }
    assert (second, desk.written()) == (first, messages(chats))
    assert len(json.dumps(first)) < 500


def test_a_dry_run_says_what_would_be_sent_and_writes_nothing_anywhere(desk: CampaignDesk) -> None:
    chats = desk.take(2)
    told = act(
        desk,
        action="send_message",
        campaign="dry",
        sql=ids_sql(chats),
        values=json.dumps({"text": TEXT}),
        is_dry_run="True",
    )
    assert (told["dry_run"], told["planned"], told["would_send"], told["sent"]) == (True, 2, 2, 0)
    assert TEXT not in json.dumps(told)
    assert desk.written() == {}
    with pytest.raises(AirflowFailException, match="There is no campaign 'dry'"):
        act(desk, plan={"campaign": "dry", "last_row_id": 99})


def test_what_was_planned_is_sent_and_not_what_the_query_has_found_since(desk: CampaignDesk) -> None:
    chats = desk.take(3)
    asked: dict[str, Any] = {"action": "send_message", "campaign": "planned", "values": {"text": TEXT}}
    rows = [{"id": chat} for chat in chats]
    plan = HuggyActionPlanOperator(task_id="plan", **asked, rows=rows[:2]).execute(desk.context())
    assert (plan["waiting"], plan["new"], plan["would_skip"], desk.written()) == (2, 2, {}, {})
    assert TEXT not in json.dumps(plan)
    HuggyActionPlanOperator(task_id="other", **asked, rows=rows).execute(desk.context())
    with pytest.raises(AirflowFailException, match="1 rows wait: run it again to go on"):
        act(desk, plan=plan)
    assert desk.written() == messages(chats[:2])
    assert desk.pushed["return_value"]["left"] == 1


def test_a_state_that_is_so_already_is_left_out(desk: CampaignDesk) -> None:
    chats = desk.take(2)
    first = act(desk, action="close_chat", campaign="close", sql=ids_sql(chats), cap="2")
    again = act(desk, action="close_chat", campaign="close once more", sql=ids_sql(chats))
    assert (first["confirmed"], again["sent"], again["skipped"]) == (2, 0, 2)
    assert desk.written() == {f"PUT /chats/{chat}/close": 1 for chat in chats}


def test_a_row_of_which_nobody_knows_fails_the_task_with_what_to_do_and_is_not_sent_again(desk: CampaignDesk) -> None:
    (chat,) = desk.take(1)
    desk.account.control(next_write_faults=["500-before"])
    asked: dict[str, Any] = {"action": "send_message", "campaign": "lost", "values": {"text": TEXT}}
    for _ in range(2):
        with pytest.raises(AirflowFailException, match=r"Of 1 rows nobody knows .* `huggy act resolve lost`"):
            act(desk, **asked, sql=ids_sql([chat]))
    assert desk.pushed["return_value"]["unknown"] == 1
    assert desk.written() == {}


def test_the_next_load_brings_what_was_done_into_the_warehouse(
    desk: CampaignDesk, task_context: Callable[..., Any]
) -> None:
    chats = desk.take(2)
    act(desk, action="send_message", campaign="loaded", sql=ids_sql(chats), values={"text": TEXT})
    ParquetToDuckDBOperator(task_id="load").execute(task_context("load"))
    found = query(
        desk.warehouse,
        "SELECT chat_id, state IN ('sent', 'confirmed'), asked_by FROM meta.actions"
        " WHERE campaign = 'loaded' ORDER BY 1",
    ).rows
    assert [*found] == [(chat, True, "airflow desk run-1") for chat in chats]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"action": "shout", "rows": []}, "There is no action called 'shout'"),
        ({"rows": [{"id": 1}] * 2}, "come more than once"),
        ({"rows": [{"id": 1}, {"id": 2}], "cap": 1}, "more than 1 rows"),
        ({"rows": "[1]"}, "the argument rows: must be a list of objects"),
        ({"rows": [{"id": 1}], "sql": "SELECT 1"}, "Give either sql or rows"),
        ({}, "Give either sql or rows"),
        ({"sql": "SELECT 1 AS id, 2 AS colour"}, "has no colour"),
        ({"sql": "DROP TABLE chats"}, ""),
        ({"plan": "{}"}, "the argument plan: must be what a HuggyActionPlanOperator returned"),
        ({"values": "text", "rows": []}, "the argument values: must be an object"),
        ({"cap": "many", "rows": []}, "the argument cap 'many': is no number"),
        ({"is_dry_run": "perhaps"}, "the argument is_dry_run 'perhaps': must be true or false"),
    ],
)
def test_what_cannot_be_meant_fails_at_once_with_one_sentence(
    desk: CampaignDesk, arguments: dict[str, Any], sentence: str
) -> None:
    desk.take(0)
    given = {"action": "mark_read", "campaign": "wrong", **arguments}
    with pytest.raises(AirflowFailException) as caught:
        act(desk, **given)
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("huggy_default: ")
    assert desk.written() == {}


def test_airflow_retries_only_what_may_be_repeated() -> None:
    retried = {name for name in ACTIONS if HuggyActionOperator(task_id="act", action=name, retries=3).retries == 3}
    assert {"close_chat", "set_department", "delete_contact", "mark_read"} <= retried
    assert retried & {"send_message", "send_template", "run_flow", "comment", "open_chat", "create_contact"} == set()
    assert HuggyActionOperator(task_id="act", action="{{ params.action }}", retries=3).retries == 0
    assert HuggyActionOperator(task_id="act", plan="{{ plan }}", retries=3).retries == 0


def test_a_task_that_airflow_ends_says_that_nothing_is_sent_twice() -> None:
    with pytest.raises(Interrupted, match="is not sent again: the next run reads it back"):
        HuggyActionOperator(task_id="act").on_kill()


def test_a_call_of_the_hook_is_done_once(desk: CampaignDesk) -> None:
    first, second = desk.take(2)
    hook = HuggyHook()
    for _ in range(2):
        done = hook.act("send_message", campaign="by hand", id=first, text=TEXT)
        assert (done["planned"], done["sent"]) == (1, 1)
    assert hook.act("send_message", campaign="by hand", id=second, text=TEXT)["sent"] == 2
    assert desk.written() == messages([first, second])
    with pytest.raises(ConfigurationError, match="There is no action called 'shout'"):
        hook.act("shout", campaign="by hand", id=first)
