"""Loads every snapshot of the landing that the warehouse does not hold yet, and publishes once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from huggy_connector.catalogue import RESOURCES, Resource
from huggy_connector.errors import SnapshotDamaged
from huggy_connector.landing import KEEP_ALL, Landing, Policy, Withheld
from huggy_connector.warehouse import embedded, ledger, meta, quality, refresh
from huggy_connector.warehouse.ages import check_ages
from huggy_connector.warehouse.bring import Bringing
from huggy_connector.warehouse.calendar import BusinessCalendar
from huggy_connector.warehouse.disk import place_to_build
from huggy_connector.warehouse.engine import Engine
from huggy_connector.warehouse.inspection import inspect
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


@dataclass(frozen=True, slots=True)
class TableReport:
    """One table of one company. `rows` are those in it now; what the load did to it is in the other counts.

    `changed` rows are new or hold other tracked values than before; `added` of them are new; `confirmed` rows came
    again as they were.
    """

    rows: int = 0
    changed: int = 0
    added: int = 0
    confirmed: int = 0

    def __add__(self, other: TableReport) -> TableReport:
        return TableReport(
            self.rows + other.rows,
            self.changed + other.changed,
            self.added + other.added,
            self.confirmed + other.confirmed,
        )


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load did. `published` is False where nothing was new: then not a byte of the file has changed.

    `companies` holds, by company and table, what is in the warehouse now; `snapshots` the addresses of those just
    loaded, `skipped` how many were loaded before, `blocked` how many may not be; `warnings` are sentences of the checks
    that warn.
    """

    warehouse: str
    version: int
    published: bool
    companies: dict[int, dict[str, TableReport]]
    snapshots: tuple[str, ...] = ()
    skipped: int = 0
    warnings: tuple[str, ...] = ()
    blocked: int = 0

    @property
    def tables(self) -> dict[str, TableReport]:
        """By table, over all companies."""
        total: dict[str, TableReport] = {}
        for held in self.companies.values():
            for name, report in held.items():
                total[name] = total.get(name, TableReport()) + report
        return total


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
) -> LoadReport:
    """Brings the landing's new snapshots, of all companies, into the warehouse. A second call changes nothing.

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
    says, CheckFailed where a check of level `stop` fails.
    """
    place, engine, wanted = place_to_build(warehouse), Engine(memory_limit), _wanted(resources)
    checks = read_checks(stop_on, resources, sweep_days=sweep_days)
    with holding(place, wait_seconds=wait_seconds):
        found, verdicts = inspect(place, wanted, engine=engine), settled_verdicts(place, engine)
        todo = todo_of(landing, place, found, verdicts, resources, zone=zone, afresh=afresh, now=now(), note=note)
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
        landing.gather(todo.manifests)
        for manifest in todo.manifests:
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
