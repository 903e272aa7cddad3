import json
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from airflow.sdk import DAG, Asset, BaseNotifier
from airflow.sdk.definitions.asset import AssetUniqueKey
from airflow.sdk.execution_time.context import OutletEventAccessors

from huggy_connector import errors
from huggy_connector.airflow.assets import table
from huggy_connector.airflow.hook import HuggyHook
from huggy_connector.airflow.operators import HuggyPlanOperator, HuggyToParquetOperator, ParquetToDuckDBOperator
from huggy_connector.airflow.versions import AIRFLOW, AirflowFailException
from huggy_connector.model import Certificate
from huggy_connector.pipeline import Pipeline
from huggy_connector.sandbox import Options, Sandbox


class Store:
    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    def set(self, key: str, value: Any) -> None:
        self.kept[key] = value


def _context(task_id: str, *, run_id: str = "run-1", try_number: int = 1) -> Any:
    ti = SimpleNamespace(dag_id="desk", run_id=run_id, task_id=task_id, map_index=-1, try_number=try_number)
    return {"ti": ti, "task_state_store": Store(), "outlet_events": OutletEventAccessors()}


def _land(resource: str, **context: Any) -> dict[str, Any]:
    task = HuggyToParquetOperator(task_id=f"land_{resource}", resource=resource)
    return task.execute(_context(task.task_id, **context))


def test_a_landing_returns_where_the_snapshot_is_and_its_counts(account: Sandbox, connected: Path) -> None:
    before = account.stats()["requests"]
    landed = _land("departments")
    run_key = landed["run_key"]
    assert landed == {
        "address": f"4242/departments/{run_key}/manifest.json",
        "company_id": 4242,
        "resource": "departments",
        "run_key": run_key,
        "mode": "full",
        "rows": 6,
        "unique_ids": 6,
        "pages": 1,
        "requests": account.stats()["requests"] - before,
        "retries": 0,
        "exact": True,
        "scope": "list",
        "landing": str(connected / "landing"),
        "huggy_conn_id": "huggy_default",
    }
    assert (connected / "landing" / landed["address"]).is_file()
    assert len(json.dumps(landed)) < 500


def test_the_last_progress_is_in_the_task_state_store(connected: Path) -> None:
    task = HuggyToParquetOperator(task_id="land_contacts", resource="contacts")
    context = _context(task.task_id)
    landed = task.execute(context)
    progress = context["task_state_store"].kept["progress"]
    assert (progress["resource"], progress["rows"]) == ("contacts", landed["rows"])


def test_a_second_try_of_a_landed_task_returns_the_same_and_sends_no_request(account: Sandbox, connected: Path) -> None:
    first = _land("contacts")
    before = account.stats()["requests"]
    assert _land("contacts", try_number=2) == first
    assert account.stats()["requests"] == before


def test_another_run_lands_again(connected: Path) -> None:
    assert _land("contacts")["run_key"] != _land("contacts", run_id="run-2")["run_key"]


def test_a_landing_ends_when_airflow_stops_it_and_its_next_try_goes_on(
    connect: Callable[..., None], tmp_path: Path
) -> None:
    with Sandbox(Options(chats=1200)) as account:
        connect(host=account.url, password=account.token, extra={"landing": str(tmp_path / "landing")})
        task = HuggyToParquetOperator(task_id="land_chats", resource="chats")

        def tell() -> None:
            while account.stats()["requests"] < 35:
                time.sleep(0.05)
            os.kill(os.getpid(), signal.SIGTERM)

        former = signal.signal(signal.SIGTERM, lambda *_: task.on_kill())  # as Airflow's task runner does
        teller = threading.Thread(target=tell)
        teller.start()
        try:
            with pytest.raises(errors.Interrupted):
                task.execute(_context(task.task_id))
        finally:
            teller.join()
            signal.signal(signal.SIGTERM, former)
        before = account.stats()["requests"]
        landed = task.execute(_context(task.task_id, try_number=2))
        assert (landed["unique_ids"], landed["exact"]) == (1200, True)
        assert landed["requests"] > account.stats()["requests"] - before


def test_the_operators_landing_takes_precedence_over_the_connections(connected: Path) -> None:
    task = HuggyToParquetOperator(task_id="land", resource="departments", landing=str(connected / "elsewhere"))
    task.execute(_context("land"))
    assert [each.name for each in (connected / "elsewhere" / "4242").iterdir()] == ["departments"]
    assert not (connected / "landing").exists()


