"""The figures of the report: values as the warehouse has them, without texts and charts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Literal

from huggy_connector.report.morning.figures import MorningFigures
from huggy_connector.warehouse import TableFreshness, WebhookCoverage

State = Literal["ready", "empty", "missing", "older"]
"""`empty`: no chat yet. `missing`: no warehouse yet. `older`: a warehouse of an older format."""

SPAN_DAYS = (30, 90)
"""Numbers of days that are shown: complete local days, up to the day before the last landing."""

STALE_AFTER = timedelta(hours=26)
"""The chats may be this old: runs are daily and may take two hours, and every run reads the chats."""


@dataclass(frozen=True, slots=True)
class SnapshotFigures:
    """A row of meta.snapshots. `share_of_budget`, 0 to 1, is its requests over those allowed from start to end."""

    table: str
    run_key: str
    mode: str
    started_at: datetime
    finished_at: datetime
    rows: int
    requests: int
    share_of_budget: float
    exact: bool | None
    missing_at_most: int | None


@dataclass(frozen=True, slots=True)
class TargetFigures:
    """A row of marts.targets, of the calendar all."""

    metric: str
    minutes: float
    clock: str


@dataclass(frozen=True, slots=True)
class ChannelDayFigures:
    """The chats opened on a day over a channel, from marts.chats_by_day. There is no row without chats."""

    day: date
    channel: str | None
    chats: int


@dataclass(frozen=True, slots=True)
class HourFigures:
    """The chats opened in an hour of the week (1 is Monday), from marts.chat_times. `days` counts that weekday."""

    weekday: int
    hour: int
    chats: int
    days: int

    @property
    def chats_per_day(self) -> float:
        return self.chats / self.days if self.days else 0.0


@dataclass(frozen=True, slots=True)
class WaitFigures:
    """A day of marts.first_response_by_day or marts.resolution_by_day. None means that nothing was measured."""

    day: date
    chats: int
    measured: int
    median_minutes: float | None
    p90_minutes: float | None
    median_business_minutes: float | None
    p90_business_minutes: float | None


@dataclass(frozen=True, slots=True)
class BacklogFigures:
    """A day of marts.backlog_by_day, over all channels and departments."""

    day: date
    opened: int
    closed: int
    backlog: int


@dataclass(frozen=True, slots=True)
class TotalFigures:
    """The totals of a span, from marts.chat_times: percentiles of its chats, not of its days.

    The shares, 0 to 1, are of what has no business second: 0 in the business percentiles.
    """

    chats: int
    median_first_response_minutes: float | None
    p90_first_response_minutes: float | None
    median_first_response_business_minutes: float | None
    p90_first_response_business_minutes: float | None
    median_resolution_minutes: float | None
    p90_resolution_minutes: float | None
    median_resolution_business_minutes: float | None
    p90_resolution_business_minutes: float | None
    first_response_outside_hours_share: float | None = None
    resolution_outside_hours_share: float | None = None


@dataclass(frozen=True, slots=True)
class FigureSpan:
    """The figures of complete local days, `first` to `last` inclusive.

    `first` is after the day of the first chat, which may have begun in the middle. `backlog_before` is what was open
    at the end of the day before it.
    """

    days: int
    first: date
    last: date
    totals: TotalFigures
    channels: tuple[ChannelDayFigures, ...]
    hours: tuple[HourFigures, ...]
    first_response: tuple[WaitFigures, ...]
    resolution: tuple[WaitFigures, ...]
    backlog: tuple[BacklogFigures, ...]
    backlog_before: int = 0

    @property
    def backlog_change(self) -> int:
        """How much the backlog has grown over the span: from the end of the day before to the end of the last."""
        return (self.backlog[-1].backlog if self.backlog else self.backlog_before) - self.backlog_before

    def list_days(self) -> tuple[date, ...]:
        """Return all days from `first` to `last`."""
        return tuple(self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))


@dataclass(frozen=True, slots=True)
class CompanyFigures:
    """The figures of one account.

    - `as_of`: when its newest chat was read
    - `chats_read_at`: when the last sweep of the chats began
    - `fresh_until`: when the data becomes stale
    - `spans`: empty until there is a complete day
    - `webhook`: what its webhook covers; None where it has none
    - `name`: as HUGGY_COMPANY_NAMES has it; None where it names none
    - `morning`: yesterday beside the same weekdays, and what waits now; None until there is a complete day
    """

    company_id: int
    as_of: datetime | None
    chats_read_at: datetime | None
    fresh_until: datetime | None
    freshness: tuple[TableFreshness, ...]
    landings: tuple[SnapshotFigures, ...]
    spans: tuple[FigureSpan, ...]
    webhook: WebhookCoverage | None = None
    name: str | None = None
    morning: MorningFigures | None = None


@dataclass(frozen=True, slots=True)
class ReportFigures:
    """All figures of a report. `failed_checks` are those of the last publish. Instants are in `zone`.

    `calendar` is where the business hours are from: `file` or `default`.
    """

    state: State
    generated_at: datetime
    zone: str
    warehouse: str
    version: int | None = None
    published_at: datetime | None = None
    failed_checks: tuple[str, ...] = ()
    targets: tuple[TargetFigures, ...] = ()
    companies: tuple[CompanyFigures, ...] = ()
    calendar: str | None = None

    @property
    def stale(self) -> tuple[CompanyFigures, ...]:
        """The accounts whose data was too old when the report was made."""
        return tuple(
            company for company in self.companies if company.fresh_until and self.generated_at > company.fresh_until
        )


def to_plain(value: object) -> object:
    """Return a value in the types of JSON: objects, lists, texts, numbers. Days and instants become ISO 8601."""
    match value:
        case date():
            return value.isoformat()
        case tuple() | list():
            return [to_plain(each) for each in value]
        case Mapping():
            return {str(name): to_plain(each) for name, each in value.items()}
        case None | bool() | int() | float() | str():
            return value
        case _:
            return {each.name: to_plain(getattr(value, each.name)) for each in fields(value)}  # type: ignore[arg-type]
