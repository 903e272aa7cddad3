"""Writes the changed versions of rows: see history.py, which finds them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from huggy_connector.warehouse.load.merge.adjacent_versions import changed_columns
from huggy_connector.warehouse.load.merge.history import HistoryChange, current_rows_query
from huggy_connector.warehouse.load.merge.stage import NO_VERSION, SnapshotStage
from huggy_connector.warehouse.schema import sql
from huggy_connector.warehouse.schema.tables import history_table_of, tracked_columns
from huggy_connector.warehouse.schema.temp_tables import (
    HISTORY_CHANGED,
    HISTORY_CONTENTS,
    HISTORY_NEW_IDS,
    HISTORY_PICKS,
    HISTORY_SPANS,
    HISTORY_SPLICED,
    STAGE_INCOMING,
    STAGE_KEYS,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

IDS_AT_ONCE = 100_000
"""Ids whose versions are compared at once: their rows are in memory."""
KEYS_AT_ONCE = 2_000_000
"""Versions whose values are looked up at once: their ids and hashes are in memory. Each share reads all rows again."""


def start_load(connection: DuckDBPyConnection) -> None:
    """Create the empty table of the ids whose versions a load writes again. The marts read it."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {HISTORY_CHANGED} (resource VARCHAR, company_id BIGINT, id BIGINT)"
    )


def write_history(change: HistoryChange) -> None:
    """Write the change. Call it after the upsert, in the same transaction."""
    stage = change.stage
    if change.new_ids:
        _insert_first_versions(stage, "" if change.is_first else f"SEMI JOIN {HISTORY_NEW_IDS} USING (id)")
    if change.spliced_ids:
        _replace_versions(stage)
        stage.connection.execute(
            f"INSERT INTO {HISTORY_CHANGED} SELECT {sql.text(stage.resource.name)}, {stage.company_id}, id"
            f" FROM {HISTORY_SPLICED}"
        )


def _insert_first_versions(stage: SnapshotStage, which: str) -> None:
    """Insert the version of each id that was seen once: the row that was just upserted."""
    columns = sql.names(_value_columns(stage))
    stage.connection.execute(f"""
        INSERT INTO {history_table_of(stage.resource).sql} BY NAME
        SELECT company_id, {columns}, row_hash, fetched_at AS valid_from,
               nullif({stage.version_of("t")}, {NO_VERSION}) AS first_version_at
        FROM {stage.table.sql} t {which} WHERE company_id = {stage.company_id}
    """)


def _replace_versions(stage: SnapshotStage) -> None:
    """Write all versions of the spliced ids again. Any row with the hash of a version has its values."""
    history, values = history_table_of(stage.resource).sql, _value_columns(stage)
    own = f"company_id = {stage.company_id}"
    columns = sql.names(values)
    stage.connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE {HISTORY_CONTENTS} AS
        SELECT {columns}, row_hash FROM {history} SEMI JOIN {HISTORY_SPLICED} USING (id) WHERE {own}
        QUALIFY row_number() OVER (PARTITION BY id, row_hash) = 1
    """)
    _add_contents(stage, f"SELECT {columns}, row_hash FROM {stage.table.sql} WHERE {own}")
    stage.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {HISTORY_PICKS}"
        " (id BIGINT, row_hash VARCHAR, place STRUCT(part INTEGER, row BIGINT))"
    )
    for share in _share_conditions(stage.count_rows(HISTORY_SPANS), KEYS_AT_ONCE):
        stage.connection.execute(f"""
            INSERT INTO {HISTORY_PICKS}
            SELECT id, row_hash, max({{'part': part, 'row': row}}) FROM (FROM {STAGE_KEYS} WHERE {share})
            SEMI JOIN {HISTORY_SPLICED} USING (id)
            ANTI JOIN (FROM {HISTORY_CONTENTS} WHERE {share}) USING (id, row_hash)
            GROUP BY id, row_hash
        """)
    if stage.count_rows(HISTORY_PICKS):
        staged = sql.names(each for each in values if each in stage.columns)
        _add_contents(
            stage,
            f"SELECT {staged}, row_hash FROM {STAGE_INCOMING} i"
            f" SEMI JOIN {HISTORY_PICKS} p ON p.place.part = i.part AND p.place.row = i.row",
        )
    stage.connection.execute(f"DELETE FROM {history} WHERE {own} AND id IN (SELECT id FROM {HISTORY_SPLICED})")
    names = [column.name for column in tracked_columns(stage.resource)]
    changed = changed_columns(names, now="c.{}", before="b.{}")
    for share in _share_conditions(stage.count_rows(HISTORY_SPLICED), IDS_AT_ONCE):
        stage.connection.execute(f"""
            INSERT INTO {history} BY NAME
            WITH spans AS (FROM {HISTORY_SPANS} WHERE {share}), content AS (FROM {HISTORY_CONTENTS} WHERE {share})
            SELECT {stage.company_id} AS company_id, {", ".join(f"c.{sql.name(each)}" for each in values)}, s.row_hash,
                   s.first_at AS valid_from, n.first_at AS valid_to,
                   CASE WHEN b.id IS NOT NULL THEN {changed} END AS changed,
                   CASE WHEN n.id IS NOT NULL THEN s.last_at END AS last_seen_at,
                   nullif(s.first_version, {NO_VERSION}) AS first_version_at,
                   CASE WHEN n.id IS NOT NULL OR l.version = {NO_VERSION} THEN nullif(s.last_version, {NO_VERSION}) END
                       AS last_version_at
            FROM spans s JOIN content c ON c.id = s.id AND c.row_hash = s.row_hash
            JOIN {current_rows_query(stage)} l ON l.id = s.id
            LEFT JOIN spans n ON n.id = s.id AND n.span = s.span + 1
            LEFT JOIN spans p ON p.id = s.id AND p.span = s.span - 1
            LEFT JOIN content b ON b.id = p.id AND b.row_hash = p.row_hash
        """)


def _add_contents(stage: SnapshotStage, source: str) -> None:
    """Add the values of the versions to write that `source`, a query, has and the table of contents lacks."""
    for share in _share_conditions(stage.count_rows(HISTORY_SPANS), KEYS_AT_ONCE):
        stage.connection.execute(f"""
            INSERT INTO {HISTORY_CONTENTS} BY NAME
            SELECT * FROM ({source}) SEMI JOIN (FROM {HISTORY_SPANS} WHERE {share}) USING (id, row_hash)
            ANTI JOIN (FROM {HISTORY_CONTENTS} WHERE {share}) USING (id, row_hash)
        """)


def _share_conditions(rows: int, at_once: int) -> Iterator[str]:
    """Yield SQL conditions that divide so many rows by their ids, each with about `at_once` of them."""
    count = rows // at_once + 1
    yield from (f"hash(id) % {count} = {part}" for part in range(count))


def _value_columns(stage: SnapshotStage) -> list[str]:
    """Return the columns with the values of a version."""
    names = {column.name for column in tracked_columns(stage.resource)}
    return [
        column.name
        for column in stage.table.columns
        if column.name in names or column.name.removesuffix("_local") in names
    ]
