"""Versions of rows (type 2), as a pure function of the set of snapshots. What it promises and why: docs/history.md.

A *sighting* is (id, fetched_at, version, row_hash) of one row of one snapshot; its version is its time of change, or
`NEVER` where that is not believed. One with an older version than a sighting before it is stale and counts nothing; one
without a version is never stale. Sightings in a row that have one hash are a *run*: a version of the row, valid from
its first sighting until the next run's first.

Of a run the file keeps its first and its last sighting and the newest version in it, which is enough to put later ones
in their place, but for two cases: a value that was there, went and came back, where the visit in between is loaded
last, and a newer version that makes some of a run stale. Then the sightings of that id are read again from the landing.
So is the row that counts, where that is neither in the table nor in what is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from huggy_connector.warehouse import sql
from huggy_connector.warehouse.neighbours import changed_names
from huggy_connector.warehouse.stage import LATEST_FIRST, NEVER, Stage
from huggy_connector.warehouse.tables import history_of, tracked

IDS_AT_ONCE = 100_000
"""Whose versions are compared: their rows are held in memory."""
KEYS_AT_ONCE = 2_000_000
"""Versions whose contents are looked for: their ids and hashes are held in memory. Each share reads all rows again."""
Resight = Callable[[str], None]
"""Adds to the table `sightings` what the landing holds of the ids in the table named."""
Recall = Callable[[str], None]
"""Makes the table `recalled`: the rows, with their `snapshot`, of the sightings in the table named that the landing
holds.
"""


@dataclass(frozen=True, slots=True)
class Splice:
    """What a load means for the history: temporary tables `fresh` (ids that begin) and `spans` (runs to write)."""

    stage: Stage
    all_fresh: bool
    fresh: int
    spliced: int
    recalled: int = 0


def plan(stage: Stage, *, resight: Resight, recall: Recall) -> Splice:
    """Looks which ids have other versions after this load, and which of their rows win. To be called before the stage
    is upserted.
    """
    if stage.is_first:
        return Splice(stage, True, 1, 0)
    connection = stage.connection
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE touched AS
        SELECT k.id, k.fetched_at, k.version, k.row_hash, c.fetched_at AS known_at, c.version AS known_version,
               c.row_hash AS known_hash
        FROM keys k LEFT JOIN {_current(stage)} c ON c.id = k.id
        WHERE k.id IS NOT NULL
          AND NOT coalesce(
              k.fetched_at >= c.fetched_at AND (k.version = {NEVER}) = (c.version = {NEVER})
              AND (k.version < c.version OR k.row_hash = c.row_hash), false)
    """)
    # Inside the newest run and of its hash: seen between two sightings that are known. Nothing changes.
    connection.execute(f"""
        DELETE FROM touched t USING {history_of(stage.resource).sql} h
        WHERE h.company_id = {stage.company_id} AND h.id = t.id AND h.valid_to IS NULL
          AND t.row_hash = t.known_hash AND t.fetched_at > h.valid_from AND t.fetched_at < t.known_at
          AND t.version <= t.known_version
    """)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE fresh AS"
        " SELECT id FROM touched GROUP BY id HAVING count(*) = 1 AND count(known_at) = 0"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE spliced AS SELECT DISTINCT id FROM touched ANTI JOIN fresh USING (id)"
    )
    recalled = 0
    if stage.count("spliced"):
        _gather(stage)
        _find_torn(stage)
        if stage.count("torn"):
            resight("torn")
        _run(stage)
        recalled = _settle(stage, recall)
    return Splice(stage, False, stage.count("fresh"), stage.count("spliced"), recalled)


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
               nullif({stage.version_of("t")}, {NEVER}) AS first_version_at
        FROM {stage.table.sql} t {which} WHERE company_id = {stage.company_id}
    """)


def _gather(stage: Stage) -> None:
    """All that is known of the ids to splice: `runs` that the file has, and `sightings`, their ends among them."""
    stage.connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE runs AS
        SELECT h.id, h.row_hash, h.valid_from AS first_at, coalesce(h.first_version_at, {NEVER}) AS first_version,
               CASE WHEN h.valid_to IS NULL THEN c.fetched_at ELSE h.last_seen_at END AS last_at,
               greatest(CASE WHEN h.valid_to IS NULL THEN c.version END, coalesce(h.last_version_at, {NEVER}))
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

    That is: of another hash between (or at) them, or with a newer version than one of its ends, which that makes stale,
    so that a sighting inside the run, of which only the landing knows, takes its place.
    """
    stage.connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE torn AS
        SELECT DISTINCT k.id FROM keys k JOIN runs r USING (id)
        WHERE r.first_at < r.last_at AND k.fetched_at <= r.last_at
          AND ((k.fetched_at >= r.first_at AND k.row_hash <> r.row_hash)
               OR (k.fetched_at < r.first_at AND k.version > r.first_version AND r.first_version > {NEVER})
               OR (k.version > r.last_version AND r.last_version > {NEVER}))
    """)


def _run(stage: Stage) -> None:
    """`spans`: the runs that all `sightings` make, of those that are not stale, at an instant the first of
    `LATEST_FIRST`. `first_version` is that of the first sighting, `last_version` the newest of all.
    """
    stage.connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE spans AS
        WITH judged AS (
            SELECT *, max(version) OVER (PARTITION BY id ORDER BY fetched_at) AS newest FROM sightings
        ), instants AS (
            SELECT *, max(version) OVER (PARTITION BY id, fetched_at) AS newest_then FROM judged
            WHERE version IN (newest, {NEVER})
            QUALIFY row_number() OVER (
                PARTITION BY id, fetched_at ORDER BY version = {NEVER} DESC, version DESC, row_hash DESC
            ) = 1
        ), marked AS (
            SELECT *, row_hash IS DISTINCT FROM lag(row_hash) OVER (PARTITION BY id ORDER BY fetched_at) AS begins
            FROM instants
        ), numbered AS (
            SELECT *, count(*) FILTER (begins) OVER (PARTITION BY id ORDER BY fetched_at) AS run FROM marked
        )
        SELECT id, run, any_value(row_hash) AS row_hash, min(fetched_at) AS first_at, max(fetched_at) AS last_at,
               arg_min(version, fetched_at) AS first_version, max(newest_then) AS last_version
        FROM numbered GROUP BY id, run
    """)


