"""Gives chats whose agent, department, tabulation or channel was renamed the new name in marts.chat_times.

Names are stored there, because a join of all chats with marts.names takes half a second at each reading. A publish that
renames nothing, as most do, reads no chat for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from huggy_connector.warehouse.marts.definitions import FACT_TABLE
from huggy_connector.warehouse.schema import sql
from huggy_connector.warehouse.schema.temp_tables import RENAMED_BEFORE, RENAMED_NOW

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_NAMES = sql.name("marts", "names")
_MARTS = (FACT_TABLE, "settled_chats")
"""The marts that store names."""
_COLUMNS = {
    "agent": ("agent_id", "agent"),
    "department": ("department_id", "department"),
    "tabulation": ("tabulation_id", "tabulation"),
    "channel": ("entry_id", "entry"),
}
"""The columns of the id and the name in marts.chat_times, by the kind in marts.names."""


def keep_names(connection: DuckDBPyConnection) -> None:
    """Create `RENAMED_BEFORE`. Call it before marts.names is brought up to date."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {RENAMED_BEFORE} AS FROM {_NAMES}")


def rename_chats(connection: DuckDBPyConnection) -> None:
    """Write the names that marts.names has changed since `keep_names` into the rows of chats that have them."""
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE {RENAMED_NOW} AS
        SELECT company_id, kind, id, n.name FROM {_NAMES} n FULL JOIN {RENAMED_BEFORE} b USING (company_id, kind, id)
        WHERE n.name IS DISTINCT FROM b.name
        """
    )
    kinds = connection.execute(f"SELECT DISTINCT kind FROM {RENAMED_NOW} ORDER BY ALL").fetchall()
    for (kind,) in kinds:
        key, name = _COLUMNS[kind]
        for mart in _MARTS:
            connection.execute(
                f"UPDATE {sql.name('marts', mart)} t SET {name} = n.name FROM {RENAMED_NOW} n"
                f" WHERE n.kind = {sql.text(kind)} AND n.company_id = t.company_id AND n.id = t.{key}"
                f" AND n.name IS DISTINCT FROM t.{name}"
            )
