"""The description of a table: its types, and the columns that many tables share."""

from __future__ import annotations

from dataclasses import dataclass

from huggy_connector.catalogue import Text
from huggy_connector.warehouse.schema import sql

FORMAT = 4
"""The version of the file's layout. The next load rebuilds a file of a lower version. A higher one is refused."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column. `type` is in DuckDB's spelling. `default` is the text in rows that name none, and in older rows."""

    name: str
    type: str
    comment: Text
    default: str = ""


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table, or a `view`. `key` are the columns that no two rows share; it is empty if rows are only ever added."""

    schema: str
    name: str
    comment: Text
    columns: tuple[TableColumn, ...]
    key: tuple[str, ...] = ()
    view: bool = False

    @property
    def sql(self) -> str:
        """The quoted name without the database: the same for a file that is opened and one that is attached."""
        return sql.name(self.schema, self.name)

    @property
    def title(self) -> str:
        """The name as a person writes it."""
        return self.name if self.schema == "main" else f"{self.schema}.{self.name}"


def meta_table(name: str, english: str, portuguese: str, *columns: TableColumn, key: tuple[str, ...] = ()) -> TableSpec:
    """Return a table of the schema `meta`."""
    return TableSpec("meta", name, Text(english, portuguese), columns, key)


def column(name: str, kind: str, english: str, portuguese: str, *, default: str = "") -> TableColumn:
    """Return a column with its comment in both languages."""
    return TableColumn(name, kind, Text(english, portuguese), default)


@dataclass(frozen=True, slots=True)
class TableMacro:
    """A table macro: a query with parameters. It works if the file is in use."""

    schema: str
    name: str
    parameters: tuple[str, ...]
    body: str
    comment: Text

    @property
    def statement(self) -> str:
        return f"CREATE MACRO {sql.name(self.schema, self.name)}({', '.join(self.parameters)}) AS TABLE {self.body}"


COMPANY = TableColumn(
    "company_id",
    "BIGINT",
    Text(
        "Huggy's id of the account. Other ids are unique only within it: join on company_id and the id.",
        "Id da conta na Huggy. Outros ids só são únicos dentro dela: junte por company_id e o id.",
    ),
)
RUN_KEY = Text("The landed snapshot: meta.snapshots.run_key.", "A coleta (snapshot): meta.snapshots.run_key.")
RESOURCE = TableColumn("resource", "VARCHAR", Text("The table.", "A tabela."))
VERSION = TableColumn(
    "version",
    "BIGINT",
    Text("The publish that brought this row: meta.publishes.version.", "A publicação que trouxe a linha."),
)
