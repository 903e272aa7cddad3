"""The plan of a load: which snapshots it loads, and whether into the file as it is or into a rebuilt one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import MappingProxyType
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import Resource
from huggy_connector.errors import ClockWrong, SnapshotDamaged, WarehouseUnusable
from huggy_connector.landing import Landing, Manifest, SuppressedLanding
from huggy_connector.landing.change_detection import without_future_snapshots
from huggy_connector.warehouse.file.blocklist import SnapshotDecisions
from huggy_connector.warehouse.file.inspection import InspectedFile, SnapshotKeys
from huggy_connector.warehouse.file.paths import WarehousePaths
from huggy_connector.warehouse.load.apply import LoadBatch
from huggy_connector.warehouse.load.companies import StoppedCompanies, isolate_company


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """The work of a load. `zones` are the zones of the companies, as their newest snapshots name them.

    `loaded` snapshots are in the file. `blocked` ones may not be loaded; `loaded_blocked` of them are in the file.
    `future` ones bear a time after now, by a wrong clock: they are left out. `loaded_future` ones are in the file.
    `misnamed_folders` of the landing have a name that no company can have.
    """

    is_rebuild: bool
    batches: tuple[LoadBatch, ...]
    zones: Mapping[int, ZoneInfo]
    loaded: tuple[Manifest, ...]
    blocked: int
    loaded_blocked: int
    future: tuple[str, ...] = ()
    loaded_future: tuple[str, ...] = ()
    misnamed_folders: tuple[str, ...] = ()

    @property
    def manifests(self) -> list[Manifest]:
        """The snapshots to load."""
        return [manifest for batch in self.batches for manifest in batch.new]

    @property
    def skipped(self) -> int:
        """How many snapshots were loaded before."""
        return len(self.loaded)

    @property
    def hints(self) -> tuple[str, ...]:
        """Sentences about the snapshots that are left out."""
        sentences = []
        if new_blocked := self.blocked - self.loaded_blocked:
            sentences.append(
                f"{new_blocked:,} snapshots are blocked: `huggy rollback --unblock RUN_KEY` lets the next load take "
                "one."
            )
        if self.loaded_blocked:
            sentences.append(
                f"{self.loaded_blocked:,} snapshots in the file are blocked: `huggy rebuild` leaves them out, "
                "`huggy rollback --unblock RUN_KEY` keeps one."
            )
        if self.future:
            sentences.append(
                f"{len(self.future):,} snapshots have a time in the future and are left out until then, "
                f"{self.future[0]} the first: is this host's clock behind, or was the one that landed them ahead?"
            )
        if self.loaded_future:
            sentences.append(
                f"{len(self.loaded_future):,} snapshots in the file have a time in the future and beat what is read "
                f"now, {self.loaded_future[0]} the first: if this host's clock is right, `huggy rebuild` leaves "
                "them out."
            )
        if self.misnamed_folders:
            sentences.append(
                f"{len(self.misnamed_folders):,} folders of the landing are left out, {self.misnamed_folders[0]} "
                "the first: no company has such a number: move them away."
            )
        return tuple(sentences)


def plan_load(
    landing: Landing,
    paths: WarehousePaths,
    inspected: InspectedFile,
    decisions: SnapshotDecisions,
    resources: Sequence[Resource],
    *,
    zone: ZoneInfo,
    rebuild: bool,
    now: datetime,
    note: Callable[[str], None],
    stopped: StoppedCompanies = MappingProxyType({}),
) -> LoadPlan:
    """Return the plan of a load, without the `stopped` companies.

    Raise WarehouseUnusable if the file must be rebuilt and would lose snapshots, and ClockWrong if all snapshots of the
    landing bear a time after `now`.
    """
    rebuild = rebuild or inspected.has_old_format
    build = partial(_build_plan, landing, decisions=decisions, resources=resources, zone=zone, now=now, stopped=stopped)
    plan = build(frozenset() if rebuild else inspected.loaded, rebuild=rebuild)
    moved_companies = [
        company for company, name in inspected.zones if company in plan.zones and plan.zones[company].key != name
    ]
    if moved_companies and not rebuild:
        note(f"The zone of company {min(moved_companies)} has changed: its times are read again, from the landing.")
        plan = build(frozenset(), rebuild=True)
    if plan.future and not plan.manifests and not plan.loaded:
        raise ClockWrong(
            f"All snapshots of the landing are of a time after now, which is {now:%Y-%m-%d %H:%M} UTC by this host's "
            "clock: set it."
        )
    if plan.is_rebuild:
        required = frozenset(each for each in inspected.loaded if each[0] not in stopped)
        _check_landing_is_complete(landing, paths, required, plan, decisions)
    return plan


def _build_plan(
    landing: Landing,
    loaded_keys: SnapshotKeys,
    *,
    decisions: SnapshotDecisions,
    resources: Sequence[Resource],
    zone: ZoneInfo,
    rebuild: bool,
    now: datetime,
    stopped: StoppedCompanies,
) -> LoadPlan:
    batches, loaded_manifests, blocked, loaded_blocked = [], list[Manifest](), 0, 0
    future, loaded_future = list[str](), list[str]()
    zones = dict[int, ZoneInfo]()
    for company_id in landing.companies():
        if company_id in stopped:
            continue
        zone_names = list[tuple[str, str]]()
        for resource in resources:
            with isolate_company(company_id):
                published = landing.snapshots(company_id, resource.name)
            allowed = [each for each in published if each.address not in decisions.blocked]
            old = tuple(each for each in allowed if (company_id, resource.name, each.run_key) in loaded_keys)
            waiting = [each for each in allowed if (company_id, resource.name, each.run_key) not in loaded_keys]
            new = without_future_snapshots(waiting, now=now)
            future += _future_snapshots(waiting, now)
            loaded_future += _future_snapshots(old, now)
            loaded_manifests += old
            blocked += len(published) - len(allowed)
            loaded_blocked -= len(old)
            loaded_blocked += sum((company_id, resource.name, each.run_key) in loaded_keys for each in published)
            zone_names += [(each.run_key, each.timezone) for each in (*old, *new) if each.timezone]
            if new:
                batches.append(LoadBatch(company_id, resource, new, old))
        zones[company_id] = ZoneInfo(max(zone_names)[1]) if zone_names else zone
    return LoadPlan(
        rebuild,
        tuple(batches),
        zones,
        tuple(loaded_manifests),
        blocked,
        loaded_blocked,
        tuple(future),
        tuple(loaded_future),
        landing.misnamed_folders(),
    )


def _future_snapshots(snapshots: Sequence[Manifest], now: datetime) -> list[str]:
    """Return the names of the snapshots that bear a time after now."""
    possible = {each.run_key for each in without_future_snapshots(snapshots, now=now)}
    return [f"{each.resource} {each.run_key}" for each in snapshots if each.run_key not in possible]


def _check_landing_is_complete(
    landing: Landing, paths: WarehousePaths, required: SnapshotKeys, plan: LoadPlan, decisions: SnapshotDecisions
) -> None:
    """Raise WarehouseUnusable if a rebuilt file would hold fewer of the `required` snapshots. Blocked ones may miss."""
    needed = required - {(each.company_id, each.resource, each.run_key) for each in plan.manifests}
    landed = set[tuple[int, str, str]]()
    for company_id, resource in {(company_id, resource) for company_id, resource, _ in needed}:
        with isolate_company(company_id):
            published = landing.snapshots(company_id, resource)
        landed |= {(each.company_id, each.resource, each.run_key) for each in published}
    missing = [
        f"{company_id}/{resource}/{run_key}"
        for company_id, resource, run_key in sorted(needed - landed)
        if f"{company_id}/{resource}/{run_key}/manifest.json" not in decisions.blocked
    ]
    if missing:
        raise WarehouseUnusable(
            f"{paths.live} must be rebuilt from the landing, which lacks {len(missing):,} of the snapshots in it, "
            f"{missing[0]} the first: bring them back, or move the file away to build one from what is there."
        )


def count_restored(suppressed: SuppressedLanding, plan: LoadPlan) -> Counter[str]:
    """Count, by table, the snapshots with suppressed people that came back: new ones, and loaded ones."""
    suspected = [each for each in plan.loaded if suppressed.was_restored(each)]
    counts = Counter(each.resource for each in plan.manifests if suppressed.holds_suppressed(each))
    for manifest in suspected:
        with suppress(SnapshotDamaged):  # it cannot be read
            counts[manifest.resource] += suppressed.holds_suppressed(manifest)
    return +counts
