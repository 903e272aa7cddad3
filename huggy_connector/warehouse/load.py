"""Loads every snapshot of the landing that the warehouse does not hold yet, and publishes once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import RESOURCES, Resource
from huggy_connector.errors import CompanyStopped, SnapshotDamaged
from huggy_connector.landing import KEEP_ALL, Landing, Policy, Withheld
from huggy_connector.warehouse import embedded, ledger, meta, quality, refresh
from huggy_connector.warehouse.ages import check_ages
from huggy_connector.warehouse.bring import Bringing
from huggy_connector.warehouse.calendar import BusinessCalendar
from huggy_connector.warehouse.companies import (
    Stopped,
    carry,
    company_by_company,
    first,
    of_company,
    sentences,
)
from huggy_connector.warehouse.disk import place_to_build
from huggy_connector.warehouse.engine import Engine
from huggy_connector.warehouse.inspection import Found, inspect
from huggy_connector.warehouse.load_report import LoadReport, TableReport
from huggy_connector.warehouse.meta import META
from huggy_connector.warehouse.migrate import migrate
from huggy_connector.warehouse.publish import drafting, holding
from huggy_connector.warehouse.quality import Finding, Level, read_checks
from huggy_connector.warehouse.reread import Reread
from huggy_connector.warehouse.shape import Macro, Table
from huggy_connector.warehouse.tables import as_of, tables_of
from huggy_connector.warehouse.todo import Todo, todo_of
from huggy_connector.warehouse.verdicts import settled_verdicts

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

USUAL_CALENDAR = BusinessCalendar()
USUAL_ZONE = ZoneInfo("America/Sao_Paulo")
GROWTH = 2
"""Bytes of disk to have free for each byte of new Parquet: what it becomes, and what DuckDB spills meanwhile."""


def examine(
    warehouse: str | Path,
    *,
    resources: Sequence[Resource] = tuple(RESOURCES.values()),
    stop_on: Collection[str] = (),
) -> None:
    """Raises what `load` would raise for this path and these checks now, before anything is fetched for it."""
    read_checks(stop_on, resources)
    inspect(place_to_build(warehouse), _wanted(resources), engine=Engine())


def load(  # noqa: PLR0913
    landing: Landing,
    warehouse: str | Path,
    *,
    now: Callable[[], datetime],
    resources: Sequence[Resource] = tuple(RESOURCES.values()),
    calendar: BusinessCalendar = USUAL_CALENDAR,
    keep_versions: int = 2,
    memory_limit: str = "1GB",
    wait_seconds: float = 0.0,
    stop_on: Collection[str] = (),
    sweep_days: float = 7.0,
    afresh: bool = False,
    zone: ZoneInfo = USUAL_ZONE,
    world_readable: bool = False,
    policy: Policy = KEEP_ALL,
    hash_key: bytes = b"",
    note: Callable[[str], None] = lambda _: None,
    concerns: Collection[int] | None = None,
) -> LoadReport:
    """Brings the landing's new snapshots, of all companies, into the warehouse. A second call changes nothing.

    A company of which something is damaged, or is stopped by a check, stays as it was, and the others are loaded. It is
    an error where the call `concerns` it, else a warning; without `concerns` all do.

    With `afresh` the file is made anew of the landing alone. So is, in any case, a file whose layout is of an older
    release, and one that holds times of a company in another zone than its newest snapshot. Snapshots that another
    catalogue or zone typed are typed anew, and a file that is made anew holds all that it is made of under `policy`,
    whatever it was landed under. `zone` is that of companies whose snapshots do not say theirs, `stop_on`
    names checks that stop the load where they would warn: `fresh`, or `chats.fresh` for one table; `sweep_days` is how
    often a long list without an order is read; `world_readable` is as in `drafting`.

    Of people who were forgotten nothing is loaded, also where a snapshot that holds them was put back from a backup:
    what nobody vouches for is looked through first, with the list that `hash_key` reads.

    The file changes in one step, or not at all. Raises ConfigurationError for a path where no warehouse may be or a
    check that there is not, WarehouseUnusable for a file that cannot be loaded into, WarehouseBusy where another load
    (for longer than `wait_seconds`) or a writer holds it, SnapshotDamaged for a snapshot that is not what its manifest
    says, CheckFailed where a check of level `stop` fails, and CompanyStopped for either where it did not keep other
    companies from being published.
    """
    place, engine, wanted = place_to_build(warehouse), Engine(memory_limit), _wanted(resources)
    checks = read_checks(stop_on, resources, sweep_days=sweep_days)

    def attempt(stopped: Stopped) -> LoadReport:
        todo = todo_of(
            landing, place, found, verdicts, resources, zone=zone, afresh=afresh, now=now(), note=note, stopped=stopped
        )
        kept = _kept_as_they_are(found, todo, stopped, policy)
        withheld = Withheld(landing, hash_key, place.spill, zone)
        if found.version and not todo.afresh and not found.outdated and not todo.batches:
            with engine.reading(place.live, spill=place.spill) as connection:
                if not refresh.outdated(connection, calendar):
                    ages = check_ages(connection, resources, checks=checks, now=now())
                    quality.stop_if_needed(ages)
                    ages += quality.check_forgotten(_put_back(withheld, todo))
                    return LoadReport(
                        str(place.live),
                        found.version,
                        False,
                        _held(connection),
                        (),
                        todo.skipped,
                        _warnings(ages) + todo.hints,
                        todo.blocked,
                    )
        if not todo.batches and (todo.afresh or not found.version) and (damage := first(stopped)):
            raise damage
        landing.gather(todo.manifests)
        for manifest in todo.manifests:
            with of_company(manifest.company_id):
                landing.verify(manifest)
        with drafting(
            place,
            from_version=found.version,
            engine=engine,
            keep_versions=keep_versions,
            room=GROWTH * sum(file.bytes for manifest in todo.manifests for file in manifest.files),
            afresh=todo.afresh,
            world_readable=world_readable,
        ) as draft:
            added = migrate(draft.connection, wanted, macros=_macros(resources))
            ledger.record_columns(draft.connection, added, now=now())
            if kept:
                carry(draft.connection, place.live, wanted, kept)
            bringing = Bringing(
                draft.connection,
                withheld,
                draft.version,
                Reread(
                    {each.name: each for each in resources},
                    place.spill,
                    todo.zones,
                    policy,
                    todo.afresh,
                    {} if todo.afresh else ledger.rules_held(draft.connection),
                ),
                embedding=[each for each in resources if each.embedded],
                accepted=verdicts.accepted,
                # Each field is new to a file made anew.
                checks=checks.without(quality.NO_DRIFT) if todo.afresh else checks,
            )
            reason = "rebuild" if todo.afresh and found.version else "load"
            held, warnings = _fill(bringing, todo, resources, reason=reason, calendar=calendar, now=now, note=note)
            note(f"Publishing version {draft.version}.")
        addresses = tuple(manifest.address for manifest in todo.manifests)
        warnings += (*todo.hints, *draft.warnings)
        return LoadReport(str(place.live), draft.version, True, held, addresses, todo.skipped, warnings, todo.blocked)

    with holding(place, wait_seconds=wait_seconds):
        found, verdicts = inspect(place, wanted, engine=engine), settled_verdicts(place, engine)
        report, stopped = company_by_company(attempt)
    return _told(report, stopped, concerns)


def _kept_as_they_are(found: Found, todo: Todo, stopped: Stopped, policy: Policy) -> frozenset[int]:
    """The companies whose rows a file that is made anew takes over from the one that it replaces.

    Raises what stopped one where that would keep a layout, or privacy rules, that a new file must not have.
    """
    if not todo.afresh:
        return frozenset()
    held, here = {company_id for company_id, _, _ in found.loaded}, policy.fingerprint
    for company_id, reason in stopped.items():
        other_rules = here and any(company == company_id and rules != here for company, rules in found.rules)
        if company_id in held and (found.outdated or other_rules):
            raise reason
    return frozenset(held & stopped.keys())


def _told(report: LoadReport, stopped: Stopped, concerns: Collection[int] | None) -> LoadReport:
    """The report, with what stopped other companies than the call `concerns`."""
    reason = first(stopped, concerns)
    if reason is None:
        return replace(report, warnings=report.warnings + sentences(stopped))
    if not report.published:
        raise reason
    told = " ".join(sentences(stopped))
    raise CompanyStopped(f"{told} All other companies are loaded: version {report.version}.", report)


def _wanted(resources: Sequence[Resource]) -> tuple[Table, ...]:
    return (*META, *(table for resource in resources for table in tables_of(resource)))


def _macros(resources: Sequence[Resource]) -> tuple[Macro, ...]:
    return tuple(as_of(resource) for resource in resources if resource.history)


def _warnings(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(each.sentence for each in findings if each.level is Level.WARN and not each.passed)


def _fill(
    bringing: Bringing,
    todo: Todo,
    resources: Sequence[Resource],
    *,
    reason: str,
    calendar: BusinessCalendar,
    now: Callable[[], datetime],
    note: Callable[[str], None],
) -> tuple[dict[int, dict[str, TableReport]], tuple[str, ...]]:
    connection, findings = bringing.connection, list[Finding]()
    done: dict[tuple[int, str], TableReport] = {}
    connection.execute("BEGIN")
    embedded.begin(connection)
    for batch in todo.batches:
        rows = sum(manifest.rows for manifest in batch.new)
        note(f"{batch.resource.name}: loading {rows:,} rows of {len(batch.new):,} snapshots.")
        with of_company(batch.company_id):
            changed, found = bringing.bring(batch, now=now())
        report = TableReport(0, changed.added + changed.changed, changed.added, changed.confirmed)
        done[batch.company_id, batch.resource.name] = report
        findings += found
    for resource in bringing.embedding:
        for company_id in dict.fromkeys(batch.company_id for batch in todo.batches):
            embedded.merge(connection, company_id, resource)
    ledger.refresh_freshness(connection, resources, now=now())
    refresh.refresh(connection, calendar)
    connection.execute("COMMIT")
    findings += check_ages(connection, resources, checks=bringing.checks, now=now())
    findings += quality.check_tables(connection, resources, checks=bringing.checks)
    quality.stop_if_needed(findings)
    findings += quality.check_forgotten(_put_back(bringing.withheld, todo))
    ledger.record_quality(connection, findings, version=bringing.version)
    ledger.record_publish(
        connection,
        version=bringing.version,
        now=now(),
        reason=reason,
        snapshots=sum(len(batch.new) for batch in todo.batches),
        rows_changed=sum(report.changed for report in done.values()),
    )
    return _held(connection, done), _warnings(findings)


def _put_back(withheld: Withheld, todo: Todo) -> Counter[str]:
    """By table, how many snapshots tell of people who were forgotten: of those to be loaded, and of those loaded."""
    suspected = [each for each in todo.loaded if withheld.was_put_back(each)]
    found = Counter(each.resource for each in todo.manifests if withheld.tells(each))
    for manifest in suspected:
        with suppress(SnapshotDamaged):  # nothing is read of it
            found[manifest.resource] += withheld.tells(manifest)
    return +found


def _held(
    connection: DuckDBPyConnection, done: dict[tuple[int, str], TableReport] | None = None
) -> dict[int, dict[str, TableReport]]:
    """What the tables hold, by company, with what was done to them."""
    held: dict[int, dict[str, TableReport]] = {}
    for company_id, resource, rows in connection.execute(
        f"SELECT company_id, resource, rows FROM {meta.FRESHNESS.sql} ORDER BY ALL"
    ).fetchall():
        report = (done or {}).get((company_id, resource), TableReport())
        held.setdefault(company_id, {})[resource] = report + TableReport(rows=rows)
    return held
