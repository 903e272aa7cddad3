"""The checks of values, company by company: whether ids lead to a row, and whether each situation is a known one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from huggy_connector.catalogue import RESOURCES, Resource, list_references
from huggy_connector.warehouse.load.quality.publish_checks import CheckFinding, CheckLevel, CheckSettings
from huggy_connector.warehouse.schema import sql
from huggy_connector.warehouse.schema.tables import table_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FOUND_SHARE_AT_LEAST = 0.95
"""The share of references that should lead to a row."""
NAMED_SITUATIONS_AT_MOST = 5
_KEYWORD = re.compile(r"[a-z][a-zA-Z_]{0,28}\d?")
"""A situation that may be named. Any other text might hold anything."""


def check_values(
    connection: DuckDBPyConnection, resources: Sequence[Resource], *, checks: CheckSettings
) -> list[CheckFinding]:
    """Check the references and the situations of the tables as they will be published."""
    findings: list[CheckFinding] = []
    present = {resource.name for resource in resources}
    for resource in resources:
        for column, target in list_references(resource):
            if target in present:
                findings += _check_references(connection, resource, column, RESOURCES[target])
        findings += _check_situations(connection, resource)
    return checks.with_levels(findings)


def _check_references(
    connection: DuckDBPyConnection, resource: Resource, column: str, target: Resource
) -> Iterator[CheckFinding]:
    """Check, per company, the share of references of a column that lead to a row of `target`.

    A company that has no row of `target` yet is left out: the table has not landed there.
    """
    source, found_in, name = table_of(resource).sql, table_of(target).sql, sql.name(column)
    unmatched = dict(
        connection.execute(
            f"SELECT a.company_id, count(*) FROM {source} a ANTI JOIN {found_in} b"
            f" ON a.company_id = b.company_id AND a.{name} = b.id WHERE a.{name} IS NOT NULL GROUP BY ALL"
        ).fetchall()
    )
    for company_id, references in connection.execute(
        f"SELECT company_id, count({name}) FROM {source} SEMI JOIN {found_in} USING (company_id)"
        " GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        lost = unmatched.get(company_id, 0)
        detail = f"company {company_id}: {lost:,} of {references:,} values of {column} are not in {target.name}"
        passed = lost <= references * (1 - FOUND_SHARE_AT_LEAST)
        yield CheckFinding(f"{column}_found", resource.name, CheckLevel.WARN, passed, detail)


def _check_situations(connection: DuckDBPyConnection, resource: Resource) -> Iterator[CheckFinding]:
    """Check, per company, that no record counts as open only because nobody knows what its situation means."""
    life = resource.life
    if life is None:
        return
    situation = sql.name(life.situation)
    unknown = f"{situation} NOT IN {(*life.open, *life.closed)} AND {sql.name(life.closed_at)} IS NULL" + (
        " AND deleted_grade IS DISTINCT FROM 'confirmed'" if resource.history else ""
    )
    of_company: dict[int, list[tuple[str, int]]] = {}
    for company_id, text, rows in connection.execute(
        f"SELECT company_id, CASE WHEN {unknown} THEN {situation} END AS text, count(*) AS rows"
        f" FROM {table_of(resource).sql} GROUP BY ALL ORDER BY company_id, rows DESC, text"
    ).fetchall():
        of_company.setdefault(company_id, []).extend([(text, rows)] if text is not None else [])
    for company_id, counts in of_company.items():
        detail = f"company {company_id}: every situation of an open row is known"
        if counts:
            detail = (
                f"company {company_id}: {sum(rows for _, rows in counts):,} rows without a closing time have a "
                f"situation that this release does not know ({_name_situations(counts)}), and count as open: are they?"
            )
        yield CheckFinding("situation_known", resource.name, CheckLevel.WARN, not counts, detail)


def _name_situations(counts: Sequence[tuple[str, int]]) -> str:
    """Return the most frequent situations with their rows. One that is no keyword is not repeated."""
    named = [f"{text} {rows:,}" for text, rows in counts if _KEYWORD.fullmatch(text)]
    more = [f"{len(counts) - len(named[:NAMED_SITUATIONS_AT_MOST]):,} more"]
    is_whole = len(counts) == len(named) <= NAMED_SITUATIONS_AT_MOST
    return ", ".join(named[:NAMED_SITUATIONS_AT_MOST] + ([] if is_whole else more))
