"""The ways a resource is read, over HTTP: what is due, what has changed, a span of days, and what is gone."""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest

from huggy_connector.api import Client, FetchedPage
from huggy_connector.catalogue import Resource
from huggy_connector.clock import SYSTEM_CLOCK, Clock
from huggy_connector.errors import ConfigurationError, MangledAnswer
from huggy_connector.landing import Landing, Manifest
from huggy_connector.pipeline import Pipeline, parse_optional_span, parse_span
from huggy_connector.progress import LandingProgress
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.settings import Settings
from huggy_connector.storage import LocalStorage
from huggy_connector.warehouse.read import queries
from tests.integration import desks
from tests.sizes import FULL

DAY = timedelta(days=1)
CHATS = 200
PAGES = CHATS // 20


settings_for = partial(desks.settings_for, clock="host")
"""The tests turn the clock on by days."""


class Listener:
    """Keeps the sentences it is told."""

    def __init__(self, told: list[str]) -> None:
        self._told = told

    def update(self, state: LandingProgress) -> None:
        pass

    def note(self, sentence: str) -> None:
        self._told.append(sentence)


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def listener(told: list[str]) -> Listener:
    return Listener(told)


@pytest.fixture
def desk(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A small account, or one of the size that the test asks for."""
    size = {"chats": CHATS, "contacts": 20} | getattr(request, "param", {})
    with Sandbox(Options(**size, days=60, limit=0, open_chats=10, quirks=False)) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, desk: Sandbox) -> Settings:
    return settings_for(desk, tmp_path)


def today() -> date:
    """Where the account is."""
    return datetime.now(ZoneInfo("America/Sao_Paulo")).date()


def later(span: timedelta) -> Clock:
    """The system's clock, so much later."""
    return Clock(now=lambda: datetime.now(UTC) + span, wait=SYSTEM_CLOCK.wait, monotonic=SYSTEM_CLOCK.monotonic)


def ways(manifests: tuple[Manifest, ...]) -> list[tuple[str, str]]:
    return [(each.resource, each.mode) for each in manifests]


def rows(settings: Settings, question: str) -> list[tuple[Any, ...]]:
    return list(queries.query(settings.warehouse, question).rows)


def landed(settings: Settings, manifest: Manifest) -> list[int]:
    parts = Landing(LocalStorage(settings.landing)).parts(manifest)
    return sorted(number for part in parts for number in pq.read_table(part.path, columns=["id"])["id"].to_pylist())


def requests_of(desk: Sandbox) -> int:
    return int(desk.stats()["requests"])


def test_a_first_sync_publishes_the_newest_30_days_before_the_history(settings: Settings, desk: Sandbox) -> None:
    report = Pipeline(settings).sync(["chats"], idempotency_key="test")
    recent, whole = report.snapshots
    assert [recent.mode, whole.mode] == ["window", "full"]
    assert 0 < recent.unique_ids < whole.unique_ids == CHATS
    assert rows(settings, "SELECT version, rows_changed FROM meta.publishes ORDER BY 1")[0] == (1, recent.unique_ids)
    assert rows(settings, "SELECT count(*) FROM chats") == [(CHATS,)]


def test_a_first_sync_killed_after_the_newest_days_goes_on_with_the_history(settings: Settings) -> None:
    assert Pipeline(settings).land_recent("chats", idempotency_key="test chats") is not None
    assert ways(Pipeline(settings).sync(["chats"], idempotency_key="test").snapshots) == [("chats", "full")]


@pytest.mark.parametrize("desk", [{"contacts": 1_100}], ids=["1100 contacts"], indirect=True)
def test_a_later_sync_reads_what_changed_and_all_of_it_after_the_time_that_was_set(
    settings: Settings, desk: Sandbox
) -> None:
    Pipeline(settings).sync(idempotency_key="test")
    desk.control(add=60, close=15)
    before = requests_of(desk)
    report = Pipeline(settings).sync(idempotency_key="test")
    # The contacts are more than fifty pages without an order: they wait for the next full sweep.
    assert ways(report.snapshots) == [
        ("agents", "full"), ("chats", "incremental"), ("contacts", "full"), ("departments", "full"),
    ]  # fmt: skip
    assert [each.certificate.exact for each in report.snapshots] == [True] * 4
    assert requests_of(desk) - before < 60
    truth = {row["id"]: row["situation"] for row in desk.truth("chats", rows=True)["rows"]}
    assert dict(rows(settings, "SELECT id, situation FROM chats")) == truth
    assert (
        report.snapshots[2].run_key
        == Pipeline(settings).sync(["contacts"], idempotency_key="test").snapshots[0].run_key
    )
    again = Pipeline(settings, clock=later(8 * DAY)).sync(["chats", "contacts"], idempotency_key="test")
    assert ways(again.snapshots) == [("chats", "full"), ("contacts", "full")]


@pytest.mark.parametrize("desk", [{"chats": 1_200}], ids=["1200 chats"], indirect=True)
def test_where_the_last_snapshot_is_not_exact_everything_is_read_again(settings: Settings, desk: Sandbox) -> None:
    Pipeline(settings).land("chats", idempotency_key="test")
    desk.control(faults={"short": 0.5})
    sweeps = (Pipeline(settings).land("chats", idempotency_key=f"pages with rows too few {turn}") for turn in range(20))
    assert any(not each.certificate.exact for each in sweeps)  # some are exact: each page was whole when asked again
    desk.control(faults={})
    assert ways(Pipeline(settings).sync(["chats"], idempotency_key="test").snapshots) == [("chats", "full")]
    assert ways(Pipeline(settings).sync(["chats"], idempotency_key="test").snapshots) == [("chats", "incremental")]


def test_what_hides_behind_nulls_is_missing_not_gone_and_the_next_sync_reads_everything_again(
    settings: Settings, desk: Sandbox
) -> None:
    Pipeline(settings).sync(["chats"], idempotency_key="test")
    desk.control(faults={"null": 1.0})
    whole = Pipeline(settings).land("chats", idempotency_key="nulls")
    Pipeline(settings).load()
    assert (whole.unique_ids, whole.certificate.exact) == (CHATS - PAGES, False)
    assert PAGES <= (whole.certificate.missing_at_most or 0) < 1.5 * PAGES
    assert rows(settings, "SELECT count(*), count(deleted_at) FROM chats") == [(CHATS, 0)]
    desk.control(faults={})
    assert ways(Pipeline(settings).sync(["chats"], idempotency_key="test").snapshots) == [("chats", "full")]
    assert ways(Pipeline(settings).sync(["chats"], idempotency_key="test").snapshots) == [("chats", "incremental")]


def unreadable(monkeypatch: pytest.MonkeyPatch, *pages: int, turns: Collection[int] = ()) -> list[int]:
    """Answers for these pages, and for those asked for at these turns, are cut off for ever.

    How often they were asked for is in the list.
    """
    asked: list[int] = []
    broken, turn = {*pages}, count()
    fetch = Client.fetch_page

    def fetch_page(client: Client, resource: Resource, page: int, **others: Any) -> FetchedPage:
        if next(turn) in turns:
            broken.add(page)
        if page in broken and not others.get("filters"):
            asked.append(page)
            raise MangledAnswer(f"The answer for page {page} is cut off: try later.")
        return fetch(client, resource, page, **others)

    monkeypatch.setattr(Client, "fetch_page", fetch_page)
    return asked


@pytest.mark.parametrize("mode", ["full", "window"])
def test_a_page_that_cannot_be_read_costs_its_rows_and_the_next_run_brings_them(
    settings: Settings, desk: Sandbox, monkeypatch: pytest.MonkeyPatch, listener: Listener, told: list[str], mode: str
) -> None:
    Pipeline(settings).land("chats", idempotency_key="test")
    span = parse_span(today() - 70 * DAY, today() + 2 * DAY, zone=settings.zone)
    asked, before = unreadable(monkeypatch, 7), requests_of(desk)
    landing = Pipeline(settings, progress=listener).land(
        "chats", idempotency_key="cut off", mode=mode, span=span if mode == "window" else None
    )
    assert (landing.unique_ids, landing.certificate.exact) == (CHATS - 20, False)
    assert (landing.certificate.missing_at_most, asked) == (20, [7])
    assert requests_of(desk) - before < 3 * PAGES
    assert "The answer for page 7 is cut off: try later. The page is passed over: its records are missing." in told
    monkeypatch.undo()
    assert Pipeline(settings).land("chats", idempotency_key="whole").certificate.exact


@pytest.mark.parametrize("desk", [{"chats": 1_200}], ids=["60 pages"], indirect=True)
def test_where_the_first_page_or_many_cannot_be_read_nothing_is_landed_and_the_same_call_goes_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for pages, turns in (((0,), ()), ((), {2, 4, *range(35, 60)})):  # by then two pages are committed as hidden
        with monkeypatch.context() as patched:
            unreadable(patched, *pages, turns=turns)
            with pytest.raises(MangledAnswer, match="is cut off: try later"):
                Pipeline(settings).land("chats", idempotency_key="test")
    rest, whole = (Pipeline(settings).land("chats", idempotency_key="test") for _ in range(2))
    missing = 1_200 - rest.unique_ids
    assert (rest.certificate.exact, 0 <= missing <= (rest.certificate.missing_at_most or 0) <= 60) == (False, True)
    assert (whole.certificate.exact, whole.unique_ids) == (True, 1_200)


@pytest.mark.parametrize("desk", [{"chats": 100}], ids=["100 chats"], indirect=True)
def test_of_messages_a_page_that_cannot_be_read_costs_those_of_a_chat(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    Pipeline(settings).land("chats", idempotency_key="test")
    whole = Pipeline(settings).land("messages", mode="incremental", idempotency_key="whole")
    fetch, cut = Client.fetch_page, list[int]()

    def fetch_page(
        client: Client, resource: Resource, page: int, *, parent: int | None = None, **more: Any
    ) -> FetchedPage:
        if parent is not None and page == 0 and (not cut or parent in cut):
            cut.append(parent)
            raise MangledAnswer("The answer is cut off: try later.")
        return fetch(client, resource, page, parent=parent, **more)

    monkeypatch.setattr(Client, "fetch_page", fetch_page)
    span = parse_span(today() - 29 * DAY, today() + 2 * DAY, zone=settings.zone)
    lacking = Pipeline(settings).land("messages", mode="window", span=span, idempotency_key="cut off")
    assert len(cut) == 1
    assert 0 < lacking.rows < whole.rows
    assert (lacking.certificate.exact, lacking.certificate.missing_at_most) == (False, 20)


def test_what_a_full_sweep_misses_is_asked_for_by_id_and_what_is_gone_is_landed(
    settings: Settings, desk: Sandbox
) -> None:
    Pipeline(settings).land("chats", idempotency_key="test")
    gone = sorted(desk.control(remove=5)["removed"])
    whole, tombstones = Pipeline(settings, clock=later(8 * DAY)).land_due("chats", idempotency_key="test")
    assert (whole.mode, tombstones.mode, landed(settings, tombstones)) == ("full", "tombstones", gone)
    assert Pipeline(settings).land("chats", mode="tombstones", idempotency_key="again").rows == 0


def test_an_open_chat_that_is_deleted_is_landed_as_gone_by_the_next_sync(settings: Settings, desk: Sandbox) -> None:
    Pipeline(settings).land("chats", idempotency_key="test")
    open_chat = next(row["id"] for row in desk.truth("chats", rows=True)["rows"] if row["situation"] == "in_chat")
    desk.control(remove=[open_chat])
    news, tombstones = Pipeline(settings).land_due("chats", idempotency_key="test")
    assert (news.mode, tombstones.mode, landed(settings, tombstones)) == ("incremental", "tombstones", [open_chat])


def test_a_sweep_that_misses_very_many_asks_for_none_and_says_so(
    settings: Settings, desk: Sandbox, told: list[str], listener: Any
) -> None:
    Pipeline(settings).land("chats", idempotency_key="test")
    desk.control(remove=60)
    landed = Pipeline(settings, clock=later(8 * DAY), progress=listener).land_due("chats", idempotency_key="test")
    assert ways(landed) == [("chats", "full")]
    assert told[-1] == (
        "chats: 60 records are missing from the last full sweep, too many to ask for each: has the token lost rights?"
    )


def test_a_backfill_lands_exactly_the_chats_of_its_days_in_few_requests(settings: Settings, desk: Sandbox) -> None:
    day = today() - 9 * DAY
    span = parse_span(day, day + 3 * DAY, zone=settings.zone)
    before = requests_of(desk)
    [snapshot] = Pipeline(settings).backfill(span=span, idempotency_key="test").snapshots
    wanted = {
        row["id"]
        for row in desk.truth("chats", rows=True)["rows"]
        if span.start <= datetime.fromisoformat(row["createdAt"]).replace(tzinfo=settings.zone) < span.end
    }
    assert (snapshot.mode, snapshot.certificate.exact) == ("window", True)
    assert snapshot.window == {"from": span.start.isoformat(), "to": span.end.isoformat()}
    assert set(landed(settings, snapshot)) == wanted
    assert {row[0] for row in rows(settings, "SELECT id FROM chats")} == wanted
    assert requests_of(desk) - before <= len(wanted) // 20 + 40


def test_a_backfill_of_a_list_that_is_not_sorted_reads_all_of_it_and_says_so(
    tmp_path: Path, told: list[str], listener: Any
) -> None:
    with Sandbox(Options(chats=400, limit=0, order="activity")) as desk:
        settings = settings_for(desk, tmp_path)
        desk.control(jump=30)
        day = today() - 2 * DAY
        span = parse_span(day, day + DAY, zone=settings.zone)
        [snapshot] = Pipeline(settings, progress=listener).backfill(span=span, idempotency_key="test").snapshots
        wanted = sum(
            span.start <= datetime.fromisoformat(row["createdAt"]).replace(tzinfo=settings.zone) < span.end
            for row in desk.truth("chats", rows=True)["rows"]
        )
    assert snapshot.unique_ids == wanted > 0
    assert told[1] == "chats: the list is not sorted by creation, so all of it was read for the span."


def test_a_window_moves_no_watermark(settings: Settings) -> None:
    Pipeline(settings).sync(["chats"], idempotency_key="test")
    day = today()
    Pipeline(settings).backfill(span=parse_span(day, day + DAY, zone=settings.zone), idempotency_key="test")
    published = Landing(LocalStorage(settings.landing)).snapshots(4242, "chats")
    next_one = Pipeline(settings).land_due("chats", idempotency_key="test")[0]
    assert [each.mode for each in published] == ["window", "full", "window"]
    assert next_one.mode == "incremental"


@pytest.mark.parametrize("mode", ["incremental", "window"])
def test_a_list_without_an_order_names_the_way_to_read_it(settings: Settings, mode: str) -> None:
    span = parse_span("2026-01-01", "2026-01-02", zone=settings.zone) if mode == "window" else None
    with pytest.raises(ConfigurationError, match=r"contacts has no order .*`huggy land contacts` does\.$"):
        Pipeline(settings).land("contacts", mode=mode, span=span, idempotency_key="test")


@pytest.mark.parametrize(
    ("start", "end", "sentence"),
    [
        ("2026-01-02", "2026-01-02", "From 2026-01-02 to before 2026-01-02 is no time: "),
        ("yesterday", "2026-01-02", "'yesterday' is no date such as 2026-11-22."),
        ("2026-02-30", "2026-03-02", "'2026-02-30' is no date such as 2026-11-22."),
    ],
)
def test_a_span_that_is_none_says_so(settings: Settings, start: str, end: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=f"^{sentence}"):
        parse_span(start, end, zone=settings.zone)


@pytest.mark.parametrize(("start", "end"), [("2026-01-01", None), (None, "2026-01-02"), ("", "2026-01-02")])
def test_a_span_with_one_end_is_refused_in_every_mode(settings: Settings, start: str | None, end: str | None) -> None:
    assert parse_optional_span(None, "", zone=settings.zone) is None
    with pytest.raises(ConfigurationError, match=r"^A span has two ends: give both --from-date and --to-date\.$"):
        parse_optional_span(start, end, zone=settings.zone)


@pytest.mark.parametrize("desk", [{"chats": 100}], ids=["100 chats"], indirect=True)
def test_messages_are_those_of_changed_chats_and_bot_chats_are_passed_over(settings: Settings, desk: Sandbox) -> None:
    Pipeline(settings).land("chats", idempotency_key="test")
    moment = datetime.now(UTC)
    stopped = Clock(now=lambda: moment, wait=SYSTEM_CLOCK.wait, monotonic=SYSTEM_CLOCK.monotonic)
    first = Pipeline(settings, clock=stopped).land_due("messages", idempotency_key="test")[0]
    chats = desk.truth("chats", rows=True)["rows"]
    active = {row["id"]: datetime.fromisoformat(row["updatedAt"]).replace(tzinfo=settings.zone) for row in chats}
    newest_page = sorted(active.values())[-20]
    last_day, earliest = moment - timedelta(days=30), min(moment, newest_page) - timedelta(days=30)

    def expected(since: datetime) -> tuple[set[int], set[int]]:
        """The bots' chats that were active since then, and the messages of the other chats."""
        recent = {row["id"]: row["situation"] for row in chats if active[row["id"]] >= since}
        bots = {number for number, situation in recent.items() if situation == "auto"}
        told = desk.truth("messages", rows=True, ids=[str(number) for number in recent if number not in bots])["rows"]
        return bots, {row["id"] for row in told if row["type"] != "internalEvent"}

    refused, said = set(first.state["refused"]), landed(settings, first)
    certain, possible = expected(last_day), expected(earliest)
    assert (first.mode, len(said), first.certificate.details["refused"]) == ("incremental", len({*said}), len(refused))
    assert certain[0] <= refused <= possible[0]
    assert certain[1] <= {*said} <= possible[1]

    desk.control(close=3)
    Pipeline(settings).land_due("chats", idempotency_key="test")
    second = Pipeline(settings).land_due("messages", idempotency_key="test")[0]
    assert second.certificate.details["parents"] < 60
    Pipeline(settings).load()
    assert rows(settings, "SELECT count(*) > 0, count(*) = count(c.id) FROM messages m LEFT JOIN chats c"
                          " ON c.company_id = m.company_id AND c.id = m.chat_id") == [(True, True)]  # fmt: skip


@pytest.mark.parametrize("desk", [{"chats": 100}], ids=["100 chats"], indirect=True)
def test_internal_events_come_with_the_messages_where_they_are_asked_for(settings: Settings, desk: Sandbox) -> None:
    Pipeline(settings).land("chats", idempotency_key="test")
    day = today() - 3 * DAY
    span = parse_span(day, day + DAY, zone=settings.zone)
    kinds = []
    for show_events in (False, True):
        report = Pipeline(settings).backfill(["messages"], span=span, idempotency_key="test", show_events=show_events)
        kinds.append(report.snapshots[0].rows)
    assert 0 < kinds[0] < kinds[1]
    assert rows(settings, "SELECT count(*) > 0 FROM messages WHERE type = 'internalEvent'") == [(True,)]


def test_messages_before_any_chat_name_the_way(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="`huggy land chats` first"):
        Pipeline(settings).land("messages", mode="incremental", idempotency_key="test")


@pytest.mark.proof
def test_an_incremental_run_and_a_window_of_a_day_in_a_big_account_cost_few_requests(tmp_path: Path) -> None:
    """At full size 100,000 chats with 500 open, 200 arrivals and 40 closings, a day of them."""
    chats, still_open = (100_000, 500) if FULL else (2_400, 80)
    with Sandbox(Options(chats=chats, open_chats=still_open, limit=0)) as desk:
        settings = settings_for(desk, tmp_path)
        Pipeline(settings).land("chats", idempotency_key="test")
        desk.mark()
        desk.control(add=200, close=40)
        news = Pipeline(settings).land_due("chats", idempotency_key="test")[0]
        truth = desk.truth("chats", rows=True)
        Pipeline(settings).load()
        known = dict(rows(settings, "SELECT id, situation FROM chats"))
        assert known == {int(row["id"]): row["situation"] for row in truth["rows"]}
        assert (news.mode, news.certificate.exact) == ("incremental", True)
        assert news.requests <= 100

        day = today() - 20 * DAY
        span = parse_span(day, day + DAY, zone=settings.zone)
        before = requests_of(desk)
        window = Pipeline(settings).land("chats", mode="window", span=span, idempotency_key="test")
        assert requests_of(desk) - before <= window.unique_ids // 20 + 1 + 40
        assert window.certificate.exact
