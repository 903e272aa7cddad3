"""The checks of a publish. They run on the copy, before it is put in place; a failed `stop` publishes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from huggy_connector.catalogue import Order, Resource
from huggy_connector.errors import CheckFailed, ConfigurationError
from huggy_connector.warehouse import meta, sql
from huggy_connector.warehouse.stage import Count, Stage
from huggy_connector.warehouse.tables import history_of, table_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

REFERENCES = (
    ("chats", "contact_id", "contacts"),
    ("chats", "agent_id", "agents"),
    ("chats", "department_id", "departments"),
)
"""Columns that hold ids of another table."""

FOUND_AT_LEAST = 0.95
"""Share of references that should lead to a row."""
READABLE_AT_LEAST = 0.99
"""Share of rows that should come without a rejected value."""
OF_THE_LAST_AT_LEAST = 0.9
"""Share of the last full sweep's ids that the next one should find."""
MOST_NAMED = 5
NO_DRIFT = "no_drift"
AHEAD_AT_MOST = timedelta(hours=1)
"""How far a time may lie after the moment it was fetched. More means a wrong time zone."""


class Level(StrEnum):
    """`warn` is told; `stop` keeps the live file as it is."""

    WARN = "warn"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, in counts, never in values."""

    check: str
    table: str
    level: Level
    passed: bool
    detail: str

    @property
    def sentence(self) -> str:
        return f"{self.table}: {self.detail} ({self.check})."


@dataclass(frozen=True, slots=True)
class Checks:
    """How checks are set: `stopping` are those, as (table, check), that stop where they would warn; `sweep_days` is how
    often a long list that can only be read whole is read.
    """

    stopping: frozenset[tuple[str, str]] = frozenset()
    sweep_days: float = 7.0

    def at(self, table: str, check: str) -> bool:
        """Whether this check of this table is set to stop."""
        return (table, check) in self.stopping

    def without(self, check: str) -> Checks:
        """The same, but that this one stops nothing."""
        return replace(self, stopping=frozenset(each for each in self.stopping if each[1] != check))

    def raised(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings, those of stopping checks at level `stop`."""
        return [replace(each, level=Level.STOP) if self.at(each.table, each.check) else each for each in findings]


