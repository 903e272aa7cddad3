"""The load: it brings every snapshot of the landing that the warehouse does not hold yet, and publishes once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import RESOURCES, Resource
from huggy_connector.errors import CompanyStopped
from huggy_connector.landing import Landing, SuppressedLanding
from huggy_connector.privacy import KEEP_ALL, PrivacyPolicy
from huggy_connector.warehouse.file import publish_log
from huggy_connector.warehouse.file.blocklist import settle_decisions
from huggy_connector.warehouse.file.engine import EngineLimits
from huggy_connector.warehouse.file.filesystem import paths_to_build
from huggy_connector.warehouse.file.inspection import InspectedFile, inspect_file
from huggy_connector.warehouse.file.publish import draft_version, lock_warehouse
from huggy_connector.warehouse.load import audit
from huggy_connector.warehouse.load.actions import ActionLog, differ_actions, replace_actions
from huggy_connector.warehouse.load.apply import SnapshotApplier
from huggy_connector.warehouse.load.companies import (
    StoppedCompanies,
    carry_over,
    copy_records,
    first_reason,
    isolate_company,
    retry_without_stopped,
    stop_sentences,
)
from huggy_connector.warehouse.load.coverage import read_spans, refresh_coverage
from huggy_connector.warehouse.load.load_plan import LoadPlan, count_restored, plan_load
from huggy_connector.warehouse.load.load_report import LoadReport, TableReport, read_table_reports
from huggy_connector.warehouse.load.merge import embedded, history_writer
from huggy_connector.warehouse.load.profiles import refresh_profiles
from huggy_connector.warehouse.load.quality import publish_checks
from huggy_connector.warehouse.load.quality.calendar_checks import check_calendar
from huggy_connector.warehouse.load.quality.freshness_checks import check_freshness
from huggy_connector.warehouse.load.quality.publish_checks import CheckFinding, CheckLevel, read_check_settings
from huggy_connector.warehouse.load.quality.value_checks import check_values
from huggy_connector.warehouse.load.retype import Retyper
from huggy_connector.warehouse.marts import refresh
from huggy_connector.warehouse.marts.calendar import BusinessCalendar
from huggy_connector.warehouse.marts.past.restatements import PublishCause
from huggy_connector.warehouse.schema.meta import META
from huggy_connector.warehouse.schema.migrate import migrate_tables
from huggy_connector.warehouse.schema.table_spec import TableMacro, TableSpec
from huggy_connector.warehouse.schema.tables import as_of_macro, tables_of

DEFAULT_CALENDAR = BusinessCalendar()
DEFAULT_ZONE = ZoneInfo("America/Sao_Paulo")
DISK_BYTES_PER_BYTE = 2
"""Free bytes of disk that a byte of new Parquet needs: for its rows in the file, and for what DuckDB spills."""


def check_load(
    warehouse: str | Path,
    *,
    resources: Sequence[Resource] = tuple(RESOURCES.values()),
    stop_on: Collection[str] = (),
) -> InspectedFile:
    """Raise what `load_snapshots` would raise for this path and these checks, else return what it would find there.

    Call it before anything is fetched.
    """
    read_check_settings(stop_on, resources)
    return inspect_file(paths_to_build(warehouse), _wanted_tables(resources), engine=EngineLimits())


def load_snapshots(  # noqa: PLR0913
    landing: Landing,
    warehouse: str | Path,
    *,
    now: Callable[[], datetime],
    resources: Sequence[Resource] = tuple(RESOURCES.values()),
    calendar: BusinessCalendar = DEFAULT_CALENDAR,
    keep_versions: int = 2,
    memory_limit: str = "1GB",
    wait_seconds: float = 0.0,
    stop_on: Collection[str] = (),
    sweep_days: float = 7.0,
    rebuild: bool = False,
    zone: ZoneInfo = DEFAULT_ZONE,
    world_readable: bool = False,
    policy: PrivacyPolicy = KEEP_ALL,
    hash_key: bytes = b"",
    note: Callable[[str], None] = lambda _: None,
    concerns: Collection[int] | None = None,
    read_actions: Callable[[], Sequence[ActionLog]] = tuple,
) -> LoadReport:
    """Load the landing's new snapshots of all companies into the warehouse. A second call changes nothing.

    The file changes in one step, or not at all. A company with damaged snapshots, or one that a check stops, keeps its
    rows, and the others are loaded. That is an error if the call `concerns` the company, else a warning. Without
    `concerns` the call is about all companies.

    With `rebuild` the file is made again, from the landing alone. This always happens to a file whose layout is of an
    older release, and to one that holds times of a company in another zone than its newest snapshot. All rows of a
    rebuilt file are under `policy`, whatever rules they were landed under. Snapshots that another catalogue or zone
    typed are typed again. Nothing of suppressed people is loaded, also if a backup brought their snapshots back:
    snapshots that are not known to be clear are searched first, with the list that `hash_key` reads.

    `zone` is for companies whose snapshots name none. `stop_on` names checks that stop the load instead of warning:
    `fresh`, or `chats.fresh` for one table. `sweep_days` is how often a long list without an order is read.
    `world_readable` is as in `draft_version`. `read_actions` returns what the ledgers of this host tell.

    Raise ConfigurationError for a path that no warehouse may have or a check that does not exist, WarehouseUnusable for
    a file that cannot be loaded into, WarehouseBusy if a writer or (for longer than `wait_seconds`) another load holds
    it, SnapshotDamaged for a snapshot that differs from its manifest, CheckFailed if a check of level `stop` fails, and
    CompanyStopped for these two if other companies were published.
    """
    paths, engine, wanted = paths_to_build(warehouse), EngineLimits(memory_limit), _wanted_tables(resources)
    checks = read_check_settings(stop_on, resources, sweep_days=sweep_days)

    def attempt(stopped: StoppedCompanies) -> LoadReport:
        plan = plan_load(
            landing,
            paths,
            inspected,
            decisions,
            resources,
            zone=zone,
            rebuild=rebuild,
            now=now(),
            note=note,
            stopped=stopped,
        )
        carried_over = _companies_to_carry_over(inspected, plan, stopped, policy)
        suppressed = SuppressedLanding(landing, hash_key, paths.spill, zone)
        if inspected.version and not plan.is_rebuild and not inspected.is_outdated and not plan.batches:
            with engine.open_read_only(paths.live, spill=paths.spill) as connection:
                if not refresh.has_outdated_marts(connection, calendar) and not differ_actions(connection, actions):
                    findings = check_freshness(connection, resources, checks=checks, now=now())
                    publish_checks.raise_if_stopped(findings)
                    findings += publish_checks.check_restored(count_restored(suppressed, plan))
                    return LoadReport(
                        str(paths.live),
                        inspected.version,
                        False,
                        read_table_reports(connection),
                        (),
                        plan.skipped,
                        _warning_sentences(findings) + plan.hints,
                        plan.blocked,
                    )
        if not plan.batches and (plan.is_rebuild or not inspected.version) and (stop_reason := first_reason(stopped)):
            raise stop_reason
        landing.prefetch(plan.manifests)
        for manifest in plan.manifests:
            with isolate_company(manifest.company_id):
                landing.verify(manifest)
        with draft_version(
            paths,
            from_version=inspected.version,
            engine=engine,
            keep_versions=keep_versions,
            growth_bytes=DISK_BYTES_PER_BYTE
            * sum(file.bytes for manifest in plan.manifests for file in manifest.files),
            from_empty=plan.is_rebuild,
            world_readable=world_readable,
        ) as draft:
            new_columns = migrate_tables(draft.connection, wanted, macros=_wanted_macros(resources))
            audit.record_columns(draft.connection, new_columns, now=now())
            if plan.is_rebuild and inspected.version:
                copy_records(draft.connection, paths.live)
            if carried_over:
                carry_over(draft.connection, paths.live, wanted, carried_over)
            applier = SnapshotApplier(
                draft.connection,
                suppressed,
                draft.version,
                Retyper(
                    {each.name: each for each in resources},
                    paths.spill,
                    plan.zones,
                    policy,
                    plan.is_rebuild,
                    {} if plan.is_rebuild else audit.read_rule_marks(draft.connection),
                ),
                embedded_resources=[each for each in resources if each.embedded],
                accepted=decisions.accepted,
                # Every field is new to a rebuilt file.
                checks=checks.without(publish_checks.NO_DRIFT) if plan.is_rebuild else checks,
            )
            reason = "rebuild" if plan.is_rebuild and inspected.version else "load"
            reports, warnings = _load_batches(
                applier, plan, resources, actions, reason=reason, calendar=calendar, now=now, note=note
            )
            note(f"Publishing version {draft.version}.")
        addresses = tuple(manifest.address for manifest in plan.manifests)
        warnings += (*plan.hints, *draft.warnings)
        return LoadReport(
            str(paths.live), draft.version, True, reports, addresses, plan.skipped, warnings, plan.blocked
        )

    with lock_warehouse(paths, wait_seconds=wait_seconds):
        inspected, decisions = inspect_file(paths, wanted, engine=engine), settle_decisions(paths, engine)
        actions = read_actions()
        report, stopped = retry_without_stopped(attempt)
    return _add_stopped(report, stopped, concerns)


def _companies_to_carry_over(
    inspected: InspectedFile, plan: LoadPlan, stopped: StoppedCompanies, policy: PrivacyPolicy
) -> frozenset[int]:
    """Return the stopped companies whose rows a rebuild copies from the file that it replaces.

    Raise the reason of a stopped company if the copy would keep an old layout, or old privacy rules.
    """
    if not plan.is_rebuild:
        return frozenset()
    loaded, current_mark = {company_id for company_id, _, _ in inspected.loaded}, policy.fingerprint
    for company_id, reason in stopped.items():
        marks = {mark for company, mark in inspected.rules if company == company_id}
        has_other_rules = current_mark and marks - {current_mark}
        if company_id in loaded and (inspected.is_outdated or has_other_rules):
            raise reason
    return frozenset(loaded & stopped.keys())


def _add_stopped(report: LoadReport, stopped: StoppedCompanies, concerns: Collection[int] | None) -> LoadReport:
    """Return the report with a warning for each stopped company.

    Raise instead if the call `concerns` a stopped company: its reason if nothing was published, else CompanyStopped.
    """
    reason = first_reason(stopped, concerns)
    if reason is None:
        return replace(report, warnings=report.warnings + stop_sentences(stopped))
    if not report.published:
        raise reason
    sentences = " ".join(stop_sentences(stopped))
    raise CompanyStopped(f"{sentences} All other companies are loaded: version {report.version}.", report)


def _wanted_tables(resources: Sequence[Resource]) -> tuple[TableSpec, ...]:
    return (*META, *(table for resource in resources for table in tables_of(resource)))


def _wanted_macros(resources: Sequence[Resource]) -> tuple[TableMacro, ...]:
    return tuple(as_of_macro(resource) for resource in resources if resource.history)


def _warning_sentences(findings: Iterable[CheckFinding]) -> tuple[str, ...]:
    return tuple(each.sentence for each in findings if each.level is CheckLevel.WARN and not each.passed)


def _load_batches(
    applier: SnapshotApplier,
    plan: LoadPlan,
    resources: Sequence[Resource],
    actions: Sequence[ActionLog],
    *,
    reason: str,
    calendar: BusinessCalendar,
    now: Callable[[], datetime],
    note: Callable[[str], None],
) -> tuple[dict[int, dict[str, TableReport]], tuple[str, ...]]:
    """Load the batches of a plan in one transaction, refresh the marts and run the checks.

    Return the reports by company and table, and the sentences of the checks that warn.
    """
    connection, findings, done = applier.connection, list[CheckFinding](), dict[tuple[int, str], TableReport]()
    connection.execute("BEGIN")
    embedded.start_load(connection)
    history_writer.start_load(connection)
    for batch in plan.batches:
        rows = sum(manifest.rows for manifest in batch.new)
        note(f"{batch.resource.name}: loading {rows:,} rows of {len(batch.new):,} snapshots.")
        with isolate_company(batch.company_id):
            counts, new_findings = applier.apply(batch, now=now())
        report = TableReport(0, counts.added + counts.changed, counts.added, counts.confirmed)
        done[batch.company_id, batch.resource.name] = report
        findings += new_findings
    for resource in applier.embedded_resources:
        for company_id in dict.fromkeys(batch.company_id for batch in plan.batches):
            embedded.merge_embedded_rows(connection, company_id, resource)
    audit.refresh_freshness(connection, resources, now=now())
    refresh_profiles(connection, resources, now=now())
    refresh_coverage(connection, read_spans(plan.manifests), plan.zones, now=now())
    replace_actions(connection, actions)
    refresh.refresh_marts(connection, calendar, cause=PublishCause(reason, applier.version, now()))
    connection.execute("COMMIT")
    findings += check_freshness(connection, resources, checks=applier.checks, now=now())
    findings += publish_checks.check_tables(connection, resources, checks=applier.checks)
    findings += check_values(connection, resources, checks=applier.checks)
    findings += check_calendar(connection, calendar, checks=applier.checks)
    publish_checks.raise_if_stopped(findings)
    findings += publish_checks.check_restored(count_restored(applier.suppressed, plan))
    audit.record_quality(connection, findings, version=applier.version)
    publish_log.record_publish(
        connection,
        version=applier.version,
        now=now(),
        reason=reason,
        snapshots=sum(len(batch.new) for batch in plan.batches),
        rows_changed=sum(report.changed for report in done.values()),
    )
    return read_table_reports(connection, done), _warning_sentences(findings)
