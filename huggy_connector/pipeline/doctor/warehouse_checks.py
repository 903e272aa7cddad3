"""Checks the warehouse: whether it can be used, how fresh and how complete its tables are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from huggy_connector.catalogue import RESOURCES
from huggy_connector.landing import Manifest
from huggy_connector.pipeline.doctor.check_row import Finding, Unknown, ok, warn
from huggy_connector.pipeline.doctor.check_runner import Fact
from huggy_connector.pipeline.doctor.disks import probe
from huggy_connector.pipeline.doctor.landing_checks import NAMED, LandingLook
from huggy_connector.pipeline.durations import describe_age
from huggy_connector.settings import Settings
from huggy_connector.warehouse import WarehouseStatus, WebhookCoverage, check_load, connect, read_status
from huggy_connector.warehouse.file.inspection import InspectedFile
from huggy_connector.warehouse.file.paths import WarehousePaths
from huggy_connector.warehouse.load.load import DISK_BYTES_PER_BYTE
from huggy_connector.warehouse.load.quality.freshness_checks import check_freshness
from huggy_connector.warehouse.load.quality.publish_checks import read_check_settings
from huggy_connector.warehouse.read.coverage import TableCoverage
from huggy_connector.warehouse.schema import table_spec


@dataclass(frozen=True, slots=True)
class WarehouseLook:
    """What a load would find there, and what `huggy status` says. `status` is None while there is no warehouse."""

    inspected: InspectedFile
    status: WarehouseStatus | None


def look_at_warehouse(settings: Settings, *, now: datetime) -> WarehouseLook:
    """Return what is there. Raise what would stop a load, or `huggy status`."""
    paths = WarehousePaths.at(settings.warehouse)
    inspected = check_load(settings.warehouse, stop_on=settings.stop_on)
    if not paths.live.exists():
        return WarehouseLook(inspected, None)
    return WarehouseLook(inspected, read_status(settings.warehouse, zone=settings.zone, runs=1, now=now))


def count_growth(warehouse: WarehouseLook, landing: LandingLook) -> int:
    """Return the bytes that the next load may add, as the load itself reckons: for snapshots that it lacks."""
    waiting = _waiting_snapshots(warehouse, landing)
    return DISK_BYTES_PER_BYTE * sum(file.bytes for manifest in waiting for file in manifest.files)


def _waiting_snapshots(warehouse: WarehouseLook, landing: LandingLook) -> list[Manifest]:
    loaded = warehouse.inspected.loaded
    return [each for each in landing.snapshots if (each.company_id, each.resource, each.run_key) not in loaded]


def check_warehouse(settings: Settings, look: Fact[WarehouseLook], landing: Fact[LandingLook]) -> Iterator[Finding]:
    """Say whether the file can be opened and replaced, what is in it, and what it lacks."""
    found = look.get()
    status = found.status
    advice = "change its rights, or set HUGGY_WAREHOUSE to another path"
    yield from probe(WarehousePaths.at(settings.warehouse).live.parent, "its folder", advice)
    if status is None:
        yield warn(f"{settings.warehouse} is not there yet", "the first `huggy sync` makes it; or set HUGGY_WAREHOUSE")
        return
    loaded = f", last load {status.last_runs[0].loaded_at:%Y-%m-%d %H:%M}" if status.last_runs else ""
    layout = "of an older format" if found.inspected.has_old_format else f"format {table_spec.FORMAT}"
    yield ok(
        f"{settings.warehouse}, {status.bytes / 1e6:,.1f} MB, {layout}, "
        f"version {status.version} of {status.published_at:%Y-%m-%d %H:%M}{loaded}, by huggy_connector "
        f"{status.connector_version} and DuckDB {status.duckdb_version}"
    )
    yield ok(f"kept for a rollback: {', '.join(map(str, status.kept)) or 'none'}")
    if found.inspected.has_old_format:
        yield warn("an older release wrote it", "the next load makes it anew from the landing: keep the landing")
    waiting = _waiting_snapshots(found, landing.get_if_known("whether snapshots wait for a load is"))
    if waiting:
        yield warn(f"{len(waiting):,} snapshots are not loaded, {waiting[-1].address} the first", "run `huggy load`")


def check_freshness_now(settings: Settings, look: Fact[WarehouseLook], *, now: datetime) -> Iterator[Finding]:
    """Say how old what each table holds is, by the check `fresh` as a load has it."""
    status = _require_status(look)
    for company_id in dict.fromkeys(each.company_id for each in status.freshness):
        ages = [
            f"{each.table} {describe_age(now - each.newest_fetched_at) if each.newest_fetched_at else 'empty'}"
            for each in status.freshness
            if each.company_id == company_id
        ]
        yield ok(f"company {company_id}, last read before: {', '.join(ages)}")
    resources = tuple(RESOURCES.values())
    checks = read_check_settings(settings.stop_on, resources, sweep_days=settings.reconcile_days)
    with connect(settings.warehouse, zone=settings.zone) as connection:
        findings = check_freshness(connection, resources, checks=checks, now=now)
    for finding in findings:
        if finding.check == "fresh" and not finding.passed:
            yield warn(f"{finding.table}: {finding.detail}", "does the schedule run? `huggy sync` reads what is due")


def check_quality(look: Fact[WarehouseLook]) -> Iterator[Finding]:
    """Say which checks of the last publish warn."""
    warnings = _require_status(look).warnings
    for sentence in warnings[:NAMED]:
        yield warn(sentence, "see docs/quality.md and `huggy status`")
    if len(warnings) > NAMED:
        yield warn(f"{len(warnings) - NAMED:,} more warnings")
    if not warnings:
        yield ok("no check of the last publish warns")


def check_coverage(look: Fact[WarehouseLook], coverage: Fact[tuple[TableCoverage, ...]]) -> Iterator[Finding]:
    """Say of each list whether all of it was read once, from when on rows are there, and how many may be missing.

    Where there is a webhook, say until when it covers, and whether events may be missing that a poll would make good.
    """
    status = _require_status(look)
    found = {(each.company_id, each.table): each for each in coverage.get()}
    for company_id in dict.fromkeys(each.company_id for each in status.freshness):
        lists = [name for name, resource in RESOURCES.items() if resource.is_listed and resource.parent is None]
        exact = [each for name in lists if (each := found.get((company_id, name))) and each.missing_at_most == 0]
        if exact:
            yield ok(f"company {company_id}, exact: {', '.join(map(_describe_span, exact))}")
        for name in lists:
            if (each := found.get((company_id, name))) not in exact:
                yield warn(
                    f"{name} of company {company_id}: {_describe_gap(each)}", f"`huggy land {name}`, `huggy load`"
                )
    yield from map(_check_webhook, status.webhook)


def _check_webhook(coverage: WebhookCoverage) -> Finding:
    holes = sum(hole.can_be_healed for hole in coverage.holes)
    until = (
        f"covers until {coverage.covered_until:%Y-%m-%d %H:%M}" if coverage.covered_until else "has told nothing yet"
    )
    found = f"the webhook of company {coverage.company_id} {until}"
    if not holes:
        return ok(found)
    return warn(f"{found}, holes that are not healed: {holes:,}", "`huggy sync` heals them, `huggy status` lists them")


def _describe_span(coverage: TableCoverage) -> str:
    since = f"{coverage.oldest_created_at:%Y-%m-%d}" if coverage.oldest_created_at else "all"
    return f"{coverage.table} {since} to {coverage.vouched_until:%Y-%m-%d %H:%M}"


def _describe_gap(coverage: TableCoverage | None) -> str:
    if coverage is None or not coverage.has_full:
        return "never read whole"
    most = "any number of" if coverage.missing_at_most is None else f"{coverage.missing_at_most:,}"
    last = f", exact at {coverage.exact_full_at:%Y-%m-%d %H:%M}" if coverage.exact_full_at else ""
    return f"the newest full snapshot may lack {most} rows{last}"


def _require_status(look: Fact[WarehouseLook]) -> WarehouseStatus:
    """Return the status. Raise Unknown where the row of the warehouse tells why there is none."""
    found = look.get_if_known()
    if found.status is None or found.inspected.has_old_format:
        raise Unknown("not known: see warehouse")
    return found.status
