"""Names on the page: holidays with their days, contacts and departments without a name."""

from __future__ import annotations

from huggy_connector.report.i18n import Translations
from huggy_connector.report.morning.labels import name_contact, name_department, name_holiday, write_holidays
from tests.unit.report.conftest import make_compared_period, make_department

EN, PT = Translations("en"), Translations("pt-BR")
HOLIDAYS = "2026-11-02 Finados, 2026-12-25 Christmas Day, observed, 2027-01-01 New Year"


def test_each_holiday_stands_with_its_day_also_if_its_name_has_a_comma() -> None:
    assert write_holidays(HOLIDAYS, EN) == "Finados (Nov 2), Christmas Day, observed (Dec 25), New Year (Jan 1)"
    assert write_holidays("2026-11-02 Finados", PT) == "Finados (2 nov.)"
    assert write_holidays(None, EN) == ""


def test_the_holiday_of_yesterday_is_named_beside_its_day() -> None:
    assert name_holiday(make_compared_period(holidays="2026-11-20 Zumbi")) == " (Zumbi)"
    assert name_holiday(make_compared_period()) == ""


def test_who_has_no_name_is_told_as_such_and_a_department_by_its_number() -> None:
    assert (name_contact("Ana\n", EN), name_contact(None, EN), name_contact("", PT)) == (
        r"Ana\n",
        "(no name)",
        "(sem nome)",
    )
    names = [make_department(31, "\x1bX", 0, 0), make_department(32, None, 0, 0), make_department(None, None, 0, 0)]
    assert [name_department(each, EN) for each in names] == [r"\x1bX", "32", "(no department)"]
