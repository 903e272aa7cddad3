"""Checks the ledger of actions on this host: whether it is the one that the landing knows, and what waits in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from huggy_connector.actions.guards import STOP_FILE
from huggy_connector.actions.ledger import Ledger
from huggy_connector.errors import ActionError
from huggy_connector.pipeline.doctor.check_row import Finding, fail, ok, warn
from huggy_connector.pipeline.doctor.check_runner import Fact
from huggy_connector.pipeline.doctor.landing_checks import LandingLook
from huggy_connector.settings import Settings
from huggy_connector.storage import Storage
from huggy_connector.warehouse.file.filesystem import NETWORK_FILESYSTEMS, filesystem_of, read_mounts

PATIENCE = 2.0
"""Seconds that are waited for a process that writes."""


def check_ledger(
    settings: Settings, look: Fact[LandingLook], *, now: datetime, mounts: Callable[[], str] = read_mounts
) -> Iterator[Finding]:
    """Say what there is of actions: counts, never a target."""
    yield from _find_kill_switches(settings)
    folder, landing = settings.ledger_folder, look.get_if_known("whether the ledger is the right one is").landing
    companies = landing.companies() if settings.company_id is None else (settings.company_id,)
    used = [each for each in companies if Ledger.is_expected(folder, each, storage=landing.storage)]
    if not used:
        yield ok("nothing was written to Huggy from here")
    else:
        kind = filesystem_of(mounts(), folder)
        if kind in NETWORK_FILESYSTEMS:
            yield warn(
                f"the ledger is on a network file system ({kind})", "set HUGGY_LEDGER to a folder on a local disk"
            )
        for company_id in used:
            yield _check_company(settings, company_id, landing.storage, now)


def _find_kill_switches(settings: Settings) -> Iterator[Finding]:
    if settings.actions == "off":
        yield ok("HUGGY_ACTIONS is off: nothing is written to Huggy")
    if (settings.ledger_folder / STOP_FILE).exists():
        yield warn(
            f"a file {STOP_FILE} in {settings.ledger_folder} stops every write", "remove it to let campaigns go on"
        )


def _check_company(settings: Settings, company_id: int, storage: Storage, now: datetime) -> Finding:
    try:
        with Ledger.open(
            settings.ledger_folder,
            company_id=company_id,
            now=lambda: now,
            storage=storage,
            create=False,
            patience=PATIENCE,
        ) as ledger:
            campaigns = ledger.campaigns()
    except ActionError as error:
        return fail(str(error))
    unknown = sum(each.counts.unknown for each in campaigns)
    left = sum(each.counts.left for each in campaigns)
    stopped = sum(each.is_stopped for each in campaigns)
    found = (
        f"company {company_id}: {len(campaigns)} campaigns, {stopped} stopped; {left:,} rows wait, {unknown:,} unknown"
    )
    return warn(found, "`huggy act list`, then `huggy act resolve`") if unknown else ok(found)
