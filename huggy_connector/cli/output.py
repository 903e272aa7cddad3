"""Prints all that a command says: tables and JSON on stdout; progress on stderr, as a bar or as a line every 10 s.

Text is data: it is never markup, and characters that steer a terminal are escaped. Rich is imported when it is needed.
"""

from __future__ import annotations

import codecs
import json
import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import IO, TYPE_CHECKING, Any

import click

from huggy_connector.cli.json_values import to_json_value
from huggy_connector.model import Mode
from huggy_connector.progress import LandingProgress
from huggy_connector.progress import Progress as Listener
from huggy_connector.visible import escape_controls, escape_controls_in_json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID
    from rich.table import Table

SECONDS_BETWEEN_LINES = 10.0
"""Seconds between two progress lines where there is no terminal."""
MAX_CELL_WIDTH = 60
"""Characters of a cell that a table makes room for."""
MAX_FOLDED_COLUMNS = 6
"""Columns that a table folds to the terminal's width. A row of more columns becomes a block."""
MIN_SHOWN_COLUMNS = 3
"""Columns that a wide table shows at least. They fold where the terminal is narrower."""
FILE_WIDTH = 160
"""Characters of a line of a table that goes to a file or another program."""
MIN_EXPONENT_NUMBER = 1e15
"""Numbers from this one on are written with an exponent."""
_BLOCK = ("column", "value")


def say(*lines: str) -> None:
    """Print lines of the answer on standard output."""
    _echo(lines, sys.stdout)


def note(*lines: str) -> None:
    """Print lines for the person who watches on standard error."""
    _echo(lines, sys.stderr)


def show_prompt(question: str) -> None:
    """Print a question on standard error. What is typed stands behind it."""
    click.echo(escape_controls(question), file=sys.stderr, nl=False)


def _echo(lines: Iterable[str], stream: IO[str]) -> None:
    click.echo("\n".join(map(escape_controls, lines)), file=stream)


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object: indented on a terminal, else in one line, which a BashOperator takes as its XCom."""
    document = json.dumps(
        to_json_value(value),
        ensure_ascii=codecs.lookup(sys.stdout.encoding).name != "utf-8",
        indent=2 if sys.stdout.isatty() else None,
        allow_nan=False,
    )
    click.echo(escape_controls_in_json(document), file=sys.stdout)


def describe_exactness(mode: str, *, exact: bool | None) -> str | bool | None:
    """Return whether a snapshot lacks nothing. An exact incremental one is exact for the head of the list."""
    return "head" if exact and mode == Mode.INCREMENTAL else exact


class Layout(StrEnum):
    """The layout of rows that are printed. A `TABLE` stays one: a terminal shows the columns that it has room for.

    `CARDS` are a block of lines for each row. `FITTING` is a table where it fits, else cards.
    """

    FITTING = "fitting"
    TABLE = "table"
    CARDS = "cards"


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str | None = None,
    layout: Layout = Layout.FITTING,
) -> int:
    """Print rows in this layout. NULL is empty. Return how many of the last columns the terminal has no room for."""
    columns, title = [_as_displayed(name) for name in columns], title and _as_displayed(title)
    rows = [tuple(row) for row in rows]
    cells = [[_format_cell(value) for value in row] for row in rows]
    widths = [min(MAX_CELL_WIDTH, max(map(len, each))) for each in zip(columns, *cells, strict=True)]
    terminal = shutil.get_terminal_size().columns if sys.stdout.isatty() else FILE_WIDTH
    width, wanted = max(terminal, 40), _table_width(widths)
    is_wide = wanted > width and len(columns) > MAX_FOLDED_COLUMNS
    if layout is Layout.CARDS or (layout is Layout.FITTING and is_wide):
        console = _create_console(sys.stdout, width=width)
        for number, row in enumerate(cells, start=1):
            console.print(
                _build_table(_BLOCK, zip(columns, row, strict=True), [False, False], title=f"{title or 'Row'} {number}")
            )
        return 0
    left_out = 0
    if is_wide and sys.stdout.isatty():
        shown = [place for place in range(1, len(widths)) if _table_width(widths[:place]) <= width]
        kept = max([MIN_SHOWN_COLUMNS, *shown])
        left_out, columns, cells = len(columns) - kept, columns[:kept], [row[:kept] for row in cells]
    elif is_wide:
        width = wanted  # a file and another program have room
    console = _create_console(sys.stdout, width=width)
    is_numeric = [any(type(row[index]) in {int, float} for row in rows) for index in range(len(columns))]
    console.print(_build_table(columns, cells, is_numeric, title=title))
    return left_out


def _table_width(widths: Sequence[int]) -> int:
    """Return the width of a table with columns of these widths, borders included."""
    return sum(widths) + 3 * len(widths) + 1


def _build_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], is_numeric: Sequence[bool], *, title: str | None
) -> Table:
    from rich.table import Table

    table = Table(title=title, title_justify="left", header_style="bold")
    for name, is_right in zip(columns, is_numeric, strict=True):
        table.add_column(name, justify="right" if is_right else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _create_console(stream: IO[str], *, width: int | None = None) -> Console:
    from rich.console import Console

    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False)


def _format_cell(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case float():
            return f"{value:,.2f}" if abs(value) < MIN_EXPONENT_NUMBER else f"{value:g}"
        case dict() | list():
            return _as_displayed(json.dumps(to_json_value(value), ensure_ascii=False))
        case _:
            return _as_displayed(str(value))


def _as_displayed(text: str) -> str:
    """Return the text as the stream will show it, so that columns stay in line."""
    encoding = sys.stdout.encoding
    return escape_controls(text).encode(encoding, "backslashreplace").decode(encoding)


@contextmanager
def show_progress() -> Iterator[Listener]:
    """Yield a listener that shows a run's progress on stderr."""
    if not sys.stderr.isatty() or os.environ.get("TERM") in {"dumb", "unknown"}:
        yield _ProgressLines()
        return
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[state]}", markup=False),
        TimeRemainingColumn(),
        console=_create_console(sys.stderr),
        transient=False,
    )
    with bar:
        yield _ProgressBar(bar)


def _describe_progress(state: LandingProgress) -> str:
    left = f", about {state.seconds_left:,.0f} s left" if state.seconds_left else ""
    return (
        f"{state.rows:,} rows, {state.pages:,} pages in {state.seconds:,.0f} s: {state.rows_per_second:,.0f} rows/s, "
        f"{state.share_of_budget:.0%} of the budget{left}"
    )


class _ProgressBar:
    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._tasks: dict[str, TaskID] = {}

    def update(self, state: LandingProgress) -> None:
        if state.resource not in self._tasks:
            self._tasks[state.resource] = self._bar.add_task(state.resource, total=None, state="")
        self._bar.update(
            self._tasks[state.resource],
            total=state.pages_expected,
            completed=state.pages,
            state=_describe_progress(state),
        )

    def note(self, sentence: str) -> None:
        self._bar.console.print(escape_controls(sentence))


class _ProgressLines:
    def __init__(self) -> None:
        self._last_shown: dict[str, float] = {}

    def update(self, state: LandingProgress) -> None:
        now = time.monotonic()
        is_due = now - self._last_shown.setdefault(state.resource, now) >= SECONDS_BETWEEN_LINES
        if is_due or state.finished:
            self._last_shown[state.resource] = now
            note(f"{state.resource}: {_describe_progress(state)}")

    def note(self, sentence: str) -> None:
        note(sentence)
