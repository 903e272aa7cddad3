"""Charts as SVG that belongs into a page: its colours are the page's variables, its texts the page's letters.

Drawn by matplotlib without a browser. No text of the data is in them, only days and numbers: names stand in the page's
legends, where HTML's rules keep them text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from typing import TYPE_CHECKING, Any

from huggy_connector.report.words import Words

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
"""By role: in the light and in the dark. What is drawn in the light one becomes the variable of its role."""

SERIES = ("c1", "c2", "c3", "c4", "c5")
"""Roles of series, in order."""

TEXT = 12
"""Size of the letters, in the page's pixels."""

BAR = 0.8
"""Width of a bar; a day is 1."""


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height of a drawing in the page's pixels, and how many days are marked."""

    name: str
    width: int
    height: int
    marks: int


SIZES = (Size("wide", 1000, 250, 8), Size("narrow", 340, 230, 4))
"""For a desk's screen and for a telephone."""


@dataclass(frozen=True, slots=True)
class Line:
    """A series of one value a day; None leaves a gap."""

    role: str
    values: Sequence[float | None]
    dashed: bool = False
    filled: bool = False


def bars(days: Sequence[date], series: Sequence[Sequence[int]], *, size: Size, prefix: str, words: Words) -> str:
    """A bar a day, the series stacked in the order of `SERIES`. `prefix` makes the ids of a drawing its own."""
    top = max((sum(counts) for counts in zip(*series, strict=True)), default=0)

    def draw(axes: Axes) -> None:
        from matplotlib.collections import PolyCollection

        below = [0] * len(days)
        for role, values in zip(SERIES, series, strict=False):
            # One collection a series: a bar of its own for each value takes matplotlib ten times as long.
            boxes = [_box(place, low, value) for place, (low, value) in enumerate(zip(below, values, strict=True))]
            axes.add_collection(PolyCollection(boxes, facecolors=_drawn(role), linewidths=0), autolim=False)
            below = [low + value for low, value in zip(below, values, strict=True)]

    return _drawing(days, draw, top=top, size=size, prefix=prefix, words=words, whole=True)


def lines(
    days: Sequence[date],
    series: Sequence[Line],
    *,
    size: Size,
    prefix: str,
    words: Words,
    level: float | None = None,
    whole: bool = False,
) -> str:
    """A line a series; `level` is a horizontal one across all days. `whole`: the values are counts."""
    known = [value for line in series for value in line.values if value is not None]
    top = max([*known, level or 0])

    def draw(axes: Axes) -> None:
        for line in series:
            values = [float("nan") if value is None else value for value in line.values]
            # A day between two without a value would be no line at all: dots show it.
            look: dict[str, Any] = {"color": _drawn(line.role), "linewidth": 2, "marker": "o", "markersize": 3}
            axes.plot(range(len(days)), values, linestyle=(0, (4, 2)) if line.dashed else "-", **look)
            if line.filled:
                axes.fill_between(range(len(days)), values, color=_drawn(line.role), alpha=0.18, linewidth=0)
        if level is not None:
            axes.axhline(level, color=_drawn("ink"), linewidth=1.2, linestyle=(0, (1, 2)))

    return _drawing(days, draw, top=top, size=size, prefix=prefix, words=words, whole=whole)


def _box(place: int, low: int, value: int) -> list[tuple[float, float]]:
    left, right = place - BAR / 2, place + BAR / 2
    return [(left, low), (right, low), (right, low + value), (left, low + value)]


def _drawing(
    days: Sequence[date],
    draw: Callable[[Axes], None],
    *,
    top: float,
    size: Size,
    prefix: str,
    words: Words,
    whole: bool,
) -> str:
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    levels = MaxNLocator(5, integer=whole, steps=[1, 2, 2.5, 5, 10]).tick_values(0, top or 1)
    texts = [words.number(level) for level in levels]
    marked = _marked(days, size.marks)
    with mpl.rc_context():
        mpl.rcdefaults()  # a reader's own matplotlibrc does not change the page
        mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": prefix, "font.size": TEXT})
        figure = Figure(figsize=(size.width / 72, size.height / 72))
        left = max(map(len, texts)) * TEXT * 0.7 + 14
        figure.subplots_adjust(
            left=left / size.width, right=1 - 12 / size.width, bottom=32 / size.height, top=1 - 10 / size.height
        )
        axes = figure.subplots()
        draw(axes)
        axes.set_xlim(-0.6, len(days) - 0.4)
        axes.set_yticks(levels, texts)
        axes.set_ylim(0, levels[-1])
        axes.set_xticks(marked, [words.day_mark(days[place]) for place in marked])
        axes.tick_params(colors=_drawn("ink"), length=0, pad=8)
        axes.grid(axis="y", color=_drawn("grid"), linewidth=1)
        axes.set_axisbelow(True)
        for spine in axes.spines.values():
            spine.set_visible(False)
        raw = StringIO()
        figure.savefig(raw, format="svg", transparent=True, metadata={"Date": None})
    return _for_a_page(raw.getvalue(), size=size, prefix=prefix)


def _marked(days: Sequence[date], most: int) -> list[int]:
    """Places of all days, if they are few; else of Mondays, evenly left out where there are many."""
    if len(days) <= most:
        return [*range(len(days))]
    mondays = [place for place, day in enumerate(days) if day.weekday() == 0]
    step = -(-len(mondays) // most) or 1
    return mondays[::step]


def _drawn(role: str) -> str:
    return COLOURS[role][0]


def _for_a_page(raw: str, *, size: Size, prefix: str) -> str:
    """The drawing without what is for files only, with ids that no other one has, and with the page's colours."""
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
