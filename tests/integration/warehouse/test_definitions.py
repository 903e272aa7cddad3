"""Every view and mart: its worked example holds, and its columns are those that it says."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from huggy_connector.catalogue import RESOURCES
from huggy_connector.warehouse.marts.calendar import BusinessCalendar
from huggy_connector.warehouse.marts.calendar_file import read_calendar
from huggy_connector.warehouse.marts.definitions import read_definitions
from huggy_connector.warehouse.marts.mart_definition import ExampleRows, MartDefinition
from huggy_connector.warehouse.marts.opening_hours import WEEKDAYS
from huggy_connector.warehouse.marts.refresh import refresh_marts
from huggy_connector.warehouse.schema import sql
from huggy_connector.warehouse.schema.meta import DEFINITIONS, PUBLISHES, SNAPSHOTS
from huggy_connector.warehouse.schema.meta_restatements import PUBLISHED_FIGURES, RESTATEMENTS
from huggy_connector.warehouse.schema.table_spec import TableSpec
from huggy_connector.warehouse.schema.tables import history_table_of, table_of

ZONE = "America/Sao_Paulo"
TABLES = {
    **{name: table_of(resource) for name, resource in RESOURCES.items()},
    "history.chats": history_table_of(RESOURCES["chats"]),
}
FILES = {each.file: [other for other in read_definitions() if other.file == each.file] for each in read_definitions()}
each = pytest.mark.parametrize("definitions", FILES.values(), ids=FILES)


@pytest.fixture
def desk() -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables of a warehouse, empty and in memory."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("CREATE SCHEMA meta; CREATE SCHEMA history")
        for table in (*TABLES.values(), DEFINITIONS, PUBLISHES, SNAPSHOTS, PUBLISHED_FIGURES, RESTATEMENTS):
            columns = ", ".join(f"{sql.name(column.name)} {column.type}" for column in table.columns)
            connection.execute(f"CREATE TABLE {table.sql} ({columns})")
        connection.execute(f"INSERT INTO {SNAPSHOTS.sql} (company_id, timezone) VALUES (1, '{ZONE}')")
        yield connection


@pytest.fixture(scope="module")
def calendar(tmp_path_factory: pytest.TempPathFactory) -> BusinessCalendar:
    """The calendar of all examples: the default one, with one desk that works at night."""
    file = tmp_path_factory.mktemp("calendar") / "calendar.toml"
    night = "\n".join(f'hours.{name} = "22:00-06:00"' for name in WEEKDAYS)
    file.write_text(f"[[desks]]\ndepartment = 77\n{night}\ntargets.first_response.minutes = 5\n")
    return read_calendar(str(file))


def put(connection: duckdb.DuckDBPyConnection, table: TableSpec, rows: ExampleRows) -> None:
    """Rows as the example writes them; times are local, and what is not said has a usual value."""
    types = {column.name: column.type for column in table.columns}
    for number, cells in enumerate(rows.rows):
        said = {"company_id": "1", "fetched_at": "2026-11-09 18:00", "row_hash": f"{number:032x}"}
        said = {name: cell for name, cell in said.items() if name in types}
        said |= {name: cell for name, cell in zip(rows.columns, cells, strict=True) if cell is not None}
        values: dict[str, str] = {}
        for name, cell in said.items():
            if types[name] == "TIMESTAMPTZ":
                values[name] = f"'{cell}'::TIMESTAMP AT TIME ZONE '{ZONE}'"
                if f"{name}_local" in types:
                    values[f"{name}_local"] = f"'{cell}'::TIMESTAMP"
            else:
                values[name] = f"{sql.text(cell)}::{types[name]}"
        connection.execute(f"INSERT INTO {table.sql} ({sql.names(values)}) VALUES ({', '.join(values.values())})")


def shown(connection: duckdb.DuckDBPyConnection, definition: MartDefinition) -> list[tuple[str | None, ...]]:
    columns = ", ".join(f"{sql.name(name)}::VARCHAR" for name in definition.example.expected.columns)
    return connection.execute(
        f"SELECT {columns} FROM {definition.table.sql} WHERE {definition.example.condition}"
    ).fetchall()


def ordered(rows: object) -> list[tuple[str | None, ...]]:
    return sorted(rows, key=repr)  # type: ignore[call-overload,no-any-return]


@each
def test_the_worked_example_holds(
    desk: duckdb.DuckDBPyConnection, calendar: BusinessCalendar, definitions: list[MartDefinition]
) -> None:
    for name, rows in definitions[0].example.given.items():
        put(desk, TABLES[name], rows)
    refresh_marts(desk, calendar)
    for definition in definitions:
        assert ordered(shown(desk, definition)) == ordered(definition.example.expected.rows), definition.table.title
