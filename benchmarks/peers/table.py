"""Results as a table in markdown, and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from benchmarks.peers.contestants import CONTESTANTS, OURS
from benchmarks.peers.trial import Result

_COLUMNS = (
    "list",
    "latency",
    "",
    "rows/s",
    "of the limit",
    "ours",
    "429",
    "missing",
    "twice",
    "memory",
    "whole run",
    "ended",
)
_TEXTS = {"list", "", "ended"}


def markdown(results: Sequence[Result]) -> str:
    """One row a result, those of a case together; `ours` is how many times as fast ours was in the same case."""
    lines = [_line(_COLUMNS), _line("---" if name in _TEXTS else "---:" for name in _COLUMNS)]
    return "\n".join([*lines, *(_line(_cells(result, _ours_beside(result, results))) for result in results)])


def _cells(result: Result, ours: Result | None) -> Iterable[str]:
    label = CONTESTANTS[result.contestant].label
    mark = "**" if result.contestant == OURS else ""
    ratio = ours.rows_per_second / result.rows_per_second if ours and result.rows_per_second else None
    return (
        result.list,
        f"{result.latency_ms} ms",
        f"{mark}{label}{mark}",
        f"{mark}{result.rows_per_second:.0f}{mark}",
        f"{result.share:.0%}",
        "" if ratio is None or result.contestant == OURS else f"{ratio:.1f}x",
        f"{result.refused}",
        f"{result.missing:,}",
        f"{result.rows - result.unique:,}",
        f"{result.peak_mb:.0f} MB",
        f"{result.run_seconds:.1f} s",
        f"exit {result.exit_code}, said {result.said}",
    )


def _ours_beside(result: Result, results: Iterable[Result]) -> Result | None:
    case = (result.list, result.latency_ms)
    return next((each for each in results if each.contestant == OURS and (each.list, each.latency_ms) == case), None)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def as_json(results: Iterable[Result]) -> list[dict[str, Any]]:
    """The same, with every figure."""
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