def read_checks(stop_on: Collection[str], resources: Sequence[Resource], *, sweep_days: float = 7.0) -> Checks:
    """With those that stop given by names such as `fresh`, of every table that has the check, and `chats.fresh`.

    Raises ConfigurationError for a name that no check has, with those there are.
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
    return Checks(frozenset(stopping), sweep_days)


def _warning_checks(resource: Resource) -> Iterator[str]:
    """The names of the checks of a table that warn, or are not made, unless they are set to stop."""
    yield from ("values_readable", NO_DRIFT, "fresh", "same_privacy")
    for column in filter(None, (resource.created, resource.version)):
        yield from (f"{column}_present", f"{column}_not_ahead")
    if resource.order is Order.UNKNOWN:
        yield "sweep_not_shrunk"
    if resource.order is Order.NEWEST_FIRST and resource.parent is None:
        yield "clock_agrees"
    for table, column, _ in REFERENCES:
        if table == resource.name:
            yield f"{column}_found"


def check_snapshots(stage: Stage, counts: dict[str, Count]) -> Iterator[Finding]:
    """In each, fetched = kept + doubled + rejected, and all are what the manifest says."""
    wrong = sum(
        counts[each.run_key]
        != Count(each.rows, each.unique_ids, each.rows - each.unique_ids - each.keyless, each.keyless)
        for each in stage.manifests
    )
    detail = f"{wrong} of {len(stage.manifests)} snapshots hold other rows than their manifests say"
    yield Finding("snapshots_add_up", stage.resource.name, Level.STOP, not wrong, detail)


def check_rejects(stage: Stage, counts: dict[str, Count], rejects: int) -> Iterator[Finding]:
    fetched = sum(count.fetched for count in counts.values())
    passed = rejects <= fetched * (1 - READABLE_AT_LEAST)
    detail = f"{rejects:,} values of {fetched:,} rows could not be read, see meta.rejects"
    yield Finding("values_readable", stage.resource.name, Level.WARN, passed, detail)


def check_forgotten(put_back: Mapping[str, int]) -> list[Finding]:
    """By table, how many snapshots tell of people who were forgotten; no finding where none does."""
    return [
        Finding(
            "nobody_put_back",
            table,
            Level.WARN,
            False,
            f"{count:,} snapshots, put back after a person was forgotten, tell of them: nothing of them was loaded. "
            "`huggy forget --again` takes them out of the landing",
        )
        for table, count in sorted(put_back.items())
    ]


def check_drift(resource: Resource, new_fields: Sequence[str]) -> Iterator[Finding]:
    """For tables that are set to stop at new fields. Names of fields, never values."""
    named = ", ".join(new_fields[:MOST_NAMED]) + (", ..." if len(new_fields) > MOST_NAMED else "")
    detail = (
        f"the API sends {len(new_fields):,} new fields: {named}; take {NO_DRIFT} out of HUGGY_STOP_ON to load "
        "them into the column extra"
        if new_fields
        else "no new fields"
    )
    yield Finding(NO_DRIFT, resource.name, Level.STOP, not new_fields, detail)


def check_growth(resource: Resource, *, before: int, added: int, after: int) -> Iterator[Finding]:
    """A load may only add rows to a table."""
    detail = f"{before:,} rows before, {added:,} new, {after:,} after"
    yield Finding("rows_add_up", resource.name, Level.STOP, before + added == after, detail)


def check_tables(connection: DuckDBPyConnection, resources: Sequence[Resource], *, checks: Checks) -> list[Finding]:
    """The checks that read the tables as they will be published."""
    found: list[Finding] = []
    for resource in resources:
        found += _key(connection, resource)
        found += _times(connection, resource)
        found += _sweeps(connection, resource)
        found += _rules(connection, resource)
        if resource.history:
            found += _history(connection, resource)
    present = {resource.name for resource in resources}
    for table, column, target in REFERENCES:
        if {table, target} <= present:
            found += _references(connection, table, column, target)
    return checks.raised(found)


def _rules(connection: DuckDBPyConnection, resource: Resource) -> Iterator[Finding]:
    """Per company: all rows are under the privacy rules of the newest snapshot."""
    for company_id, others, snapshots in connection.execute(
        f"SELECT company_id, count(*) FILTER (privacy IS DISTINCT FROM newest), count(*) FROM ("
        f" SELECT company_id, privacy, max_by(privacy, run_key) OVER (PARTITION BY company_id) AS newest"
        f" FROM {meta.SNAPSHOTS.sql} WHERE resource = ? AND mode <> 'tombstones') GROUP BY ALL ORDER BY ALL",
        [resource.name],
    ).fetchall():
        detail = (
            f"company {company_id}: {others:,} of {snapshots:,} snapshots are under other privacy rules than the "
            "newest: `huggy rebuild` reads all of them under the rules in force"
            if others
            else f"company {company_id}: all snapshots are under the same privacy rules"
        )
        yield Finding("same_privacy", resource.name, Level.WARN, not others, detail)


def stop_if_needed(findings: Iterable[Finding]) -> None:
    """Raises CheckFailed where a check of level `stop` failed."""
    if failed := [each.sentence for each in findings if each.level is Level.STOP and not each.passed]:
        raise CheckFailed(f"Nothing was published, the warehouse is as it was. {' '.join(failed)}")


def _key(connection: DuckDBPyConnection, resource: Resource) -> Iterator[Finding]:
    table = table_of(resource).sql
    doubled = _number(
        connection, f"SELECT count(*) FROM (SELECT 1 FROM {table} GROUP BY company_id, id HAVING count(*) > 1)"
    )
    missing = _number(connection, f"SELECT count(*) FROM {table} WHERE company_id IS NULL OR id IS NULL")
    yield Finding("unique_key", resource.name, Level.STOP, not doubled, f"{doubled:,} ids come more than once")
    yield Finding("key_present", resource.name, Level.STOP, not missing, f"{missing:,} rows have no id")


def _times(connection: DuckDBPyConnection, resource: Resource) -> Iterator[Finding]:
    table = table_of(resource).sql
    for column in filter(None, (resource.created, resource.version)):
        absent = _number(connection, f"SELECT count(*) FROM {table} WHERE {sql.name(column)} IS NULL")
        detail = f"{absent:,} rows have no {column}"
        yield Finding(f"{column}_present", resource.name, Level.WARN, not absent, detail)
        seconds = int(AHEAD_AT_MOST.total_seconds())
        ahead = _number(
            connection, f"SELECT count(*) FROM {table} WHERE {sql.name(column)} > fetched_at + to_seconds({seconds})"
        )
        detail = f"{ahead:,} rows have a {column} after they were fetched: is the time zone right?"
        yield Finding(f"{column}_not_ahead", resource.name, Level.WARN, not ahead, detail)


def _history(connection: DuckDBPyConnection, resource: Resource) -> Iterator[Finding]:
    """The newest version of each row is the listed row."""
    print_of = "count(*) AS rows, bit_xor(hash(company_id, id, row_hash)) AS prints"
    apart = _number(
        connection,
        f"SELECT abs(a.rows - b.rows) + (a.prints IS DISTINCT FROM b.prints)::INTEGER"
        f" FROM (SELECT {print_of} FROM {table_of(resource).sql} WHERE snapshot IS NOT NULL) a,"
        f" (SELECT {print_of} FROM {history_of(resource).sql} WHERE valid_to IS NULL) b",
    )
    detail = "newest versions and listed rows differ" if apart else "newest versions and listed rows are the same"
    yield Finding("history_joins", resource.name, Level.STOP, not apart, detail)


def _sweeps(connection: DuckDBPyConnection, resource: Resource) -> Iterator[Finding]:
    """Per company: a full sweep of a list without an order finds about as much as the one before."""
    if resource.order is not Order.UNKNOWN:
        return
    for (company_id,) in connection.execute(
        f"SELECT DISTINCT company_id FROM {meta.SNAPSHOTS.sql} WHERE resource = ? ORDER BY ALL", [resource.name]
    ).fetchall():
        sizes = [
            row[0]
            for row in connection.execute(
                f"SELECT unique_ids FROM {meta.SNAPSHOTS.sql} WHERE resource = ? AND company_id = ? AND mode = 'full'"
                " AND exact ORDER BY run_key DESC LIMIT 2",
                [resource.name, company_id],
            ).fetchall()
        ]
        if len(sizes) > 1:
            detail = f"company {company_id}: the last full sweep found {sizes[0]:,} ids, the one before {sizes[1]:,}"
            passed = sizes[0] >= sizes[1] * OF_THE_LAST_AT_LEAST
            yield Finding(
                "sweep_not_shrunk", resource.name, Level.WARN, passed, f"{detail}: has the token lost rights?"
            )


def _references(connection: DuckDBPyConnection, table: str, column: str, target: str) -> Iterator[Finding]:
    if not _number(connection, f"SELECT count(*) FROM {sql.name('main', target)}"):
        return
    given = _number(connection, f"SELECT count({sql.name(column)}) FROM {sql.name('main', table)}")
    lost = _number(
        connection,
        f"SELECT count(*) FROM {sql.name('main', table)} a ANTI JOIN {sql.name('main', target)} b"
        f" ON a.company_id = b.company_id AND a.{sql.name(column)} = b.id WHERE a.{sql.name(column)} IS NOT NULL",
    )
    detail = f"{lost:,} of {given:,} values of {column} are not in {target}"
    yield Finding(f"{column}_found", table, Level.WARN, lost <= given * (1 - FOUND_AT_LEAST), detail)


def _number(connection: DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0
