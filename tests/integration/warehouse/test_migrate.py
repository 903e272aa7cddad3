"""The next load brings a file of an older catalogue up to date, and nothing is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from huggy_connector.catalogue import Column, Field, ListOf, Resource, Scalar, Struct, Text
from huggy_connector.errors import WarehouseUnusable

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

pytestmark = pytest.mark.usefixtures("without_marts")


def column(name: str, kind: Any, text: str = "A column.") -> Column:
    return Column(name, kind, (name,), Text(text, text))


PERSON = ListOf(Struct((Field("id", Scalar.BIGINT, "id"),)))
OLD = Resource(
    "notes",
    "notes",
    Text("Notes.", "Notas."),
    (column("id", Scalar.BIGINT), column("size", Scalar.INTEGER), column("people", PERSON)),
)
NAMED_PERSON = ListOf(Struct((Field("id", Scalar.BIGINT, "id"), Field("name", Scalar.VARCHAR, "name"))))
NEW = replace(
    OLD,
    comment=Text("All notes.", "Todas as notas."),
    columns=(
        column("id", Scalar.BIGINT),
        column("size", Scalar.BIGINT, "Size in bytes."),
        column("people", NAMED_PERSON),
        column("written_at", Scalar.INSTANT),
        column("select", Scalar.JSON),
    ),
)
NOTE = {
    "id": 1,
    "size": 5,
    "people": [{"id": 7, "name": "Ana"}],
    "written_at": "2026-11-01 10:00:00",
    "select": {"a": 1},
}


def test_new_columns_are_added_and_the_old_rows_stay(desk: Desk) -> None:
    first = desk.land([NOTE], resource=OLD)
    desk.load(resources=[OLD])
    report = desk.load(resources=[NEW])
    assert (report.published, report.version) == (True, 2)
    assert desk.read('SELECT id, size, people, written_at, written_at_local, "select", snapshot FROM notes') == [
        (1, 5, [{"id": 7, "name": None}], None, None, None, first.run_key)
    ]
    assert desk.load(resources=[NEW]).published is False


def test_snapshots_landed_later_fill_the_new_columns(desk: Desk) -> None:
    desk.land([NOTE], resource=OLD)
    desk.load(resources=[OLD])
    desk.land([NOTE | {"size": 2**40}], resource=NEW)
    desk.load(resources=[NEW])
    assert desk.read('SELECT size, people, written_at, "select" FROM notes') == [
        (2**40, [{"id": 7, "name": "Ana"}], datetime(2026, 11, 1, 13, tzinfo=UTC), '{"a":1}')
    ]


def test_snapshots_of_an_older_catalogue_are_typed_again_when_they_are_loaded(desk: Desk) -> None:
    desk.land([NOTE, NOTE | {"id": 2}], resource=OLD)
    desk.land([NOTE], resource=NEW)
    desk.load(resources=[NEW])
    assert desk.read('SELECT id, size, people, "select" FROM notes ORDER BY id') == [
        (1, 5, [{"id": 7, "name": "Ana"}], '{"a":1}'),
        (2, 5, [{"id": 7, "name": "Ana"}], '{"a":1}'),
    ]


def test_a_single_older_snapshot_is_typed_again_too(desk: Desk) -> None:
    desk.land([NOTE], resource=OLD)
    desk.load(resources=[NEW])
    assert desk.read('SELECT id, size, people, "select" FROM notes') == [(1, 5, [{"id": 7, "name": "Ana"}], '{"a":1}')]


def test_added_columns_are_in_schema_changes_and_comments_are_updated(desk: Desk) -> None:
    desk.load(resources=[OLD])
    desk.load(resources=[NEW])
    at = datetime(2026, 11, 22, 13, tzinfo=UTC)
    assert desk.read("SELECT * FROM meta.schema_changes ORDER BY field") == [
        (None, "notes", "column", "select", "JSON", None, at, None, None),
        (None, "notes", "column", "written_at", "TIMESTAMPTZ", None, at, None, None),
        (None, "notes", "column", "written_at_local", "TIMESTAMP", None, at, None, None),
    ]
    assert desk.read("SELECT comment FROM duckdb_tables() WHERE table_name = 'notes'") == [("All notes.",)]
    assert desk.read("SELECT comment FROM duckdb_columns() WHERE table_name = 'notes' AND column_name = 'size'") == [
        ("Size in bytes.",)
    ]


def test_a_column_that_the_catalogue_no_longer_has_stays(desk: Desk) -> None:
    desk.land([NOTE], resource=NEW)
    desk.load(resources=[NEW])
    desk.land([NOTE | {"id": 2}], resource=replace(NEW, columns=NEW.columns[:1]))
    desk.load(resources=[replace(NEW, columns=NEW.columns[:1])])
    assert desk.read("SELECT id, size FROM notes ORDER BY id") == [(1, 5), (2, None)]


def test_a_column_whose_values_do_not_fit_its_new_type_stops_the_load(desk: Desk) -> None:
    text = replace(OLD, columns=(column("id", Scalar.BIGINT), column("size", Scalar.VARCHAR)))
    desk.land([NOTE | {"size": "large"}], resource=text)
    desk.load(resources=[text])
    before = desk.warehouse.read_bytes()
    with pytest.raises(WarehouseUnusable, match=r"^The table notes has a column whose type has changed .* rebuild"):
        desk.load(resources=[OLD])
    assert desk.warehouse.read_bytes() == before


def test_a_table_of_a_new_resource_is_added(desk: Desk) -> None:
    desk.land([NOTE], resource=OLD)
    desk.load(resources=[OLD])
    memo = replace(OLD, name="memos")
    desk.land([NOTE], resource=memo)
    desk.load(resources=[OLD, memo])
    assert desk.read("SELECT (SELECT count(*) FROM notes), (SELECT count(*) FROM memos)") == [(1, 1)]


def test_json_is_stored_as_zstd_also_in_a_column_that_came_later_and_in_a_rewritten_file(desk: Desk) -> None:
    rows = [{"id": number, "select": {"the same key": number, "the same text": "text " * 10}} for number in range(9000)]
    desk.land(rows[:1], resource=OLD)
    desk.load(resources=[OLD])
    desk.land(rows, resource=NEW)
    desk.load(resources=[NEW])
    compression = (
        "SELECT DISTINCT compression FROM pragma_storage_info('notes')"
        " WHERE column_name = 'select' AND compression IN ('ZSTD', 'FSST', 'Dictionary')"
    )
    copy = desk.folder / "copy.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{desk.warehouse}' AS w (READ_ONLY)")
        connection.execute(f"ATTACH '{copy}' AS c (STORAGE_VERSION 'v1.2.0')")
        connection.execute("COPY FROM DATABASE w TO c")
    assert (desk.read(compression), desk.read(compression, file=copy)) == ([("ZSTD",)], [("ZSTD",)])
