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
