"""Figures of a small desk, made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from huggy_connector.report.figures import (
    BacklogFigures,
    ChannelDayFigures,
    CompanyFigures,
    FigureSpan,
    HourFigures,
    ReportFigures,
    TotalFigures,
    WaitFigures,
)
from huggy_connector.report.morning.figures import (
    ComparedFigure,
    ComparedPeriod,
    DepartmentFigures,
    MorningFigures,
    OpenFigures,
    WaitingFigures,
)

ZONE = ZoneInfo("America/Sao_Paulo")
FIRST = date(2026, 11, 18)
READ_AT = datetime(2026, 11, 22, 9, tzinfo=ZONE)
TOTALS = TotalFigures(5, 2.5, 9.25, 1.5, 8, 90, 600, 60, 3000)


def make_span(*channels: tuple[int, str | None, int], days: int = 30, length: int = 3, **others: Any) -> FigureSpan:
    """Return the figures of the days from `FIRST` on. A channel is a number of a day, a name and its chats."""
    return FigureSpan(
        **{
            "days": days,
            "first": FIRST,
            "last": FIRST + timedelta(days=length - 1),
            "totals": TOTALS,
            "channels": tuple(ChannelDayFigures(day_of(number), name, chats) for number, name, chats in channels),
            "hours": tuple(HourFigures(weekday, hour, 0, 1) for weekday in range(1, 8) for hour in range(24)),
            "first_response": (),
            "resolution": (),
            "backlog": tuple(BacklogFigures(day_of(number), 4, 1, 10 + 3 * number) for number in range(length)),
            **others,
        }
    )


def make_company(*spans: FigureSpan, company_id: int = 4242, **others: Any) -> CompanyFigures:
    """Return an account whose chats were read at `READ_AT`."""
    return CompanyFigures(
        **{
            "company_id": company_id,
            "as_of": READ_AT,
            "chats_read_at": READ_AT,
            "fresh_until": READ_AT + timedelta(hours=26),
            "freshness": (),
            "landings": (),
            "spans": spans,
            **others,
        }
    )


def make_figures(companies: Sequence[CompanyFigures] = (), **others: Any) -> ReportFigures:
    """Return the figures of a report that was made an hour after the chats were read."""
    return ReportFigures(
        **{
            "state": "ready",
            "generated_at": READ_AT + timedelta(hours=1),
            "zone": ZONE.key,
            "warehouse": "huggy.duckdb",
            "version": 7,
            "published_at": READ_AT,
            "companies": tuple(companies),
            **others,
        }
    )


def make_wait(number: int, *minutes: float | None) -> WaitFigures:
    """Return a day of waits. `minutes` are median and percentile around the clock, then in business hours."""
    return WaitFigures(day_of(number), 5, 4, *minutes)


def day_of(number: int) -> date:
    return FIRST + timedelta(days=number)


def make_compared(figure: str, value: float | None, *others: float, unit: str = "chats") -> ComparedFigure:
    """Return a figure beside those of the same weekdays. Without others there is nothing to compare it with."""
    if not others or value is None:
        return ComparedFigure(figure, unit, value, None, None, None, None, None, len(others))
    mean = sum(others) / len(others)
    change = value - mean
    rate = change / mean if mean else None
    return ComparedFigure(figure, unit, value, mean, min(others), max(others), change, rate, len(others))


def make_compared_period(*figures: ComparedFigure, **others: Any) -> ComparedPeriod:
    """Return Tuesday, November 24, 2026, with these figures."""
    day = date(2026, 11, 24)
    return ComparedPeriod(
        **{"first": day, "last": day, "holidays": None, "compared_holidays": None, "figures": figures, **others}
    )


YESTERDAY = (
    make_compared("opened", 212, 218, 240, 241, 259),
    make_compared("closed", 171, 200, 210, 230, 250),
    make_compared("backlog", 92, 33, 36, 38, 45),
    make_compared("first_response_met", 109, 150, 160, 165, 173),
    make_compared("first_response_missed", 37, 20, 22, 24, 25),
    make_compared("first_response_attainment", 0.7466, 0.86, 0.88, 0.88, 0.89, unit="share"),
    make_compared("median_first_response_business_minutes", 3.45, 4.0, 4.2, unit="business_minutes"),
    make_compared("median_first_response_minutes", 6.8, 5.0, 5.8, unit="minutes"),
    make_compared("by_bot", 24, 20, 28),
    make_compared("agent_share", 0.8429, 0.83, unit="share"),
    make_compared("bot_share", 0.1257, 0.11, 0.13, unit="share"),
    make_compared("abandoned", 6, 10, 14),
    make_compared("abandoned_share", 0.0314, 0.05, 0.052, unit="share"),
)
"""The figures of a Tuesday, beside those of the Tuesdays before it."""


def make_department(number: int | None, name: str | None, met: int, missed: int, **others: Any) -> DepartmentFigures:
    """Return a department whose agents answered so many chats in time, and so many not."""
    attainment = met / (met + missed) if met + missed else None
    yesterday = make_compared_period(
        make_compared("opened", met + missed, 10),
        make_compared("first_response_met", met),
        make_compared("first_response_missed", missed),
        make_compared("first_response_attainment", attainment, 0.9, unit="share"),
    )
    return DepartmentFigures(
        **{
            "department_id": number,
            "name": name,
            "yesterday": yesterday,
            "month": None,
            "waiting": 0,
            "longest_minutes": None,
            **others,
        }
    )


def make_morning(*figures: ComparedFigure, **others: Any) -> MorningFigures:
    """Return the figures of a morning in which nobody waits."""
    return MorningFigures(
        **{
            "yesterday": make_compared_period(*(figures or YESTERDAY)),
            "week": None,
            "month": None,
            "open": OpenFigures(74, 0, 57, 17, 0),
            "waiting": (),
            "departments": (),
            "agents": (),
            **others,
        }
    )


def make_waiting(number: int, contact: str | None = "Márcio Cordeiro", **others: Any) -> WaitingFigures:
    """Return a chat that waits since 07:00."""
    return WaitingFigures(
        **{
            "chat_id": number,
            "contact": contact,
            "department": "Suporte",
            "channel": "widget",
            "opened_at": datetime(2026, 11, 25, 7),  # noqa: DTZ001 -- on the account's clock
            "minutes": 200.0,
            "business_minutes": 20.0,
            **others,
        }
    )
