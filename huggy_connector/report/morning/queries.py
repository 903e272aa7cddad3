"""Reads the figures of the morning from the marts. Every query of the section is here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from huggy_connector.catalogue import RESOURCES
from huggy_connector.report.morning.figures import (
    AgentFigures,
    ComparedFigure,
    ComparedPeriod,
    DepartmentFigures,
    MorningFigures,
    OpenFigures,
    WaitingFigures,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MAX_ROWS = 1000
"""How many waiting chats, and how many agents, are read: the page and its files stay small."""

FIGURES = (
    *("opened", "closed", "backlog", "first_response_met", "first_response_missed", "first_response_attainment"),
    *("median_first_response_business_minutes", "median_first_response_minutes", "resolution_attainment"),
    *("median_resolution_business_minutes", "median_resolution_minutes", "by_agent", "agent_share"),
    *("by_bot", "bot_share", "abandoned", "abandoned_share"),
)
"""The figures of marts.period_comparisons, in the order in which the page shows them."""

Group = tuple[str, int | None, str | None]
"""What figures are of: the company, or a department with its id and name."""

_COMPARISONS = f"""
    SELECT company_id, grouped_by, department_id, department, period, first_day, last_day, holidays, compared_holidays,
        figure, unit, value, mean, lowest, highest, change, change_rate, compared
    FROM marts.period_comparisons
    WHERE grouped_by IN ('company', 'department') AND figure IN {FIGURES}
        AND (period, ago) IN (('day', 1), ('week_to_date', 0), ('month_to_date', 0))
    ORDER BY ALL
"""
_LIFE = RESOURCES["chats"].life
assert _LIFE is not None
_WAITS = f"(waits AND situation IN {_LIFE.open})"
"""A chat whose situation this release does not know counts as open; whether it waits, nobody tells."""
_OPEN = f"""
    SELECT count(*), count(*) FILTER ({_WAITS}), count(*) FILTER (agent_id IS NOT NULL),
        count(*) FILTER (agent_id IS NULL AND situation = 'auto'),
        count(*) FILTER (agent_id IS NULL AND situation IS DISTINCT FROM 'auto' AND {_WAITS} IS NOT TRUE)
    FROM marts.open_now WHERE company_id = $company
"""
_WAITING = f"""
    SELECT o.chat_id, c.name, o.department, o.channel, o.created_at_local, o.age_minutes, o.age_business_minutes
    FROM marts.open_now AS o LEFT JOIN contacts AS c ON c.company_id = o.company_id AND c.id = o.contact_id
    WHERE o.company_id = $company AND {_WAITS}
    ORDER BY o.created_at_local NULLS LAST, o.chat_id LIMIT {MAX_ROWS}
"""
_WAITING_BY_DEPARTMENT = f"""
    SELECT department_id, department, count(*), max(age_minutes) FROM marts.open_now
    WHERE company_id = $company AND {_WAITS} GROUP BY ALL
"""
_AGENTS = f"""
    WITH opened AS (
        SELECT
            agent_id,
            count(*) AS chats,
            quantile_cont(first_response_business_seconds, 0.5) / 60 AS business_minutes,
            quantile_cont(first_response_seconds, 0.5) / 60 AS minutes
        FROM marts.chat_times WHERE company_id = $company AND day = $day AND agent_id IS NOT NULL GROUP BY ALL
    ),
    kept AS (
        SELECT agent_id, sum(met)::BIGINT AS met, sum(missed)::BIGINT AS missed FROM marts.sla_by_day
        WHERE company_id = $company AND day = $day AND metric = 'first_response' AND agent_id IS NOT NULL GROUP BY ALL
    ),
    has_open AS (
        SELECT agent_id, count(*) AS chats FROM marts.open_now
        WHERE company_id = $company AND agent_id IS NOT NULL GROUP BY ALL
    )
    SELECT
        agent_id,
        n.name,
        coalesce(o.chats, 0),
        coalesce(k.met, 0),
        coalesce(k.missed, 0),
        round((k.met / nullif(k.met + k.missed, 0))::DECIMAL(38, 9), 4)::DOUBLE,
        round(o.business_minutes::DECIMAL(38, 9), 2)::DOUBLE,
        round(o.minutes::DECIMAL(38, 9), 2)::DOUBLE,
        coalesce(h.chats, 0)
    FROM opened AS o FULL JOIN has_open AS h USING (agent_id) LEFT JOIN kept AS k USING (agent_id)
    LEFT JOIN (FROM marts.names WHERE company_id = $company AND kind = 'agent') AS n ON n.id = agent_id
    ORDER BY 3 DESC, 9 DESC, agent_id LIMIT {MAX_ROWS}
