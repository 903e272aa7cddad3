"""Checks the landing: whether it can be used, its newest snapshots, and the work that is not finished."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from huggy_connector.catalogue import RESOURCES
from huggy_connector.errors import LandingError, SnapshotDamaged
from huggy_connector.landing import Landing, Manifest
from huggy_connector.landing.landing import MAX_AGE
from huggy_connector.landing.run_key import is_run_key
from huggy_connector.landing.work.lease import LeaseFile, read_leases
from huggy_connector.pipeline.doctor.check_row import Finding, ok, warn
from huggy_connector.pipeline.doctor.check_runner import Fact
from huggy_connector.pipeline.durations import describe_age
from huggy_connector.settings import Settings, is_url

LOOKED_AT = 10
"""Newest snapshots of each resource that are looked at: a landing of years has thousands."""
NAMED = 3
"""Things of one kind that a row names."""


@dataclass(frozen=True, slots=True)
class LandingLook:
    """The newest snapshots of each resource and company, newest first, and sentences about damaged ones."""

    landing: Landing
    snapshots: tuple[Manifest, ...]
    damaged: tuple[str, ...]

    @property
    def newest(self) -> list[Manifest]:
        """The newest snapshot of each resource and company."""
        newest: dict[tuple[int, str], Manifest] = {}
        for manifest in self.snapshots:
            newest.setdefault((manifest.company_id, manifest.resource), manifest)
        return list(newest.values())


def look_at_landing(settings: Settings) -> LandingLook:
    """Return a bounded look at the landing. Raises ConfigurationError if there is none."""
    landing = Landing.open_existing(settings.landing, access=settings.landing_options)
    snapshots, damaged = list[Manifest](), list[str]()
    for company_id in landing.companies():
        for resource in RESOURCES:
            try:
                packed = [each.packed.manifest for each in landing.packs.locations(company_id, resource).values()]
            except SnapshotDamaged as error:
                packed = []
                damaged.append(str(error))
            names = [name for name in landing.storage.list_names(f"{company_id}/{resource}") if is_run_key(name)]
            single = [
                manifest
                for name in sorted(names, reverse=True)[:LOOKED_AT]
                if (manifest := _read(landing, f"{company_id}/{resource}/{name}", damaged)) is not None
            ]
            found = {each.run_key: each for each in (*packed, *single)}
            snapshots += sorted(found.values(), key=lambda each: each.run_key, reverse=True)[:LOOKED_AT]
    return LandingLook(landing, tuple(snapshots), tuple(damaged))


def _read(landing: Landing, folder: str, damaged: list[str]) -> Manifest | None:
    """Return the manifest in a folder; None if there is none. A damaged one, or a file that is gone, is noted."""
    names = landing.storage.list_names(folder)
    if "manifest.json" not in names:
        return None  # its work goes on, or it is in a pack
    try:
        manifest = landing.read_manifest(f"{folder}/manifest.json")
    except LandingError as error:
        damaged.append(str(error))
        return None
    if gone := sorted({*manifest.file_names}.difference(landing.storage.list_names(folder))):
        damaged.append(f"{folder}/{gone[0]} is gone")
    return manifest


def check_landing(settings: Settings, look: Fact[LandingLook], *, now: datetime) -> Iterator[Finding]:
    """Say whether the landing can be read and written, and what is newest in it."""
    if not is_url(settings.landing) and not Path(settings.landing).exists():
        yield warn(f"{settings.landing} is not there yet", "the first `huggy sync` makes it; or set HUGGY_LANDING")
        return
    found = look.get()
    found.landing.storage.check_writable()
    yield ok(f"{settings.landing} can be written to")
    for company_id in found.landing.companies():
        newest = [
            f"{each.resource} {describe_age(now - each.started_at)}{'' if each.certificate.exact else ' (not exact)'}"
            for each in found.newest
            if each.company_id == company_id
        ]
        yield ok(f"company {company_id}: newest {', '.join(newest) or 'none'}")
    if not found.landing.companies():
        yield warn("it holds no snapshot yet", "run `huggy sync`, or set HUGGY_LANDING to the right folder")
    for sentence in found.damaged[:NAMED]:
        yield warn(f"damaged: {sentence}", "bring the snapshot back from a copy, or move its folder away")
    if len(found.damaged) > NAMED:
        yield warn(f"{len(found.damaged) - NAMED:,} more are damaged")
    if misnamed := found.landing.misnamed_folders():
        yield warn(f"{misnamed[0]} is no number of a company", "move that folder away")


def check_unfinished_work(look: Fact[LandingLook], *, now: datetime) -> Iterator[Finding]:
    """Say which landings are going on, and what killed ones have left."""
    landing = look.get_if_known().landing
    is_empty = True
    for company_id in landing.companies():
        for resource in RESOURCES:
            for name in landing.storage.list_names(f"{company_id}/{resource}/.work"):
                is_empty = False
                yield _describe_work(landing, f"{company_id}/{resource}/.work/{name}", resource, now)
    if is_empty:
        yield ok("none")


def _describe_work(landing: Landing, folder: str, resource: str, now: datetime) -> Finding:
    try:
        succession = read_leases(landing.storage, folder)
    except (ValueError, KeyError, TypeError):
        return warn(f"the lease in {folder} cannot be read", "move that folder of the landing away")
    if not succession:
        return warn(f"{folder} was left half removed", "nothing: the next landing removes it")
    holder = _describe_holder(succession[0])
    if not succession[0].content.is_free(now):
        return ok(f"{resource}: in progress, {holder}")
    begun = succession[-1].content.since
    advice = "the same command goes on there"
    if now - begun > MAX_AGE:
        advice = "nothing: it is too old, and the next landing gives it up"
    return warn(f"{resource}: begun {describe_age(now - begun)} ago, left by {holder}", advice)


def _describe_holder(lease: LeaseFile) -> str:
    process = lease.content.process
    return f"process {process.pid} on {process.host} since {lease.content.since:%Y-%m-%d %H:%M} UTC"
