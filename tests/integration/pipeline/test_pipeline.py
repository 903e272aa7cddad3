"""The pipeline of one account: what a sync does in which order, and what is refused before the first request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.api import Client, FetchedPage, open_client
from huggy_connector.budget import Lane
from huggy_connector.catalogue import RESOURCES, Resource
from huggy_connector.errors import ConfigurationError, Forbidden, HuggyError
from huggy_connector.pipeline import Pipeline, parse_span
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.settings import Settings
from huggy_connector.warehouse.read import queries
from tests.integration.desks import settings_for


@pytest.fixture(scope="module")
def desk() -> Iterator[Sandbox]:
    with Sandbox(Options(chats=80, contacts=25, days=40, limit=0, quirks=False)) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, desk: Sandbox) -> Settings:
    return settings_for(desk, tmp_path)


def requests_of(desk: Sandbox) -> int:
    return int(desk.stats()["requests"])


def refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """From now on the token may not read this list."""
    fetch = Client.fetch_page

    def fetch_page(client: Client, resource: Resource, page: int, **others: Any) -> FetchedPage:
        if resource.name == name:
            raise Forbidden(f"No right to read {name}.")
        return fetch(client, resource, page, **others)

    monkeypatch.setattr(Client, "fetch_page", fetch_page)


def test_a_sync_lands_each_resource_once_and_messages_last(settings: Settings) -> None:
    wanted = ["messages", "chats", "departments", "chats"]
    report = Pipeline(settings).sync(wanted, idempotency_key="test", messages=True)
    assert [(each.resource, each.mode) for each in report.snapshots] == [
        ("chats", "window"),
        ("chats", "full"),
        ("departments", "full"),
        ("messages", "incremental"),
    ]
    assert {*report.load.tables} == {"chats", "departments", "messages"}


def test_without_names_a_sync_lands_every_default_resource(settings: Settings) -> None:
    report = Pipeline(settings).sync(idempotency_key="test")
    assert {each.resource for each in report.snapshots} == {each.name for each in RESOURCES.values() if each.default}


def test_what_was_landed_before_an_error_is_loaded_and_the_error_is_raised(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused(monkeypatch, "contacts")
    with pytest.raises(Forbidden, match="No right to read contacts"):
        Pipeline(settings).sync(["agents", "contacts", "departments"], idempotency_key="test")
    loaded = queries.query(settings.warehouse, "SELECT resource, rows FROM meta.freshness WHERE rows > 0").rows
    assert [*loaded] == [("agents", 25)]


def test_an_error_of_the_first_resource_makes_no_warehouse(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    refused(monkeypatch, "agents")
    with pytest.raises(Forbidden):
        Pipeline(settings).sync(["agents", "departments"], idempotency_key="test")
    assert not Path(settings.warehouse).exists()


def broken(settings: Settings, what: str) -> Settings:
    folder = Path(settings.landing).parent
    match what:
        case "calendar":
            return settings.model_copy(update={"calendar": str(folder / "none.toml")})
        case "check":
            return settings.model_copy(update={"stop_on": ("no_such_check",)})
        case _:
            (folder / "notes.duckdb").write_text("no database")
            return settings.model_copy(update={"warehouse": str(folder / "notes.duckdb")})


@pytest.mark.parametrize("what", ["calendar", "check", "warehouse"])
@pytest.mark.parametrize("act", ["sync", "backfill"])
def test_what_would_stop_the_load_is_told_before_the_first_request(
    settings: Settings, desk: Sandbox, act: str, what: str
) -> None:
    pipeline, before = Pipeline(broken(settings, what)), requests_of(desk)
    span = parse_span("2026-01-01", "2026-01-02", zone=settings.zone)
    acts: dict[str, Callable[[], object]] = {
        "sync": lambda: pipeline.sync(["departments"], idempotency_key="test"),
        "backfill": lambda: pipeline.backfill(span=span, idempotency_key="test"),
    }
    with pytest.raises(HuggyError):
        acts[act]()
    assert requests_of(desk) == before
    assert not Path(settings.landing).exists()


@pytest.mark.parametrize("act", ["sync", "backfill", "plan", "land", "land_due", "land_recent", "iter_rows"])
def test_a_resource_that_there_is_not_is_told_before_the_first_request(
    settings: Settings, desk: Sandbox, act: str
) -> None:
    pipeline, before = Pipeline(settings), requests_of(desk)
    span = parse_span("2026-01-01", "2026-01-02", zone=settings.zone)
    acts: dict[str, Callable[[], object]] = {
        "sync": lambda: pipeline.sync(["departments", "chat"], idempotency_key="test"),
        "backfill": lambda: pipeline.backfill(["chat"], span=span, idempotency_key="test"),
        "plan": lambda: pipeline.plan("chat"),
        "land": lambda: pipeline.land("chat", idempotency_key="test"),
        "land_due": lambda: pipeline.land_due("chat", idempotency_key="test"),
        "land_recent": lambda: pipeline.land_recent("chat", idempotency_key="test"),
        "iter_rows": lambda: next(pipeline.iter_rows("chat")),
    }
    with pytest.raises(ConfigurationError, match="'chat'"):
        acts[act]()
    assert requests_of(desk) == before


def test_the_newest_days_are_landed_only_where_nothing_is_and_only_of_a_list_in_order(settings: Settings) -> None:
    pipeline = Pipeline(settings)
    assert pipeline.land_recent("contacts", idempotency_key="test") is None
    recent = pipeline.land_recent("chats", idempotency_key="test")
    assert recent is not None
    assert (recent.mode, 40 < recent.unique_ids < 80) == ("window", True)
    assert pipeline.land_recent("chats", idempotency_key="again") is None


def test_a_backfill_waits_behind_other_work_and_nothing_else_does(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    lanes = []

    def opened(*given: Any, lane: Lane, **others: Any) -> Client:
        lanes.append(lane)
        return open_client(*given, lane=lane, **others)

    monkeypatch.setattr("huggy_connector.pipeline.idempotent_landing.open_client", opened)
    now = datetime.now(UTC)
    span = parse_span((now - timedelta(days=3)).date(), now.date(), zone=settings.zone)
    report = Pipeline(settings).backfill(span=span, idempotency_key="test")
    Pipeline(settings).land("departments", idempotency_key="test")
    Pipeline(settings).land_due("agents", idempotency_key="test")
    assert lanes == [Lane.BACKFILL, Lane.NORMAL, Lane.NORMAL]
    assert [(each.resource, each.mode) for each in report.snapshots] == [("chats", "window")]


def test_a_plan_lands_nothing(settings: Settings) -> None:
    plan = Pipeline(settings).plan("chats")
    assert (plan.resource, plan.mode, plan.why) == ("chats", "full", "there is no exact snapshot to start from yet")
    assert plan.rate == settings.requests_per_second
    assert [*Path(settings.landing).glob("**/*")] == []


def test_rows_are_given_without_a_landing_and_the_connection_is_closed_with_the_iterator(
    settings: Settings, desk: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed, close = list[Client](), Client.close

    def close_and_note(client: Client) -> None:
        closed.append(client)
        close(client)

    monkeypatch.setattr(Client, "close", close_and_note)
    rows = Pipeline(settings).iter_rows("contacts")
    next(rows)
    assert closed == []
    rows.close()
    assert len(closed) == 1
    assert {int(row["id"]) for row in Pipeline(settings).iter_rows("contacts")} == {*desk.truth("contacts")["ids"]}
    assert not Path(settings.landing).exists()


def test_manifests_of_another_workers_landing_are_missed_by_name(settings: Settings) -> None:
    pipeline = Pipeline(settings)
    landed = pipeline.land("departments", idempotency_key="test")
    pipeline.require_manifests([landed.address])
    pipeline.require_manifests([])
    elsewhere = landed.address.replace("/departments/", "/agents/")
    with pytest.raises(ConfigurationError) as raised:
        pipeline.require_manifests([landed.address, elsewhere])
    assert str(raised.value) == (
        f"The landing {settings.landing} lacks {elsewhere}, which another worker has landed: give all workers the same "
        "folder, as an absolute path, or a landing in an object store."
    )


@pytest.mark.parametrize("once", [True, False])
@pytest.mark.parametrize("mode", ["half", "ids", "events"])
def test_a_mode_that_nobody_may_ask_for_is_refused_before_the_first_request(
    settings: Settings, desk: Sandbox, *, mode: str, once: bool
) -> None:
    before, pipeline = requests_of(desk), Pipeline(settings)
    for attempt in (
        lambda: pipeline.land("chats", idempotency_key="test", mode=mode, once=once),
        lambda: pipeline.plan("chats", mode=mode),
    ):
        with pytest.raises(ConfigurationError, match=rf"^There is no mode '{mode}': choose from full, incremental, "):
            attempt()
    assert requests_of(desk) == before


def test_events_are_no_list_that_any_call_reads(settings: Settings, desk: Sandbox) -> None:
    before, pipeline, span = (
        requests_of(desk),
        Pipeline(settings),
        parse_span("2026-11-01", "2026-11-02", zone=settings.zone),
    )
    for attempt in (
        lambda: pipeline.land("events", idempotency_key="test"),
        lambda: pipeline.plan("events"),
        lambda: pipeline.sync(["events"], idempotency_key="test"),
        lambda: pipeline.backfill(["events"], span=span, idempotency_key="test"),
        lambda: next(pipeline.iter_rows("events")),
    ):
        with pytest.raises(ConfigurationError, match=r"^The API has no list of events: `huggy serve` receives "):
            attempt()
    assert requests_of(desk) == before
