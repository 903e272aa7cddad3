"""The table of a resource has the columns of its catalogue and what a load adds."""

from huggy_connector.catalogue import Column, Resource, Scalar, Text
from huggy_connector.warehouse.schema.tables import table_of

TEXT = Text("One.", "Um.")
NOTES = Resource(
    "notes",
    "notes",
    TEXT,
    (Column("id", Scalar.BIGINT, ("id",), TEXT), Column("written_at", Scalar.INSTANT, ("writtenAt",), TEXT)),
)


def test_a_table_is_the_company_the_catalogues_columns_and_the_envelope() -> None:
    table = table_of(NOTES)
    assert [(column.name, column.type) for column in table.columns] == [
        ("company_id", "BIGINT"),
        ("id", "BIGINT"),
        ("written_at", "TIMESTAMPTZ"),
        ("written_at_local", "TIMESTAMP"),
        ("extra", "JSON"),
        ("fetched_at", "TIMESTAMPTZ"),
        ("row_hash", "VARCHAR"),
        ("snapshot", "VARCHAR"),
    ]
    assert (table.schema, table.name, table.key) == ("main", "notes", ("company_id", "id"))
