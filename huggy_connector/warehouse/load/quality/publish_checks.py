"""The checks of a publish. They run on the copy, before it is put in place. If a `stop` fails, nothing is published."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from huggy_connector.catalogue import ListOrder, Resource, Scalar, list_references
from huggy_connector.errors import CheckFailed, ConfigurationError
from huggy_connector.warehouse.load.merge.stage import RowCounts, SnapshotStage
from huggy_connector.warehouse.schema import meta, sql
from huggy_connector.warehouse.schema.tables import history_table_of, table_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

READABLE_SHARE_AT_LEAST = 0.99
"""The share of rows that should have no rejected value."""
SWEEP_SIZE_SHARE_AT_LEAST = 0.9
"""The share of the last full sweep's ids that the next one should find."""
NAMED_FIELDS_AT_MOST = 5
NO_DRIFT = "no_drift"
FUTURE_AT_MOST = timedelta(hours=1)
"""How long after its fetch a time may lie. More means a wrong time zone."""


class CheckLevel(StrEnum):
    """The level of a check: `warn` only reports, `stop` keeps the live file as it is."""

    WARN = "warn"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """The finding of a check, in counts, never in values."""

    check: str
    table: str
    level: CheckLevel
    passed: bool
    detail: str

    @property
    def sentence(self) -> str:
        """The finding as a sentence."""
        return f"{self.table}: {self.detail} ({self.check})."


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """The settings of the checks: `stopping` are the (table, check) that are set to stop instead of warning.

    `sweep_days` is how often a long list is read that can only be read whole.
    """

    stopping: frozenset[tuple[str, str]] = frozenset()
    sweep_days: float = 7.0

    def is_stopping(self, table: str, check: str) -> bool:
        """Return whether this check of this table is set to stop."""
        return (table, check) in self.stopping

    def without(self, check: str) -> CheckSettings:
        """Return the settings with this check set to stop nothing."""
        return replace(self, stopping=frozenset(each for each in self.stopping if each[1] != check))

    def with_levels(self, findings: Iterable[CheckFinding]) -> list[CheckFinding]:
        """Return the findings, with level `stop` for the checks that are set to stop."""
        return [
            replace(each, level=CheckLevel.STOP) if self.is_stopping(each.table, each.check) else each
            for each in findings
        ]


def read_check_settings(
    stop_on: Collection[str], resources: Sequence[Resource], *, sweep_days: float = 7.0
) -> CheckSettings:
    """Return the settings with the checks of these names set to stop.

    A name such as `fresh` is for every table with the check, `chats.fresh` for one table. Raise ConfigurationError,
    with all names, for a name that no check has.
    """
    known = {(resource.name, check) for resource in resources for check in _warning_checks(resource)}
    stopping = set[tuple[str, str]]()
    for name in sorted(stop_on):
        meant = {(table, check) for table, check in known if name in {check, f"{table}.{check}"}}
        if not meant:
            names = ", ".join(sorted({check for _, check in known}))
            raise ConfigurationError(
                f"HUGGY_STOP_ON: there is no check {name}; there are {names}, each alone or with a table before it "
                "as in chats.fresh."
            )
        stopping |= meant
    return CheckSettings(frozenset(stopping), sweep_days)


def _warning_checks(resource: Resource) -> Iterator[str]:
    """Yield the names of the checks of a table that warn, or do not run, unless they are set to stop."""
    yield from ("values_readable", NO_DRIFT, "same_privacy")
    yield from ("fresh",) if resource.is_listed else ()
    for column in filter(None, (resource.created, resource.version)):
        yield from (f"{column}_present", f"{column}_not_ahead")
    if resource.is_listed and not resource.is_single and resource.order is ListOrder.UNKNOWN:
        yield "sweep_not_shrunk"
    if resource.is_ordered and resource.parent is None:
        yield "clock_agrees"
    yield from ("calendar_fits", "desks_found") if resource.life is not None else ()
    for column, _ in list_references(resource):
        yield f"{column}_found"
    if resource.life is not None:
        yield "situation_known"


def check_snapshots(stage: SnapshotStage, counts: dict[str, RowCounts]) -> Iterator[CheckFinding]:
    """Check that in each snapshot fetched = kept + doubled + rejected, and that its manifest has the same counts."""
    wrong = sum(
        counts[each.run_key]
        != RowCounts(each.rows, each.unique_ids, each.rows - each.unique_ids - each.keyless, each.keyless)
        for each in stage.manifests
    )
    detail = f"{wrong} of {len(stage.manifests)} snapshots hold other rows than their manifests say"
    yield CheckFinding("snapshots_add_up", stage.resource.name, CheckLevel.STOP, not wrong, detail)


