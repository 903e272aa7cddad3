"""Lets a connection read one company as if the file had no other.

Huggy's ids are unique within a company only. So a join on an id alone doubles rows where a file has two companies, and
(SELECT as_of FROM marts.as_of) is an error. With views of one company in front of the tables neither can happen.

The views are the connection's own, in memory: the file has none of them, so no publish pays for them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from huggy_connector.errors import ConfigurationError, WarehouseUnusable
from huggy_connector.warehouse.read.dictionary import list_macros
from huggy_connector.warehouse.schema import meta, sql

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MEMORY = "memory"
"""The database that each connection has beside the attached file."""


def read_one_company(connection: DuckDBPyConnection, file: Path, catalog: str, company_id: int) -> None:
    """Put views of one company in front of all tables and views of the database `catalog`, under the same names.

    What has no company_id, as marts.calendar, stays whole. The macros of history read the company's versions. It is no
    barrier: under the database's name all companies are there. Raises ConfigurationError for one that `file` lacks,
    WarehouseUnusable for the file of another program.
    """
    import duckdb

    freshness = f"{sql.name(catalog)}.{meta.FRESHNESS.sql}"
    try:
        rows = connection.execute(f"SELECT DISTINCT company_id FROM {freshness} ORDER BY ALL").fetchall()
    except duckdb.CatalogException:
        raise WarehouseUnusable(f"{file} has no list of companies: it is no warehouse of `huggy load`.") from None
    companies = [each for (each,) in rows]
    if company_id not in companies:
        known = ", ".join(map(str, companies)) or "none yet"
        raise ConfigurationError(f"There is no company {company_id} in {file}: choose from {known}.")
    relations = connection.execute(
        "SELECT schema_name, table_name, bool_or(column_name = 'company_id') FROM duckdb_columns()"
        " WHERE database_name = ? AND NOT internal GROUP BY ALL ORDER BY ALL",
        [catalog],
    ).fetchall()
    schemas = dict.fromkeys(schema for schema, _, _ in relations)
    statements = [f"CREATE SCHEMA IF NOT EXISTS {sql.name(_MEMORY, schema)}" for schema in schemas]
    statements += [
        f"CREATE VIEW {sql.name(_MEMORY, schema, name)} AS SELECT * FROM {sql.name(catalog, schema, name)}"
        + (f" WHERE company_id = {company_id:d}" if has_companies else "")
        for schema, name, has_companies in relations
    ]
    connection.execute(";".join([*statements, f"USE {_MEMORY}"]))
    for macro in list_macros():
        if macro.schema in schemas:
            connection.execute(macro.statement)
