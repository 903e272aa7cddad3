"""New versions of the warehouse: what stops a load, which companies concern it, and where each version goes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from huggy_connector.errors import CompanyStopped, ConfigurationError
from huggy_connector.pipeline import Pipeline
from huggy_connector.sandbox import Options, Sandbox
from huggy_connector.settings import Settings
from huggy_connector.warehouse import RollbackReport
from huggy_connector.warehouse.read import queries
from tests.integration.desks import settings_for


@pytest.fixture(scope="module")
def ours() -> Iterator[Sandbox]:
    with Sandbox(Options(chats=10, contacts=5, days=1, limit=0, quirks=False)) as running:
        yield running


@pytest.fixture(scope="module")
def theirs() -> Iterator[Sandbox]:
    with Sandbox(Options(chats=10, contacts=5, company=77, limit=0)) as running:
        yield running


def settings_in(folder: Path) -> Settings:
    return Settings(
        landing=str(folder / "landing"), warehouse=str(folder / "huggy.duckdb"), state=str(folder / "state")
    )


@pytest.mark.parametrize("act", [Pipeline.load, Pipeline.rebuild])
@pytest.mark.parametrize("kind", ["nothing", "a file"])
def test_a_landing_that_is_not_there_is_named_with_what_to_do(tmp_path: Path, act: object, kind: str) -> None:
    assert callable(act)
    landing = tmp_path / "landing"
    if kind == "a file":
        landing.write_text("not a folder")
    with pytest.raises(ConfigurationError) as caught:
        act(Pipeline(settings_in(tmp_path)))
    assert str(caught.value) == (
        f"The landing {landing} {'is a file' if kind == 'a file' else 'is not there'}: set HUGGY_LANDING to the folder "
        "that `huggy land` or the DAG wrote, or run `huggy sync` to make one."
    )
    assert not (tmp_path / "huggy.duckdb").exists()


def test_a_landing_without_a_snapshot_is_loaded_with_a_warning(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    report = Pipeline(settings_in(tmp_path)).load()
    assert f"The landing {tmp_path / 'landing'} holds no snapshot yet: is it the right one?" in report.warnings


def land(settings: Settings, key: str) -> None:
    Pipeline(settings).land("departments", idempotency_key=key)


def copied(folder: Path) -> tuple[int, bytes]:
    """The version that readers elsewhere are shown, and its file."""
    pointer = json.loads((folder / "huggy.json").read_text())
    return pointer["version"], (folder / pointer["name"]).read_bytes()


def test_a_load_a_rebuild_and_a_rollback_bring_their_version_to_each_copy(tmp_path: Path, ours: Sandbox) -> None:
    places = tmp_path / "one", tmp_path / "two"
    settings = settings_for(ours, tmp_path, publish=tuple(map(str, places)))
    pipeline, live = Pipeline(settings), Path(settings.warehouse)

    def everywhere(version: int) -> bool:
        return [copied(place) for place in places] == [(version, live.read_bytes())] * 2

    for key in ("first", "second"):
        land(settings, key)
        loaded = pipeline.load()
        assert (loaded.published, loaded.warnings, everywhere(loaded.version)) == (True, (), True)
    rebuilt = pipeline.rebuild()
    assert everywhere(rebuilt.version)
    before = live.read_bytes()
    assert pipeline.rollback().warnings == ()
    assert live.read_bytes() != before
    assert [copied(place)[1] for place in places] == [live.read_bytes()] * 2


def test_a_copy_that_fails_is_a_warning_and_the_next_load_makes_it_although_nothing_is_new(
    tmp_path: Path, ours: Sandbox
) -> None:
    place = tmp_path / "copies"
    place.write_text("in the way")
    settings = settings_for(ours, tmp_path, publish=(str(place),))
    land(settings, "first")
    first = Pipeline(settings).load()
    assert (first.published, len(first.warnings)) == (True, 1)
    assert str(place) in first.warnings[0]

    place.unlink()
    second = Pipeline(settings).load()
    assert (second.published, second.warnings) == (False, ())
    assert copied(place) == (first.version, Path(settings.warehouse).read_bytes())


def test_a_rollback_announces_its_warnings_and_is_announced_again_where_that_failed(
    tmp_path: Path, ours: Sandbox
) -> None:
    settings = settings_for(ours, tmp_path, keep_versions=9)
    for key in ("first", "second", "third"):
        land(settings, key)
        Pipeline(settings).load()
    (tmp_path / "copies").write_text("in the way")
    pipeline, told = Pipeline(settings.model_copy(update={"publish": (str(tmp_path / "copies"),)})), []

    def announce(report: RollbackReport) -> None:
        told.append(report)
        if len(told) == 1:
            raise ConnectionError("Nobody hears it.")

    with pytest.raises(ConnectionError):
        pipeline.rollback(announce=announce)
    again = pipeline.rollback(announce=announce)
    assert [report.to for report in told] == [2, 2]
    assert again == told[1]
    assert pipeline.rollback().to == 1
    assert [len(report.warnings) for report in told] == [1, 1]


def damage(settings: Settings, company: int) -> None:
    (part,) = Path(settings.landing).glob(f"{company}/departments/*/*.parquet")
    part.write_bytes(b"what?")


@pytest.mark.parametrize(
    ("company", "concerns", "stops"),
    [
        (None, None, True),
        (4242, None, False),
        (77, None, True),
        (4242, (77,), True),
        (77, (4242,), False),
        (None, (), False),
    ],
)
def test_a_damaged_company_stops_a_load_that_concerns_it_and_no_other(
    tmp_path: Path, ours: Sandbox, theirs: Sandbox, company: int | None, concerns: Any, *, stops: bool
) -> None:
    for desk in (ours, theirs):
        land(settings_for(desk, tmp_path), "first")
    settings = settings_for(ours, tmp_path, company_id=company)
    damage(settings, 77)
    if stops:
        with pytest.raises(CompanyStopped) as raised:
            Pipeline(settings).load(concerns=concerns)
        report = raised.value.report
    else:
        report = Pipeline(settings).load(concerns=concerns)
        assert any("77" in warning for warning in report.warnings)
    assert [*report.companies] == [4242]
    assert [*queries.query(settings.warehouse, "SELECT DISTINCT company_id FROM departments").rows] == [(4242,)]


def test_a_load_that_stops_a_company_still_brings_the_others_to_the_copies(
    tmp_path: Path, ours: Sandbox, theirs: Sandbox
) -> None:
    for desk in (ours, theirs):
        land(settings_for(desk, tmp_path), "first")
    settings = settings_for(ours, tmp_path, publish=(str(tmp_path / "copies"),))
    damage(settings, 77)
    with pytest.raises(CompanyStopped):
        Pipeline(settings).load()
    assert copied(tmp_path / "copies")[1] == Path(settings.warehouse).read_bytes()


@pytest.mark.parametrize("report", [True, False])
def test_the_report_beside_the_warehouse_is_made_where_it_is_wanted(
    tmp_path: Path, ours: Sandbox, *, report: bool
) -> None:
    settings = settings_for(ours, tmp_path, report=report)
    land(settings, "first")
    assert Pipeline(settings).load().warnings == ()
    assert bool([*tmp_path.glob("*.html")]) is report