def test_a_load_sends_one_event_for_each_table_with_its_row_count(connected: Path) -> None:
    _land("contacts")
    _land("departments")
    task = ParquetToDuckDBOperator(task_id="load")
    context = _context("load")
    loaded = task.execute(context)
    assert loaded == {
        "huggy_conn_id": "huggy_default",
        "warehouse": str(connected / "desk.duckdb"),
        "published": True,
        "snapshots": 2,
        "rows": {"4242": {"contacts": 90, "departments": 6}},
        "warnings": [],
    }
    assert read_events(context) == {
        "contacts": [({"rows": 90, "changed": 90}, "huggy://4242/contacts")],
        "departments": [({"rows": 6, "changed": 6}, "huggy://4242/departments")],
    }


def test_a_second_load_changes_nothing_and_still_sends_its_events(connected: Path) -> None:
    _land("departments")
    ParquetToDuckDBOperator(task_id="load").execute(_context("load"))
    before = (connected / "desk.duckdb").read_bytes()
    context = _context("load", try_number=2)
    loaded = ParquetToDuckDBOperator(task_id="load").execute(context)
    assert (loaded["published"], loaded["snapshots"], loaded["rows"]) == (False, 0, {"4242": {"departments": 6}})
    assert read_events(context) == {"departments": [({"rows": 6, "changed": 0}, "huggy://4242/departments")]}
    assert (connected / "desk.duckdb").read_bytes() == before


