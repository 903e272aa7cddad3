"""The rows of the warehouse: what is in it, what waits for it, how old and how complete it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from huggy_connector import __version__
from huggy_connector.errors import WarehouseUnusable
from huggy_connector.landing import Manifest
from huggy_connector.model import Certificate
from huggy_connector.pipeline.doctor import warehouse_checks
from huggy_connector.pipeline.doctor.check_row import Finding, Unknown, ok, warn
from huggy_connector.pipeline.doctor.check_runner import Fact
from huggy_connector.pipeline.doctor.landing_checks import LandingLook, look_at_landing
from huggy_connector.pipeline.doctor.warehouse_checks import WarehouseLook, look_at_warehouse
from huggy_connector.settings import Settings
from huggy_connector.warehouse.read.coverage import read_coverage
from huggy_connector.warehouse.schema.table_spec import FORMAT
from tests.integration.warehouse.conftest import NOON, Desk
from tests.integration.warehouse.receiver_desk import ReceiverDesk, chat_of, started

NOW = NOON + timedelta(hours=3)


def chat(number: int, **fields: Any) -> dict[str, Any]:
    return {"id": number, "situation": "closed", "createdAt": "2026-11-01 10:00:00", **fields}


def settings_of(desk: Desk) -> Settings:
    return Settings(warehouse=str(desk.warehouse), landing=str(desk.root), timezone="UTC")


def looks(desk: Desk, *, now: datetime = NOW) -> tuple[Fact[WarehouseLook], Fact[LandingLook]]:
    settings = settings_of(desk)
    return (
        Fact("warehouse", lambda: look_at_warehouse(settings, now=now)),
        Fact("landing", lambda: look_at_landing(settings)),
    )


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, Manifest]:
    """A warehouse of two versions, and a snapshot that it lacks."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.land([chat(1, createdAt=None)], minute=0)
    desk.load()
    desk.land([{"id": 7, "name": "Ana"}], resource="agents", minute=60, exact=False,
              claim={"certificate": Certificate(exact=False, missing_at_most=1_500)})  # fmt: skip
    desk.load(now=lambda: NOON + timedelta(hours=2))
    return desk, desk.land([chat(1), chat(2)], minute=150)


def test_what_is_there_and_what_is_not_loaded_is_told(loaded: tuple[Desk, Manifest]) -> None:
    import duckdb

    desk, waiting = loaded
    size = desk.warehouse.stat().st_size / 1e6
    assert [*warehouse_checks.check_warehouse(settings_of(desk), *looks(desk))] == [
        ok("its folder can be written to"),
        ok(
            f"{desk.warehouse}, {size:,.1f} MB, format {FORMAT}, version 2 of 2026-11-22 14:00, "
            f"last load 2026-11-22 14:00, by huggy_connector {__version__} and DuckDB {duckdb.__version__}"
        ),
        ok("kept for a rollback: 1"),
        warn(f"1 snapshots are not loaded, {waiting.address} the first", "run `huggy load`"),
    ]
    warehouse, landing = looks(desk)
    assert warehouse_checks.count_growth(warehouse.get(), landing.get()) == 2 * waiting.files[0].bytes


def test_the_age_of_each_table_is_told_by_the_check_of_a_load(loaded: tuple[Desk, Manifest]) -> None:
    desk, _ = loaded
    warehouse, _ = looks(desk)
    assert [*warehouse_checks.check_freshness_now(settings_of(desk), warehouse, now=NOW)] == [
        ok("company 4242, last read before: agents 120 min, chats 3 h")
    ]
    later = [*warehouse_checks.check_freshness_now(settings_of(desk), warehouse, now=NOW + timedelta(days=2))]
    advice = "does the schedule run? `huggy sync` reads what is due"
    assert later[1:] == [
        warn("agents: company 4242: the newest snapshot was begun 50 hours ago", advice),
        warn("chats: company 4242: the newest snapshot was begun 51 hours ago", advice),
    ]


