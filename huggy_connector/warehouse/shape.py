"""The words a table of the warehouse is described in, and the columns that many of them share."""

from __future__ import annotations

from dataclasses import dataclass

from huggy_connector.catalogue import Text
from huggy_connector.warehouse import sql

FORMAT = 4
"""The version of what is written here. A file of a lower one is made anew by the next load, a higher one is refused."""


@dataclass(frozen=True, slots=True)
class Column:
    """`type` is DuckDB's spelling."""

    name: str
    type: str
    comment: Text


@dataclass(frozen=True, slots=True)
class Table:
    """`key` are the columns that no two rows share; empty where rows are only ever added. `view`: it is a view."""

    schema: str
    name: str
    comment: Text
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    view: bool = False

    @property
    def sql(self) -> str:
        """The quoted name, without the catalog: the same in a file that is opened and in one that is attached."""
        return sql.name(self.schema, self.name)

    @property
    def title(self) -> str:
        """The name as a person writes it."""
        return self.name if self.schema == "main" else f"{self.schema}.{self.name}"


def meta_table(name: str, english: str, portuguese: str, *columns: Column, key: tuple[str, ...] = ()) -> Table:
    return Table("meta", name, Text(english, portuguese), columns, key)


def column(name: str, kind: str, english: str, portuguese: str) -> Column:
    return Column(name, kind, Text(english, portuguese))


@dataclass(frozen=True, slots=True)
class Macro:
    """A question with a parameter, asked like a table. It works where the file is the one in use."""

    schema: str
    name: str
    parameters: tuple[str, ...]
    body: str
    comment: Text

    @property
    def statement(self) -> str:
        return f"CREATE MACRO {sql.name(self.schema, self.name)}({', '.join(self.parameters)}) AS TABLE {self.body}"


COMPANY = Column("company_id", "BIGINT", Text("Huggy's id of the account.", "Id da conta na Huggy."))
RUN_KEY = Text("The landed snapshot: meta.snapshots.run_key.", "A coleta (snapshot): meta.snapshots.run_key.")
RESOURCE = Column("resource", "VARCHAR", Text("The table.", "A tabela."))
VERSION = Column(
    "version",
    "BIGINT",
    Text("The publish that brought this row: meta.publishes.version.", "A publicação que trouxe a linha."),
)
