"""Accounts whose clocks are wrong, over HTTP: nothing is lost, and the check says by how much."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.landing import Landing, Manifest
from huggy_connector.landing.change_detection import listed_ids
from huggy_connector.pipeline import Pipeline
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.settings import Settings
from huggy_connector.storage import LocalStorage
from huggy_connector.warehouse.read import queries
from tests.integration.desks import settings_for
from tests.sizes import FULL


@pytest.fixture
def desk() -> Iterator[Sandbox]:
    with Sandbox(Options(chats=60, contacts=20, days=1, limit=0, open_chats=5, quirks=False)) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, desk: Sandbox) -> Settings:
    return settings_for(desk, tmp_path)


def ask(settings: Settings, question: str) -> list[tuple[Any, ...]]:
    return list(queries.query(settings.warehouse, question).rows)


def there(desk: Sandbox) -> list[int]:
    return sorted(desk.truth("chats")["ids"])


def vouches(manifest: Manifest) -> tuple[Any, ...]:
    told = manifest.certificate
    return manifest.mode, told.exact, told.missing_at_most, told.scope


@pytest.mark.proof
@pytest.mark.parametrize(
    ("minutes", "passed", "detail"),
    [
        pytest.param(0, True, "company 4242: the times of 90 new rows agree with this host's clock", id="right"),
        pytest.param(
            -120,
            False,
            "company 4242: the times of 90 of 90 new rows are 120 minutes behind this host's clock, read in"
            " America/Sao_Paulo: is HUGGY_TIMEZONE right; America/Rio_Branco would fit?",
            id="Acre",
        ),
        pytest.param(
            180,
            False,
            "company 4242: the times of 90 of 90 new rows are 180 minutes ahead of this host's clock, read in"
            " America/Sao_Paulo: is HUGGY_TIMEZONE right; UTC would fit?",
            id="UTC",
            marks=pytest.mark.skipif(not FULL, reason="as Acre is, on the other side: only by make proof"),
        ),
        pytest.param(
            -525_600,
            False,
            "company 4242: the times of 90 of 90 new rows are 525,600 minutes behind this host's clock, read in"
            " America/Sao_Paulo: is HUGGY_TIMEZONE right?",
            id="a year",
        ),
    ],
)
def test_what_comes_under_another_clock_is_read_to_the_last_row_and_the_check_names_a_zone(
    settings: Settings, desk: Sandbox, minutes: int, passed: bool, detail: str
) -> None:
    Pipeline(settings).land("chats", idempotency_key="first")
    Pipeline(settings).load()
    desk.control(clock_minutes=minutes)
    desk.control(add=90)
    (snapshot,) = Pipeline(settings).sync(["chats"], idempotency_key="test").snapshots
    assert vouches(snapshot) == ("incremental", True, 0, "head")
    assert [row[0] for row in ask(settings, "SELECT id FROM chats ORDER BY 1")] == there(desk)
    told = ask(
        settings,
        "SELECT passed, detail FROM meta.quality WHERE check_name = 'clock_agrees' ORDER BY version DESC LIMIT 1",
    )
    # The requests of a test take less than a minute; the last digits are those of its seconds.
    assert [
        (each, text.replace(f"{abs(minutes) + 1:,} minutes", f"{abs(minutes):,} minutes")) for each, text in told
    ] == [(passed, detail)]


def test_the_messages_of_chats_that_came_with_old_times_are_landed(settings: Settings, desk: Sandbox) -> None:
    for name in ("chats", "messages"):
        Pipeline(settings).land_due(name, idempotency_key="test")
    desk.control(clock_minutes=-180)
    new = {str(number) for number in desk.control(add=40)["added"]}
    chats, messages = Pipeline(settings).sync(["chats"], idempotency_key="test", messages=True).snapshots
    wanted = {
        each["id"]: each["situation"] for each in desk.truth("chats", rows=True)["rows"] if str(each["id"]) in new
    }
    spoken = [str(number) for number, situation in wanted.items() if situation != "auto"]
    told = desk.truth("messages", rows=True, ids=spoken)["rows"]
    said = {each["id"] for each in told if each["type"] != "internalEvent"}
    assert (vouches(chats)[:2], vouches(messages)) == (("incremental", True), ("incremental", True, 0, "parents"))
    assert said <= {row[0] for row in ask(settings, "SELECT id FROM messages")}
    assert messages.certificate.details["parents"] <= 40 + 10


def test_messages_of_chats_that_did_not_change_are_not_asked_for_again_after_a_full_sweep(
    settings: Settings, desk: Sandbox
) -> None:
    for name in ("chats", "messages"):
        Pipeline(settings).land_due(name, idempotency_key="test")
    Pipeline(settings).land("chats", idempotency_key="weekly")
    desk.control(close=1)
    Pipeline(settings).land("chats", mode="incremental", idempotency_key="daily")
    (messages,) = Pipeline(settings).land_due("messages", idempotency_key="test")
    assert messages.certificate.details["parents"] == 1


def test_an_account_whose_clock_is_a_year_behind_has_its_last_30_days_of_messages_landed_first(tmp_path: Path) -> None:
    with Sandbox(Options(chats=200, contacts=20, days=60, limit=0, quirks=False, now="2025-01-10T12:00:00")) as desk:
        settings = Settings(
            base_url=desk.url,
            access_token=desk.token,
            requests_per_second=10_000,
            landing=str(tmp_path / "landing"),
            state=str(tmp_path / "state"),
        )
        Pipeline(settings).land("chats", idempotency_key="test")
        (messages,) = Pipeline(settings).land_due("messages", idempotency_key="test")
        assert 60 <= messages.certificate.details["parents"] < 200


def rewritten(settings: Settings, change: Any) -> None:
    for path in Path(settings.landing).glob("4242/chats/*/manifest.json"):
        manifest = json.loads(path.read_text())
        change(path, manifest)
        path.write_text(json.dumps(manifest))


def without_ids(path: Path, manifest: Any) -> None:
    """The file is lost: the rows tell."""
    if manifest["ids"] is not None:
        (path.parent / manifest["ids"]["name"]).unlink()


def garbled_ids(path: Path, manifest: Any) -> None:
    if manifest["ids"] is not None:
        (path.parent / manifest["ids"]["name"]).write_bytes(b"what?")


def of_the_first_release(path: Path, manifest: Any) -> None:
    """As it left a manifest: no ids, and a past of times."""
    without_ids(path, manifest)
    del manifest["ids"], manifest["certificate"]["scope"]
    manifest["state"].pop("new", None)
    if "past" in manifest["state"]:
        past = manifest["state"]["past"]
        manifest["state"]["past"] = {name: past[name] for name in ("watermark", "known", "open", "daily")}


@pytest.mark.parametrize("change", [lambda path, manifest: None, without_ids, garbled_ids, of_the_first_release])
def test_the_next_run_starts_from_what_the_last_one_vouched_for(settings: Settings, desk: Sandbox, change: Any) -> None:
    Pipeline(settings).land("chats", idempotency_key="first")
    desk.control(add=25)
    Pipeline(settings).land("chats", mode="incremental", idempotency_key="second")
    rewritten(settings, change)
    landing = Landing(LocalStorage(settings.landing))
    published = landing.snapshots(4242, "chats")
    assert sorted(listed_ids(landing, published, published[-1])) == there(desk)
    desk.control(add=30, clock_minutes=-90)
    third = Pipeline(settings).land("chats", mode="incremental", idempotency_key="third")
    assert vouches(third) == ("incremental", True, 0, "head")
    assert (third.certificate.details["new"], third.requests < 20) == (30, True)


def test_the_ids_lie_beside_the_rows_and_go_with_them(settings: Settings, desk: Sandbox) -> None:
    manifest = Pipeline(settings).land("chats", idempotency_key="first")
    folder = Path(settings.landing) / manifest.folder
    assert {path.name for path in folder.iterdir()} == {*manifest.file_names}
    assert manifest.ids is not None
    assert (manifest.ids.ids, manifest.ids.bytes) == (60, (folder / manifest.ids.name).stat().st_size)
