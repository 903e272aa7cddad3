"""How things look: tables and JSON on stdout; progress on stderr, a bar on a terminal, else a line every 10 s.

Whatever a command says goes through here. Text is data: it is never markup, and what steers a terminal is shown.
"""

import codecs
import json
import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from huggy_connector.cli.plain import plain
from huggy_connector.progress import Landed
from huggy_connector.progress import Progress as Listener
from huggy_connector.visible import escaped_in_json, visible

LINE_EVERY = 10.0
"""Seconds between two progress lines where there is no terminal."""
CELL = 60
"""Signs of a cell that a table is willing to make room for."""
MANY = 6
"""Columns that are folded to the terminal's width; with more than these a row becomes a block."""
FILE_WIDTH = 160
"""Width of a table that goes to a file or another program."""
LONG = 1e15
"""Numbers from here on are written with an exponent."""
_BLOCK = ("column", "value")


def say(*lines: str) -> None:
    """Lines of the answer, on standard output."""
    _write(lines, sys.stdout)


def note(*lines: str) -> None:
    """Lines for the person who watches, on standard error."""
    _write(lines, sys.stderr)


def _write(lines: Iterable[str], stream: IO[str]) -> None:
    click.echo("\n".join(map(visible, lines)), file=stream)


def print_json(value: Mapping[str, Any]) -> None:
    """On a terminal to be read; elsewhere in one line, which a BashOperator takes as its XCom."""
    document = json.dumps(
        plain(value),
        ensure_ascii=codecs.lookup(sys.stdout.encoding).name != "utf-8",
        indent=2 if sys.stdout.isatty() else None,
        allow_nan=False,
    )
    click.echo(escaped_in_json(document), file=sys.stdout)


def certified(mode: str, *, exact: bool | None) -> str | bool | None:
    """Whether a snapshot lacks nothing; an incremental one speaks of the head of the list and of what is open."""
    return "head" if exact and mode == "incremental" else exact


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    """A table; where it is wider than the terminal, a block of lines for each row instead. NULL is an empty cell."""
    columns, title = [_shown(name) for name in columns], title and _shown(title)
    rows = [tuple(row) for row in rows]
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [min(CELL, max(map(len, each))) for each in zip(columns, *cells, strict=True)]
    terminal = shutil.get_terminal_size().columns if sys.stdout.isatty() else FILE_WIDTH
    console = _console(sys.stdout, width=max(terminal, 40))
    if sum(widths) + 3 * len(widths) + 1 > console.width and len(columns) > MANY:
        for number, row in enumerate(cells, start=1):
            console.print(
                _table(_BLOCK, zip(columns, row, strict=True), [False, False], title=f"{title or 'Row'} {number}")
            )
        return
    numeric = [any(type(row[index]) in {int, float} for row in rows) for index in range(len(columns))]
    console.print(_table(columns, cells, numeric, title=title))


def _table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], numeric: Sequence[bool], *, title: str | None
) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold")
    for name, right in zip(columns, numeric, strict=True):
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _console(stream: IO[str], *, width: int | None = None) -> Console:
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False)


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case float():
            return f"{value:,.2f}" if abs(value) < LONG else f"{value:g}"
        case dict() | list():
            return _shown(json.dumps(plain(value), ensure_ascii=False))
        case _:
            return _shown(str(value))


def _shown(text: str) -> str:
    """As the stream will show it, so that columns stay in line."""
    encoding = sys.stdout.encoding
    return visible(text).encode(encoding, "backslashreplace").decode(encoding)


@contextmanager
def progress() -> Iterator[Listener]:
    """Someone who shows a run's progress on stderr."""
    if not sys.stderr.isatty() or os.environ.get("TERM") in {"dumb", "unknown"}:
        yield _Lines()
        return
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[state]}", markup=False),
        TimeRemainingColumn(),
        console=_console(sys.stderr),
        transient=False,
    )
    with bar:
        yield _Bar(bar)


def _sentence(state: Landed) -> str:
    left = f", about {state.seconds_left:,.0f} s left" if state.seconds_left else ""
    return (
        f"{state.rows:,} rows, {state.pages:,} pages in {state.seconds:,.0f} s: {state.rows_per_second:,.0f} rows/s, "
        f"{state.share_of_budget:.0%} of the budget{left}"
    )


class _Bar:
    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._tasks: dict[str, TaskID] = {}

    def landed(self, state: Landed) -> None:
        if state.resource not in self._tasks:
            self._tasks[state.resource] = self._bar.add_task(state.resource, total=None, state="")
        self._bar.update(
            self._tasks[state.resource], total=state.pages_expected, completed=state.pages, state=_sentence(state)
        )

    def note(self, sentence: str) -> None:
        self._bar.console.print(visible(sentence))


class _Lines:
    def __init__(self) -> None:
        self._told: dict[str, float] = {}

    def landed(self, state: Landed) -> None:
        now = time.monotonic()
        due = now - self._told.setdefault(state.resource, now) >= LINE_EVERY
        if due or state.finished:
            self._told[state.resource] = now
            note(f"{state.resource}: {_sentence(state)}")

    def note(self, sentence: str) -> None:
        note(sentence)
