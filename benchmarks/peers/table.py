"""Results as a table in markdown, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.peers.contestants import CONTESTANTS, OURS
from benchmarks.peers.trial import Result

_COLUMNS = (
    "list",
    "chats",
    "an answer",
    "",
    "rows/s",
    "of the limit",
    "ours",
    "requests/page",
    "429",
    "missing",
    "twice",
    "memory",
    "whole run",
    "ended",
)
_TEXT_COLUMNS = {"list", "an answer", "", "ended"}


def render_markdown(results: Sequence[Result]) -> str:
    """Return a table with a row for each result. `ours` is how many times as fast ours was in the same case."""
    lines = [_join_cells(_COLUMNS), _join_cells("---" if name in _TEXT_COLUMNS else "---:" for name in _COLUMNS)]
    return "\n".join([*lines, *(_join_cells(_build_cells(result, _find_ours(result, results))) for result in results)])


def _build_cells(result: Result, ours: Result | None) -> Iterable[str]:
    label = CONTESTANTS[result.contestant].label
    mark = "**" if result.contestant == OURS else ""
    ratio = ours.rows_per_second / result.rows_per_second if ours and result.rows_per_second else None
    return (
        result.list,
        f"{result.chats:,}",
        str(result.delay),
        f"{mark}{label}{mark}",
        f"{mark}{result.rows_per_second:.0f}{mark}",
        f"{result.share:.0%}",
        "" if ratio is None or result.contestant == OURS else f"{ratio:.1f}x",
        f"{result.requests_per_page:.2f}",
        f"{result.refused}",
        f"{result.missing:,}",
        f"{result.rows - result.unique:,}",
        f"{result.peak_mb:.0f} MB",
        f"{result.run_seconds:.1f} s",
        f"exit {result.exit_code}, said {result.said}",
    )


def _find_ours(result: Result, results: Iterable[Result]) -> Result | None:
    case = (result.list, result.chats, result.delay)
    return next(
        (each for each in results if each.contestant == OURS and (each.list, each.chats, each.delay) == case), None
    )


def _join_cells(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def to_json(results: Iterable[Result]) -> list[dict[str, Any]]:
    """Return the results with every figure."""
    return [
        asdict(each)
        | {
            "requirements": CONTESTANTS[each.contestant].requirements,
            "rows_per_second": round(each.rows_per_second, 1),
            "share_of_limit": round(each.share, 3),
            "duplicates": each.rows - each.unique,
        }
        for each in results
    ]