def check_rejects(stage: SnapshotStage, counts: dict[str, RowCounts], rejects: int) -> Iterator[CheckFinding]:
    """Check the share of the values that could not be read."""
    fetched = sum(count.fetched for count in counts.values())
    passed = rejects <= fetched * (1 - READABLE_SHARE_AT_LEAST)
    detail = f"{rejects:,} values of {fetched:,} rows could not be read, see meta.rejects"
    yield CheckFinding("values_readable", stage.resource.name, CheckLevel.WARN, passed, detail)


def check_restored(restored: Mapping[str, int]) -> list[CheckFinding]:
    """Return a finding for each table with snapshots of suppressed people that came back, as counted by table."""
    return [
        CheckFinding(
            "nobody_put_back",
            table,
            CheckLevel.WARN,
            False,
            f"{count:,} snapshots, put back after a person was forgotten, hold rows about them, which were not loaded. "
            "`huggy forget --again` removes them from the landing",
        )
        for table, count in sorted(restored.items())
    ]


def check_drift(resource: Resource, new_fields: Sequence[str]) -> Iterator[CheckFinding]:
    """Check that there are no new fields, for tables that are set to stop at them. It names fields, never values."""
    named = ", ".join(new_fields[:NAMED_FIELDS_AT_MOST]) + (", ..." if len(new_fields) > NAMED_FIELDS_AT_MOST else "")
    detail = (
        f"the API sends {len(new_fields):,} new fields: {named}; take {NO_DRIFT} out of HUGGY_STOP_ON to load "
        "them into the column extra"
        if new_fields
        else "no new fields"
    )
    yield CheckFinding(NO_DRIFT, resource.name, CheckLevel.STOP, not new_fields, detail)


def check_row_counts(resource: Resource, *, before: int, added: int, after: int) -> Iterator[CheckFinding]:
    """Check that the load only added rows to a table."""
    detail = f"{before:,} rows before, {added:,} new, {after:,} after"
    yield CheckFinding("rows_add_up", resource.name, CheckLevel.STOP, before + added == after, detail)


def check_tables(
    connection: DuckDBPyConnection, resources: Sequence[Resource], *, checks: CheckSettings
) -> list[CheckFinding]:
    """Run the checks that read the tables as they will be published."""
    findings: list[CheckFinding] = []
    rules = _count_differing_rules(connection)
    for resource in resources:
        findings += _check_rows(connection, resource)
        findings += _check_sweep_sizes(connection, resource)
        findings += _check_rules(resource, rules.get(resource.name, ()))
        if resource.history:
            findings += _check_history(connection, resource)
    return checks.with_levels(findings)


