"""Versions of rows (type 2), as a pure function of the set of snapshots. What it promises and why: docs/history.md.

A *sighting* is (id, fetched_at, version, row_hash) of one row of one snapshot. Of several at one instant the newest
version counts; one with an older version than an earlier sighting is stale and counts nothing. Sightings in a row that
have one hash are a *run*: a version, valid from its first sighting until the next run's first.

Of a run the file keeps its first and its last sighting, which is enough to put later ones in their place, but for one
case: a value that was there, went and came back, where the visit in between is loaded last. Then the sightings of that
id are read again from the landing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from huggy_connector.catalogue import Resource
from huggy_connector.warehouse import sql
from huggy_connector.warehouse.stage import Stage
from huggy_connector.warehouse.tables import history_of, tracked

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

IDS_AT_ONCE = 100_000
"""Whose versions are compared: their rows are held in memory."""
KEYS_AT_ONCE = 2_000_000
"""Versions whose contents are looked for: their ids and hashes are held in memory. Each share reads all rows again."""
Resight = Callable[[str], None]
"""Adds to the table `sightings` what the landing holds of the ids in the table named."""


@dataclass(frozen=True, slots=True)
class Splice:
    """What a load means for the history: temporary tables `fresh` (ids that begin) and `spans` (runs to write)."""

    stage: Stage
    all_fresh: bool
    fresh: int
    spliced: int


def plan(stage: Stage, *, resight: Resight) -> Splice:
    """Looks which ids have other versions after this load. To be called before the stage is upserted."""
    if stage.is_first:
        return Splice(stage, True, 1, 0)
    connection = stage.connection
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE touched AS
        SELECT k.id, k.fetched_at, k.version, k.row_hash, c.fetched_at AS known_at, c.version AS known_version,
               c.row_hash AS known_hash
        FROM keys k LEFT JOIN {_current(stage)} c ON c.id = k.id
        WHERE k.id IS NOT NULL
          AND NOT coalesce(k.fetched_at >= c.fetched_at AND (k.version < c.version OR k.row_hash = c.row_hash), false)
    """)
    # Inside the newest run and of its hash: seen between two sightings that are known. Nothing changes.
    connection.execute(f"""
        DELETE FROM touched t USING {history_of(stage.resource).sql} h
        WHERE h.company_id = {stage.company_id} AND h.id = t.id AND h.valid_to IS NULL
          AND t.row_hash = t.known_hash AND t.fetched_at BETWEEN h.valid_from AND t.known_at
          AND t.version <= t.known_version
    """)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE fresh AS"
        " SELECT id FROM touched GROUP BY id HAVING count(*) = 1 AND count(known_at) = 0"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE spliced AS SELECT DISTINCT id FROM touched ANTI JOIN fresh USING (id)"
    )
    spliced = stage.count("spliced")
    if spliced:
        _gather(stage)
        _find_torn(stage)
        if stage.count("torn"):
            resight("torn")
        _run(stage)
    return Splice(stage, False, stage.count("fresh"), spliced)


def write(splice: Splice) -> None:
    """Writes it. To be called after the stage is upserted, in the same transaction."""
    stage = splice.stage
    if splice.fresh:
        _begin(stage, "" if splice.all_fresh else "SEMI JOIN fresh USING (id)")
    if splice.spliced:
        _replace(stage)


def _current(stage: Stage) -> str:
    """The listed rows as they are in the file: the last sighting of each id's newest run."""
    version = stage.version_of("t")
    return (
        f"(SELECT id, fetched_at, {version} AS version, row_hash FROM {stage.table.sql} t"
        f" WHERE company_id = {stage.company_id} AND snapshot IS NOT NULL)"
    )


def _begin(stage: Stage, which: str) -> None:
    """Ids that were seen once: their version is the row that was just upserted."""
    columns = sql.names(_values(stage))
    stage.connection.execute(f"""
        INSERT INTO {history_of(stage.resource).sql} BY NAME
        SELECT company_id, {columns}, row_hash, fetched_at AS valid_from,
               nullif({stage.version_of("t")}, '-infinity') AS first_version_at
        FROM {stage.table.sql} t {which} WHERE company_id = {stage.company_id}
    """)


