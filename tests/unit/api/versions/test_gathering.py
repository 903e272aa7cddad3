"""A list that comes in pages, or in one answer whatever page is asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from huggy_connector.api.versions.gathering import MAX_READINGS, gather_pages
from huggy_connector.model import Row

AT = datetime(2026, 11, 22, tzinfo=UTC)


def reading(pages: Callable[[int], Sequence[int]]) -> tuple[list[int], list[int]]:
    """Return the ids that were read, and the pages that were asked for."""
    asked: list[int] = []

    def fetch(number: int) -> tuple[Sequence[Row], datetime]:
        asked.append(number)
        return [{"id": each} for each in pages(number)], AT

    rows, at = gather_pages(fetch)
    assert at == AT
    return [row["id"] for row in rows], asked


@pytest.mark.parametrize(
    ("pages", "ids", "asked"),
    [
        ([], [], [0]),
        ([[1, 2]], [1, 2], [0, 1]),
        ([[1, 2], [3]], [1, 2, 3], [0, 1, 2] * 2),
        ([[1, 2], [2, 3]], [1, 2, 3], [0, 1, 2] * 2),
    ],
)
def test_pages_are_read_to_the_end_and_several_of_them_twice(
    pages: list[list[int]], ids: list[int], asked: list[int]
) -> None:
    assert reading(lambda number: pages[number] if number < len(pages) else []) == (ids, asked)


def test_a_list_that_ignores_the_page_is_read_once() -> None:
    assert reading(lambda _: range(45)) == ([*range(45)], [0, 1])


def test_an_agent_who_leaves_in_between_costs_no_other_one() -> None:
    agents, read = [*range(1, 26)], 0

    def page(number: int) -> list[int]:
        nonlocal read
        read += 1
        if read == 2:  # after the first page: agent 1 leaves, agent 21 is pulled to the first page
            agents.remove(1)
        return agents[20 * number : 20 * number + 20]

    ids, asked = reading(page)
    assert (ids, len(asked)) == ([*range(2, 26)], 9)


def test_a_list_that_never_comes_to_rest_ends() -> None:
    numbers = iter(range(10_000))
    ids, asked = reading(lambda number: [next(numbers)] if number < 2 else [])
    assert (len(ids), len(asked)) == (2, 3 * MAX_READINGS)