def _settle(stage: Stage, recall: Recall) -> int:
    """Makes the last sighting of each spliced id its winner. Returns how many rows are to be taken from `recalled`.

    Where the landing no longer has such a row, the id stays as it was.
    """
    connection = stage.connection
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE ends AS
        SELECT id, max(last_at) AS fetched_at, arg_max(row_hash, last_at) AS row_hash FROM spans GROUP BY id
    """)
    connection.execute("DELETE FROM winners WHERE id IN (FROM spliced)")
    connection.execute(f"""
        INSERT INTO winners SELECT * FROM keys k SEMI JOIN ends USING (id, fetched_at, row_hash)
        QUALIFY row_number() OVER (PARTITION BY id ORDER BY {LATEST_FIRST}) = 1
    """)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE lost AS
        SELECT * FROM ends ANTI JOIN winners USING (id) ANTI JOIN {_current(stage)} c USING (id, fetched_at, row_hash)
    """)
    if not stage.count("lost"):
        return 0
    recall("lost")
    for table in ("spliced", "spans"):
        connection.execute(f"DELETE FROM {table} WHERE id IN (SELECT id FROM lost ANTI JOIN recalled USING (id))")
    return stage.count("recalled")


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
    changed = changed_names(names, now="c.{}", before="b.{}")
    for some in _shares(stage.count("spliced"), IDS_AT_ONCE):
        stage.connection.execute(f"""
            INSERT INTO {history} BY NAME
            WITH run AS (FROM spans WHERE {some}), content AS (FROM contents WHERE {some})
            SELECT {stage.company_id} AS company_id, {", ".join(f"c.{sql.name(each)}" for each in values)}, s.row_hash,
                   s.first_at AS valid_from, n.first_at AS valid_to,
                   CASE WHEN b.id IS NOT NULL THEN {changed} END AS changed,
                   CASE WHEN n.id IS NOT NULL THEN s.last_at END AS last_seen_at,
                   nullif(s.first_version, {NEVER}) AS first_version_at,
                   CASE WHEN n.id IS NOT NULL OR l.version = {NEVER} THEN nullif(s.last_version, {NEVER}) END
                       AS last_version_at
            FROM run s JOIN content c ON c.id = s.id AND c.row_hash = s.row_hash JOIN {_current(stage)} l ON l.id = s.id
            LEFT JOIN run n ON n.id = s.id AND n.run = s.run + 1
            LEFT JOIN run p ON p.id = s.id AND p.run = s.run - 1
            LEFT JOIN content b ON b.id = p.id AND b.row_hash = p.row_hash
        """)


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
