"""Versions of a warehouse, made anew or gone back to, and what is decided about snapshots."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

from huggy_connector.api import SYSTEM_CLOCK, Clock
from huggy_connector.catalogue import RESOURCES
from huggy_connector.errors import ConfigurationError, SnapshotDamaged
from huggy_connector.landing import Landing, Policy, key_of
from huggy_connector.progress import Progress, Silent
from huggy_connector.report import report_beside
from huggy_connector.settings import Settings
from huggy_connector.warehouse import (
    LoadReport,
    RollbackReport,
    Verdicts,
    conclude,
    followed_by,
    mirror,
    read_calendar,
)
from huggy_connector.warehouse import judge as judge_snapshots
from huggy_connector.warehouse import load as load_warehouse
from huggy_connector.warehouse import rollback as roll_back_warehouse


@dataclass(frozen=True, slots=True)
class Judgement:
    """Run keys about which something is decided."""

    block: tuple[str, ...] = ()
    unblock: tuple[str, ...] = ()
    accept: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.block or self.unblock or self.accept)


def rebuild(settings: Settings, *, progress: Progress | None = None, clock: Clock = SYSTEM_CLOCK) -> LoadReport:
    """Makes the warehouse anew of the landing alone. Snapshots that another catalogue typed are typed by this one.

    A company whose snapshots are damaged keeps the rows that it has, and is then told as CompanyStopped.
    """
    progress = progress or Silent()
    anew = partial(
        load_warehouse,
        Landing.existing(settings.landing, access=settings.landing_options),
        settings.warehouse,
        keep_versions=settings.keep_versions,
        memory_limit=settings.memory_limit,
        now=clock.now,
        note=progress.note,
        afresh=True,
        zone=settings.zone,
        policy=Policy.of(settings),
        calendar=read_calendar(settings.calendar),
        stop_on=settings.stop_on,
        sweep_days=settings.reconcile_days,
        world_readable=settings.world_readable,
        hash_key=key_of(settings),
    )
    return followed_by(anew, partial(_elsewhere, settings, progress, clock))


def rollback(
    settings: Settings,
    *,
    to: int | None = None,
    tell: Callable[[RollbackReport], None] = lambda _: None,
    progress: Progress | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> RollbackReport:
    """Publishes a kept version again, and blocks what was loaded since.

    Killed anywhere before `tell` has told what was done, the same call does what is left and tells it; it never goes
    further back than it was asked to.
    """
    progress = progress or Silent()
    report = roll_back_warehouse(
        settings.warehouse, to=to, keep_versions=settings.keep_versions, now=clock.now, note=progress.note
    )
    report = replace(report, warnings=(*report.warnings, *_elsewhere(settings, progress, clock)))
    tell(report)
    conclude(settings.warehouse)
    return report


def judge(settings: Settings, judgement: Judgement) -> Verdicts:
    """Keeps decisions about snapshots for the loads to come. Raises ConfigurationError for an unknown run key."""
    if both := {*judgement.block} & {*judgement.unblock, *judgement.accept}:
        raise ConfigurationError(f"{min(both)} can be blocked or let in, not both: choose one.")
    landing, damages = _landing(settings), list[SnapshotDamaged]()
    addresses = dict[str, str]()
    for company_id, resource in product(landing.companies(), RESOURCES):
        try:
            addresses |= {each.address: each.run_key for each in landing.published(company_id, resource)}
        except SnapshotDamaged as damage:
            damages.append(damage)
    return judge_snapshots(
        settings.warehouse,
        block=_addresses(judgement.block, addresses, damages),
        unblock=_addresses(judgement.unblock, addresses, damages),
        accept=_addresses(judgement.accept, addresses, damages),
    )


def _addresses(run_keys: Iterable[str], known: dict[str, str], damages: list[SnapshotDamaged]) -> list[str]:
    found = []
    for run_key in run_keys:
        of_it = [address for address, key in known.items() if key == run_key]
        if not of_it and damages:
            raise damages[0]  # it may be one of those that cannot be listed
        if not of_it:
            raise ConfigurationError(f"The landing has no snapshot {run_key!r}: `huggy status` lists the last ones.")
        found += of_it
    return found


def _elsewhere(settings: Settings, progress: Progress, clock: Clock) -> tuple[str, ...]:
    """What was just published goes wherever each version goes, and into the report. Returns what failed."""
    copies = mirror(settings.warehouse, settings.publish, keep_versions=settings.keep_versions, note=progress.note)
    return (*copies, *report_beside(settings, now=clock.now()))


def _landing(settings: Settings) -> Landing:
    return Landing.at(settings.landing, access=settings.landing_options, world_readable=settings.world_readable)