def _gather(stage: Stage) -> None:
    """All that is known of the ids to splice: `runs` that the file has, and `sightings`, their ends among them."""
    stage.connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE runs AS
        SELECT h.id, h.row_hash, h.valid_from AS first_at, coalesce(h.first_version_at, '-infinity') AS first_version,
               CASE WHEN h.valid_to IS NULL THEN c.fetched_at ELSE h.last_seen_at END AS last_at,
               CASE WHEN h.valid_to IS NULL THEN c.version ELSE coalesce(h.last_version_at, '-infinity') END
                   AS last_version
        FROM {history_of(stage.resource).sql} h SEMI JOIN spliced USING (id) LEFT JOIN {_current(stage)} c USING (id)
        WHERE h.company_id = {stage.company_id}
    """)
    stage.connection.execute("""
        CREATE OR REPLACE TEMP TABLE sightings AS
        SELECT id, fetched_at, version, row_hash FROM keys SEMI JOIN spliced USING (id)
        UNION ALL SELECT id, first_at, first_version, row_hash FROM runs
        UNION ALL SELECT id, last_at, last_version, row_hash FROM runs
    """)


def _find_torn(stage: Stage) -> None:
    """`torn`: ids of which a new sighting falls inside a run in a way that its two ends cannot answer for.

    That is: of another hash between (or at) them, or with a newer version than the run begins with, so that
    sightings inside the run, of which only the landing knows, may be stale.
    """
    stage.connection.execute("""
        CREATE OR REPLACE TEMP TABLE torn AS
        SELECT DISTINCT k.id FROM keys k JOIN runs r USING (id)
        WHERE r.first_at < r.last_at AND k.fetched_at <= r.last_at
          AND ((k.fetched_at >= r.first_at AND k.row_hash <> r.row_hash)
               OR (k.version > r.first_version AND NOT (k.fetched_at >= r.first_at AND k.version <= r.last_version)))
    """)


def _run(stage: Stage) -> None:
    """`spans`: the runs that all `sightings` make."""
    stage.connection.execute("""
        CREATE OR REPLACE TEMP TABLE spans AS
        WITH instants AS (
            SELECT * FROM sightings
            QUALIFY row_number() OVER (PARTITION BY id, fetched_at ORDER BY version DESC, row_hash DESC) = 1
        ), true_ones AS (
            SELECT * FROM instants
            QUALIFY version >= coalesce(max(version) OVER (
                PARTITION BY id ORDER BY fetched_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ), '-infinity')
        ), marked AS (
            SELECT *, row_hash IS DISTINCT FROM lag(row_hash) OVER (PARTITION BY id ORDER BY fetched_at) AS begins
            FROM true_ones
        ), numbered AS (
            SELECT *, count(*) FILTER (begins) OVER (PARTITION BY id ORDER BY fetched_at) AS run FROM marked
        )
        SELECT id, run, any_value(row_hash) AS row_hash, min(fetched_at) AS first_at, max(fetched_at) AS last_at,
               min(version) AS first_version, max(version) AS last_version
        FROM numbered GROUP BY id, run
    """)


def _replace(stage: Stage) -> None:
    """The versions of the spliced ids, anew. What a version holds is told by any row of its hash."""
    history, values = history_of(stage.resource).sql, _values(stage)
    own = f"company_id = {stage.company_id}"
    columns = sql.names(values)
    stage.connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE contents AS
        SELECT {columns}, row_hash FROM {history} SEMI JOIN spliced USING (id) WHERE {own}
        QUALIFY row_number() OVER (PARTITION BY id, row_hash) = 1
    """)
    _add_contents(stage, f"SELECT {columns}, row_hash FROM {stage.table.sql} WHERE {own}")
    stage.connection.execute(
        "CREATE OR REPLACE TEMP TABLE picks (id BIGINT, row_hash VARCHAR, place STRUCT(part INTEGER, row BIGINT))"
    )
    for some in _shares(stage.count("spans"), KEYS_AT_ONCE):
        stage.connection.execute(f"""
            INSERT INTO picks
            SELECT id, row_hash, max({{'part': part, 'row': row}}) FROM (FROM keys WHERE {some})
            SEMI JOIN spliced USING (id) ANTI JOIN (FROM contents WHERE {some}) USING (id, row_hash)
            GROUP BY id, row_hash
        """)
    if stage.count("picks"):
        held = sql.names(each for each in values if each in stage.columns)
        _add_contents(
            stage,
            f"SELECT {held}, row_hash FROM incoming i"
            " SEMI JOIN picks p ON p.place.part = i.part AND p.place.row = i.row",
        )
    stage.connection.execute(f"DELETE FROM {history} WHERE {own} AND id IN (SELECT id FROM spliced)")
    names = [column.name for column in tracked(stage.resource)]
    changed = _changed(names, now="c.{}", before="b.{}")
    for some in _shares(stage.count("spliced"), IDS_AT_ONCE):
        stage.connection.execute(f"""
            INSERT INTO {history} BY NAME
            WITH run AS (FROM spans WHERE {some}), content AS (FROM contents WHERE {some})
            SELECT {stage.company_id} AS company_id, {", ".join(f"c.{sql.name(each)}" for each in values)}, s.row_hash,
                   s.first_at AS valid_from, n.first_at AS valid_to,
                   CASE WHEN b.id IS NOT NULL THEN {changed} END AS changed,
                   CASE WHEN n.id IS NOT NULL THEN s.last_at END AS last_seen_at,
                   nullif(s.first_version, '-infinity') AS first_version_at,
                   CASE WHEN n.id IS NOT NULL THEN nullif(s.last_version, '-infinity') END AS last_version_at
            FROM run s JOIN content c ON c.id = s.id AND c.row_hash = s.row_hash
            LEFT JOIN run n ON n.id = s.id AND n.run = s.run + 1
            LEFT JOIN run p ON p.id = s.id AND p.run = s.run - 1
            LEFT JOIN content b ON b.id = p.id AND b.row_hash = p.row_hash
        """)


