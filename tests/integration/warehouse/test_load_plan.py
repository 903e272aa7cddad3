"""The plan of a load: which snapshots it takes, into the file as it is or a rebuilt one, and what it leaves out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import duckdb
import pytest

from huggy_connector.catalogue import RESOURCES, Column, Scalar, Text
from huggy_connector.errors import ClockWrong, SnapshotDamaged, WarehouseUnusable
from huggy_connector.warehouse import decide_snapshots
from huggy_connector.warehouse.file.blocklist import SnapshotDecisions
from huggy_connector.warehouse.file.inspection import InspectedFile
from huggy_connector.warehouse.file.paths import WarehousePaths
from huggy_connector.warehouse.load.load_plan import LoadPlan, plan_load

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk


Chat = Callable[..., dict[str, Any]]

ZONE = ZoneInfo("America/Sao_Paulo")
CHATS = RESOURCES["chats"]
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
NO_PLAN = LoadPlan(is_rebuild=False, batches=(), zones={}, loaded=(), blocked=0, loaded_blocked=0)

OF_THE_LOAD_ITSELF = (
    "meta.publishes",
    "meta.quality",
    "meta.restatements",
    "meta.loads",
    "meta.freshness",
    "meta.profiles",
)


BLOCKED_LATE = (
    "snapshots in the file are blocked: `huggy rebuild` leaves them out, `huggy rollback --unblock RUN_KEY` keeps one."
)


def test_a_rebuild_makes_the_same_file_from_the_landing_alone(desk: Desk, chat: Chat) -> None:
    for day in range(4):
        desk.land(
            [chat(number, channel=f"c{day % 2}", novo=day) for number in range(day, 9)],
            mode="full" if day % 2 else "window",
        )
        desk.land([{"id": number, "name": f"n{day}"} for number in range(5)], resource="contacts")
        desk.land([{"id": day}], mode="tombstones")
        desk.load()
    grown = desk.tables(without=OF_THE_LOAD_ITSELF)
    report = desk.load(rebuild=True, zone=ZONE)
    assert desk.tables(without=OF_THE_LOAD_ITSELF) == grown
    assert (report.published, report.version, len(report.snapshots)) == (True, 5, 12)
    assert desk.read("SELECT version, reason FROM meta.publishes") == [(5, "rebuild")]
    assert desk.load().published is False


def test_a_rebuild_that_would_hold_less_is_refused(desk: Desk, chat: Chat) -> None:
    lost = desk.land([chat(1)])
    desk.land([chat(2)])
    desk.load()
    before = desk.warehouse.read_bytes()
    (desk.root / lost.address).unlink()
    with pytest.raises(WarehouseUnusable) as caught:
        desk.load(rebuild=True)
    assert str(caught.value) == (
        f"{desk.warehouse} must be rebuilt from the landing, which lacks 1 of the snapshots in it, {lost.folder} the "
        "first: bring them back, or move the file away to build one from what is there."
    )
    assert desk.warehouse.read_bytes() == before


def test_a_file_of_a_former_format_is_rebuilt_from_the_landing(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1, channel="a")])
    desk.land([chat(1, channel="b")])
    desk.load()
    new = desk.tables(without=OF_THE_LOAD_ITSELF)
    with duckdb.connect(str(desk.warehouse)) as connection:
        connection.execute("DROP MACRO TABLE history.chats_as_of; DROP MACRO TABLE history.contacts_as_of")
        connection.execute("DROP SCHEMA history CASCADE; DROP TABLE meta.tombstones; DROP TABLE meta.contacts_in_chats")
        connection.execute(
            "DELETE FROM contacts; ALTER TABLE chats DROP seen_at; ALTER TABLE contacts DROP embedded_at"
        )
        connection.execute("UPDATE meta.publishes SET format_version = 1")
    report = desk.load()
    assert (report.published, report.version) == (True, 2)
    assert desk.tables(without=OF_THE_LOAD_ITSELF) == new
    assert desk.load().published is False


def test_a_loaded_snapshot_that_is_blocked_stays_until_a_rebuild_and_each_load_says_so(desk: Desk, chat: Chat) -> None:
    first, second = desk.land([chat(1)], mode="window"), desk.land([chat(2)], mode="window")
    desk.load()
    decide_snapshots(desk.warehouse, block=[second.address])
    assert desk.load().warnings == (f"1 {BLOCKED_LATE}",)
    assert desk.load(rebuild=True).snapshots == (first.address,)
    assert desk.load().warnings == (
        "1 snapshots are blocked: `huggy rollback --unblock RUN_KEY` lets the next load take one.",
    )


def test_the_next_load_corrects_the_times_of_a_wrong_zone(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1)], zone=ZoneInfo("UTC"))
    desk.load(zone=ZONE)
    assert desk.read("SELECT created_at FROM chats") == [(datetime(2026, 11, 1, 10, tzinfo=UTC),)]
    desk.land([chat(1), chat(2)])
    told: list[str] = []
    assert desk.load(note=told.append).published
    assert told[0] == "The zone of company 4242 has changed: its times are read again, from the landing."
    assert desk.read("SELECT DISTINCT created_at FROM chats") == [(datetime(2026, 11, 1, 13, tzinfo=UTC),)]
    assert desk.read("SELECT id, changed FROM history.chats ORDER BY id") == [(1, None), (2, None)]
    assert desk.read("SELECT as_of_local - as_of::TIMESTAMP FROM marts.as_of") == [(timedelta(hours=-3),)]
    grown = desk.tables(without=OF_THE_LOAD_ITSELF)
    assert desk.load().published is False
    desk.load(rebuild=True)
    assert desk.tables(without=OF_THE_LOAD_ITSELF) == grown


def test_each_company_keeps_its_own_zone(desk: Desk, chat: Chat) -> None:
    west = ZoneInfo("America/Manaus")
    for company_id, zone in ((1, ZONE), (2, west)):
        desk.land([chat(1, novo="a")], company_id=company_id, zone=zone)
    desk.load()
    hours = "SELECT company_id, hour(created_at) FROM chats ORDER BY 1"
    assert desk.read(hours) == [(1, 13), (2, 14)]
    assert desk.load(zone=west).published is False
    promoted = replace(
        CHATS, columns=(*CHATS.columns, Column("novo", Scalar.VARCHAR, ("novo",), Text("New.", "Novo.")))
    )
    desk.load(resources=[promoted, *(each for each in RESOURCES.values() if each is not CHATS)], rebuild=True)
    assert desk.read(hours) == [(1, 13), (2, 14)]
    assert desk.read("SELECT company_id, as_of_local - as_of::TIMESTAMP FROM marts.as_of ORDER BY 1") == [
        (1, timedelta(hours=-3)),
        (2, timedelta(hours=-4)),
    ]


def plan(
    desk: Desk, *, inspected: InspectedFile | None = None, blocked: tuple[str, ...] = (), **options: Any
) -> LoadPlan:
    return plan_load(
        desk.landing,
        WarehousePaths.at(desk.warehouse),
        inspected or InspectedFile(),
        SnapshotDecisions(frozenset(blocked), frozenset()),
        [RESOURCES["chats"], RESOURCES["agents"]],
        **{"zone": ZONE, "rebuild": False, "now": NOON + timedelta(hours=1), "note": lambda _: None, **options},
    )


def test_a_plan_takes_what_is_not_in_the_file_by_company_and_table(desk: Desk, chat: Chat) -> None:
    old, new = desk.land([chat(1)]), desk.land([chat(2)])
    blocked = desk.land([chat(3)])
    other = desk.land([{"id": 7}], resource="agents", company_id=7)
    desk.land([{"id": 8}], resource="contacts")
    made = plan(desk, inspected=InspectedFile(1, frozenset({(4242, "chats", old.run_key)})), blocked=(blocked.address,))
    assert [(each.company_id, each.resource.name, each.new, each.loaded) for each in made.batches] == [
        (7, "agents", (other,), ()),
        (4242, "chats", (new,), (old,)),
    ]
    assert (made.is_rebuild, made.skipped, made.blocked, made.loaded_blocked) == (False, 1, 1, 0)


def test_a_rebuild_takes_all_but_the_blocked_and_those_may_even_be_gone(desk: Desk, chat: Chat) -> None:
    old, blocked = desk.land([chat(1)]), desk.land([chat(2)])
    gone = desk.land([chat(3)])
    keys = frozenset((4242, "chats", each.run_key) for each in (old, blocked, gone))
    (desk.root / gone.address).unlink()
    options: dict[str, Any] = {"inspected": InspectedFile(1, keys), "rebuild": True}
    assert plan(desk, blocked=(blocked.address, gone.address), **options).manifests == [old]
    with pytest.raises(WarehouseUnusable, match="lacks 1 of the snapshots in it"):
        plan(desk, blocked=(blocked.address,), **options)


def test_a_stopped_company_is_left_out_and_a_rebuild_does_not_ask_for_its_snapshots(desk: Desk, chat: Chat) -> None:
    kept = desk.land([chat(1)])
    lost = desk.land([chat(1)], company_id=7)
    (desk.root / lost.address).unlink()
    inspected = InspectedFile(1, frozenset({(7, "chats", lost.run_key)}))
    made = plan(desk, inspected=inspected, rebuild=True, stopped={7: SnapshotDamaged("It is damaged.")})
    assert (made.manifests, set(made.zones)) == ([kept], {4242})


def test_the_newest_snapshot_of_a_company_names_its_zone_and_else_the_one_given_counts(desk: Desk, chat: Chat) -> None:
    west = ZoneInfo("America/Manaus")
    desk.land([chat(1)], zone=west, minute=2)
    desk.land([{"id": 1}], resource="agents", zone=ZONE, minute=1)
    desk.land([chat(1)], company_id=7, claim={"timezone": ""})
    assert plan(desk, zone=ZoneInfo("UTC")).zones == {4242: west, 7: ZoneInfo("UTC")}


def test_snapshots_of_a_time_to_come_wait_and_a_landing_of_nothing_else_means_a_wrong_clock(
    desk: Desk, chat: Chat
) -> None:
    future = desk.land([chat(2)], minute=90)
    with pytest.raises(ClockWrong) as caught:
        plan(desk)
    assert str(caught.value) == (
        "All snapshots of the landing are of a time after now, which is 2026-11-22 13:00 UTC by this host's clock: set "
        "it."
    )
    now = desk.land([chat(1)], minute=1)
    made = plan(desk)
    assert (made.manifests, made.future, made.loaded_future) == ([now], (f"chats {future.run_key}",), ())
    loaded = plan(desk, inspected=InspectedFile(1, frozenset({(4242, "chats", future.run_key)})))
    assert (loaded.future, loaded.loaded_future) == ((), (f"chats {future.run_key}",))


@pytest.mark.parametrize(
    ("fields", "sentences"),
    [
        ({}, []),
        (
            {"blocked": 1_003, "loaded_blocked": 1},
            [
                "1,002 snapshots are blocked: `huggy rollback --unblock RUN_KEY` lets the next load take one.",
                f"1 {BLOCKED_LATE}",
            ],
        ),
        (
            {"future": ("chats B", "chats C")},
            [
                (
                    "2 snapshots have a time in the future and are left out until then, chats B the first: is this "
                    "host's clock behind, or was the one that landed them ahead?"
                )
            ],
        ),
        (
            {"loaded_future": ("chats A",)},
            [
                (
                    "1 snapshots in the file have a time in the future and beat what is read now, chats A the first: "
                    "if this host's clock is right, `huggy rebuild` leaves them out."
                )
            ],
        ),
        (
            {"misnamed_folders": ("0042",)},
            ["1 folders of the landing are left out, 0042 the first: no company has such a number: move them away."],
        ),
    ],
)
def test_a_plan_says_in_a_sentence_each_what_it_leaves_out(fields: dict[str, Any], sentences: list[str]) -> None:
    assert replace(NO_PLAN, **fields).hints == tuple(sentences)
