"""The newest version of each row wins, whatever order snapshots are loaded in.

Delete and insert by a narrow list of keys, with no index: 1.1 to 1.3 times the time of plainly reading the files.
"""

from __future__ import annotations

from dataclasses import dataclass

from huggy_connector.warehouse import sql
from huggy_connector.warehouse.stage import Stage


@dataclass(frozen=True, slots=True)
class Changed:
    """What a load did to one table of one company. `confirmed` rows came again and hold the same tracked values."""

    added: int = 0
    changed: int = 0
    confirmed: int = 0


def upsert(stage: Stage) -> Changed:
    """Brings the winners of the stage into their table. To be run inside a transaction."""
    connection, table = stage.connection, stage.table.sql
    version = (
        f"coalesce(t.{sql.name(stage.resource.version)}, '-infinity')" if stage.resource.version else "'-infinity'"
    )
    connection.execute(
        f"DELETE FROM winners w USING {table} t, parts f WHERE t.company_id = ? AND t.id = w.id AND f.part = w.part"
        f" AND ({version}::TIMESTAMPTZ, t.fetched_at, t.row_hash, t.snapshot)"
        " >= (w.version, w.fetched_at, w.row_hash, f.run_key)",
        [stage.company_id],
    )
    row = connection.execute(
        "SELECT (SELECT count(*) FROM keys), count(*), count(t.id), count(*) FILTER (t.row_hash = w.row_hash)"
        f" FROM winners w LEFT JOIN {table} t ON t.company_id = ? AND t.id = w.id",
        [stage.company_id],
    ).fetchone()
    staged, winners, known, confirmed = row or (0, 0, 0, 0)
    if known:
        connection.execute(
            f"DELETE FROM {table} WHERE company_id = ? AND id IN (SELECT id FROM winners)", [stage.company_id]
        )
    if winners:
        who = "SEMI JOIN winners w ON p.part = w.part AND p.row = w.row" if winners < staged else ""
        connection.execute(
            f"INSERT INTO {table} BY NAME"
            f" SELECT {stage.company_id} AS company_id, {sql.names(stage.columns)}, run_key AS snapshot"
            f" FROM incoming p {who} JOIN (SELECT part, run_key FROM parts) f ON f.part = p.part"
        )
    return Changed(winners - known, known - confirmed, confirmed)
