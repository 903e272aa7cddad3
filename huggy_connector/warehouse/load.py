"""Loads every snapshot of the landing that the warehouse does not hold yet, and publishes once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from huggy_connector.catalogue import RESOURCES, Resource
from huggy_connector.landing import Landing, Manifest
from huggy_connector.warehouse import ledger, quality, sql, tables
from huggy_connector.warehouse.engine import Engine
from huggy_connector.warehouse.inspection import Found, inspect
from huggy_connector.warehouse.migrate import migrate
from huggy_connector.warehouse.place import Place
from huggy_connector.warehouse.publish import Draft, drafting, holding
from huggy_connector.warehouse.quality import Finding, Level
from huggy_connector.warehouse.stage import stage
from huggy_connector.warehouse.tables import META, table_of
from huggy_connector.warehouse.upsert import upsert

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

GROWTH = 2
"""Bytes of disk to have free for each byte of new Parquet: what it becomes, and what DuckDB spills meanwhile."""


@dataclass(frozen=True, slots=True)
class TableReport:
    """One table of one company. `rows` are those in it now; what the load did to it is in the other counts.

    `changed` rows are new or hold other tracked values than before; `added` of them are new; `confirmed` rows came
    again as they were.
    """

    rows: int = 0
    changed: int = 0
    added: int = 0
    confirmed: int = 0

    def __add__(self, other: TableReport) -> TableReport:
        return TableReport(
            self.rows + other.rows,
            self.changed + other.changed,
            self.added + other.added,
            self.confirmed + other.confirmed,
        )


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did. `published` is False where nothing was new: then not a byte of the file has changed.

    `companies` holds, by company and table, what is in the warehouse now; `snapshots` the addresses of those just
    loaded, `skipped` how many were loaded before; `warnings` are sentences of the checks that warn.
    """

    warehouse: str
    version: int
    published: bool
    companies: dict[int, dict[str, TableReport]]
    snapshots: tuple[str, ...] = ()
    skipped: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def tables(self) -> dict[str, TableReport]:
        """By table, over all companies."""
        total: dict[str, TableReport] = {}
        for held in self.companies.values():
            for name, report in held.items():
                total[name] = total.get(name, TableReport()) + report
        return total


@dataclass(frozen=True, slots=True)
class _Batch:
    """The new snapshots of one resource of one company."""

    company_id: int
    resource: Resource
    manifests: tuple[Manifest, ...]


def examine(warehouse: str | Path, *, resources: Sequence[Resource] = tuple(RESOURCES.values())) -> None:
    """Raises what `load` would raise for this path now, before anything is fetched for it."""
    inspect(Place.at(warehouse), (*META, *(table_of(resource) for resource in resources)), engine=Engine())


def load(
    landing: Landing,
    warehouse: str | Path,
    *,
    now: Callable[[], datetime],
    company_id: int | None = None,
    resources: Sequence[Resource] = tuple(RESOURCES.values()),
    keep_versions: int = 2,
    memory_limit: str = "1GB",
    threads: int = 2,
    wait_seconds: float = 0.0,
    note: Callable[[str], None] = lambda _: None,
) -> LoadReport:
    """Brings the landing's new snapshots, of one company or of all, into the warehouse. A second call changes nothing.

    The file changes in one step, or not at all. Raises ConfigurationError for a path where no warehouse may be,
    WarehouseUnusable for a file that cannot be loaded into, WarehouseBusy where another load (for longer than
    `wait_seconds`) or a writer holds it, SnapshotDamaged for a snapshot that is not what its manifest says, CheckFailed
    where a check of level `stop` fails.
    """
    place, engine = Place.at(warehouse), Engine(memory_limit, threads)
    wanted = (*META, *(table_of(resource) for resource in resources))
    with holding(place, wait_seconds=wait_seconds):
        found = inspect(place, wanted, engine=engine)
        batches, skipped = _new(landing, found, landing.companies() if company_id is None else (company_id,), resources)
        if found.version and not found.outdated and not batches:
            with engine.reading(place.live, spill=place.spill) as connection:
                return LoadReport(str(place.live), found.version, False, _held(connection), skipped=skipped)
        landing.gather(manifest for batch in batches for manifest in batch.manifests)
        for batch in batches:
            for manifest in batch.manifests:
                landing.verify(manifest)
        room = GROWTH * sum(file.bytes for batch in batches for manifest in batch.manifests for file in manifest.files)
        with drafting(
            place, from_version=found.version, engine=engine, keep_versions=keep_versions, room=room
        ) as draft:
            added = migrate(draft.connection, wanted)
            ledger.record_columns(draft.connection, added, now=now())
            companies, warnings = _fill(draft, landing, batches, resources, now=now, note=note)
            note(f"Publishing version {draft.version}.")
    addresses = tuple(manifest.address for batch in batches for manifest in batch.manifests)
    return LoadReport(str(place.live), draft.version, True, companies, addresses, skipped, warnings)