def _count_differing_rules(connection: DuckDBPyConnection) -> dict[str, list[tuple[int, int, int]]]:
    """Return by resource, for each company: the snapshots under other rules than the newest one, and all."""
    counts: dict[str, list[tuple[int, int, int]]] = {}
    for resource, *count in connection.execute(
        "SELECT resource, company_id, count(*) FILTER (privacy IS DISTINCT FROM newest), count(*) FROM ("
        " SELECT *, max_by(privacy, run_key) OVER (PARTITION BY resource, company_id) AS newest"
        f" FROM {meta.SNAPSHOTS.sql} WHERE mode <> 'tombstones') GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        counts.setdefault(resource, []).append((count[0], count[1], count[2]))
    return counts


def _check_rules(resource: Resource, counts: Iterable[tuple[int, int, int]]) -> Iterator[CheckFinding]:
    """Check, per company, that all rows are under the privacy rules of the newest snapshot."""
    for company_id, differing, snapshots in counts:
        detail = (
            f"company {company_id}: {differing:,} of {snapshots:,} snapshots are under other privacy rules than the "
            "newest: `huggy rebuild` reads all of them under the rules in force"
            if differing
            else f"company {company_id}: all snapshots are under the same privacy rules"
        )
        yield CheckFinding("same_privacy", resource.name, CheckLevel.WARN, not differing, detail)


def raise_if_stopped(findings: Iterable[CheckFinding]) -> None:
    """Raise CheckFailed if a check of level `stop` failed."""
    if failed := [each.sentence for each in findings if each.level is CheckLevel.STOP and not each.passed]:
        raise CheckFailed(f"Nothing was published, the warehouse is as it was. {' '.join(failed)}")


def _check_rows(connection: DuckDBPyConnection, resource: Resource) -> Iterator[CheckFinding]:
    """Check that each row has its key, that no two share one, and that its times are there and not in the future.

    Ids are counted by ranges of 32, each id as one bit: they lie close together, so there are few groups.
    """
    table, key = table_of(resource).sql, sql.name(resource.key)
    is_number = resource.column(resource.key).type is Scalar.BIGINT
    ids = f"bit_count(bit_or(1::BIGINT << ({key} & 31)))" if is_number else f"count(DISTINCT {key})"
    group = f"company_id, {key}{' >> 5' if is_number else ''}"
    groups = f"SELECT count({key}) - {ids} AS doubled FROM {table} GROUP BY {group}"
    doubled = _fetch_count(connection, f"SELECT coalesce(sum(doubled), 0) FROM ({groups})")
    times = tuple(filter(None, (resource.created, resource.version)))
    latest = f"fetched_at + to_seconds({int(FUTURE_AT_MOST.total_seconds())})"
    conditions = [f"company_id IS NULL OR {key} IS NULL"]
    conditions += [each for time in map(sql.name, times) for each in (f"{time} IS NULL", f"{time} > {latest}")]
    counts = ", ".join(f"count(*) FILTER ({each})" for each in conditions)
    missing, *of_times = connection.execute(f"SELECT {counts} FROM {table}").fetchall()[0]
    yield CheckFinding(
        "unique_key", resource.name, CheckLevel.STOP, not doubled, f"{doubled:,} rows repeat the id of another"
    )
    yield CheckFinding("key_present", resource.name, CheckLevel.STOP, not missing, f"{missing:,} rows have no id")
    for time, absent, ahead in zip(times, of_times[::2], of_times[1::2], strict=True):
        detail = f"{absent:,} rows have no {time}"
        yield CheckFinding(f"{time}_present", resource.name, CheckLevel.WARN, not absent, detail)
        detail = f"{ahead:,} rows have a {time} after they were fetched: is the time zone right?"
        yield CheckFinding(f"{time}_not_ahead", resource.name, CheckLevel.WARN, not ahead, detail)


def _check_history(connection: DuckDBPyConnection, resource: Resource) -> Iterator[CheckFinding]:
    """Check that the newest version of each row is the listed row."""
    print_of = "count(*) AS rows, bit_xor(hash(company_id, id, row_hash)) AS prints"
    apart = _fetch_count(
        connection,
        f"SELECT abs(a.rows - b.rows) + (a.prints IS DISTINCT FROM b.prints)::INTEGER"
        f" FROM (SELECT {print_of} FROM {table_of(resource).sql} WHERE snapshot IS NOT NULL) a,"
        f" (SELECT {print_of} FROM {history_table_of(resource).sql} WHERE valid_to IS NULL) b",
    )
    detail = "newest versions and listed rows differ" if apart else "newest versions and listed rows are the same"
    yield CheckFinding("history_joins", resource.name, CheckLevel.STOP, not apart, detail)


def _check_sweep_sizes(connection: DuckDBPyConnection, resource: Resource) -> Iterator[CheckFinding]:
    """Check, per company, that a full sweep of a list without an order finds about as much as the one before."""
    if not resource.is_listed or resource.is_single or resource.order is not ListOrder.UNKNOWN:
        return
    for (company_id,) in connection.execute(
        f"SELECT DISTINCT company_id FROM {meta.SNAPSHOTS.sql} WHERE resource = ? ORDER BY ALL", [resource.name]
    ).fetchall():
        found = connection.execute(
            f"SELECT unique_ids FROM {meta.SNAPSHOTS.sql} WHERE resource = ? AND company_id = ? AND mode = 'full'"
            " AND exact ORDER BY run_key DESC LIMIT 2",
            [resource.name, company_id],
        ).fetchall()
        sizes = [ids for (ids,) in found]
        if len(sizes) > 1:
            detail = f"company {company_id}: the last full sweep found {sizes[0]:,} ids, the one before {sizes[1]:,}"
            passed = sizes[0] >= sizes[1] * SWEEP_SIZE_SHARE_AT_LEAST
            yield CheckFinding(
                "sweep_not_shrunk", resource.name, CheckLevel.WARN, passed, f"{detail}: has the token lost rights?"
            )


def _fetch_count(connection: DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
