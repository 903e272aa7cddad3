"""A campaign in a real Airflow: a person approves it over the REST API, and nothing is sent twice."""

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.test_sync import run_query

if TYPE_CHECKING:
    from tests.e2e.conftest import Desk

DAG = "huggy_campaign"
PATIENCE = 300.0
GREETING = "A greeting of the test of campaigns"
OPEN_CHATS = "SELECT id FROM chats WHERE situation = 'in_chat' ORDER BY id LIMIT 3"
FORM = {
    "action": "send_message",
    "campaign": "greeting",
    "sql": OPEN_CHATS,
    "dry_run": False,
    "set": {"text": GREETING},
}


class Campaigns:
    """The DAG huggy_campaign of the desk, switched on, and what it has really written."""

    def __init__(self, desk: "Desk") -> None:
        self.desk = desk
        self._before = Counter(desk.account.written())

    def written(self) -> dict[str, int]:
        return dict(Counter(self.desk.account.written()) - self._before)

    def start(self, **form: Any) -> str:
        return self.desk.airflow.trigger(DAG, {**FORM, **form})

    def wait_for_question(self, run_id: str) -> dict[str, Any]:
        """Return what Airflow asks of a person, once the task waits for the answer.

        The scheduler must have noticed: it takes an answer that is quicker for a task that died, and asks again.
        """
        end = time.monotonic() + PATIENCE
        while not self._is_parked(run_id):
            state = self.desk.airflow.list_tasks(DAG, run_id)["approve"]["state"]
            assert state not in {"failed", "skipped", "success", "upstream_failed"}
            assert time.monotonic() < end, f"approve is {state} after {PATIENCE:.0f} s"
            time.sleep(0.5)
        question: dict[str, Any] = self.desk.airflow.call("GET", f"{self._task_of(run_id)}/hitlDetails")
        return question

    def answer(self, run_id: str, option: str) -> str:
        """Answer as the button *Approve* or *Reject* does. Return the state of the run at its end."""
        answer = {"chosen_options": [option], "params_input": {}}
        self.desk.airflow.call("PATCH", f"{self._task_of(run_id)}/hitlDetails", answer)
        return self.desk.airflow.wait_for_run(DAG, run_id, timeout=PATIENCE)

    def _is_parked(self, run_id: str) -> bool:
        log = (self.desk.airflow.home / "scheduler.log").read_text(errors="replace").splitlines()
        ended = (
            line for line in log if "TaskInstance Finished" in line and f"task_id=approve, run_id={run_id}" in line
        )
        return any(f"state={state}" in line for line in ended for state in ("awaiting_input", "deferred"))

    def _task_of(self, run_id: str) -> str:
        return f"/dags/{DAG}/dagRuns/{run_id}/taskInstances/approve/-1"


@pytest.fixture(scope="module")
def campaigns(desk: "Desk") -> Any:
    desk.airflow.switch_on(DAG)
    yield Campaigns(desk)
    desk.airflow.switch_off(DAG)


def test_what_a_person_approved_is_sent_once_and_a_cleared_task_sends_nothing(campaigns: Campaigns) -> None:
    airflow = campaigns.desk.airflow
    chats = [row[0] for row in run_query(campaigns.desk.warehouse, OPEN_CHATS)]
    run_id = campaigns.start()
    question = campaigns.wait_for_question(run_id)
    assert question["subject"] == "send_message: 3 rows of the campaign greeting"
    assert [f"POST chats/{chat}/messages" in question["body"] for chat in chats] == [True] * 3
    assert GREETING in question["body"]
    assert campaigns.written() == {}

    assert campaigns.answer(run_id, "Approve") == "success"
    sent = {f"POST /chats/{chat}/messages": 1 for chat in chats}
    assert campaigns.written() == sent
    counts = airflow.read_return_value(DAG, run_id, "send")
    assert (counts["planned"], counts["sent"], counts["left"], counts["unknown"]) == (3, 3, 0, 0)
    plan = airflow.read_return_value(DAG, run_id, "plan")
    assert GREETING not in str([plan, counts])

    body = {"dry_run": False, "dag_run_id": run_id, "only_failed": False, "task_ids": ["send"]}
    airflow.call("POST", f"/dags/{DAG}/clearTaskInstances", body)
    assert airflow.wait_for_run(DAG, run_id) == "success"
    assert airflow.list_tasks(DAG, run_id)["send"]["try_number"] == 2
    assert airflow.read_return_value(DAG, run_id, "send") == counts
    assert campaigns.written() == sent


def test_what_a_person_rejected_is_not_sent(campaigns: Campaigns) -> None:
    before = campaigns.written()
    run_id = campaigns.start(campaign="rejected")
    campaigns.wait_for_question(run_id)
    assert campaigns.answer(run_id, "Reject") == "success"
    assert campaigns.desk.airflow.list_tasks(DAG, run_id)["send"]["state"] == "skipped"
    assert campaigns.written() == before
