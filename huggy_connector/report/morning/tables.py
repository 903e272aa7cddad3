"""Builds the tables of the morning, each with a file of its rows: who waits, departments, agents, all changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from huggy_connector.report.i18n import Translations
from huggy_connector.report.morning.figures import ComparedPeriod, MorningFigures
from huggy_connector.report.morning.labels import name_contact, name_department, name_median, write_holidays
from huggy_connector.report.parts import ChartTable, Column, Kind, build_table

SHOWN_ROWS = 10
"""How many waiting chats, and how many agents, the page lists. Their files have more."""

_CHANGE_KINDS = {
    "chats": (Kind.MEAN, Kind.CHANGE),
    "share": (Kind.SHARE, Kind.POINTS),
    "minutes": (Kind.MINUTES, Kind.MORE_MINUTES),
    "business_minutes": (Kind.BUSINESS_MINUTES, Kind.MORE_BUSINESS_MINUTES),
}
"""By the unit of a figure: what it is, and what its change is."""


@dataclass(frozen=True, slots=True)
class MorningTable:
    """A table with its title and a sentence."""

    title: str
    note: str
    table: ChartTable


def build_tables(morning: MorningFigures, as_of: str, prefix: str, words: Translations) -> tuple[MorningTable, ...]:
    """Return all tables. `as_of` is the moment of the last landing, `prefix` the begin of the names of the files."""
    return (
        _build_waiting_table(morning, as_of, f"{prefix}-{words['file_waiting']}.csv", words),
        _build_department_table(morning, f"{prefix}-{words['file_departments']}.csv", words),
        _build_agent_table(morning, f"{prefix}-{words['file_agents']}.csv", words),
        _build_change_table(morning, f"{prefix}-{words['file_changes']}.csv", words),
    )


def _build_waiting_table(morning: MorningFigures, as_of: str, name: str, words: Translations) -> MorningTable:
    columns = (
        Column(words["contact"], Kind.TEXT),
        Column(words["open_for_calendar"], Kind.MINUTES),
        Column(words["open_for_business"], Kind.BUSINESS_MINUTES),
        Column(words["department"], Kind.TEXT),
        Column(words["channel"], Kind.TEXT),
        Column(words["opened_at"], Kind.MOMENT),
        Column(words["chat"], Kind.TEXT),
    )
    rows = (
        (
            name_contact(each.contact, words),
            each.minutes,
            each.business_minutes,
            each.department or words["no_department"],
            each.channel or words["no_channel"],
            each.opened_at,
            each.chat_id,
        )
        for each in morning.waiting
    )
    has = morning.open
    told = words["open_by"].format(
        moment=as_of,
        **{name: words.number(getattr(has, name)) for name in ("total", "waiting", "with_agent", "with_bot")},
    )
    if has.unknown:
        told += f" {words['open_unknown'].format(chats=words.number(has.unknown))}"
    table = build_table(columns, rows, words, file_name=name, shown=SHOWN_ROWS, total=has.waiting)
    return MorningTable(words["waiting_now"], told, table)


def _build_department_table(morning: MorningFigures, name: str, words: Translations) -> MorningTable:
    columns = (
        Column(words["department"], Kind.TEXT),
        Column(words["in_time"], Kind.SHARE),
        Column(words["in_time_month"], Kind.SHARE),
        Column(words["chats"], Kind.COUNT),
        Column(words["change_of_chats"], Kind.CHANGE),
        Column(name_median("business", words), Kind.BUSINESS_MINUTES),
        Column(name_median("calendar", words), Kind.MINUTES),
        Column(words["bot_share"], Kind.SHARE),
        Column(words["given_up_share"], Kind.SHARE),
        Column(words["wait_now"], Kind.COUNT),
        Column(words["longest_wait"], Kind.MINUTES),
    )
    rows = (
        (
            name_department(each, words),
            each.yesterday.value("first_response_attainment"),
            each.month.value("first_response_attainment") if each.month else None,
            each.yesterday.value("opened"),
            found.change if (found := each.yesterday.find("opened")) else None,
            each.yesterday.value("median_first_response_business_minutes"),
            each.yesterday.value("median_first_response_minutes"),
            each.yesterday.value("bot_share"),
            each.yesterday.value("abandoned_share"),
            each.waiting,
            each.longest_minutes,
        )
        for each in morning.departments
    )
    return MorningTable(
        words["departments_title"], words["departments_note"], build_table(columns, rows, words, file_name=name)
    )


def _build_agent_table(morning: MorningFigures, name: str, words: Translations) -> MorningTable:
    columns = (
        Column(words["agent"], Kind.TEXT),
        Column(words["chats"], Kind.COUNT),
        Column(words["in_time"], Kind.SHARE),
        Column(words["missed_target"], Kind.COUNT),
        Column(name_median("business", words), Kind.BUSINESS_MINUTES),
        Column(name_median("calendar", words), Kind.MINUTES),
        Column(words["open_now"], Kind.COUNT),
    )
    rows = (
        (
            each.name or each.agent_id,
            each.chats,
            each.attainment,
            each.missed,
            each.median_first_response_business_minutes,
            each.median_first_response_minutes,
            each.open_now,
        )
        for each in morning.agents
    )
    table = build_table(columns, rows, words, file_name=name, shown=SHOWN_ROWS)
    return MorningTable(words["agents_title"], words["agents_note"], table)


def _build_change_table(morning: MorningFigures, name: str, words: Translations) -> MorningTable:
    """Return all figures of yesterday, the week and the month beside those before them, in the units of each."""
    periods = [morning.yesterday, *(each for each in (morning.week, morning.month) if each)]
    heads = [
        (words["yesterday"], words["mean_of_days"].format(weekday=words.weekday_name(morning.yesterday.last))),
        (words["this_week"], words["mean_of_weeks"]),
        (words["this_month"], words["month_before"]),
    ][: len(periods)]
    head = [words["figure"], *(text for value, mean in heads for text in (value, mean, words["change_head"]))]
    rows, raw_rows = list[tuple[str, ...]](), list[tuple[Any, ...]]()
    for figure in morning.yesterday.figures:
        found = [each for period in periods if (each := period.find(figure.figure))]
        columns = [Column(words["figure"], Kind.TEXT)]
        values: list[Any] = [words[f"figure_{figure.figure}"]]
        for each in found:
            kind, change_kind = _CHANGE_KINDS[each.unit]
            columns += [Column("", kind), Column("", kind), Column("", change_kind)]
            values += [each.value, each.mean, each.change]
        rows += build_table(columns, [values], words).rows
        raw_rows.append((values[0], words[f"unit_{figure.unit}"], *values[1:]))
    raw_head = [
        Column(head[0], Kind.TEXT),
        Column(words["unit"], Kind.TEXT),
        *(Column(each, Kind.NUMBER) for each in head[1:]),
    ]
    in_file = build_table(raw_head, raw_rows, words, file_name=name, shown=0).file
    return MorningTable(
        words["changes_title"], _describe_spans(periods, words), ChartTable(tuple(head), tuple(rows), in_file)
    )


def _describe_spans(periods: Iterable[ComparedPeriod], words: Translations) -> str:
    _, *longer = periods
    told = [
        words[name].format(first=words.day_mark(period.first), last=words.day_mark(period.last))
        for name, period in zip(("week_span", "month_span"), longer, strict=False)
    ]
    holidays = [
        words[name].format(holidays=write_holidays(text, words))
        for name, text in (
            ("holidays_in", longer[-1].holidays if longer else None),
            ("holidays_before", longer[-1].compared_holidays if longer else None),
        )
        if text
    ]
    return " ".join([*told, *holidays])
