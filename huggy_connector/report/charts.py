"""Draws charts as SVG for a page: colours are the page's variables, and texts use the page's font.

matplotlib draws them without a browser. They hold days and numbers, but no text of the data. Names stand in the page's
legends, where HTML escaping keeps them text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any, Protocol

from huggy_connector.report.i18n import Translations

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {
    "ink": ("#3d4450", "#c3cad4"),
    "grid": ("#dfe3e8", "#353c47"),
    "c1": ("#1f5fa8", "#6ea8ea"),
    "c2": ("#62a5de", "#b5d6f7"),
    "c3": ("#bf5015", "#f08a4b"),
    "c4": ("#e5a447", "#f6cf8d"),
    "c5": ("#8b9199", "#868d97"),
}
"""The light and the dark colour of each role. Charts are drawn in light colours, which become the roles' variables."""

SERIES = ("c1", "c2", "c3", "c4", "c5")
"""The roles of the series, in order."""

TEXT_SIZE = 12
"""Font size in the page's pixels."""

_FIRST_PLACE = 9000
_PLACE = re.compile(r">9(\d{3})<")
"""What stands for a text of the axes, until the language is known: 9000 for the first, and so on."""

BAR_WIDTH = 0.8
"""Width of a bar. A day is 1 wide."""


@dataclass(frozen=True, slots=True)
class ChartSize:
    """The width and height of a chart in the page's pixels. `marks` is the number of marked days."""

    name: str
    width: int
    height: int
    marks: int


SIZES = (ChartSize("wide", 1000, 250, 8), ChartSize("narrow", 340, 230, 4))
"""For a desktop screen and for a telephone."""


@dataclass(frozen=True, slots=True)
class ChartLine:
    """A series with one value a day. None leaves a gap."""

    role: str
    values: Sequence[float | None]
    dashed: bool = False
    filled: bool = False


def draw_bars(
    days: Sequence[date], series: Sequence[Sequence[int]], *, size: ChartSize, prefix: str, words: Translations
) -> str:
    """Draw a bar for each day, with the series stacked in the order of `SERIES`, and return the SVG.

    `prefix` makes the ids of a chart unique on its page.
    """
    top = max((sum(counts) for counts in zip(*series, strict=True)), default=0)
    bars = _Bars(tuple(map(tuple, series)))
    return _draw_chart(days, bars, top=top, size=size, prefix=prefix, words=words, whole=True)


def draw_lines(
    days: Sequence[date],
    series: Sequence[ChartLine],
    *,
    size: ChartSize,
    prefix: str,
    words: Translations,
    level: float | None = None,
    whole: bool = False,
) -> str:
    """Draw a line for each series and return the SVG.

    `level` is a horizontal line across all days. If `whole`, the values are counts, and so are the axis marks.
    """
    values_drawn = [value for line in series for value in line.values if value is not None]
    top = max([*values_drawn, level or 0])
    lines = _Lines(tuple(replace(line, values=tuple(line.values)) for line in series), level)
    return _draw_chart(days, lines, top=top, size=size, prefix=prefix, words=words, whole=whole)


class _Drawing(Protocol):
    """What a chart shows, apart from its axes. Equal drawings look alike."""

    def draw(self, axes: Axes) -> None: ...

    def __hash__(self) -> int: ...


@dataclass(frozen=True, slots=True)
class _Bars:
    series: tuple[tuple[int, ...], ...]

    def draw(self, axes: Axes) -> None:
        from matplotlib.collections import PolyCollection

        below = [0] * max(map(len, self.series), default=0)
        for role, values in zip(SERIES, self.series, strict=False):
            # One collection for each series: one bar for each value takes matplotlib ten times as long.
            boxes = [
                _bar_corners(position, low, value)
                for position, (low, value) in enumerate(zip(below, values, strict=True))
            ]
            axes.add_collection(PolyCollection(boxes, facecolors=_light_colour(role), linewidths=0), autolim=False)
            below = [low + value for low, value in zip(below, values, strict=True)]


@dataclass(frozen=True, slots=True)
class _Lines:
    series: tuple[ChartLine, ...]
    level: float | None

    def draw(self, axes: Axes) -> None:
        for line in self.series:
            values = [float("nan") if value is None else value for value in line.values]
            # A day between two days without a value has no line: a dot shows it.
            style: dict[str, Any] = {"color": _light_colour(line.role), "linewidth": 2, "marker": "o", "markersize": 3}
            axes.plot(range(len(values)), values, linestyle=(0, (4, 2)) if line.dashed else "-", **style)
            if line.filled:
                axes.fill_between(range(len(values)), values, color=_light_colour(line.role), alpha=0.18, linewidth=0)
        if self.level is not None:
            axes.axhline(self.level, color=_light_colour("ink"), linewidth=1.2, linestyle=(0, (1, 2)))