def _new(
    landing: Landing, found: Found, companies: Sequence[int], resources: Sequence[Resource]
) -> tuple[tuple[_Batch, ...], int]:
    """What has to be loaded, and how many snapshots have been."""
    batches, skipped = [], 0
    for company_id in companies:
        for resource in resources:
            published = landing.published(company_id, resource.name)
            new = tuple(each for each in published if (company_id, resource.name, each.run_key) not in found.loaded)
            skipped += len(published) - len(new)
            if new:
                batches.append(_Batch(company_id, resource, new))
    return tuple(batches), skipped


def _fill(
    draft: Draft,
    landing: Landing,
    batches: Sequence[_Batch],
    resources: Sequence[Resource],
    *,
    now: Callable[[], datetime],
    note: Callable[[str], None],
) -> tuple[dict[int, dict[str, TableReport]], tuple[str, ...]]:
    connection, findings = draft.connection, list[Finding]()
    done: dict[tuple[int, str], TableReport] = {}
    connection.execute("BEGIN")
    for batch in batches:
        rows = sum(manifest.rows for manifest in batch.manifests)
        note(f"{batch.resource.name}: loading {rows:,} rows of {len(batch.manifests):,} snapshots.")
        report, found = _load(draft, landing, batch, now=now())
        done[batch.company_id, batch.resource.name] = report
        findings += found
    ledger.refresh_freshness(connection, resources, now=now())
    connection.execute("COMMIT")
    findings += quality.check_tables(connection, resources, now=now())
    quality.stop_if_needed(findings)
    ledger.record_quality(connection, findings, version=draft.version)
    ledger.record_publish(
        connection,
        version=draft.version,
        now=now(),
        reason="load",
        snapshots=sum(len(batch.manifests) for batch in batches),
        rows_changed=sum(report.changed for report in done.values()),
    )
    warnings = tuple(each.sentence for each in findings if each.level is Level.WARN and not each.passed)
    return _held(connection, done), warnings


def _load(draft: Draft, landing: Landing, batch: _Batch, *, now: datetime) -> tuple[TableReport, list[Finding]]:
    connection, resource = draft.connection, batch.resource
    before = _rows(connection, batch)
    staged = stage(connection, landing, company_id=batch.company_id, resource=resource, manifests=batch.manifests)
    counts = staged.counts()
    changed = upsert(staged)
    ledger.record_snapshots(staged, counts, version=draft.version, now=now)
    rejects = ledger.record_rejects(staged)
    ledger.record_fields(staged)
    findings = [
        *quality.check_snapshots(staged, counts),
        *quality.check_rejects(staged, counts, rejects),
        *quality.check_growth(resource, before=before, added=changed.added, after=_rows(connection, batch)),
    ]
    quality.stop_if_needed(findings)
    return TableReport(0, changed.added + changed.changed, changed.added, changed.confirmed), findings


def _rows(connection: DuckDBPyConnection, batch: _Batch) -> int:
    row = connection.execute(
        f"SELECT count(*) FROM {sql.name('main', batch.resource.name)} WHERE company_id = ?", [batch.company_id]
    ).fetchone()
    return int(row[0]) if row else 0


def _held(
    connection: DuckDBPyConnection, done: dict[tuple[int, str], TableReport] | None = None
) -> dict[int, dict[str, TableReport]]:
    """What the tables hold, by company, with what was done to them."""
    held: dict[int, dict[str, TableReport]] = {}
    for company_id, resource, rows in connection.execute(
        f"SELECT company_id, resource, rows FROM {tables.FRESHNESS.sql} ORDER BY ALL"
    ).fetchall():
        report = (done or {}).get((company_id, resource), TableReport())
        held.setdefault(company_id, {})[resource] = report + TableReport(rows=rows)
    return held
