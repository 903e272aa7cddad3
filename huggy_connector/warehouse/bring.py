"""Brings the new snapshots of one table of one company into the draft: rows, history, deletes, ledger, checks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from huggy_connector.catalogue import Resource
from huggy_connector.landing import Manifest, Part, Withheld
from huggy_connector.warehouse import deletes, embedded, history, ledger, quality, sql
from huggy_connector.warehouse.quality import Checks, Finding
from huggy_connector.warehouse.reread import Reread
from huggy_connector.warehouse.stage import (
    NEVER,
    Count,
    Stage,
    keep_parts,
    of_its_own,
    open_parts,
    source_of,
    stage,
    version_of,
)
from huggy_connector.warehouse.tables import table_of
from huggy_connector.warehouse.upsert import Changed, put_back, upsert

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TOMBSTONES = "tombstones"
"""The mode of a snapshot whose rows are ids that answered 404."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The new snapshots of one resource of one company, and those that are loaded already."""

    company_id: int
    resource: Resource
    new: tuple[Manifest, ...]
    loaded: tuple[Manifest, ...] = ()


@dataclass(frozen=True, slots=True)
class Bringing:
    """A load at work. `embedding` are the resources whose rows come along in others."""

    connection: DuckDBPyConnection
    withheld: Withheld
    version: int
    reread: Reread
    checks: Checks
    embedding: Sequence[Resource] = ()
    accepted: Collection[str] = ()

    def bring(self, batch: Batch, *, now: datetime) -> tuple[Changed, list[Finding]]:
        """Inside a transaction. Raises CheckFailed where a check of level `stop` failed, and SnapshotDamaged."""
        resource = batch.resource
        before = self._rows(batch)
        rows = [manifest for manifest in batch.new if manifest.mode != TOMBSTONES]
        gone = [manifest for manifest in batch.new if manifest.mode == TOMBSTONES]
        changed, findings = Changed(), list[Finding]()
        if gone:
            staged = self._stage(batch, gone)
            deletes.bury(staged)
            counts = staged.counts()
            self._record(staged, counts, now=now)
            findings += quality.check_snapshots(staged, counts)
        if rows:
            staged = self._stage(batch, rows)
            changed = self._upsert(staged, batch)
            counts = staged.counts()
            self._record(staged, counts, now=now)
            rejects = ledger.record_rejects(staged)
            new_fields = ledger.record_fields(staged)
            findings += quality.check_snapshots(staged, counts)
            findings += quality.check_rejects(staged, counts, rejects)
            if self.checks.at(resource.name, quality.NO_DRIFT):
                findings += quality.check_drift(resource, new_fields)
            if resource.history:
                findings += deletes.check_sweeps(staged, accepted=self.accepted)
        findings += quality.check_growth(resource, before=before, added=changed.added, after=self._rows(batch))
        findings = self.checks.raised(findings)
        quality.stop_if_needed(findings)
        if resource.history:
            deletes.grade(self.connection, batch.company_id, resource)
        return changed, findings

    def _record(self, staged: Stage, counts: dict[str, Count], *, now: datetime) -> None:
        zone, rules = self.reread.zones[staged.company_id], self.reread.rules
        ledger.record_snapshots(staged, counts, zone=zone, rules=rules, version=self.version, now=now)

    def _upsert(self, staged: Stage, batch: Batch) -> Changed:
        for resource in self.embedding:
            embedded.note(staged, resource)
        if not staged.resource.history:
            return upsert(staged)
        splice = history.plan(
            staged,
            resight=lambda torn: self._resight(batch, torn),
            recall=lambda lost: self._recall(batch, lost),
        )
        changed = upsert(staged)
        if splice.recalled:
            put_back(staged)
        history.write(splice)
        embedded.relist(staged)
        return changed

    def _stage(self, batch: Batch, manifests: Sequence[Manifest]) -> Stage:
        return stage(
            self.connection,
            [part for each in manifests for part in self.reread.parts(self.withheld, each)],
            company_id=batch.company_id,
            resource=batch.resource,
            manifests=[self.withheld.manifest(each) for each in manifests],
        )

    def _resight(self, batch: Batch, torn: str) -> None:
        """Adds what the landing still has of these ids, in the hashes that the file knows: as typed now, or once."""
        if parts := self._loaded_parts(batch):
            keep_parts(self.connection, "loaded_parts", parts)
            self.connection.execute(
                f"INSERT INTO sightings SELECT id, fetched_at, {version_of(batch.resource, 'p')}, row_hash"
                f" FROM {source_of(parts)} p SEMI JOIN loaded_parts f ON f.file = p.filename{of_its_own(parts)}"
                f" SEMI JOIN {sql.name(torn)} USING (id) SEMI JOIN runs USING (id, row_hash)"
            )

    def _recall(self, batch: Batch, lost: str) -> None:
        """Makes `recalled` of what the landing still has of these sightings."""
        parts = self._loaded_parts(batch)
        open_parts(self.connection, table_of(batch.resource), parts, view="loaded", listing="loaded_parts")
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE recalled AS"
            " SELECT p.* EXCLUDE (rejects, part, row), f.run_key AS snapshot"
            f" FROM loaded p SEMI JOIN {sql.name(lost)} USING (id, fetched_at, row_hash)"
            " JOIN (SELECT part, run_key FROM loaded_parts) f ON f.part = p.part"
            f" QUALIFY row_number() OVER (PARTITION BY p.id ORDER BY {version_of(batch.resource, 'p')} = {NEVER} DESC,"
            f" {version_of(batch.resource, 'p')} DESC, f.run_key DESC, p.part DESC, p.row DESC) = 1"
        )

    def _loaded_parts(self, batch: Batch) -> list[Part]:
        landing = self.withheld.landing  # whatever was put back, what the file does not know is not taken
        landing.gather(batch.loaded)
        return [
            part
            for manifest in batch.loaded
            if manifest.mode != TOMBSTONES
            for part in dict.fromkeys((*self.reread.parts(landing, manifest), *landing.parts(manifest)))
        ]

    def _rows(self, batch: Batch) -> int:
        row = self.connection.execute(
            f"SELECT count(*) FROM {table_of(batch.resource).sql} WHERE company_id = {batch.company_id}"
        ).fetchone()
        return int(row[0]) if row else 0