def _bar_corners(position: int, low: int, value: int) -> list[tuple[float, float]]:
    left, right = position - BAR_WIDTH / 2, position + BAR_WIDTH / 2
    return [(left, low), (right, low), (right, low + value), (left, low + value)]


def _draw_chart(
    days: Sequence[date],
    drawing: _Drawing,
    *,
    top: float,
    size: ChartSize,
    prefix: str,
    words: Translations,
    whole: bool,
) -> str:
    from matplotlib.ticker import MaxNLocator

    levels = MaxNLocator(5, integer=whole, steps=[1, 2, 2.5, 5, 10]).tick_values(0, top or 1)
    marked = _choose_marked_days(days, size.marks)
    level_texts = [words.number(level) for level in levels]
    picture = _draw_without_words(
        drawing,
        days=len(days),
        levels=tuple(map(float, levels)),
        marked=tuple(marked),
        longest_level=max(map(len, level_texts)),
        size=size,
        prefix=prefix,
    )
    texts = [*level_texts, *(words.day_mark(days[position]) for position in marked)]
    return re.sub(_PLACE, lambda found: f">{escape(texts[int(found[1])], quote=False)}<", picture)


@lru_cache(maxsize=128)
def _draw_without_words(
    drawing: _Drawing,
    *,
    days: int,
    levels: tuple[float, ...],
    marked: tuple[int, ...],
    longest_level: int,
    size: ChartSize,
    prefix: str,
) -> str:
    """Return the SVG of a chart with the number of each text in its place: first the levels, then the marked days.

    It is cached, because the same chart is on the page of each language.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    places = [f"{_FIRST_PLACE + number}" for number in range(len(levels) + len(marked))]
    with mpl.rc_context():
        mpl.rcdefaults()  # the reader's own matplotlibrc must not change the page
        mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": prefix, "font.size": TEXT_SIZE})
        figure = Figure(figsize=(size.width / 72, size.height / 72))
        left = longest_level * TEXT_SIZE * 0.7 + 14
        figure.subplots_adjust(
            left=left / size.width, right=1 - 12 / size.width, bottom=32 / size.height, top=1 - 10 / size.height
        )
        axes = figure.subplots()
        drawing.draw(axes)
        axes.set_xlim(-0.6, days - 0.4)
        axes.set_yticks(levels, places[: len(levels)])
        axes.set_ylim(0, levels[-1])
        axes.set_xticks(marked, places[len(levels) :])
        axes.tick_params(colors=_light_colour("ink"), length=0, pad=8)
        axes.grid(axis="y", color=_light_colour("grid"), linewidth=1)
        axes.set_axisbelow(True)
        for spine in axes.spines.values():
            spine.set_visible(False)
        buffer = StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return _adapt_svg(buffer.getvalue(), size=size, prefix=prefix)


def _choose_marked_days(days: Sequence[date], limit: int) -> list[int]:
    """Return the positions of all days if they are few, else of Mondays, or of every n-th Monday."""
    if len(days) <= limit:
        return [*range(len(days))]
    mondays = [position for position, day in enumerate(days) if day.weekday() == 0]
    step = -(-len(mondays) // limit) or 1
    return mondays[::step]


def _light_colour(role: str) -> str:
    return COLOURS[role][0]


def _adapt_svg(raw: str, *, size: ChartSize, prefix: str) -> str:
    """Return the SVG without the parts that only files need, with unique ids and with the page's colours."""
    drawing = raw[raw.index("<svg") :]
    drawing = re.sub(r"<svg[^>]*>", f'<svg viewBox="0 0 {size.width} {size.height}" aria-hidden="true">', drawing)
    drawing = re.sub(r"\s*<metadata>.*?</metadata>", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r"<style.*?</style>", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r"\s*<!--.*?-->", "", drawing, flags=re.DOTALL)
    drawing = re.sub(r"font: ([0-9.]+px) [^;\"]*", r"font-size: \1", drawing)
    drawing = re.sub(r" font-family: [^;]*;", "", drawing)
    used = set(re.findall(r"#([\w.-]+)\)|href=\"#([\w.-]+)\"", drawing))
    names = {name for pair in used for name in pair if name}
    drawing = re.sub(r' id="([^"]*)"', lambda found: f' id="{prefix}-{found[1]}"' if found[1] in names else "", drawing)
    drawing = re.sub(r'url\(#|xlink:href="#', lambda found: found[0].replace("xlink:", "") + prefix + "-", drawing)
    for role, (light, _) in COLOURS.items():
        drawing = drawing.replace(light, f"var(--{role})")
    return re.sub(r"\s*\n\s*", " ", drawing).strip()
