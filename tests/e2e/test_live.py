"""What Huggy's webhook tells is in the warehouse by a run that the triggerer has started."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from huggy_connector.serve.server import HuggyServer
from huggy_connector.settings import Settings
from tests.e2e.test_sync import run_query
from tests.events import chat_item

if TYPE_CHECKING:
    from tests.e2e.conftest import Desk

TOKEN = "0123456789abcdef" * 2
ASSET = "huggy://any/events"
PATIENCE = 600.0
BURST = 40
_direct = build_opener(ProxyHandler({}))


class Live:
    """The DAG huggy_live of the desk, switched on, and a receiver on the same host."""

    def __init__(self, desk: "Desk", receiver: str) -> None:
        self.desk = desk
        self.receiver = receiver

    def post(self, *chat_ids: int) -> None:
        """Tell that each of these chats was closed, in an envelope of its own, as Huggy does."""
        for chat_id in chat_ids:
            item = chat_item(chat_id, situation="finishing")
            body = {"time": int(time.time()), "token": TOKEN, "messages": {"closedChat": [item]}}
            request = Request(f"{self.receiver}/webhook/4242", data=json.dumps(body).encode())
            with _direct.open(request, timeout=PATIENCE) as answer:
                assert answer.status == 200

    def list_runs(self) -> list[dict[str, Any]]:
        """Return the runs that an arrival has started, the oldest first."""
        query = "run_type=asset_triggered&order_by=run_after&limit=100"
        runs: list[dict[str, Any]] = self.desk.airflow.call("GET", f"/dags/huggy_live/dagRuns?{query}")["dag_runs"]
        return runs

    def wait_for_runs(self, count: int) -> list[dict[str, Any]]:
        """Wait until so many of them have succeeded, and return them all. None may fail."""
        end = time.monotonic() + PATIENCE
        while True:
            runs = self.list_runs()
            states = [each["state"] for each in runs]
            assert "failed" not in states
            if states.count("success") >= count:
                return runs
            assert time.monotonic() < end, f"{states} after {PATIENCE:.0f} s"
            time.sleep(0.5)

    def wait_for_events(self, count: int) -> None:
        end = time.monotonic() + PATIENCE
        while (found := self.count_events()) < count:
            assert time.monotonic() < end, f"{found} of {count} events after {PATIENCE:.0f} s"
            time.sleep(0.5)

    def count_events(self) -> int:
        has_table = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'events'"
        if not run_query(self.desk.warehouse, has_table)[0][0]:
            return 0
        return int(run_query(self.desk.warehouse, "SELECT count(*) FROM events")[0][0])


@pytest.fixture(scope="module")
def live(desk: "Desk") -> Iterator[Live]:
    settings = Settings.resolve(
        explicit={"landing": str(desk.folder / "landing"), "webhook_token": TOKEN},
        environ={"HUGGY_STATE": str(desk.folder / "state")},
    )
    with HuggyServer(settings) as server:
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            desk.airflow.switch_on("huggy_live")
            read_again(desk)
            desk.airflow.wait_for_run("huggy_live", desk.airflow.wait_for_first_run("huggy_live"))  # by its times
            yield Live(desk, server.url)
            desk.airflow.switch_off("huggy_live")
            for run in desk.airflow.call("GET", "/dags/huggy_live/dagRuns?limit=100")["dag_runs"]:
                desk.airflow.wait_for_run("huggy_live", run["dag_run_id"])
        finally:
            server.stop()
            thread.join()


def test_what_the_receiver_took_is_in_the_warehouse_by_a_run_that_it_started(live: Live) -> None:
    (chat_id,) = chats_of(live.desk.warehouse, 1)
    live.post(chat_id)
    run = live.wait_for_runs(1)[0]
    assert run_query(live.desk.warehouse, "SELECT event, chat_id, deliveries FROM events") == [
        ("closedChat", chat_id, 1)
    ]
    started = live.desk.airflow.call("GET", f"/dags/huggy_live/dagRuns/{run['dag_run_id']}/upstreamAssetEvents")
    told = [(each["uri"], each["extra"]) for each in started["asset_events"]]
    assert told == [(ASSET, {"from_trigger": True, "payload": {"waiting": 1, "newest_seq": 1}})]
    # The run of the schedule may have begun in the same moment: then that one has landed it.
    landed = [
        live.desk.airflow.read_return_value("huggy_live", each["dag_run_id"], "land_events")
        for each in live.desk.airflow.call("GET", "/dags/huggy_live/dagRuns?limit=100")["dag_runs"]
        if each["state"] == "success"
    ]
    assert sum(each["kept"] for each in landed) == 1
    assert [each["error"] for each in landed] == [None] * len(landed)


def test_a_burst_is_a_few_runs_and_no_event_is_lost(live: Live) -> None:
    before, known = len(live.list_runs()), live.count_events()
    live.post(*chats_of(live.desk.warehouse, known + BURST)[known:])
    live.wait_for_events(known + BURST)
    assert len(live.list_runs()) - before <= 3


def test_whoever_may_can_start_a_run_by_an_asset_event(live: Live) -> None:
    before = len(live.list_runs())
    (asset,) = live.desk.airflow.call("GET", f"/assets?uri_pattern={ASSET}")["assets"]
    live.desk.airflow.call("POST", "/assets/events", {"asset_id": asset["id"]})
    assert len(live.wait_for_runs(before + 1)) > before


def read_again(desk: "Desk") -> None:
    """Let Airflow read the file of the DAG at once: it starts the watcher of a DAG that was switched on after that."""
    token = desk.airflow.call("GET", "/dags/huggy_live")["file_token"]
    desk.airflow.call("PUT", f"/parseDagFile/{token}")


def chats_of(warehouse: Path, count: int) -> list[int]:
    return [row[0] for row in run_query(warehouse, f"SELECT id FROM chats ORDER BY id LIMIT {count}")]
