"""The figures of the morning: yesterday beside the same weekdays, who waits now, departments and agents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class ComparedFigure:
    """A row of marts.period_comparisons: a figure, and the mean of those that it is compared with."""

    figure: str
    unit: str
    value: float | None
    mean: float | None
    lowest: float | None
    highest: float | None
    change: float | None
    change_rate: float | None
    compared: int


@dataclass(frozen=True, slots=True)
class ComparedPeriod:
    """A span of whole local days, both inclusive, with its figures and the holidays, such as 2026-11-02 Finados."""

    first: date
    last: date
    holidays: str | None
    compared_holidays: str | None
    figures: tuple[ComparedFigure, ...]

    def find(self, figure: str) -> ComparedFigure | None:
        """Return a figure by its name, or None."""
        return next((each for each in self.figures if each.figure == figure), None)

    def value(self, figure: str) -> float | None:
        """Return the value of a figure; None where it has none."""
        found = self.find(figure)
        return None if found is None else found.value


@dataclass(frozen=True, slots=True)
class WaitingFigures:
    """A chat of marts.open_now that neither an agent nor the bot has, the longest wait first.

    `contact` is the name that the privacy rules left. Minutes are from the opening to the last landing.
    """

    chat_id: int
    contact: str | None
    department: str | None
    channel: str | None
    opened_at: datetime | None
    minutes: float | None
    business_minutes: float | None


@dataclass(frozen=True, slots=True)
class OpenFigures:
    """What was open at the last landing, by who has it.

    `unknown` are chats without an agent of which nobody tells whether they wait: over API v2, and in a situation that
    this release does not know.
    """

    total: int
    waiting: int
    with_agent: int
    with_bot: int
    unknown: int


@dataclass(frozen=True, slots=True)
class DepartmentFigures:
    """A department: its figures of yesterday and of the month, and what waits for it now."""

    department_id: int | None
    name: str | None
    yesterday: ComparedPeriod
    month: ComparedPeriod | None
    waiting: int
    longest_minutes: float | None


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """An agent: the chats in their charge that were opened yesterday, and those that they have open now.

    `attainment` is met / (met + missed) of the target of the first response.
    """

    agent_id: int
    name: str | None
    chats: int
    met: int
    missed: int
    attainment: float | None
    median_first_response_business_minutes: float | None
    median_first_response_minutes: float | None
    open_now: int


@dataclass(frozen=True, slots=True)
class MorningFigures:
    """The figures of one account in the morning. `waiting` are the first of those that wait; `open` counts all."""

    yesterday: ComparedPeriod
    week: ComparedPeriod | None
    month: ComparedPeriod | None
    open: OpenFigures
    waiting: tuple[WaitingFigures, ...]
    departments: tuple[DepartmentFigures, ...]
    agents: tuple[AgentFigures, ...]
