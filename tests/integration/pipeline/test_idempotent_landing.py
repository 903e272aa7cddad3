"""What is asked for again costs nothing where it is the very same, and is landed where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.budget import Lane
from huggy_connector.clock import SYSTEM_CLOCK
from huggy_connector.errors import Interrupted
from huggy_connector.landing import Landing, Manifest
from huggy_connector.pipeline import Pipeline, parse_span
from huggy_connector.pipeline.idempotent_landing import IdempotentLanding
from huggy_connector.pipeline.run import SHOW_EVENTS
from huggy_connector.progress import LandingProgress, SilentProgress
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.settings import Settings
from huggy_connector.sweep import CreationSpan
from tests.integration.test_modes import DAY, Listener, requests_of, settings_for, today


@pytest.fixture(scope="module")
def ours() -> Iterator[Sandbox]:
    with Sandbox(Options(chats=300, contacts=40, days=60, limit=0, quirks=False)) as running:
        yield running


@pytest.fixture(scope="module")
def another_of_the_same_number() -> Iterator[Sandbox]:
    """As a sandbox of Huggy's is to the real account."""
    with Sandbox(Options(chats=50, contacts=10, limit=0, seed=2, quirks=False)) as running:
        yield running


@pytest.fixture(scope="module")
def theirs() -> Iterator[Sandbox]:
    with Sandbox(Options(chats=60, contacts=10, company=77, limit=0, quirks=False)) as running:
        yield running


def once(settings: Settings, resource: str, **asked: Any) -> Manifest:
    return Pipeline(settings).land(resource, idempotency_key="dag/run/task", once=True, **asked)


def days(settings: Settings, ago: int) -> CreationSpan:
    """Three of them."""
    return parse_span(today() - ago * DAY, today() - (ago - 3) * DAY, zone=settings.zone)


@pytest.mark.parametrize(
    ("desk", "changed"),
    [
        ("theirs", {"company_id": 77}),
        ("another_of_the_same_number", {"company_id": 4242}),
        ("ours", {"company_id": 4242, "language": "pt-br"}),
        ("ours", {"company_id": 4242, "timezone": "America/Rio_Branco"}),
        ("ours", {"company_id": 4242, "privacy": "name=mask"}),
    ],
)
def test_where_a_setting_that_makes_the_rows_has_changed_the_same_call_is_a_new_landing(
    request: pytest.FixtureRequest, tmp_path: Path, ours: Sandbox, desk: str, changed: dict[str, Any]
) -> None:
    now: Sandbox = request.getfixturevalue(desk)
    first, second = settings_for(ours, tmp_path, company_id=4242), settings_for(now, tmp_path, **changed)
    landed, anew = once(first, "departments"), once(second, "departments")
    sent = requests_of(ours), requests_of(now)

    assert (anew.company_id, anew.address == landed.address) == (changed["company_id"], False)
    assert [once(settings, "departments") for settings in (first, second)] == [landed, anew]
    assert (requests_of(ours), requests_of(now)) == sent


def test_another_token_without_a_company_is_another_account(tmp_path: Path, ours: Sandbox, theirs: Sandbox) -> None:
    """The connection's token was corrected: of which company it is, is asked; the same token again asks nothing."""
    wrong = once(settings_for(ours, tmp_path), "departments")
    right = once(settings_for(theirs, tmp_path), "departments")
    before = requests_of(theirs)

    assert (wrong.company_id, right.company_id) == (4242, 77)
    assert once(settings_for(theirs, tmp_path), "departments") == right
    assert requests_of(theirs) == before


def test_a_new_token_of_the_same_account_finds_what_the_old_one_landed(tmp_path: Path, ours: Sandbox) -> None:
    """Without a company it costs the one request that tells whose the token is."""
    settings = settings_for(ours, tmp_path)
    landed = once(settings, "departments")
    path = Path(settings.landing) / landed.address
    path.write_text(path.read_text().replace(landed.account, "0123456789abcdef"))
    before = requests_of(ours)

    assert once(settings, "departments").run_key == landed.run_key
    assert requests_of(ours) - before == 1
    assert once(settings_for(ours, tmp_path, company_id=4242), "departments").run_key == landed.run_key
    assert requests_of(ours) - before == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"mode": "window", "span": 5}, {"mode": "window", "span": 9}),
        ({"mode": "window", "span": 5}, {"mode": "full"}),
        ({"mode": "full"}, {"mode": "incremental"}),
    ],
)
def test_other_days_and_another_mode_are_a_new_landing(
    tmp_path: Path, ours: Sandbox, before: dict[str, Any], after: dict[str, Any]
) -> None:
    settings = settings_for(ours, tmp_path)

    def asked(given: dict[str, Any]) -> dict[str, Any]:
        return {**given, **({"span": days(settings, given["span"])} if "span" in given else {})}

    landed = once(settings, "chats", **asked(before))
    anew = once(settings, "chats", **asked(after))
    sent = requests_of(ours)

    assert len({(each.run_key, *(each.window or {}).values()) for each in (landed, anew)}) == 2
    assert [once(settings, "chats", **asked(each)) for each in (before, after)] == [landed, anew]
    assert requests_of(ours) == sent


