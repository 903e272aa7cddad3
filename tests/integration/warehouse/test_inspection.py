"""A file is inspected before a load: what it is, whether a load may use it, and nothing in it changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from huggy_connector.catalogue import RESOURCES, Column, Scalar, Text
from huggy_connector.errors import WarehouseUnusable
from huggy_connector.privacy import PrivacyPolicy
from huggy_connector.settings import Settings
from huggy_connector.warehouse.file.engine import EngineLimits
from huggy_connector.warehouse.file.inspection import InspectedFile, inspect_file
from huggy_connector.warehouse.file.paths import WarehousePaths
from huggy_connector.warehouse.schema.meta import META
from huggy_connector.warehouse.schema.tables import tables_of

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk


if TYPE_CHECKING:
    from huggy_connector.warehouse.schema.table_spec import TableSpec

pytestmark = pytest.mark.usefixtures("without_marts")

Chat = Callable[..., dict[str, Any]]

CHATS = RESOURCES["chats"]


def inspect(desk: Desk, *wanted: TableSpec) -> InspectedFile:
    return inspect_file(WarehousePaths.at(desk.warehouse), wanted, engine=EngineLimits())


def refused(desk: Desk) -> str:
    """Return the sentence of an inspection that refuses the file, and check that the file stays as it was."""
    before = desk.warehouse.read_bytes()
    with pytest.raises(WarehouseUnusable) as caught:
        inspect(desk)
    assert desk.warehouse.read_bytes() == before
    return str(caught.value).replace(str(desk.folder), "HERE")


def test_where_no_file_is_there_is_no_version(desk: Desk) -> None:
    assert inspect(desk) == InspectedFile(version=0, is_outdated=True)


def test_an_inspection_tells_the_snapshots_zones_and_rules_of_the_newest_version(desk: Desk, chat: Chat) -> None:
    policy = PrivacyPolicy.from_settings(Settings.resolve(explicit={"privacy": "name=mask"}, environ={}))
    first = desk.land([chat(1)])
    desk.load()
    second = desk.land([{"id": 8, "name": "Ana"}], resource="contacts", company_id=7, policy=policy)
    desk.load()
    before = desk.warehouse.read_bytes()
    assert inspect(desk, *META, *tables_of(CHATS)) == InspectedFile(
        version=2,
        loaded=frozenset({(4242, "chats", first.run_key), (7, "contacts", second.run_key)}),
        is_outdated=False,
        zones=frozenset({(4242, "America/Sao_Paulo"), (7, "America/Sao_Paulo")}),
        rules=frozenset({(4242, ""), (7, policy.fingerprint)}),
    )
    assert desk.warehouse.read_bytes() == before


def test_a_file_that_lacks_a_column_of_the_catalogue_is_outdated(desk: Desk) -> None:
    desk.load()
    newer = replace(CHATS, columns=(*CHATS.columns, Column("novo", Scalar.VARCHAR, ("novo",), Text("New.", "Novo."))))
    assert [inspect(desk, *tables_of(each)).is_outdated for each in (CHATS, newer)] == [False, True]


def test_a_file_of_an_older_format_is_told_by_its_snapshots_alone(desk: Desk, chat: Chat) -> None:
    key = desk.land([chat(1)]).run_key
    desk.load()
    with duckdb.connect(str(desk.warehouse)) as connection:
        connection.execute("UPDATE meta.publishes SET format_version = 1; DROP TABLE meta.snapshots")
    assert inspect(desk) == InspectedFile(
        version=1, loaded=frozenset({(4242, "chats", key)}), is_outdated=True, has_old_format=True
    )


def test_an_empty_duckdb_file_is_as_good_as_none(desk: Desk) -> None:
    duckdb.connect(str(desk.warehouse)).close()
    assert inspect(desk) == InspectedFile()
    assert desk.load().version == 1


@pytest.mark.parametrize(
    ("content", "things"),
    [
        ("CREATE TABLE sales AS SELECT 1 AS id; CREATE VIEW best AS SELECT * FROM sales", 2),
        ("CREATE MACRO twice(x) AS 2 * x", 1),
        ("CREATE TYPE mood AS ENUM ('good', 'bad')", 1),
        ("CREATE SEQUENCE numbers", 1),
        ("CREATE SCHEMA mine", 1),
        ("CREATE SCHEMA meta; CREATE TABLE meta.publishes (version INTEGER)", 2),
    ],
)
def test_a_database_of_someone_else_is_refused_whatever_is_in_it(desk: Desk, content: str, things: int) -> None:
    with duckdb.connect(str(desk.warehouse)) as connection:
        connection.execute(content)
    assert refused(desk) == (
        f"HERE/huggy.duckdb holds {things} tables, views or other things of someone else: the warehouse is a file of "
        "its own. Give another path, and join the two with ATTACH."
    )


def test_a_file_of_a_newer_connector_is_refused(desk: Desk) -> None:
    desk.load()
    with duckdb.connect(str(desk.warehouse)) as connection:
        connection.execute("UPDATE meta.publishes SET format_version = 99, connector_version = '9.9'")
    assert refused(desk) == (
        "HERE/huggy.duckdb was written by huggy-connector 9.9, which is newer than this one: upgrade huggy-connector."
    )


def test_a_file_that_another_program_left_half_written_is_refused(desk: Desk) -> None:
    desk.load()
    (desk.folder / "huggy.duckdb.wal").write_bytes(b"someone's last words")
    assert refused(desk) == (
        "Another program wrote into HERE/huggy.duckdb and did not finish: huggy.duckdb.wal lies beside it. "
        "Open the file with that program and run CHECKPOINT, or move the .wal away to give up what it wrote."
    )
