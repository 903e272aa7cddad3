"""The audit of a load: its snapshots, the values that could not be read, new fields and columns, and the freshness."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from huggy_connector.catalogue import RESOURCES
from huggy_connector.model import Certificate
from huggy_connector.warehouse.load import audit
from huggy_connector.warehouse.load.quality.publish_checks import CheckFinding, CheckLevel
from huggy_connector.warehouse.schema.migrate import SchemaDifference
from huggy_connector.warehouse.schema.tables import table_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from tests.integration.warehouse.conftest import Desk

pytestmark = pytest.mark.usefixtures("without_marts")

Chat = Callable[..., dict[str, Any]]

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_only_the_winner_has_rejects_if_a_snapshot_has_an_id_twice(desk: Desk, chat: Chat) -> None:
    desk.land(
        [
            chat(1, updatedAt="2026-11-05 10:00:00", contactId="x"),
            chat(1, updatedAt="2027-11-05 10:00:00", agentId="y"),
        ]
    )
    desk.load()
    assert desk.read("SELECT column_name FROM meta.rejects") == [("agent_id",)]


def test_a_row_without_a_readable_id_is_in_rejects_and_nowhere_else(desk: Desk, chat: Chat) -> None:
    key = desk.land([chat("abc", contactId=1), chat(None, contactId=1), chat(1)]).run_key
    desk.load()
    assert desk.read("SELECT id FROM chats") == [(1,)]
    assert desk.read("SELECT fetched, kept, doubled, rejected FROM meta.loads") == [(3, 1, 0, 2)]
    fetched_at = datetime(2026, 11, 22, 12, 1, tzinfo=UTC)
    assert desk.read("SELECT * EXCLUDE (reason) FROM meta.rejects WHERE reason <> ''") == [
        (4242, "chats", None, "id", key, fetched_at),
        (4242, "chats", None, "id", key, fetched_at),
    ]


def test_every_unreadable_value_is_in_rejects_once_and_its_row_is_kept(desk: Desk, chat: Chat) -> None:
    broken = chat(1, createdAt="0000-00-00 00:00:00", agents=[{"id": "x"}, {"id": "y"}])
    desk.land([broken, broken, chat(2, queueNumber=2**40), chat(3)])
    desk.load()
    assert desk.read("SELECT id, created_at IS NULL, queue_number, agents[1].id FROM chats ORDER BY id") == [
        (1, True, None, None),
        (2, False, None, 7),
        (3, False, None, 7),
    ]
    assert desk.read("SELECT id, column_name FROM meta.rejects WHERE reason <> '' ORDER BY ALL") == [
        (1, "agents.id"),
        (1, "agents.id"),
        (1, "created_at"),
        (2, "queue_number"),
    ]


def test_unknown_fields_are_recorded_by_name_and_type(desk: Desk, chat: Chat) -> None:
    first = desk.land([chat(1, select={"a": 1}), chat(2, select=None), chat(3)]).run_key
    desk.load()
    second = desk.land([chat(4, select={"b": 2}), chat(5, **{'a "b".c': [1]})]).run_key
    desk.load()
    columns = "resource, kind, field, type, first_run_key, first_seen_at, last_seen_at, rows"
    at = {minute: datetime(2026, 11, 22, 12, minute, tzinfo=UTC) for minute in (1, 2)}
    assert desk.read(f"SELECT {columns} FROM meta.schema_changes ORDER BY field, type") == [
        ("chats", "field", 'a "b".c', "array", second, at[2], at[2], 1),
        ("chats", "field", "select", "null", first, at[1], at[1], 1),
        ("chats", "field", "select", "object", first, at[1], at[2], 2),
    ]


def test_the_facts_of_a_manifest_are_in_meta(desk: Desk, chat: Chat) -> None:
    window = {"from": "2026-11-01", "to": "2026-11-08"}
    claim = {
        "window": window,
        "retries": 3,
        "privacy": "0123456789abcdef" + "of who is forgotten",
        "certificate": Certificate(exact=False, missing_at_most=2, why="Rows left."),
    }
    certificate = (
        '{"exact": false, "missing_at_most": 2, "arrived": 0, "left": 0, "repaired": 0, "why": "Rows left.", '
        '"details": {}, "scope": "list"}'
    )
    key = desk.land([chat(1)], mode="window", claim=claim).run_key
    desk.load()
    at = datetime(2026, 11, 22, 12, 1, tzinfo=UTC)
    assert desk.read("SELECT * FROM meta.snapshots") == [
        (
            *(
                4242,
                "chats",
                key,
                "window",
                "America/Sao_Paulo",
                "0123456789abcdef",
                "2026-11-01",
                "2026-11-08",
                at,
                at.replace(second=30),
                1,
                1,
                2,
                2,
                3,
            ),
            *(False, 2, certificate),
        )
    ]


def test_freshness_has_the_number_of_rows_and_their_newest_times(desk: Desk, chat: Chat) -> None:
    desk.land([chat(1), chat(2, createdAt="2026-11-09 10:00:00", updatedAt="2026-11-10 10:00:00")])
    last = desk.land([chat(1)], exact=False).run_key
    desk.load()
    day = datetime(2026, 11, 22, 12, 2, tzinfo=UTC)
    assert desk.read("SELECT * FROM meta.freshness") == [
        (
            *(4242, "chats", 2, datetime(2026, 11, 9, 13, tzinfo=UTC), datetime(2026, 11, 10, 13, tzinfo=UTC), day),
            *(last, day, False, datetime(2026, 11, 22, 13, tzinfo=UTC)),
        )
    ]


@pytest.mark.parametrize(
    ("value", "kind"),
    [({}, "object"), ([], "array"), (True, "boolean"), (None, "null"), ("", "string"), (1, "number"), (1.5, "number")],
)
def test_a_new_field_is_told_with_its_type_and_only_once(
    desk: Desk, chat: Chat, tables: DuckDBPyConnection, value: Any, kind: str
) -> None:
    stage = desk.stage(tables, desk.land([chat(1, novo=value), chat(2, novo=value)]))
    assert audit.record_fields(stage) == (f"novo ({kind})",)
    assert audit.record_fields(desk.stage(tables, desk.land([chat(1, novo=value)]))) == ()
    assert audit.record_fields(desk.stage(tables, desk.land([chat(1)]))) == ()


def test_the_record_of_fields_does_not_depend_on_the_order_of_loads(
    desk: Desk, chat: Chat, tables: DuckDBPyConnection
) -> None:
    dice = random.Random(7)
    landed = [
        desk.land([chat(1, **{name: dice.choice([1, "a"])}) for name in dice.choices(["a", "b", "ç"], k=4)])
        for _ in range(6)
    ]
    told = []
    for _ in range(4):
        tables.execute("DELETE FROM meta.schema_changes")
        for manifest in landed:
            audit.record_fields(desk.stage(tables, manifest))
        told.append(tables.execute("SELECT * FROM meta.schema_changes ORDER BY ALL").fetchall())
        dice.shuffle(landed)
    assert told[0] != []
    assert told[1:] == told[:1] * 3


def test_a_column_that_was_added_is_recorded_and_another_change_is_not(tables: DuckDBPyConnection) -> None:
    chats = table_of(RESOURCES["chats"])
    column = chats.columns[1]
    differences = [SchemaDifference(chats, "COMMENT ..."), SchemaDifference(chats, "ALTER ...", column)]
    audit.record_columns(tables, differences, now=NOON)
    assert tables.execute("SELECT * FROM meta.schema_changes").fetchall() == [
        (None, "chats", "column", "id", "BIGINT", None, NOON, None, None)
    ]


def test_the_rules_of_each_snapshot_are_read_back(desk: Desk, chat: Chat, tables: DuckDBPyConnection) -> None:
    under = desk.land([chat(1)], claim={"privacy": "0123456789abcdef and more"})
    plain = desk.land([chat(1)], company_id=7)
    for manifest in (under, plain):
        desk.apply(tables, manifest)
    tables.execute("UPDATE meta.snapshots SET privacy = NULL WHERE company_id = 7")
    assert audit.read_rule_marks(tables) == {
        (4242, "chats", under.run_key): "0123456789abcdef",
        (7, "chats", plain.run_key): "",
    }


def test_what_was_recognised_as_personal_is_recorded_by_field_and_kind(
    desk: Desk, chat: Chat, tables: DuckDBPyConnection
) -> None:
    personal = {"note": {"cpf": 2, "email": 1}, "customer.obs": {"phone": 3}}
    key = desk.land([chat(1)], claim={"personal": personal}).run_key
    desk.apply(tables, desk.made[-1])
    assert tables.execute("SELECT * FROM meta.personal_data ORDER BY ALL").fetchall() == [
        (4242, "chats", key, "customer.obs", "phone", 3),
        (4242, "chats", key, "note", "cpf", 2),
        (4242, "chats", key, "note", "email", 1),
    ]


def test_the_freshness_of_a_table_without_rows_is_that_of_its_newest_snapshot(
    desk: Desk, tables: DuckDBPyConnection
) -> None:
    agents = RESOURCES["agents"]
    for _ in range(2):
        desk.apply(tables, desk.land([], resource="agents"))
        audit.refresh_freshness(tables, [agents, RESOURCES["contacts"]], now=NOON)
    told = "SELECT company_id, resource, rows, newest_fetched_at, last_snapshot, published_at FROM meta.freshness"
    assert tables.execute(told).fetchall() == [(4242, "agents", 0, None, desk.made[-1].run_key, NOON)]


def test_findings_are_recorded_with_the_version_that_they_are_of(tables: DuckDBPyConnection) -> None:
    findings = [
        CheckFinding("fresh", "chats", CheckLevel.WARN, False, "3 hours"),
        CheckFinding("unique_key", "agents", CheckLevel.STOP, True, "0 ids"),
    ]
    audit.record_quality(tables, iter(findings), version=4)
    audit.record_quality(tables, [], version=5)
    assert tables.execute("SELECT * FROM meta.quality ORDER BY check_name").fetchall() == [
        (4, "fresh", "chats", "warn", False, "3 hours"),
        (4, "unique_key", "agents", "stop", True, "0 ids"),
    ]