def test_internal_events_asked_for_now_are_landed_now(tmp_path: Path, ours: Sandbox) -> None:
    settings = settings_for(ours, tmp_path)
    Pipeline(settings).land("chats", idempotency_key="test")
    told = {"mode": "window", "span": days(settings, 5)}
    without, with_them = (once(settings, "messages", show_events=each, **told) for each in (False, True))
    sent = requests_of(ours)

    assert 0 < without.rows < with_them.rows
    assert once(settings, "messages", **told) == without
    assert once(settings, "messages", show_events=True, **told) == with_them
    assert requests_of(ours) == sent


def test_ratings_wait_behind_all_else_and_have_no_internal_events(tmp_path: Path, ours: Sandbox) -> None:
    settings = settings_for(ours, tmp_path)
    told = {"idempotency_key": "x", "mode": "due", "once": False, "show_events": True}
    ratings, messages = (
        IdempotentLanding.from_settings(settings, SilentProgress(), SYSTEM_CLOCK, name, **told)  # type: ignore[arg-type]
        for name in ("feedbacks", "messages")
    )
    assert (ratings.lane, messages.lane) == (Lane.BACKFILL, Lane.NORMAL)
    assert (ratings.landing_request.options, messages.landing_request.options) == ((), (SHOW_EVENTS,))


def test_a_regular_run_is_not_answered_with_the_newest_days_or_what_was_gone(tmp_path: Path, ours: Sandbox) -> None:
    """All three are of one call: a task that asked for the newest days asks for what is due now."""
    settings = settings_for(ours, tmp_path)
    recent = Pipeline(settings).land_recent("chats", idempotency_key="dag/run/task", once=True)
    due = Pipeline(settings).land_due("chats", idempotency_key="dag/run/task", once=True)
    whole = Pipeline(settings).land_due("chats", idempotency_key="dag/run/task", once=True, reconcile=True)
    sent = requests_of(ours)

    assert recent is not None
    assert [recent.mode, due[0].mode, whole[0].mode] == ["window", "full", "full"]
    assert len({recent.run_key, due[0].run_key, whole[0].run_key}) == 3
    assert Pipeline(settings).land_recent("chats", idempotency_key="dag/run/task", once=True) == recent
    assert Pipeline(settings).land_due("chats", idempotency_key="dag/run/task", once=True) == due[:1]
    assert Pipeline(settings).land_due("chats", idempotency_key="dag/run/task", once=True, reconcile=True) == whole[:1]
    assert requests_of(ours) == sent


class Stops(Listener):
    """Ends a landing after so many pages, as a kill does."""

    def __init__(self, *, after: int) -> None:
        super().__init__([])
        self._after = after

    def update(self, state: LandingProgress) -> None:
        if state.pages > self._after:
            raise Interrupted("Stopped.")


@pytest.mark.parametrize("same", [True, False])
def test_work_in_progress_is_gone_on_with_at_the_same_address_only(tmp_path: Path, *, same: bool) -> None:
    """A sweep begun in one account is not ended with the rows of another that has the same number."""
    with (
        Sandbox(Options(chats=900, limit=0, quirks=False)) as first,
        Sandbox(Options(chats=900, limit=0, quirks=False, seed=2)) as another,
    ):
        with pytest.raises(Interrupted):
            Pipeline(settings_for(first, tmp_path), progress=Stops(after=30)).land(
                "chats", idempotency_key="huggy land"
            )
        now, told = first if same else another, list[str]()
        settings = settings_for(now, tmp_path)
        landed = Pipeline(settings, progress=Listener(told)).land("chats", idempotency_key="huggy land")

        assert [each.partition(" begun")[0] for each in told[1:]] == ["chats: resumes the work"] * same
        assert ids_of(settings, landed) == {int(each) for each in now.truth("chats")["ids"]}


def ids_of(settings: Settings, manifest: Manifest) -> set[int]:
    parts = Landing.open(settings.landing).parts(manifest)
    return {number for part in parts for batch in part.batches(["id"]) for number in batch.column(0).to_pylist()}
