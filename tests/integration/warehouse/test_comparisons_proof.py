"""Days, weeks and months beside those before them, told again by pandas from the JSON as it was received."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from huggy_connector.warehouse import BusinessCalendar
from tests.integration.warehouse.test_definitions_proof import told_chats, verdicts
from tests.integration.warehouse.test_marts_proof import business, filled, mart
from tests.sizes import FULL

if TYPE_CHECKING:
    from tests.integration.warehouse.conftest import Desk

    Span = tuple[pd.Timestamp, pd.Timestamp]
    Telling = Callable[[Span], float]

DAY = pd.Timedelta(days=1)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, desk_type: type[Desk]) -> Desk:
    return filled(desk_type(tmp_path_factory.mktemp("compared")), 100_000 if FULL else 1_500, days=160)


def tellings(desk: Desk) -> tuple[dict[str, Telling], pd.Timestamp, pd.Timestamp]:
    """How each figure of a span of days is told; the day of the first chat; yesterday."""
    chats = told_chats(desk)
    day, ended = chats["createdAt"].dt.normalize(), chats["ended"].dt.normalize()
    waits = {
        "median_first_response_minutes": (chats["attendedAt"] - chats["createdAt"]).dt.total_seconds(),
        "median_first_response_business_minutes": business(chats["attendedAt"]) - business(chats["createdAt"]),
        "median_resolution_minutes": (chats["ended"] - chats["createdAt"])
        .dt.total_seconds()
        .where(chats["handled_by"].eq("agent")),
    }
    judged = verdicts(desk, chats)
    judged = judged[judged["metric"].eq("first_response")]
    judged_day = judged["createdAt"].dt.normalize()

    def is_within(days: pd.Series[Any], span: Span) -> pd.Series[Any]:
        return days.between(*span)

    def share(part: float, whole: float) -> float:
        return part / whole if whole else np.nan

    def attainment(span: Span) -> float:
        told = judged["verdict"][is_within(judged_day, span)]
        return share(told.eq("met").sum(), told.isin(["met", "missed"]).sum())

    def bot_share(span: Span) -> float:
        told = chats["handled_by"][is_within(day, span)]
        return share(told.eq("bot").sum(), told.ne("").sum())

    told: dict[str, Telling] = {
        "opened": lambda span: is_within(day, span).sum(),
        "closed": lambda span: is_within(ended, span).sum(),
        "backlog": lambda span: (day.le(span[1]) & ~ended.le(span[1])).sum(),
        "bot_share": bot_share,
        "first_response_attainment": attainment,
    }
    for name, seconds in waits.items():
        told[name] = lambda span, seconds=seconds: seconds[is_within(day, span)].median() / 60  # type: ignore[misc]
    as_of = pd.Timestamp(mart(desk, "SELECT day FROM marts.as_of")["day"][0])
    return told, day.min(), as_of - DAY


def compare(telling: Telling, span: Span, measures: Iterable[Span], first: pd.Timestamp) -> tuple[float, float]:
    """The figure of a span, and the mean of those that measure it: none where one of them is not whole."""
    told, measures = telling(span), list(measures)
    if any(begin <= first for begin, _ in measures) or not measures:
        return told, np.nan
    values = [value for value in map(telling, measures) if not np.isnan(value)]
    return told, float(np.mean(values)) if values else np.nan


@pytest.mark.proof
def test_each_figure_of_a_day_a_week_and_a_month_and_what_it_is_compared_with_agree(desk: Desk) -> None:
    told, first, yesterday = tellings(desk)
    holidays = {pd.Timestamp(day) for day in BusinessCalendar().holidays(2010, 2049)}
    monday, month = yesterday - yesterday.weekday() * DAY, yesterday.replace(day=1)
    wanted = []
    for figure, telling in told.items():
        for ago in range(1, 29):
            day = yesterday - (ago - 1) * DAY
            others = [day - week * 7 * DAY for week in range(1, 5)]
            measures = [(each, each) for each in others if day in holidays or each not in holidays]
            wanted.append(("day", ago, figure, *compare(telling, (day, day), measures, first)))
        to_date = [(monday - week * 7 * DAY, yesterday - week * 7 * DAY) for week in range(5)]
        wanted.append(("week_to_date", 0, figure, *compare(telling, to_date[0], to_date[1:], first)))
        for ago in range(1, 5):
            weeks = [(monday - week * 7 * DAY, monday - (week * 7 - 6) * DAY) for week in range(ago, ago + 5)]
            wanted.append(("week", ago, figure, *compare(telling, weeks[0], weeks[1:], first)))
        one = pd.DateOffset(months=1)
        before = (month - one, yesterday - one)
        wanted.append(("month_to_date", 0, figure, *compare(telling, (month, yesterday), [before], first)))
        for ago in range(1, 4):
            starts = [month - pd.DateOffset(months=number) for number in (ago + 1, ago, ago - 1)]
            spans = [(begin, end - DAY) for begin, end in pairwise(starts)]
            wanted.append(("month", ago, figure, *compare(telling, spans[1], spans[:1], first)))
    expected = pd.DataFrame(wanted, columns=["period", "ago", "figure", "value", "mean"])
    found = mart(
        desk,
        "SELECT period, ago, figure, value, mean, change FROM marts.period_comparisons WHERE grouped_by = 'company'",
    )
    both = expected.merge(found, on=["period", "ago", "figure"], suffixes=("_told", ""), validate="one_to_one")
    assert len(both) == len(expected)
    assert np.allclose(both["value"], both["value_told"], atol=0.0051, equal_nan=True)
    assert np.allclose(both["mean"], both["mean_told"], atol=0.0102, equal_nan=True)
    assert both["mean"].notna().sum() > len(both) / 2