@pytest.mark.parametrize("landed_here", [True, False])
def test_damage_of_a_company_that_the_tasks_before_did_not_land_is_an_alert(
    connected: Path, *, landed_here: bool
) -> None:
    landed = _land("departments")
    damaged = connected / "landing" / "5" / "departments" / landed["run_key"]
    damaged.mkdir(parents=True)
    (damaged / "manifest.json").write_text("{}")
    task, context = ParquetToDuckDBOperator(task_id="load"), _context("load")
    if landed_here:
        task.upstream_task_ids.add("land_departments")
        context["ti"].xcom_pull = lambda **_: [landed]
        loaded = task.execute(context)
        assert [each for each in loaded["warnings"] if each.startswith("Company 5 stays as it was.")] != []
        assert [*read_events(context)] == ["departments"]
    else:
        with pytest.raises(
            AirflowFailException, match=r"Company 5 stays as it was\. .+ All other companies are loaded"
        ):
            task.execute(context)
    with duckdb.connect(str(connected / "desk.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT company_id, count(*) FROM departments GROUP BY 1").fetchall() == [(4242, 6)]


def read_events(context: Any) -> dict[str, list[tuple[dict[str, Any], str]]]:
    alerts: dict[str, list[tuple[dict[str, Any], str]]] = {}
    for alias, accessor in context["outlet_events"].items():
        name = alias.name.removeprefix("huggy_")
        for event in accessor.asset_alias_events:
            assert event.dest_asset_key == AssetUniqueKey.from_asset(Asset(event.dest_asset_key.uri))
            alerts.setdefault(name, []).append((event.extra, event.dest_asset_key.uri))
    return alerts


def test_the_outlets_of_a_load_are_an_alias_for_each_table() -> None:
    assert ParquetToDuckDBOperator(task_id="load").outlets == [
        table(name) for name in ("agents", "chats", "contacts", "departments", "feedbacks", "messages")
    ]


def test_a_landing_with_refetch_gives_the_same_tables(
    account: Sandbox, connected: Path, task_context: Callable[..., Any]
) -> None:
    def tables() -> list[Any]:
        ParquetToDuckDBOperator(task_id="load").execute(task_context("load"))
        with duckdb.connect(str(connected / "desk.duckdb"), read_only=True) as connection:
            return connection.execute("SELECT id, row_hash FROM contacts ORDER BY id").fetchall()

    HuggyToParquetOperator(task_id="land", resource="contacts").execute(task_context("land"))
    before, asked = tables(), account.stats()["requests"]
    HuggyToParquetOperator(task_id="land", resource="contacts").execute(task_context("land"))
    assert account.stats()["requests"] == asked
    HuggyToParquetOperator(task_id="land", resource="contacts", refetch=True).execute(task_context("land"))
    assert account.stats()["requests"] > asked
    assert tables() == before


def test_outlets_of_the_user_replace_the_default_ones() -> None:
    mine = [Asset("file://localhost/desk.duckdb")]
    assert ParquetToDuckDBOperator(task_id="load", outlets=mine).outlets == mine


@pytest.mark.parametrize("operator", [HuggyToParquetOperator, HuggyPlanOperator, ParquetToDuckDBOperator])
def test_each_operator_retries_as_huggy_asks_unless_the_user_has_a_policy(operator: type[Any]) -> None:
    given: dict[str, Any] = {} if operator is ParquetToDuckDBOperator else {"resource": "chats"}
    if AIRFLOW < (3, 3):
        assert not hasattr(operator(task_id="task", **given), "retry_policy")
        return
    from airflow.sdk import ExceptionRetryPolicy

    mine = ExceptionRetryPolicy([])
    decision = operator(task_id="task", **given).retry_policy.evaluate(errors.RateLimited("Later.", 900.0), 1, 2)
    assert (decision.retry_delay, decision.reason) == (timedelta(minutes=15), "Huggy's Retry-After")
    assert operator(task_id="task", retry_policy=mine, **given).retry_policy is mine


def test_a_missing_token_fails_at_once(connect: Callable[..., None], tmp_path: Path) -> None:
    connect(host="https://huggy.example/v3", extra={"landing": str(tmp_path / "landing")})
    with pytest.raises(AirflowFailException) as caught:
        _land("chats")
    assert str(caught.value).startswith("huggy_default: There is no access token: ")
    assert list(tmp_path.iterdir()) == []


class _Notifier(BaseNotifier):
    """A notifier that stores what it would send."""

    template_fields = ("text",)

    def __init__(self, sent: list[str]) -> None:
        super().__init__()
        self.text, self._sent = "Huggy: {{ huggy_alert }}", sent

    def notify(self, context: Any) -> None:
        self._sent.append(self.text)


def test_a_snapshot_that_is_not_exact_and_a_check_that_warns_send_an_alert(
    connected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A callback that fails stops nothing else."""
    land, load = Pipeline.land, Pipeline.load
    alerts: list[str] = []

    def fails(_: Any) -> None:
        raise RuntimeError

    landing = HuggyToParquetOperator(
        task_id="land_agents", resource="agents", on_alert=[fails, _Notifier(alerts)], refetch=True
    )
    loading = ParquetToDuckDBOperator(task_id="load", on_alert=lambda context: alerts.append(context["huggy_alert"]))
    landing.execute(_context("land_agents"))
    loading.execute(_context("load"))
    assert alerts == []

    certificate = Certificate(exact=False, missing_at_most=3, why="Rows left.")
    monkeypatch.setattr(Pipeline, "land", lambda *a, **o: replace(land(*a, **o), certificate=certificate))
    monkeypatch.setattr(Pipeline, "load", lambda *a, **o: replace(load(*a, **o), warnings=("Late.", "Odd\n\x1b.")))
    landed = landing.execute(_context("land_agents", run_id="run-2"))
    loading.execute(_context("load", run_id="run-2"))
    assert alerts == [
        (
            f"Huggy: agents: the snapshot 4242/agents/{landed['run_key']} is not exact, at most 3 rows are missing. "
            "Rows left. The next huggy_sync reads everything again."
        ),
        "Late.\nOdd\\n\\x1b.",
    ]


@pytest.mark.airflow
def test_values_of_native_templates_are_read_as_the_original_texts(
    account: Sandbox, connect: Callable[..., None], run_dag: Callable[..., Any], tmp_path: Path
) -> None:
    extra = {
        "landing": str(tmp_path / "usual"),
        "warehouse": str(tmp_path / "desk.duckdb"),
        "requests_per_second": 1000,
    }
    connect("4343", host=account.url, password=account.token, extra=extra)
    form = {"first": "20261101", "end": "20261102", "company": 4242, "account": "4343", "nothing": None}
    with DAG("desk_native_texts", schedule=None, render_template_as_native_obj=True, params=form) as dag:
        asked: dict[str, Any] = {
            "huggy_conn_id": "{{ params.account }}",
            "company_id": "{{ params.company }}",
            "resource": " chats\n",
            "mode": "window",
            "from_date": "{{ params.first }}",
            "to_date": "{{ params.end }}",
            "landing": f"{tmp_path}/{{{{ params.company }}}}",
        }
        land = HuggyToParquetOperator(task_id="land", **asked)
        HuggyPlanOperator(task_id="plan", **asked) >> land
        HuggyToParquetOperator(
            task_id="all", resource="departments", huggy_conn_id="4343", landing="{{ params.nothing }}"
        )
        land >> ParquetToDuckDBOperator(
            task_id="load",
            huggy_conn_id="{{ params.account }}",
            landing=f"{tmp_path}/4242",
            warehouse="{{ params.nothing }}",
        )
    run = run_dag(dag)
    assert {ti.task_id: str(ti.state) for ti in run.get_task_instances()} == {
        "plan": "success",
        "land": "success",
        "all": "success",
        "load": "success",
    }
    landed = sorted(path.relative_to(tmp_path).parts[:3] for path in tmp_path.rglob("manifest.json"))
    assert landed == [("4242", "4242", "chats"), ("usual", "4242", "departments")]


@pytest.mark.parametrize("given", [["chats"], {"chats": 1}, None, 1.5, True])
def test_a_resource_that_is_no_text_fails_at_once_with_one_sentence(given: Any, connected: Path) -> None:
    task = HuggyToParquetOperator(task_id="land", resource=given)
    with pytest.raises(AirflowFailException) as raised:
        task.execute(_context(task.task_id))
    assert str(raised.value) == f"huggy_default: the argument resource {given!r}: is no text."


# API v2 ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def connected_v2(connect: Callable[..., None], account: Sandbox, tmp_path: Path) -> Path:
    """Connects `huggy_default` to the account over API v2. Returns the folder of its landing."""
    extra = {
        "landing": str(tmp_path / "landing"),
        "warehouse": str(tmp_path / "desk.duckdb"),
        "requests_per_second": 1000,
        "api_version": "v2",
        "company_id": 4242,
    }
    connect(host=account.url_of("v2"), password=account.account_token, extra=extra)
    return tmp_path


@pytest.mark.usefixtures("connected_v2")
def test_over_v2_a_landing_has_the_ids_of_the_account(account: Sandbox) -> None:
    landed = _land("chats")
    assert (landed["company_id"], landed["unique_ids"], landed["exact"]) == (4242, 250, True)
    assert account.stats()["lacking_in_v2"] == {}


@pytest.mark.usefixtures("connected_v2")
@pytest.mark.parametrize("mode", ["due", "reconcile"])
def test_a_regular_run_over_v2_leaves_out_what_v2_lacks_and_says_so(mode: str) -> None:
    task = HuggyToParquetOperator(task_id="land_departments", resource="departments", mode=mode)
    assert task.execute(_context(task.task_id)) == {
        "resource": "departments",
        "left_out": "departments: API v2 has no such list; left out.",
        "huggy_conn_id": "huggy_default",
    }


@pytest.mark.usefixtures("connected_v2")
def test_what_v2_lacks_fails_at_once_where_it_was_asked_for() -> None:
    with pytest.raises(AirflowFailException, match="API v2 has no list of departments"):
        _land("departments")


def test_a_connection_of_v2_without_a_company_fails_at_once(
    connect: Callable[..., None], account: Sandbox, tmp_path: Path
) -> None:
    extra = {"landing": str(tmp_path / "landing"), "api_version": "v2"}
    connect(host=account.url_of("v2"), password=account.account_token, extra=extra)
    with pytest.raises(AirflowFailException, match="API v2 does not tell the company of a token"):
        _land("chats")


@pytest.mark.usefixtures("connected_v2")
def test_a_connection_of_v2_reads_no_other_company() -> None:
    task = HuggyToParquetOperator(task_id="land_chats", resource="chats", company_id=4343)
    with pytest.raises(AirflowFailException, match="belongs to one company: name it as company_id in the extra, and g"):
        task.execute(_context(task.task_id))
    same = HuggyToParquetOperator(task_id="land_chats", resource="agents", company_id=4242)
    assert same.execute(_context(same.task_id))["company_id"] == 4242


@pytest.mark.usefixtures("connected_v2")
def test_the_test_button_of_v2_says_that_it_is_connected() -> None:
    assert HuggyHook().test_connection() == (True, "Connected over API v2, company 4242.")
