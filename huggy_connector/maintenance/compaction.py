"""Puts the small snapshots of a landing together, so that what was landed in years is read again in minutes."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product

from huggy_connector.catalogue import RESOURCES
from huggy_connector.clock import Clock
from huggy_connector.errors import LandingError, SnapshotDamaged
from huggy_connector.landing import Landing, Manifest
from huggy_connector.privacy.suppression_list import suppression_folder
from huggy_connector.progress import Progress
from huggy_connector.settings import Settings

MIN_AGE = timedelta(days=7)
"""Age from which a snapshot is packed by default. New snapshots are read most often, and stay as they are."""
SMALL_SNAPSHOT_ROWS = 100_000
"""Rows from which on a snapshot or a pack is not small: packing it would save nothing."""
MIN_LOOSE_SNAPSHOTS = 8
"""Snapshots outside packs that a resource needs for a new pack. A pack of fewer would save nothing."""


@dataclass(frozen=True, slots=True)
class CompactionReport:
    """What one compaction did: it wrote `packs` that hold so many `snapshots` and `rows`.

    `deleted` counts the snapshots and packs that earlier packs had replaced.
    """

    packs: int = 0
    snapshots: int = 0
    rows: int = 0
    deleted: int = 0

    def __add__(self, other: "CompactionReport") -> "CompactionReport":
        return CompactionReport(
            self.packs + other.packs,
            self.snapshots + other.snapshots,
            self.rows + other.rows,
            self.deleted + other.deleted,
        )


def compact(settings: Settings, older_than: timedelta, progress: Progress, clock: Clock) -> CompactionReport:
    """Write small snapshots that are older than this, and small packs, into one new pack for each resource.

    Loads, rebuilds and landings see the same snapshots as before. The first call a day later deletes what a pack
    replaces. Killed at any moment, the next call does what is left. What other dead runs have left in the landing is
    removed too. A resource with a damaged snapshot stays as it is, and SnapshotDamaged is raised when all others are
    done. Raise LandingUnwritable, and LandingError where a person was forgotten meanwhile.
    """
    report, damages = CompactionReport(), list[SnapshotDamaged]()
    landing = Landing.open(settings.landing, access=settings.landing_options)
    for company_id, resource in product(landing.companies(), RESOURCES):
        try:
            report += _compact_resource(
                landing, company_id, resource, older_than=older_than, progress=progress, clock=clock
            )
        except SnapshotDamaged as damage:
            damages.append(damage)
    if damages:
        raise damages[0]
    return report


def _compact_resource(
    landing: Landing, company_id: int, resource: str, *, older_than: timedelta, progress: Progress, clock: Clock
) -> CompactionReport:
    """Compact one resource of one company."""
    landing.remove_leftovers(RESOURCES[resource], company_id, now=clock.now, note=progress.note)
    deleted = landing.packs.delete_replaced(company_id, resource, now=clock.now(), check=landing.verify)
    selected = _select_snapshots(landing, company_id, resource, before=clock.now() - older_than)
    if not selected:
        return CompactionReport(deleted=deleted)
    progress.note(f"{resource}: packing {len(selected):,} snapshots.")
    for manifest in selected:
        landing.verify(manifest)
    pack = landing.packs.write(
        company_id,
        resource,
        ((manifest, landing.parts(manifest)) for manifest in selected),
        now=clock.now,
        may_commit=_watch_suppression_list(landing, company_id),
    )
    if pack is None:
        raise LandingError(
            "A person was forgotten meanwhile, or another run took this one for dead: run `huggy compact` again."
        )
    return CompactionReport(1, len(selected), sum(manifest.rows for manifest in selected), deleted)


def _select_snapshots(landing: Landing, company_id: int, resource: str, *, before: datetime) -> list[Manifest]:
    """Return the manifests that are worth a new pack: none where too few snapshots are outside packs."""
    published = landing.snapshots(company_id, resource)
    rows_of_packs = Counter[str]()
    for manifest in published:
        if (location := landing.packs.location_of(manifest)) is not None:
            rows_of_packs[location.folder] += manifest.rows
    small = [each for each in published if each.rows < SMALL_SNAPSHOT_ROWS and each.started_at < before]
    loose = [each for each in small if landing.packs.location_of(each) is None]
    if len(loose) < MIN_LOOSE_SNAPSHOTS:
        return []
    return [
        each
        for each in small
        if (location := landing.packs.location_of(each)) is None or rows_of_packs[location.folder] < SMALL_SNAPSHOT_ROWS
    ]


def _watch_suppression_list(landing: Landing, company_id: int) -> Callable[[], bool]:
    """Return a function that says whether the suppression list is still what it is now."""
    folder = suppression_folder(company_id)
    before = landing.storage.list_names(folder)
    return lambda: landing.storage.list_names(folder) == before