def test_checks_that_warn_are_told(loaded: tuple[Desk, Manifest]) -> None:
    desk, _ = loaded
    warehouse, _ = looks(desk)
    status = warehouse.get().status
    assert status is not None
    assert "chats: 1 rows have no created_at (created_at_present)." in status.warnings
    told = [warn(sentence, "see docs/quality.md and `huggy status`") for sentence in status.warnings]
    assert [*warehouse_checks.check_quality(warehouse)][:3] == told[:3]
    many = replace(warehouse.get(), status=replace(status, warnings=tuple("abcde")))
    assert [each.found for each in warehouse_checks.check_quality(Fact("w", lambda: many))] == [
        "a", "b", "c", "2 more warnings",
    ]  # fmt: skip
    none = replace(many, status=replace(status, warnings=()))
    assert [*warehouse_checks.check_quality(Fact("w", lambda: none))] == [ok("no check of the last publish warns")]


def test_each_list_says_whether_all_of_it_was_read(loaded: tuple[Desk, Manifest]) -> None:
    desk, _ = loaded
    warehouse, _ = looks(desk)
    coverage = Fact("coverage", lambda: read_coverage(desk.warehouse))
    found = [*warehouse_checks.check_coverage(warehouse, coverage)]
    assert found == [
        ok("company 4242, exact: chats all to 2026-11-22 12:00"),
        warn(
            "agents of company 4242: the newest full snapshot may lack 1,500 rows", "`huggy land agents`, `huggy load`"
        ),
        warn("contacts of company 4242: never read whole", "`huggy land contacts`, `huggy load`"),
        warn("departments of company 4242: never read whole", "`huggy land departments`, `huggy load`"),
    ]


def test_a_webhook_says_until_when_it_covers_and_whether_a_poll_would_heal_a_hole(tmp_path: Path) -> None:
    receiver = ReceiverDesk(Desk(tmp_path))
    receiver.hear(started(1, 1), spans=[(0, 5), (8, 12)], at=12)
    receiver.load(13)
    told = "the webhook of company 4242 covers until 2026-11-22 12:12"
    advice = "`huggy sync` heals them, `huggy status` lists them"
    assert last_of_coverage(receiver.desk) == warn(f"{told}, holes that are not healed: 1", advice)
    receiver.poll(chat_of(1, opened=1, agent=None), at=14)
    receiver.load(15)
    assert last_of_coverage(receiver.desk) == ok(told)


def test_a_webhook_that_told_nothing_yet_says_so(tmp_path: Path) -> None:
    receiver = ReceiverDesk(Desk(tmp_path))
    receiver.hear(spans=[(0, 5)], at=5)
    receiver.load(6)
    assert last_of_coverage(receiver.desk) == ok("the webhook of company 4242 has told nothing yet")


def last_of_coverage(desk: Desk) -> Finding:
    warehouse, _ = looks(desk)
    return [*warehouse_checks.check_coverage(warehouse, Fact("coverage", lambda: read_coverage(desk.warehouse)))][-1]


def test_where_there_is_no_warehouse_yet_one_row_says_so_and_nothing_is_made(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    warehouse, landing = looks(desk)
    assert [*warehouse_checks.check_warehouse(settings_of(desk), warehouse, landing)] == [
        ok("its folder can be written to"),
        warn(f"{desk.warehouse} is not there yet", "the first `huggy sync` makes it; or set HUGGY_WAREHOUSE"),
    ]
    for check in (
        warehouse_checks.check_quality(warehouse),
        warehouse_checks.check_coverage(warehouse, Fact("coverage", tuple)),
        warehouse_checks.check_freshness_now(settings_of(desk), warehouse, now=NOW),
    ):
        with pytest.raises(Unknown, match=r"^not known: see warehouse$"):
            list(check)
    assert [*tmp_path.iterdir()] == []


def test_what_stops_a_load_is_told_as_the_load_would(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.warehouse.write_text("a text")
    warehouse, landing = looks(desk)
    rows = warehouse_checks.check_warehouse(settings_of(desk), warehouse, landing)
    with pytest.raises(WarehouseUnusable) as raised:
        next(rows)
    assert Finding.from_error(raised.value).found == f"{desk.warehouse} is not a DuckDB file"
