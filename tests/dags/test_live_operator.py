"""A task lands what the inbox of its host received. What passes by itself fails nothing."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.airflow.live.live_operator import HuggyLiveOperator
from huggy_connector.airflow.operators import HuggyToParquetOperator, ParquetToDuckDBOperator
from huggy_connector.airflow.versions import AirflowFailException
from huggy_connector.errors import Unreachable
from huggy_connector.pipeline import Pipeline, RoundReport
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.webhook import Inbox
from tests.dags.inboxes import receiver, tell

NOTHING = {"addresses": [], "received": 0, "kept": 0, "doubled": 0, "refused": 0, "touched": {}, "error": None}


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    with receiver(tmp_path / "state" / "inbox") as open_inbox:
        yield open_inbox


def land(context: Any, **arguments: Any) -> dict[str, Any]:
    return HuggyLiveOperator(task_id="land_events", **arguments).execute(context)


def load(context: Any, *landed: dict[str, Any]) -> dict[str, Any]:
    task = ParquetToDuckDBOperator(task_id="load", report=False)
    task.upstream_task_ids.add("land_events")
    context["ti"].xcom_pull = lambda **_: [*landed]
    return task.execute(context)


def test_without_an_inbox_on_this_host_nothing_is_landed_and_nothing_fails(
    connected: Path, task_context: Callable[..., Any], account: Sandbox
) -> None:
    before = account.stats()["requests"]
    landed = land(task_context("land_events"))
    assert landed == NOTHING | {"landing": str(connected / "landing"), "huggy_conn_id": "huggy_default"}
    assert account.stats()["requests"] == before


def test_what_was_received_is_landed_then_what_it_touched_and_both_are_loaded(
    connected: Path, connect: Callable[..., None], inbox: Inbox, task_context: Callable[..., Any]
) -> None:
    with Sandbox(Options(chats=60, contacts=20, limit=0, open_chats=10)) as account:
        extra = {"landing": str(connected / "landing"), "warehouse": str(connected / "desk.duckdb")}
        connect(host=account.url, password=account.token, extra=extra)
        HuggyToParquetOperator(task_id="land_chats", resource="chats").execute(task_context("land_chats"))
        closed = account.control(close=2)["closed"]
        tell(inbox, *closed, closed[0])
        landed = land(task_context("land_events"), catch_up=False)
        context = task_context("load")
        loaded = load(context, landed)
    counts = {name: landed[name] for name in NOTHING if name != "addresses"}
    assert counts == {"received": 3, "kept": 2, "doubled": 1, "refused": 0, "touched": {"chats": 2}, "error": None}
    assert [address.split("/")[:2] for address in landed["addresses"]] == [["4242", "events"], ["4242", "chats"]]
    assert len(json.dumps(landed)) < 500
    assert loaded["rows"]["4242"]["events"] == 2
    assert (
        read(
            connected,
            "SELECT count(*) FROM chats WHERE situation <> 'finishing' AND id IN (SELECT chat_id FROM events)",
        )
        == 0
    )
    told = {alias.name for alias, accessor in context["outlet_events"]._dict.items() if accessor.asset_alias_events}
    assert told == {"huggy_chats"}


def test_a_second_run_lands_nothing_again(connected: Path, inbox: Inbox, task_context: Callable[..., Any]) -> None:
    tell(inbox, 1)
    first, second = (land(task_context("land_events", run_id=each), catch_up=False) for each in ("run-1", "run-2"))
    assert (first["received"], second["received"], second["addresses"]) == (1, 0, [])


def test_a_load_after_nothing_landed_loads_what_another_host_has_landed(
    connected: Path, task_context: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receiver's host shares the landing with the workers, and no disk else."""
    with monkeypatch.context() as elsewhere, receiver(tmp_path / "elsewhere" / "inbox") as inbox:
        elsewhere.setenv("HUGGY_STATE", str(tmp_path / "elsewhere"))
        tell(inbox, 1, 2)
        Pipeline(HuggyHook().settings()).land_events(catch_up=False)
    nothing = land(task_context("land_events"))
    assert nothing["addresses"] == []
    assert load(task_context("load"), nothing)["rows"]["4242"]["events"] == 2


def test_an_error_that_passes_fails_nothing_because_the_next_run_reads_the_rest(
    connected: Path, task_context: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    error = Unreachable("Huggy is not there.")
    monkeypatch.setattr(Pipeline, "land_events", lambda *_, **__: RoundReport(received=1, kept=1, error=error))
    landed = land(task_context("land_events"))
    assert error.transient
    assert (landed["kept"], landed["error"]) == (1, "Huggy is not there.")


def test_a_refused_token_fails_the_task_after_the_events_are_landed(
    connected: Path, connect: Callable[..., None], inbox: Inbox, task_context: Callable[..., Any], account: Sandbox
) -> None:
    extra = {"landing": str(connected / "landing"), "company_id": 4242}
    connect(host=account.url, password="no-token-of-this-account", extra=extra)
    tell(inbox, 1)
    with pytest.raises(AirflowFailException, match=r"^Company 4242 \(huggy_default\): "):
        land(task_context("land_events"), company_id=4242)
    assert [each.name for each in (connected / "landing" / "4242").iterdir()] == ["events"]


def test_the_arguments_reach_the_pipeline(
    connected: Path, task_context: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def land_events(self: Pipeline, *, catch_up: bool) -> RoundReport:
        asked.append((self.settings.company_id, self.settings.landing, catch_up))
        return RoundReport()

    monkeypatch.setattr(Pipeline, "land_events", land_events)
    land(task_context("land_events"), company_id="4343", landing=str(connected / "other"), catch_up=False)
    assert asked == [(4343, str(connected / "other"), False)]


def read(folder: Path, sql: str) -> Any:
    import duckdb

    with duckdb.connect(str(folder / "desk.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()[0][0]
