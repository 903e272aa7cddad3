"""Chooses what to read during the search for the end, while the head stands still: upwards, in the longest gaps.

What is read upwards needs no count of departures, and departures cannot be counted before the end is known.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from huggy_connector.sweep.moving.run_chain import Run
from huggy_connector.sweep.moving.seams import SeamStatus
from huggy_connector.sweep.moving.stitching import RunStitcher

SMALLEST_GAP: Final = 12
"""A gap must have so many pages for a stream of its own: the page at which that starts is read twice."""


@dataclass(frozen=True, slots=True)
class Gap:
    """The pages that are not read between `upper` and the run whose first page is `top`.

    `can_rise`: what is read upwards from there can be proven.
    """

    upper: Run
    top: int
    can_rise: bool

    @property
    def pages(self) -> int:
        return self.top - self.upper.bottom.number - 1


def find_gaps(stitcher: RunStitcher) -> list[Gap]:
    """Return the gaps between the runs."""
    return [
        Gap(upper, lower.top.number, can_rise=stitcher.can_prove_backward(lower.top))
        for upper, lower in pairwise(stitcher.chain.runs)
        if upper.seam.status is SeamStatus.OPEN and lower.top.number > upper.bottom.number + 1
    ]


def choose_rise(gaps: Sequence[Gap], *, requested: Collection[int]) -> Gap | None:
    """Return the longest gap whose last page can be read upwards and is not `requested` yet. None if there is none."""
    free = [gap for gap in gaps if gap.can_rise and gap.top - 1 not in requested]
    return max(free, key=lambda gap: gap.pages, default=None)


def choose_gap_probe(gaps: Sequence[Gap], *, requested: Collection[int]) -> int | None:
    """Return the middle page of the longest gap that is worth another stream. None if none is.

    The pages that are `requested` already divide the gaps.
    """
    longest, middle = SMALLEST_GAP - 1, None
    for gap in gaps:
        above = gap.upper.bottom.number
        for below in (*sorted(page for page in requested if above < page < gap.top), gap.top):
            if below - above - 1 > longest:
                longest, middle = below - above - 1, (above + below) // 2
            above = below
    return middle
