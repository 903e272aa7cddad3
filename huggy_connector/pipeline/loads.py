"""From the landing into the warehouse, and from there wherever each version goes."""

from collections.abc import Collection
from functools import partial

from huggy_connector.api import SYSTEM_CLOCK, Clock
from huggy_connector.landing import Landing, Policy, key_of
from huggy_connector.progress import Progress, Silent
from huggy_connector.report import report_beside
from huggy_connector.settings import Settings
from huggy_connector.warehouse import LoadReport, followed_by, mirror, read_calendar
from huggy_connector.warehouse import load as load_warehouse

_EMPTY = "The landing {landing} holds no snapshot yet: is it the right one?"


def load(
    settings: Settings,
    *,
    concerns: Collection[int] | None = None,
    wait_seconds: float = 0.0,
    progress: Progress | None = None,
    clock: Clock = SYSTEM_CLOCK,
) -> LoadReport:
    """Every published snapshot that the warehouse has not loaded yet, of every company in the landing. Another load of
    it is waited for as long as told.

    What stops one company lets the others pass. It is an error where the call `concerns` that company, else a warning;
    without `concerns` it is about the company that is set, or all.
    """
    progress = progress or Silent()
    landing = Landing.existing(settings.landing, access=settings.landing_options)
    if concerns is None and settings.company_id is not None:
        concerns = (settings.company_id,)
    publish = partial(
        load_warehouse,
        landing,
        settings.warehouse,
        keep_versions=settings.keep_versions,
        memory_limit=settings.memory_limit,
        calendar=read_calendar(settings.calendar),
        now=clock.now,
        note=progress.note,
        wait_seconds=wait_seconds,
        zone=settings.zone,
        policy=Policy.of(settings),
        stop_on=settings.stop_on,
        sweep_days=settings.reconcile_days,
        world_readable=settings.world_readable,
        hash_key=key_of(settings),
        concerns=concerns,
    )

    def elsewhere() -> tuple[str, ...]:
        empty = [] if landing.companies() else [_EMPTY.format(landing=settings.landing)]
        copies = mirror(settings.warehouse, settings.publish, keep_versions=settings.keep_versions, note=progress.note)
        return (*empty, *copies, *report_beside(settings, now=clock.now()))

    return followed_by(publish, elsewhere)
