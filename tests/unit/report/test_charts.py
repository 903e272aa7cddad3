"""A chart is an SVG for a page: its shapes are where the numbers are, and it holds nothing that a page may not have."""

from __future__ import annotations

import re
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest

from huggy_connector.report.charts import COLOURS, SERIES, SIZES, ChartLine, ChartSize, draw_bars, draw_lines
from huggy_connector.report.i18n import LANGUAGES, Language, Translations

EN = Translations("en")
WIDE, NARROW = SIZES
MONDAY = date(2026, 11, 2)


def list_days(count: int, first: date = MONDAY) -> list[date]:
    return [first + timedelta(days=number) for number in range(count)]


def bars(*series: list[int], size: ChartSize = WIDE, prefix: str = "p", first: date = MONDAY) -> str:
    return draw_bars(list_days(len(series[0]), first), series, size=size, prefix=prefix, words=EN)


def lines(*series: ChartLine, level: float | None = None, prefix: str = "p", whole: bool = False) -> str:
    days = list_days(len(series[0].values))
    return draw_lines(days, series, size=WIDE, prefix=prefix, words=EN, level=level, whole=whole)


def read_texts(svg: str) -> list[str]:
    """Return the marks of the axes: days first, then levels from the lowest."""
    return re.findall(r">([^<>]+)</text>", svg)


def read_levels(svg: str) -> list[str]:
    return [text for text in read_texts(svg) if not text[0].isalpha()]


def read_heights(svg: str, role: str) -> list[tuple[float, float]]:
    """Return the bottom and the top of each bar of a series, as shares of the axis."""
    boxes = re.findall(
        rf'd="M \S+ (\S+) L \S+ \S+ L \S+ (\S+)[^"]*" clip-path="[^"]*" style="fill: var\(--{role}\)"', svg
    )
    axis = re.search(r'<rect x="\S+" y="(\S+)" width="\S+" height="(\S+)"/>', svg)
    assert axis is not None
    top, height = float(axis[1]), float(axis[2])
    return [
        (round(1 - (float(low) - top) / height, 3), round(1 - (float(high) - top) / height, 3)) for low, high in boxes
    ]


def test_the_bars_of_a_day_stand_on_one_another() -> None:
    svg = bars([2, 0, 1], [3, 4, 0])
    assert read_levels(svg)[-1] == "5"
    assert read_heights(svg, "c1") == [(0, 0.4), (0, 0), (0, 0.2)]
    assert read_heights(svg, "c2") == [(0.4, 1), (0, 0.8), (0.2, 0.2)]


def test_each_series_has_the_colour_of_its_place() -> None:
    svg = bars(*([1] for _ in SERIES))
    assert [len(read_heights(svg, role)) for role in SERIES] == [1] * len(SERIES)


def test_a_day_without_a_value_is_a_gap_and_a_day_between_two_gaps_is_a_dot() -> None:
    svg = lines(ChartLine("c3", [None, 2, None, 4, 3]))
    (path,) = re.findall(r'<path d="([^"]*)"[^>]*style="fill: none; stroke: var\(--c3\)', svg)
    assert (path.count("M"), path.count("L")) == (2, 1)
    assert svg.count("<use") == 3


def test_a_level_is_on_the_axis_even_above_all_values() -> None:
    without, above = lines(ChartLine("c1", [1, 2])), lines(ChartLine("c1", [1, 2]), level=90)
    assert (read_levels(without)[-1], read_levels(above)[-1]) == ("2", "100")
    assert ("stroke: var(--ink)" in without, "stroke: var(--ink)" in above) == (False, True)


def test_a_dashed_line_is_dashed_and_a_filled_one_has_an_area() -> None:
    plain = lines(ChartLine("c1", [1, 2]))
    assert ("stroke-dasharray" in plain, "fill-opacity" in plain) == (False, False)
    assert "stroke-dasharray" in lines(ChartLine("c1", [1, 2], dashed=True))
    assert "fill-opacity: 0.18" in lines(ChartLine("c1", [1, 2], filled=True))


