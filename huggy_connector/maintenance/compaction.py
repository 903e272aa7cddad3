"""Puts the small snapshots of a landing together, so that what was landed in years is read again in minutes."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product

from huggy_connector.api import SYSTEM_CLOCK, Clock
from huggy_connector.catalogue import RESOURCES
from huggy_connector.errors import LandingError, SnapshotDamaged
from huggy_connector.landing import Landing, Manifest
from huggy_connector.landing.forgotten import folder_of
from huggy_connector.progress import Progress, Silent
from huggy_connector.settings import Settings

AGE = timedelta(days=7)
"""How long a snapshot lies by itself, usually: what is new is looked at most."""
SMALL = 100_000
"""Rows from which on a snapshot is no gain to anyone in a pack."""
FEW = 8
"""Snapshots that are left as they are: a pack of them would save nothing."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """`packs` were written, which hold `snapshots` of `rows`; `deleted` snapshots and packs were replaced by earlier
    ones.
    """

    packs: int = 0
    snapshots: int = 0
    rows: int = 0
    deleted: int = 0

    def __add__(self, other: "Compacted") -> "Compacted":
        return Compacted(
            self.packs + other.packs,
            self.snapshots + other.snapshots,
            self.rows + other.rows,
            self.deleted + other.deleted,
        )


def compact(
    settings: Settings, *, older_than: timedelta = AGE, progress: Progress | None = None, clock: Clock = SYSTEM_CLOCK
) -> Compacted:
    """Writes the small snapshots that began before then, and small packs, together into packs of their resource.

    Loads, rebuilds and landings see the same snapshots as before. What a pack replaces is deleted by the first call
    that comes a day after. Killed at any moment, the next call does what is left; and what other dead runs have left in
    the landing is removed. A list with a damaged snapshot is left as it is, and told once all others are done. Raises
    SnapshotDamaged, LandingUnwritable, and LandingError where a person was forgotten meanwhile.
    """
    progress, done, damages = progress or Silent(), Compacted(), list[SnapshotDamaged]()
    landing = Landing.at(settings.landing, access=settings.landing_options)
    for company_id, resource in product(landing.companies(), RESOURCES):
        try:
            done += _packed(landing, company_id, resource, older_than=older_than, progress=progress, clock=clock)
        except SnapshotDamaged as damage:
            damages.append(damage)
    if damages:
        raise damages[0]
    return done


def _packed(
    landing: Landing, company_id: int, resource: str, *, older_than: timedelta, progress: Progress, clock: Clock
) -> Compacted:
    """What is done for one resource of one company."""
    landing.clear_away(RESOURCES[resource], company_id, now=clock.now, note=progress.note)
    deleted = landing.packs.tidy(company_id, resource, now=clock.now(), check=landing.verify)
    small = _small(landing, company_id, resource, before=clock.now() - older_than)
    if not small:
        return Compacted(deleted=deleted)
    progress.note(f"{resource}: packing {len(small):,} snapshots.")
    for manifest in small:
        landing.verify(manifest)
    pack = landing.packs.write(
        company_id,
        resource,
        ((manifest, landing.parts(manifest)) for manifest in small),
        now=clock.now,
        go_on=_nobody_is_forgotten(landing, company_id),
    )
    if pack is None:
        raise LandingError(
            "A person was forgotten meanwhile, or another run took this one for dead: run `huggy compact` again."
        )
    return Compacted(1, len(small), sum(manifest.rows for manifest in small), deleted)


def _small(landing: Landing, company_id: int, resource: str, *, before: datetime) -> list[Manifest]:
    """What is worth a new pack: nothing where hardly anything lies by itself."""
    published = landing.published(company_id, resource)
    rows_of_packs = Counter[str]()
    for manifest in published:
        if (place := landing.packs.place(manifest)) is not None:
            rows_of_packs[place.folder] += manifest.rows
    small = [each for each in published if each.rows < SMALL and each.started_at < before]
    alone = [each for each in small if landing.packs.place(each) is None]
    if len(alone) < FEW:
        return []
    return [
        each for each in small if (place := landing.packs.place(each)) is None or rows_of_packs[place.folder] < SMALL
    ]


def _nobody_is_forgotten(landing: Landing, company_id: int) -> Callable[[], bool]:
    """Whether nobody was put on the list of forgotten people since this was called."""
    folder = folder_of(company_id)
    before = landing.storage.children(folder)
    return lambda: landing.storage.children(folder) == before