"""


def read_comparisons(connection: DuckDBPyConnection) -> Mapping[int, Mapping[Group, Mapping[str, ComparedPeriod]]]:
    """Return by company and group: yesterday, the week up to yesterday and the month, by the name of the period."""
    rows: dict[int, dict[Group, dict[str, list[tuple[Any, ...]]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    for company, grouped_by, department_id, department, period, *row in connection.execute(_COMPARISONS).fetchall():
        rows[company][grouped_by, department_id, department][period].append(tuple(row))
    return {
        company: {
            group: {period: _build_period(figures) for period, figures in periods.items()}
            for group, periods in groups.items()
        }
        for company, groups in rows.items()
    }


def _build_period(rows: Sequence[tuple[Any, ...]]) -> ComparedPeriod:
    """Return a period from its rows, one for each figure."""
    first, last, holidays, compared_holidays, *_ = rows[0]
    figures = sorted((ComparedFigure(*row[4:]) for row in rows), key=_in_the_order_of_the_page)
    return ComparedPeriod(first, last, holidays, compared_holidays, tuple(figures))


def _in_the_order_of_the_page(figure: ComparedFigure) -> int:
    return FIGURES.index(figure.figure)


def read_morning(
    connection: DuckDBPyConnection, company: int, compared: Mapping[Group, Mapping[str, ComparedPeriod]]
) -> MorningFigures | None:
    """Return the figures of an account, or None while there is no whole day.

    `compared` is what `read_comparisons` has of it.
    """
    own = compared.get(("company", None, None))
    if own is None or own["day"].value("opened") is None:
        return None

    def rows(query: str, **others: date) -> list[tuple[Any, ...]]:
        return connection.execute(query, {"company": company, **others}).fetchall()

    day = own["day"]
    nothing = ComparedPeriod(day.first, day.last, day.holidays, day.compared_holidays, ())
    waits = {(department, name): (chats, longest) for department, name, chats, longest in rows(_WAITING_BY_DEPARTMENT)}
    departments = [
        DepartmentFigures(
            department_id,
            name,
            periods.get("day", nothing),
            periods.get("month_to_date"),
            waiting,
            longest,
        )
        for department_id, name in {group[1:] for group in compared if group[0] == "department"} | waits.keys()
        for periods in (compared.get(("department", department_id, name), {}),)
        for waiting, longest in (waits.get((department_id, name), (0, None)),)
    ]
    return MorningFigures(
        day,
        own.get("week_to_date"),
        own.get("month_to_date"),
        OpenFigures(*rows(_OPEN)[0]),
        tuple(WaitingFigures(*row) for row in rows(_WAITING)),
        tuple(sorted(departments, key=_worst_first)),
        tuple(AgentFigures(*row) for row in rows(_AGENTS, day=day.last)),
    )


def _worst_first(department: DepartmentFigures) -> tuple[float, float, int]:
    """Sort by the share in time, then by the chats; what was not measured comes last."""
    attainment, chats = (department.yesterday.value(name) for name in ("first_response_attainment", "opened"))
    return (2 if attainment is None else attainment, -(chats or 0), department.department_id or 0)