@pytest.mark.parametrize(
    ("values", "levels"),
    [
        ([0, 0], ["0", "1"]),
        ([1], ["0", "1"]),
        ([7, 0, 3], ["0", "2", "4", "6", "8"]),
        ([10**9], ["0", "200,000,000", "400,000,000", "600,000,000", "800,000,000", "1,000,000,000"]),
    ],
)
def test_the_axis_of_counts_begins_at_nought_and_marks_whole_numbers(values: list[int], levels: list[str]) -> None:
    assert read_levels(bars(values)) == read_levels(lines(ChartLine("c1", values), whole=True)) == levels


def test_the_axis_of_minutes_marks_parts_of_a_minute() -> None:
    assert read_levels(lines(ChartLine("c1", [1, 0.3]))) == ["0", "0.2", "0.4", "0.6", "0.8", "1"]


@pytest.mark.parametrize(
    ("count", "size", "marks"),
    [
        (3, NARROW, ["Nov 3", "Nov 4", "Nov 5"]),
        (8, NARROW, ["Nov 9"]),
        (8, WIDE, ["Nov 3", "Nov 4", "Nov 5", "Nov 6", "Nov 7", "Nov 8", "Nov 9", "Nov 10"]),
        (30, WIDE, ["Nov 9", "Nov 16", "Nov 23", "Nov 30"]),
        (63, WIDE, ["Nov 9", "Nov 23", "Dec 7", "Dec 21", "Jan 4"]),
        (63, NARROW, ["Nov 9", "Nov 30", "Dec 21"]),
    ],
)
def test_few_days_are_all_marked_and_of_many_the_mondays(count: int, size: ChartSize, marks: list[str]) -> None:
    assert [
        text for text in read_texts(bars([1] * count, size=size, first=date(2026, 11, 3))) if text[0].isalpha()
    ] == marks


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_chart_is_one_well_formed_svg_of_its_size_in_its_language(language: Language) -> None:
    words = Translations(language)
    svg = draw_bars([MONDAY], [[1500]], size=NARROW, prefix="p", words=words)
    root = ET.fromstring(svg.replace(" href=", " ref="))
    assert (root.tag, root.attrib) == ("svg", {"viewBox": "0 0 340 230", "aria-hidden": "true"})
    assert {words.day_mark(MONDAY), words.number(1500)} <= set(read_texts(svg))


def test_every_colour_is_a_variable_of_the_page_and_nothing_is_fetched() -> None:
    svg = lines(ChartLine("c1", [1, None, 2], filled=True), ChartLine("c3", [1, 2, 3], dashed=True), level=2)
    svg += bars([1, 2], [2, 1])
    assert re.findall(r"#[0-9a-fA-F]{6}|rgb|http|xlink|<style|<script|<metadata|<!--|<image|font-family", svg) == []
    assert set(re.findall(r"var\(--(\w+)\)", svg)) <= set(COLOURS)
    assert re.findall(r"url\((?!#p-)", svg) == []


def test_the_ids_of_charts_on_one_page_begin_with_their_prefix_and_all_of_them_are_used() -> None:
    line = ChartLine("c1", [1, 2], filled=True)
    ids = [re.findall(r' id="([^"]*)"', lines(line, prefix=prefix)) for prefix in ("one", "two")]
    assert [len(set(each)) for each in ids] == [len(each) for each in ids] != [0, 0]
    assert set(ids[0]).isdisjoint(ids[1])
    assert set(re.findall(r"#(one-[\w.-]+)", lines(line, prefix="one"))) == set(ids[0])


def test_a_chart_is_the_same_each_time_whatever_the_readers_matplotlib_is_set_to() -> None:
    svg = bars([1, 2], [3, 1])
    with mpl.rc_context({"font.size": 40, "svg.fonttype": "path", "grid.linestyle": "--"}):
        assert bars([1, 2], [3, 1]) == svg
        assert mpl.rcParams["font.size"] == 40


def test_the_page_of_each_language_has_its_own_words_in_the_same_drawing() -> None:
    days, counts = list_days(30), [[1500 + day for day in range(30)]]
    pictures = {
        language: draw_bars(days, counts, size=WIDE, prefix="same", words=Translations(language))
        for language in LANGUAGES
    }
    english, portuguese = (read_texts(pictures[language]) for language in ("en", "pt-BR"))
    assert (english[-1], portuguese[-1]) == ("2,000", "2.000")
    assert english[:-1] != portuguese[:-1]
    drawings = {re.sub(r">[^<>]+</text>", ">", picture) for picture in pictures.values()}
    assert len(drawings) == 1
