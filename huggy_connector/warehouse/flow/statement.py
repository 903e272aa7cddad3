"""The statement of a flow's query, checked against a version of the warehouse: one row of texts, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from huggy_connector.errors import ConfigurationError
from huggy_connector.warehouse.flow.query_file import COMPANY_ID, CONTACT_ID, FlowQuery, InputKind
from huggy_connector.warehouse.schema import sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

LONGEST_VALUE = 4_000
"""Characters of a column that leave; the rest is cut off."""
_NESTED = ("STRUCT", "MAP", "UNION", "JSON", "VARIANT", "BLOB", "BIT")
_EXAMPLES: Mapping[InputKind, Any] = {
    InputKind.TEXT: "",
    InputKind.INTEGER: 0,
    InputKind.NUMBER: Decimal(0),
    InputKind.DATE: date(2000, 1, 1),
}


class TooManyRows(Exception):
    """The error for a query that gives more than one row."""


@dataclass(frozen=True, slots=True)
class FlowStatement:
    """The SQL that is run, the names it binds, and the columns in the order of the declaration."""

    text: str
    parameters: frozenset[str]
    columns: tuple[str, ...]

    def run(self, connection: DuckDBPyConnection, values: Mapping[str, Any]) -> Mapping[str, str] | None:
        """Return the one row, NULL as an empty text, or None. Raises TooManyRows and duckdb.Error."""
        bound = {name: values[name] for name in self.parameters}
        rows = connection.execute(self.text, bound).fetchall()
        if len(rows) > 1:
            raise TooManyRows
        return {name: _to_text(value) for name, value in zip(self.columns, rows[0], strict=True)} if rows else None


def check_statement(query: FlowQuery) -> frozenset[str]:
    """Return the names that a statement binds. It needs no warehouse.

    Raises ConfigurationError if it is not one SELECT that binds its inputs by name.
    """
    import duckdb

    try:
        parsed = duckdb.extract_statements(query.statement)
    except duckdb.Error as error:
        raise ConfigurationError(f"{query.name}.sql is wrong. {_reason_of(error)}") from None
    if [statement.type.name for statement in parsed] != ["SELECT"]:
        raise ConfigurationError(f"{query.name}.sql is not one SELECT: a flow reads the warehouse and changes nothing.")
    bound = frozenset(parsed[0].named_parameters)
    if unknown := sorted(bound - query.parameters):
        raise ConfigurationError(
            f"{query.name}.sql binds ${unknown[0]}, which is no input: declare it in `-- Inputs:`, and bind by name."
        )
    unused = [each.name for each in query.inputs if each.name not in bound]
    if query.takes_contact and CONTACT_ID not in bound:
        unused.append(CONTACT_ID)
    if unused:
        raise ConfigurationError(
            f"{query.name}.sql declares an input, but does not use ${unused[0]}: use it or drop it."
        )
    return bound


def prepare_statement(connection: DuckDBPyConnection, query: FlowQuery) -> FlowStatement | str:
    """Return the statement as this warehouse takes it, or a sentence that says why it does not. It is not run."""
    import duckdb

    if query.fault:
        return query.fault
    try:
        parameters = check_statement(query)
        examples = {each.name: _EXAMPLES[each.kind] for each in query.inputs} | {COMPANY_ID: 0, CONTACT_ID: 0}
        inner = f"(\n{query.statement}\n) AS answer"
        described = connection.execute(
            f"DESCRIBE SELECT * FROM {inner}", {name: examples[name] for name in parameters}
        ).fetchall()
    except ConfigurationError as error:
        return str(error)
    except duckdb.Error as error:
        return f"{query.name}.sql cannot be run. {_reason_of(error)}"
    types = {row[0]: str(row[1]) for row in described}
    if set(types) != set(query.columns) or len(described) != len(types):
        return (
            f"{query.name}.sql gives the columns {', '.join(row[0] for row in described)}, and declares "
            f"{', '.join(query.columns)}: let both say the same."
        )
    nested = [name for name, kind in types.items() if kind.endswith("]") or kind.startswith(_NESTED)]
    if nested:
        return (
            f"{query.name}.sql gives {types[nested[0]].partition('(')[0]} for {nested[0]}: a flow takes one text a "
            "column, so select the parts, or join them with array_to_string or ->>."
        )
    shown = ", ".join(_select_value(sql.name(name), types[name]) for name in query.columns)
    return FlowStatement(f"SELECT {shown} FROM {inner} LIMIT 2", parameters, query.columns)


def _select_value(column: str, kind: str) -> str:
    """Return SQL for a value that `_to_text` takes: each further expression costs a tenth of a millisecond."""
    match kind:
        case "BOOLEAN" | "BIGINT" | "INTEGER" | "DATE" | "VARCHAR":
            return column
        case "FLOAT" | "DOUBLE":
            return f"CASE WHEN isfinite({column}) THEN CAST({column} AS VARCHAR) END"
        case _ if kind.startswith("TIMESTAMP"):
            return f"strftime({column}, '%Y-%m-%d %H:%M:%S')"
        case _:
            return f"CAST({column} AS VARCHAR)"


def _to_text(value: Any) -> str:
    """Return a value as a flow gets it: truth as `sim` or `nao`, nothing as an empty text."""
    match value:
        case None:
            return ""
        case bool():
            return "sim" if value else "nao"
        case _:
            return str(value)[:LONGEST_VALUE]


def _reason_of(error: Exception) -> str:
    """Return DuckDB's words where they cannot quote a value of a row: when it has run nothing yet."""
    import duckdb

    if isinstance(error, duckdb.PermissionException):
        return "It reaches for something outside the warehouse: a flow reads the warehouse and nothing else."
    return " ".join(str(error).split("\n\nLINE")[0].split())
