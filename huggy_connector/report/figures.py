"""The figures of the report: values as the warehouse has them, without a word or a drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Literal

from huggy_connector.warehouse import Freshness

State = Literal["ready", "empty", "missing", "older"]
"""ready; no chat in it yet; no warehouse there yet; a warehouse of an older layout."""

SPANS = (30, 90)
"""Days that are shown: complete local days, the last one being that before the last landing's."""

STALE_AFTER = timedelta(hours=26)
"""A daily run, and two hours for it to take. The chats are what every run asks for."""


@dataclass(frozen=True, slots=True)
class Landing:
    """A row of meta.snapshots. `share_of_budget` is requests over those allowed from its start to its end, 0 to 1."""

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
class Target:
    """A row of marts.targets."""

    metric: str
    minutes: float
    clock: str


@dataclass(frozen=True, slots=True)
class ChannelDay:
    """Chats opened on a day over a channel, of marts.chats_by_day; no row where there are none."""

    day: date
    channel: str | None
    chats: int


@dataclass(frozen=True, slots=True)
class Hour:
    """Chats opened in an hour of the week (1 is Monday), of marts.chat_times, and the days of that weekday."""

    weekday: int
    hour: int
    chats: int
    days: int

    @property
    def chats_per_day(self) -> float:
        return self.chats / self.days if self.days else 0.0


@dataclass(frozen=True, slots=True)
class Wait:
    """A day of marts.first_response_by_day or marts.resolution_by_day; None where nothing is measured."""

    day: date
    chats: int
    measured: int
    median_minutes: float | None
    p90_minutes: float | None
    median_business_minutes: float | None
    p90_business_minutes: float | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """A day of marts.backlog_by_day, over all channels and departments."""

    day: date
    opened: int
    closed: int
    backlog: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Of a whole span, from marts.chat_times: percentiles of its chats, not of its days."""

    chats: int
    median_first_response_minutes: float | None
    p90_first_response_minutes: float | None
    median_first_response_business_minutes: float | None
    p90_first_response_business_minutes: float | None
    median_resolution_minutes: float | None
    p90_resolution_minutes: float | None
    median_resolution_business_minutes: float | None
    p90_resolution_business_minutes: float | None


@dataclass(frozen=True, slots=True)
class Span:
    """Complete local days, `first` to `last`, both in it. It begins at the first chat where the data is younger."""

    days: int
    first: date
    last: date
    totals: Totals
    channels: tuple[ChannelDay, ...]
    hours: tuple[Hour, ...]
    first_response: tuple[Wait, ...]
    resolution: tuple[Wait, ...]
    backlog: tuple[Backlog, ...]

    def each_day(self) -> tuple[date, ...]:
        return tuple(self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))


@dataclass(frozen=True, slots=True)
class Company:
    """One account. `as_of`: when its newest chat was read; `chats_read_at`: when the last sweep of the chats began;
    `fresh_until`: from when on the data is called stale.

    `spans` is empty until there is a complete day.
    """

    company_id: int
    as_of: datetime | None
    chats_read_at: datetime | None
    fresh_until: datetime | None
    freshness: tuple[Freshness, ...]
    landings: tuple[Landing, ...]
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """All that a report says. `failed_checks` are those of the last publish. Instants are in `zone`."""

    state: State
    generated_at: datetime
    zone: str
    warehouse: str
    version: int | None = None
    published_at: datetime | None = None
    failed_checks: tuple[str, ...] = ()
    targets: tuple[Target, ...] = ()
    companies: tuple[Company, ...] = ()

    @property
    def stale(self) -> tuple[Company, ...]:
        """The accounts whose data was too old when this was made."""
        return tuple(each for each in self.companies if each.fresh_until and self.generated_at > each.fresh_until)


def as_plain(value: object) -> object:
    """The same in what JSON knows: objects, lists, texts, numbers; days and instants as ISO 8601."""
    match value:
        case date():
            return value.isoformat()
        case tuple() | list():
            return [as_plain(each) for each in value]
        case Mapping():
            return {str(name): as_plain(each) for name, each in value.items()}
        case None | bool() | int() | float() | str():
            return value
        case _:
            return {each.name: as_plain(getattr(value, each.name)) for each in fields(value)}  # type: ignore[arg-type]
