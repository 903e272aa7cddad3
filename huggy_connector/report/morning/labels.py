"""Names and labels that the tiles and the tables of the morning share."""

from __future__ import annotations

import re
from datetime import date

from huggy_connector.report.i18n import Translations
from huggy_connector.report.morning.figures import ComparedPeriod, DepartmentFigures
from huggy_connector.visible import escape_controls


def name_holiday(day: ComparedPeriod) -> str:
    """Return the holiday's name, without its day, which stands before it."""
    return f" ({day.holidays[11:]})" if day.holidays else ""


def write_holidays(holidays: str | None, words: Translations) -> str:
    """Return holidays with their days as the language writes them, from such as 2026-11-02 Finados, 2026-..."""
    return ", ".join(
        f"{each[11:]} ({words.day_mark(date.fromisoformat(each[:10]))})"
        for each in re.split(r", (?=\d{4}-\d\d-\d\d )", holidays or "")
        if each
    )


def name_contact(name: str | None, words: Translations) -> str:
    """Return a contact's name as the privacy rules left it."""
    return escape_controls(name) if name else words["unnamed"]


def name_department(department: DepartmentFigures, words: Translations) -> str:
    """Return the name of a department, or its id where it has none."""
    if department.name is not None:
        return escape_controls(department.name)
    return words["no_department"] if department.department_id is None else str(department.department_id)


def name_median(clock: str, words: Translations) -> str:
    """Return the label of the median of the first response, which names its clock."""
    return f"{words['first_response']}, {words['median'].lower()}, {words[clock]}"
