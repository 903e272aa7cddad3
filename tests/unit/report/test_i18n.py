"""The report's texts are in both languages, and numbers, durations and times are written as each language does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from string import Formatter

import pytest

from huggy_connector.report.i18n import LANGUAGES, Language, Translations, round_half_up
from huggy_connector.report.morning_texts import MORNING_TEXTS
from huggy_connector.report.texts import TEXTS as PAGE_TEXTS
from huggy_connector.webhook.coverage import DOWN, FAILED, NOT_LANDED, SILENT, TEXTS, UNANNOUNCED

EN, PT = Translations("en"), Translations("pt-BR")
NINTH = date(2026, 11, 9)


def read_fields(text: str) -> set[str]:
    """Return the names in braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("name", [*PAGE_TEXTS, *MORNING_TEXTS])
def test_each_text_is_in_both_languages_and_fills_in_the_same_facts(name: str) -> None:
    assert all(words[name].strip() for words in (EN, PT))
    assert read_fields(EN[name]) == read_fields(PT[name])


@pytest.mark.parametrize("reason", [DOWN, FAILED, NOT_LANDED, SILENT, TEXTS, UNANNOUNCED])
def test_each_reason_of_a_hole_is_in_both_languages_and_one_of_another_release_stays(reason: str) -> None:
    assert (EN.reason(reason), PT.reason(reason) != reason) == (reason, True)
    assert PT.reason(f"{reason} again") == f"{reason} again"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_that_does_not_exist_is_an_error(language: Language) -> None:
    with pytest.raises(KeyError):
        Translations(language)["no such text"]


@pytest.mark.parametrize(
    ("value", "digits", "english", "portuguese"),
    [
        (0, 2, "0", "0"),
        (1234567.891, 2, "1,234,567.89", "1.234.567,89"),
        (1234567.891, 0, "1,234,568", "1.234.568"),
        (0.5, 2, "0.5", "0,5"),
        (7.0, 2, "7", "7"),
        (10**15, 2, "1,000,000,000,000,000", "1.000.000.000.000.000"),
        (-1500.25, 1, "-1,500.3", "-1.500,3"),
    ],
)
def test_a_number_has_the_separators_of_its_language_and_at_most_so_many_decimals(
    value: float, digits: int, english: str, portuguese: str
) -> None:
    assert (EN.number(value, digits), PT.number(value, digits)) == (english, portuguese)


@pytest.mark.parametrize(
    ("value", "english", "portuguese"), [(0, "0%", "0%"), (0.0234, "2.3%", "2,3%"), (1, "100%", "100%")]
)
def test_a_share_is_in_percent(value: float, english: str, portuguese: str) -> None:
    assert (EN.share(value), PT.share(value)) == (english, portuguese)


@pytest.mark.parametrize(
    ("value", "english", "portuguese"),
    [(12345, "+12,345", "+12.345"), (0, "0", "0"), (-1234, "-1,234", "-1.234")],
)
def test_a_change_has_a_sign(value: int, english: str, portuguese: str) -> None:
    assert (EN.change(value), PT.change(value)) == (english, portuguese)


@pytest.mark.parametrize(
    ("minutes", "english", "portuguese"),
    [
        (0, "0 min", "0 min"),
        (0.01, "0.6 s", "0,6 s"),
        (0.5, "30 s", "30 s"),
        (1, "1 min", "1 min"),
        (119.9, "119.9 min", "119,9 min"),
        (120, "2 h", "2 h"),
        (47.9 * 60, "47.9 h", "47,9 h"),
        (48 * 60, "2 days", "2 dias"),
        (36_000 * 60, "1,500 days", "1.500 dias"),
    ],
)
def test_a_duration_is_in_the_unit_that_people_use_and_no_line_breaks_before_it(
    minutes: float, english: str, portuguese: str
) -> None:
    shown = (EN.duration(minutes), PT.duration(minutes))
    assert shown == (english.replace(" ", "\u00a0"), portuguese.replace(" ", "\u00a0"))


def test_a_day_is_written_in_full_and_briefly_for_an_axis() -> None:
    assert (EN.day(NINTH), EN.day_mark(NINTH)) == ("Mon, Nov 9, 2026", "Nov 9")
    assert (PT.day(NINTH), PT.day_mark(NINTH)) == ("seg., 9 de nov. de 2026", "9 nov.")


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-11, minutes=-30))])
def test_an_instant_is_written_in_its_own_zone_with_24_hours(zone: timezone) -> None:
    moment = datetime(2026, 11, 9, 19, 5, 59, tzinfo=zone)
    assert (EN.moment(moment), PT.moment(moment)) == ("Nov 9, 2026, 19:05", "09/11/2026, 19:05")


def test_the_first_weekday_is_monday_and_the_last_is_sunday() -> None:
    assert [EN.weekday(number) for number in (1, 7)] == ["Mon", "Sun"]
    assert [PT.weekday(number) for number in (1, 6, 7)] == ["seg.", "sáb.", "dom."]


@pytest.mark.parametrize(
    ("value", "digits", "rounded"),
    [
        (3.45, 1, "3.5"),
        (3.35, 1, "3.4"),
        (-3.45, 1, "-3.5"),
        (0.00005, 4, "0.0001"),
        (2.675, 2, "2.68"),
        (0.5, 0, "1"),
        (1.5, 0, "2"),
        (7, 1, "7.0"),
        (1e300, 0, "1" + "0" * 300),
    ],
)
def test_half_is_rounded_up_as_people_and_the_marts_do(value: float, digits: int, rounded: str) -> None:
    assert str(round_half_up(value, digits)) == rounded


def test_one_figure_is_written_alike_as_a_number_a_duration_and_a_share() -> None:
    assert (EN.number(3.45, 1), EN.duration(3.45), EN.share(0.0345)) == ("3.5", "3.5\u00a0min", "3.5%")
    assert (PT.number(3.45, 1), PT.duration(3.45), PT.share(0.0345)) == ("3,5", "3,5\u00a0min", "3,5%")


def test_business_time_is_never_told_in_days_because_a_business_day_has_no_24_hours() -> None:
    assert (EN.duration(3300), EN.duration(3300, "business")) == ("2.3\u00a0days", "55\u00a0h")
    assert PT.duration_change(-86_580, "business") == "-1.443\u00a0h"


def test_changes_of_shares_are_points_and_those_of_durations_have_a_unit_and_none_has_a_sign_at_zero() -> None:
    assert (EN.points(-0.01305), PT.points(0.02), EN.points(0.0)) == (
        "-1.3\u00a0points",
        "+2\u00a0pontos",
        "0\u00a0points",
    )
    assert (EN.share_change(-0.115), PT.share_change(1.4215)) == ("-11.5%", "+142,2%")
    assert (EN.duration_change(-3.45), EN.duration_change(0.43), PT.duration_change(0.0)) == (
        "-3.5\u00a0min",
        "+25.8\u00a0s",
        "0\u00a0min",
    )
    assert (EN.change(-27.5, 1), EN.change(0.04, 1), EN.change(-0.04, 1)) == ("-27.5", "0", "0")
    assert (EN.points(-0.0002), PT.share_change(-0.0002)) == ("0\u00a0points", "0%")


def test_a_weekday_is_named_in_full() -> None:
    assert (EN.weekday_name(NINTH), PT.weekday_name(NINTH)) == ("Monday", "segunda-feira")