def join_neighbours(connection: DuckDBPyConnection, resource: Resource, columns: Collection[str], whose: str) -> None:
    """Makes neighbouring versions one that came to hold the same, and tells anew what changed between those that stay.

    `columns` are those of the table, `whose` says in SQL of which rows.
    """
    history, by_time = history_of(resource).sql, "(PARTITION BY id ORDER BY valid_from)"
    last = ", ".join(
        f"last_value({name}) OVER (PARTITION BY id, run ORDER BY valid_from"
        f" ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS {name}"
        for name in ("valid_to", "last_seen_at", "last_version_at")
    )
    names = [column.name for column in tracked(resource) if column.name in columns]
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE joined AS
        WITH marked AS (
            SELECT *, row_hash IS DISTINCT FROM lag(row_hash) OVER {by_time} AS begins FROM {history} WHERE {whose}
        ), numbered AS (
            SELECT * EXCLUDE begins, count(*) FILTER (begins) OVER {by_time} AS run FROM marked
        ), ends AS (
            SELECT * REPLACE ({last}) FROM numbered
        ), runs AS (
            SELECT * EXCLUDE run FROM ends QUALIFY row_number() OVER (PARTITION BY id, run ORDER BY valid_from) = 1
        )
        SELECT * REPLACE (
            CASE WHEN lag(id) OVER {by_time} IS NOT NULL THEN
                {_changed(names, now="{}", before="lag({}) OVER " + by_time)} END AS changed
        ) FROM runs
    """)
    connection.execute(f"DELETE FROM {history} WHERE {whose}")
    connection.execute(f"INSERT INTO {history} BY NAME FROM joined")


def _changed(names: Iterable[str], *, now: str, before: str) -> str:
    """The names of the columns that differ, in SQL; how a column is written `now` and `before` has {} for its name."""
    differing = ", ".join(
        f"CASE WHEN {now.format(sql.name(name))} IS DISTINCT FROM {before.format(sql.name(name))}"
        f" THEN {sql.text(name)} END"
        for name in names
    )
    return f"list_filter(string_split(concat_ws(',', {differing}), ','), lambda name: name <> '')"


def _add_contents(stage: Stage, source: str) -> None:
    for some in _shares(stage.count("spans"), KEYS_AT_ONCE):
        stage.connection.execute(f"""
            INSERT INTO contents BY NAME
            SELECT * FROM ({source}) SEMI JOIN (FROM spans WHERE {some}) USING (id, row_hash)
            ANTI JOIN (FROM contents WHERE {some}) USING (id, row_hash)
        """)


def _shares(rows: int, at_once: int) -> Iterator[str]:
    """Conditions that part so many rows by their ids, each with about `at_once` of them."""
    count = rows // at_once + 1
    yield from (f"hash(id) % {count} = {part}" for part in range(count))


def _values(stage: Stage) -> list[str]:
    """The columns of a version that tell what it holds."""
    names = {column.name for column in tracked(stage.resource)}
    return [
        column.name
        for column in stage.table.columns
        if column.name in names or column.name.removesuffix("_local") in names
    ]
