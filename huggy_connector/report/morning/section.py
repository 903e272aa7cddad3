"""Builds the first part of the page: yesterday beside the same weekdays, and what waits now."""

from __future__ import annotations

from dataclasses import dataclass

from huggy_connector.report.i18n import Translations
from huggy_connector.report.morning.figures import ComparedPeriod, MorningFigures
from huggy_connector.report.morning.labels import name_holiday, write_holidays
from huggy_connector.report.morning.tables import MorningTable, build_tables
from huggy_connector.report.morning.tiles import Target, build_tiles
from huggy_connector.report.parts import Tile


@dataclass(frozen=True, slots=True)
class MorningSection:
    """The first part of the page."""

    title: str
    note: str
    tiles: tuple[Tile, ...]
    tables: tuple[MorningTable, ...]


def build_morning(
    morning: MorningFigures, *, company_id: int, as_of: str, target: Target | None, words: Translations
) -> MorningSection:
    """Return the first part of the page. `as_of` is the moment of the last landing, as a text."""
    day = morning.yesterday
    prefix = f"huggy-{company_id}-{day.last.isoformat()}"
    return MorningSection(
        f"{words['yesterday']}: {words.day(day.last)}{name_holiday(day)}",
        _describe_comparison(day, words),
        build_tiles(morning, target, words),
        build_tables(morning, as_of, prefix, words),
    )


def _describe_comparison(day: ComparedPeriod, words: Translations) -> str:
    opened = day.find("opened")
    weekday = words.weekday_name(day.last)
    if opened is None or opened.mean is None:
        return words["not_comparable"].format(weekday=weekday)
    told = words["compared_with"].format(weekday=weekday, days=words.number(opened.compared))
    left_out = f" {words['left_out'].format(holidays=write_holidays(day.compared_holidays, words))}"
    return f"{told}{left_out if day.compared_holidays and not day.holidays else ''}"
