"""The tiles of the morning: a value, whether it is normal, its change, and what one asks next."""

from __future__ import annotations

import pytest

from huggy_connector.report.i18n import Translations
from huggy_connector.report.morning.figures import ComparedFigure, MorningFigures, OpenFigures
from huggy_connector.report.morning.tiles import Target, build_tiles
from huggy_connector.report.parts import Tile
from tests.unit.report.conftest import YESTERDAY, make_compared, make_department, make_morning, make_waiting

EN, PT = Translations("en"), Translations("pt-BR")
TARGET = Target(15, "business")


def build(morning: MorningFigures, target: Target | None = TARGET, words: Translations = EN) -> tuple[Tile, ...]:
    return build_tiles(morning, target, words)


def of_a_day(*figures: ComparedFigure) -> tuple[Tile, ...]:
    return build(make_morning(*figures))


def test_the_chats_of_yesterday_say_whether_they_are_normal() -> None:
    opened = build(make_morning())[0]
    assert opened == Tile(
        "Chats opened", "212", "normal: 218 to 259", "below normal", "-27.5 (-11.5%) against the mean 239.5"
    )
    assert build(make_morning(), words=PT)[0] == Tile(
        "Atendimentos abertos", "212", "normal: 218 a 259", "abaixo do normal", "-27,5 (-11,5%) contra a média 239,5"
    )


@pytest.mark.parametrize(
    ("value", "verdict"), [(217, "below normal"), (218, "normal"), (259, "normal"), (260, "above normal")]
)
def test_normal_is_what_lies_among_the_same_weekdays(value: int, verdict: str) -> None:
    assert of_a_day(make_compared("opened", value, 218, 240, 259))[0].verdict == verdict


def test_what_cannot_be_compared_has_neither_a_verdict_nor_a_change() -> None:
    assert of_a_day(make_compared("opened", 5))[0] == Tile("Chats opened", "5", "")


def test_the_longest_wait_is_named_and_its_department() -> None:
    waiting = (make_waiting(1, "<b>Ana\x1b", minutes=950.0), make_waiting(2))
    tile = build(make_morning(waiting=waiting, open=OpenFigures(80, 2, 60, 18, 0)))[1]
    assert tile == Tile("Waiting now", "2", "longest 15.8\u00a0h: <b>Ana\\x1b, Suporte")
    nameless = make_morning(waiting=(make_waiting(1, None, department=None),), open=OpenFigures(1, 1, 0, 0, 0))
    assert build(nameless)[1].note == "longest 3.3\u00a0h: (no name), (no department)"
    assert build(make_morning())[1] == Tile("Waiting now", "0", "nobody waits")


def test_the_share_in_time_has_its_counts_and_its_target_with_the_clock() -> None:
    assert build(make_morning())[2] == Tile(
        "Answered in time",
        "74.7%",
        "37 of 146 missed it; target 15\u00a0min, business hours",
        "below normal",
        "-13.1\u00a0points against the mean 87.8%",
    )
    assert build(make_morning(), Target(5, "calendar"))[2].note.endswith("target 5\u00a0min, around the clock")
    assert build(make_morning(), None)[2].note == "no target of the first response is set"


def test_the_first_response_names_its_clock_and_tells_the_other_one_beside_it() -> None:
    business, calendar = (build(make_morning(), Target(15, clock))[4] for clock in ("business", "calendar"))
    assert (business.label, business.value, business.note) == (
        "First response, median, business hours",
        "3.5\u00a0min",
        "around the clock: 6.8\u00a0min",
    )
    assert (calendar.label, calendar.value, calendar.note) == (
        "First response, median, around the clock",
        "6.8\u00a0min",
        "business hours: 3.5\u00a0min",
    )


def test_the_worst_department_is_the_first_that_was_measured() -> None:
    departments = (
        make_department(31, "Retenção", 4, 5),
        make_department(32, None, 4, 4),
        make_department(None, None, 0, 0),
    )
    tile = build(make_morning(departments=departments))[3]
    assert (tile.value, tile.note) == ("Retenção: 44.4%", "5 of 9 missed it; next 32, 50%")
    nothing = build(make_morning(departments=departments[2:]))[3]
    assert (nothing.value, nothing.note) == ("-", "nothing was measured")


def test_the_bot_the_agents_and_those_who_gave_up_are_shares_of_what_is_decided() -> None:
    bot, abandoned, backlog = build(make_morning())[5:]
    assert (bot.value, bot.verdict, bot.note) == (
        "12.6%",
        "normal",
        "24 of 30 decided chats; agents 84.3%, given up 3.1%",
    )
    assert (abandoned.value, abandoned.note, abandoned.change) == (
        "3.1%",
        "6 of 30 decided chats",
        "-2\u00a0points against the mean 5.1%",
    )
    assert (backlog.value, backlog.note) == ("92", "normal: 33 to 45; 171 closed that day")


def test_a_day_without_a_measure_is_a_dash_in_each_tile() -> None:
    empty = [ComparedFigure(each.figure, each.unit, None, None, None, None, None, None, 0) for each in YESTERDAY]
    tiles = of_a_day(*empty)
    assert [tile.value for tile in tiles] == ["-", "0", "-", "-", "-", "-", "-", "-"]
    assert {(tile.verdict, tile.change) for tile in tiles} == {("", "")}
