"""Applies the new snapshots of one table of one company to the draft: rows, history, deletes, audit, checks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from huggy_connector.catalogue import Resource
from huggy_connector.landing import Manifest, SnapshotPart, SuppressedLanding
from huggy_connector.warehouse.load import audit, deletes
from huggy_connector.warehouse.load.merge import embedded, event_messages, events, history, history_writer
from huggy_connector.warehouse.load.merge.stage import (
    NO_VERSION,
    RowCounts,
    SnapshotStage,
    create_part_table,
    create_parts_view,
    own_rows_condition,
    read_parquet_call,
    stage_snapshots,
    version_of,
)
from huggy_connector.warehouse.load.merge.upsert import UpsertCounts, restore_rows, upsert_winners
from huggy_connector.warehouse.load.quality import publish_checks
from huggy_connector.warehouse.load.quality.publish_checks import CheckFinding, CheckSettings
from huggy_connector.warehouse.load.retype import Retyper
from huggy_connector.warehouse.schema import sql
from huggy_connector.warehouse.schema.tables import table_of
from huggy_connector.warehouse.schema.temp_tables import (
    HISTORY_KNOWN_SPANS,
    HISTORY_SIGHTINGS,
    REREAD_INCOMING,
    REREAD_PARTS,
    REREAD_ROWS,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TOMBSTONES = "tombstones"
"""The mode of a snapshot of ids that answered 404."""


@dataclass(frozen=True, slots=True)
class LoadBatch:
    """The new snapshots of one resource of one company, and those that were loaded before."""

    company_id: int
    resource: Resource
    new: tuple[Manifest, ...]
    loaded: tuple[Manifest, ...] = ()


@dataclass(frozen=True, slots=True)
class SnapshotApplier:
    """Applies batches to the draft that `connection` writes.

    `embedded_resources` are those whose rows also come in rows of others. `accepted` are the addresses of sweeps that
    are believed however much they miss.
    """

    connection: DuckDBPyConnection
    suppressed: SuppressedLanding
    version: int
    retyper: Retyper
    checks: CheckSettings
    embedded_resources: Sequence[Resource] = ()
    accepted: Collection[str] = ()

    def apply(self, batch: LoadBatch, *, now: datetime) -> tuple[UpsertCounts, list[CheckFinding]]:
        """Apply a batch, inside a transaction. Return the counts of the upsert and what the checks found.

        Raise CheckFailed if a check of level `stop` fails, and SnapshotDamaged.
        """
        resource = batch.resource
        before = self._count_rows(batch)
        listed = [manifest for manifest in batch.new if manifest.mode != TOMBSTONES]
        tombstones = [manifest for manifest in batch.new if manifest.mode == TOMBSTONES]
        changed, findings = UpsertCounts(), list[CheckFinding]()
        if tombstones:
            stage = self._stage(batch, tombstones)
            deletes.record_tombstones(stage)
            counts = stage.count_by_snapshot()
            self._record_snapshots(stage, counts, now=now)
            findings += publish_checks.check_snapshots(stage, counts)
        if listed:
            stage = self._stage(batch, listed)
            changed = self._merge_rows(stage, batch)
            counts = stage.count_by_snapshot()
            self._record_snapshots(stage, counts, now=now)
            rejects = audit.record_rejects(stage)
            new_fields = audit.record_fields(stage)
            findings += publish_checks.check_snapshots(stage, counts)
            findings += publish_checks.check_rejects(stage, counts, rejects)
            if self.checks.is_stopping(resource.name, publish_checks.NO_DRIFT):
                findings += publish_checks.check_drift(resource, new_fields)
            if resource.history:
                findings += deletes.check_sweeps(stage, accepted=self.accepted)
        findings += publish_checks.check_row_counts(
            resource, before=before, added=changed.added, after=self._count_rows(batch)
        )
        findings = self.checks.with_levels(findings)
        publish_checks.raise_if_stopped(findings)
        if resource.history:
            deletes.grade_deletes(self.connection, batch.company_id, resource)
        return changed, findings

    def _record_snapshots(self, stage: SnapshotStage, counts: dict[str, RowCounts], *, now: datetime) -> None:
        zone, rules = self.retyper.zones[stage.company_id], self.retyper.rules_of
        audit.record_snapshots(stage, counts, zone=zone, rules=rules, version=self.version, now=now)

    def _merge_rows(self, stage: SnapshotStage, batch: LoadBatch) -> UpsertCounts:
        if not stage.resource.is_listed:
            return self._merge_events(stage)
        for resource in self.embedded_resources:
            embedded.record_embedded_rows(stage, resource)
        if not stage.resource.history:
            return upsert_winners(stage)
        change = history.plan_history(
            stage,
            reread_sightings=lambda ids: self._reread_sightings(batch, ids),
            reread_rows=lambda sightings: self._reread_rows(batch, sightings),
        )
        changed = upsert_winners(stage)
        if change.reread_rows:
            restore_rows(stage)
        history_writer.write_history(change)
        embedded.record_listed_rows(stage)
        return changed

    def _merge_events(self, stage: SnapshotStage) -> UpsertCounts:
        changed = events.merge_events(stage)
        for resource in self.retyper.resources.values():
            if resource.told_by_events:
                event_messages.merge_told_messages(stage, resource, zone=self.retyper.zones[stage.company_id])
        return changed

    def _stage(self, batch: LoadBatch, manifests: Sequence[Manifest]) -> SnapshotStage:
        return stage_snapshots(
            self.connection,
            [part for each in manifests for part in self.retyper.parts(self.suppressed, each)],
            company_id=batch.company_id,
            resource=batch.resource,
            manifests=[self.suppressed.filter_manifest(each) for each in manifests],
        )

    def _reread_sightings(self, batch: LoadBatch, ids: str) -> None:
        """Add the sightings of these ids that the landing still has, with hashes of the file: as typed now, or before.

        `ids` is a temporary table.
        """
        if parts := self._loaded_parts(batch):
            create_part_table(self.connection, REREAD_PARTS, parts)
            self.connection.execute(
                f"INSERT INTO {HISTORY_SIGHTINGS} SELECT id, fetched_at, {version_of(batch.resource, 'p')}, row_hash"
                f" FROM {read_parquet_call(parts)} p"
                f" SEMI JOIN {REREAD_PARTS} f ON f.file = p.filename{own_rows_condition(parts)}"
                f" SEMI JOIN {sql.name(ids)} USING (id) SEMI JOIN {HISTORY_KNOWN_SPANS} USING (id, row_hash)"
            )

    def _reread_rows(self, batch: LoadBatch, sightings: str) -> None:
        """Create `REREAD_ROWS` of the rows that the landing still has of these sightings, a temporary table."""
        parts, version = self._loaded_parts(batch), version_of(batch.resource, "p")
        create_parts_view(self.connection, table_of(batch.resource), parts, view=REREAD_INCOMING, listing=REREAD_PARTS)
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {REREAD_ROWS} AS"
            " SELECT p.* EXCLUDE (rejects, part, row), f.run_key AS snapshot"
            f" FROM {REREAD_INCOMING} p SEMI JOIN {sql.name(sightings)} USING (id, fetched_at, row_hash)"
            f" JOIN (SELECT part, run_key FROM {REREAD_PARTS}) f ON f.part = p.part"
            f" QUALIFY row_number() OVER (PARTITION BY p.id ORDER BY {version} = {NO_VERSION} DESC,"
            f" {version} DESC, f.run_key DESC, p.part DESC, p.row DESC) = 1"
        )

    def _loaded_parts(self, batch: LoadBatch) -> list[SnapshotPart]:
        """Return all parts of the loaded snapshots: as typed again, and as landed."""
        landing = self.suppressed.landing  # also restored snapshots: what the file does not know is not taken
        landing.prefetch(batch.loaded)
        return [
            part
            for manifest in batch.loaded
            if manifest.mode != TOMBSTONES
            for part in dict.fromkeys((*self.retyper.parts(landing, manifest), *landing.parts(manifest)))
        ]

    def _count_rows(self, batch: LoadBatch) -> int:
        row = self.connection.execute(
            f"SELECT count(*) FROM {table_of(batch.resource).sql} WHERE company_id = {batch.company_id}"
        ).fetchone()
        return int(row[0]) if row else 0
