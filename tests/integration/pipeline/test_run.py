"""A run at work: which rows of its answers belong in the snapshot, what it can do without, and what its log says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from huggy_connector.api import Client
from huggy_connector.api.run_clock import RunClock
from huggy_connector.catalogue import get_resource
from huggy_connector.clock import SYSTEM_CLOCK
from huggy_connector.errors import ApiError, Forbidden, Interrupted, MangledAnswer, NotFound, Refused, UnexpectedShape
from huggy_connector.landing import Landing, LandingRequest, Manifest
from huggy_connector.model import Mode
from huggy_connector.pipeline.landing_job import LandingJob
from huggy_connector.pipeline.run import MAX_STREAMS, MIN_STREAMS, SHOW_EVENTS, LandingRun, _choose_streams
from huggy_connector.privacy import PrivacyPolicy
from huggy_connector.progress import LandingProgress, SilentProgress
from huggy_connector.settings import Settings
from huggy_connector.storage import LocalStorage
from huggy_connector.sweep import CreationSpan

AT = datetime(2026, 11, 22, 7, tzinfo=UTC)
Said = Sequence[Any] | ApiError


class Notes(SilentProgress):
    """Keeps what it is told, and ends a run after so many pages."""

    def __init__(self, *, longest: int | None = None) -> None:
        self.told: list[str] = []
        self.states: list[LandingProgress] = []
        self._longest = longest

    def note(self, sentence: str) -> None:
        self.told.append(sentence)

    def update(self, state: LandingProgress) -> None:
        self.states.append(state)
        if state.pages == self._longest:
            raise Interrupted("Stopped.")


class Answers:
    """A client that says what it is told to: `page` gives rows or an error, by the number of a page and by an id."""

    retries, round_trip, account = 0, 0.01, ""
    budget = SimpleNamespace(rate=20.0)
    run_clock = RunClock(SYSTEM_CLOCK.now, SYSTEM_CLOCK.monotonic)

    def __init__(self, page: Callable[[int, int | None], Said]) -> None:
        self._page = page
        self.requests = 0
        self.filters: set[tuple[tuple[str, str], ...]] = set()

    def fetch_page(
        self, _: Any, page: int, *, parent: int | None = None, filters: tuple[tuple[str, str], ...] = ()
    ) -> Any:
        self.requests += 1
        self.filters.add(filters)
        said = self._page(page, parent)
        if isinstance(said, ApiError):
            raise said
        return SimpleNamespace(rows=said, at=AT)

    def fetch_row(self, resource: Any, row_id: int) -> Any:
        return self.fetch_page(resource, 0, parent=row_id)

    def close(self) -> None: ...


def run_of(
    folder: Path,
    client: Answers,
    resource: str = "departments",
    *,
    progress: Notes | None = None,
    options: tuple[str, ...] = (),
) -> LandingRun:
    settings = Settings.resolve(environ={})
    policy = PrivacyPolicy.from_settings(settings)
    return LandingRun(
        settings,
        Landing(LocalStorage(folder)),
        get_resource(resource),
        company_id=42,
        landing_request=LandingRequest(
            "test", "full", options=options, timezone=settings.timezone, privacy=policy.fingerprint
        ),
        once=False,
        client=cast("Client", client),
        policy=policy,
        progress=progress or Notes(),
        clock=SYSTEM_CLOCK,
    )


def landed(folder: Path, manifest: Manifest, *columns: str) -> list[tuple[Any, ...]]:
    parts = Landing(LocalStorage(folder)).parts(manifest)
    found = (row for part in parts for batch in part.batches([*columns]) for row in batch.to_pylist())
    return sorted((tuple(row[column] for column in columns) for row in found), key=repr)


def test_the_log_names_fields_and_kinds_of_what_no_rule_names(tmp_path: Path) -> None:
    rows = [{"id": 1, "name": "Vendas", "head": "ana@x.com.br"}, {"id": 2, "head": "529.982.247-25, bia@x.com.br"}]
    notes = Notes()

    manifest = run_of(tmp_path, Answers(lambda *_: rows), progress=notes).land(LandingJob(Mode.FULL, "all of it"))

    assert notes.told == [
        "departments: full, all of it.",
        (
            "departments: 3 values that no rule names look personal, and were masked, hashed or dropped: "
            "head (1 cpf, 2 email). To change this, write a rule in HUGGY_PRIVACY."
        ),
    ]
    assert manifest.personal == {"head": {"email": 2, "cpf": 1}}


def test_each_manifest_counts_its_own_requests_though_the_client_is_one(tmp_path: Path) -> None:
    client = Answers(lambda _, parent: [{"id": parent or 1}])
    client.requests = 5  # to find out whose the token is
    run = run_of(tmp_path, client, "chats")
    first = run.land(LandingJob(Mode.TOMBSTONES, "lost", ids=(1, 2, 3)))
    assert (first.requests, client.requests) == (8, 8)
    again = replace(run._landing_request, mode="tombstones")
    second = run._land_job(LandingJob(Mode.TOMBSTONES, "lost", ids=(4, 5)), again)
    assert (second.requests, client.requests) == (2, 10)


def test_a_record_is_gone_only_where_the_api_says_so(tmp_path: Path) -> None:
    said: dict[int | None, Said] = {
        1: [{"id": 1}],
        2: NotFound("x"),
        3: Forbidden("x"),
        4: UnexpectedShape("x"),
        5: NotFound("x"),
    }
    run = run_of(tmp_path, Answers(lambda _, parent: said[parent]), "chats")
    manifest = run.land(LandingJob(Mode.TOMBSTONES, "lost", ids=(1, 2, 3, 4, 5)))
    assert landed(tmp_path, manifest, "id") == [(2,), (5,)]
    assert [*manifest.state["there"]] == [1]


def test_a_lookup_that_the_api_refuses_ends_the_run(tmp_path: Path) -> None:
    run = run_of(tmp_path, Answers(lambda *_: Refused("No such way.")), "chats")
    with pytest.raises(Refused, match=r"^No such way\.$"):
        run.land(LandingJob(Mode.TOMBSTONES, "lost", ids=(1,)))


def test_messages_name_their_chat_though_the_api_leaves_it_out_and_a_chat_without_right_is_passed_over(
    tmp_path: Path,
) -> None:
    said: dict[int | None, Said] = {
        1: [{"id": 11}, {"id": 12, "chat": None}, {"id": 13, "chat": {}}, {"id": 14, "chat": {"id": 9}}, {}],
        2: Forbidden("x"),
        3: NotFound("x"),
        4: [],
    }
    client = Answers(lambda page, parent: said[parent] if page == 0 else [])
    manifest = run_of(tmp_path, client, "messages").land(LandingJob(Mode.INCREMENTAL, "of 4 chats", ids=(1, 2, 3, 4)))
    assert landed(tmp_path, manifest, "id", "chat_id") == [(11, 1), (12, 1), (13, 1), (14, 9)]
    assert sorted(manifest.state["refused"]) == [2, 3]
    assert (manifest.certificate.exact, manifest.certificate.missing_at_most) == (False, 1)
    assert client.filters == {()}


def test_internal_events_are_asked_for_with_each_page_of_messages(tmp_path: Path) -> None:
    client = Answers(lambda page, parent: [{"id": parent}] if page == 0 else [])
    run_of(tmp_path, client, "messages", options=(SHOW_EVENTS,)).land(LandingJob(Mode.FULL, "of 2 chats", ids=(1, 2)))
    assert client.filters == {(("showEvents", "true"),)}


def test_a_window_holds_the_rows_of_its_span_and_those_whose_time_nobody_can_read(tmp_path: Path) -> None:
    times = ["2026-11-22 00:00:00", "2026-11-21 23:59:59", "", "2026-11-21 00:00:00", "2026-11-20 23:59:59"]
    rows = [{"id": number, "createdAt": at} for number, at in enumerate(times)]
    span = CreationSpan(datetime(2026, 11, 21, 3, tzinfo=UTC), datetime(2026, 11, 22, 3, tzinfo=UTC))
    run = run_of(tmp_path, Answers(lambda page, _: rows if page == 0 else []), "chats")
    manifest = run.land(LandingJob(Mode.WINDOW, "asked for", span))
    assert {*landed(tmp_path, manifest, "id")} == {(1,), (2,), (3,)}
    assert manifest.window == {"from": span.start.isoformat(), "to": span.end.isoformat()}


def test_a_run_that_is_stopped_is_gone_on_with_and_reads_at_most_a_group_of_pages_again(tmp_path: Path) -> None:
    client = Answers(lambda _, parent: [{"id": parent}])
    job = LandingJob(Mode.TOMBSTONES, "lost", ids=tuple(range(1, 101)))
    with pytest.raises(Interrupted):
        run_of(tmp_path, client, "chats", progress=Notes(longest=60)).land(job)
    stopped, notes = client.requests, Notes()
    manifest = run_of(tmp_path, client, "chats", progress=notes).land(job)
    assert len(manifest.state["there"]) == 100
    assert client.requests - stopped == 50
    assert [state.pages for state in notes.states] == [*range(51, 101)]
    assert (notes.states[-1].finished, notes.states[-1].requests) == (True, client.requests)


@pytest.mark.parametrize("error", [MangledAnswer("Cut off."), Forbidden("No right.")])
def test_the_one_answer_of_a_short_list_cannot_be_done_without(tmp_path: Path, error: ApiError) -> None:
    with pytest.raises(type(error)) as raised:
        run_of(tmp_path, Answers(lambda *_: error)).land(LandingJob(Mode.FULL, "all of it"))
    assert raised.value is error
    assert Landing(LocalStorage(tmp_path)).snapshots(42, "departments") == ()


@pytest.mark.parametrize(
    ("rate", "round_trip", "streams"),
    [
        (20, None, MIN_STREAMS),
        (20, 0.0, MIN_STREAMS),
        (20, 0.05, 3),
        (20, 0.15, 6),
        (20, 0.5, 15),
        (20, 1.0, 24),
        (20, 60.0, MAX_STREAMS),
        (10_000, 0.05, 8),
        (0.5, 1.0, MIN_STREAMS),
    ],
)
def test_as_many_streams_read_as_keep_the_budget_full(rate: float, round_trip: float | None, streams: int) -> None:
    client = SimpleNamespace(budget=SimpleNamespace(rate=rate), round_trip=round_trip)
    assert _choose_streams(cast("Client", client)) == streams


def test_the_first_look_at_the_clock_asks_whose_the_token_is_and_later_ones_ask_nothing(tmp_path: Path) -> None:
    asked: list[None] = []

    class Silent(Answers):
        round_trip = None  # type: ignore[assignment]

        def probe(self) -> None:
            asked.append(None)
            self.round_trip = 0.01

    run = run_of(tmp_path, Silent(lambda *_: []))
    first, second = run.now(), run.now()
    assert timedelta() <= second - first < timedelta(minutes=1)
    assert len(asked) == 1
