"""Satisfaction told again in Python: which scale the answers have, and which answer of a chat counts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random

import duckdb

from huggy_connector.warehouse.marts.calendar import BusinessCalendar
from huggy_connector.warehouse.marts.refresh import refresh_marts
from tests.integration.warehouse.test_definitions import desk

__all__ = ["desk"]

FLOWS = {3210: "csat", 3211: "nps"}


def scale_of(ratings: Sequence[float]) -> str | None:
    """The sentences of marts.satisfaction: at least ten answers, 99 of 100 on the scale, and its ends given."""
    scales = {"0-1": ((0, 1), {0, 1}), "1-5": ((1, 5), {5}), "0-10": ((0, 10), set[int]())}
    for name, ((low, high), ends) in scales.items():
        on_scale = sum(low <= each <= high and (name != "0-1" or each in {0, 1}) for each in ratings)
        are_there = ends <= {*ratings} if ends else any(9 <= each <= 10 for each in ratings)
        if len(ratings) >= 10 and on_scale >= 0.99 * len(ratings) and are_there:
            return name
    return None


def fill(
    connection: duckdb.DuckDBPyConnection,
    ratings: dict[int, dict[int, int]],
    answers: dict[int, dict[int, int]] | None = None,
) -> dict[tuple[int, int], tuple[str, float, str | None, bool | None]]:
    """Put ratings, by company and chat, and answers of company 1, by flow and chat. Return what the mart says."""
    rated = [(company, chat, rating) for company, given in ratings.items() for chat, rating in given.items()]
    connection.execute(
        "INSERT INTO feedbacks (company_id, chat_id, answer, rating) SELECT unnest($1), unnest($2), 'read', unnest($3)",
        [*map(list, zip(*rated, strict=True))],
    )
    connection.execute(
        "INSERT INTO chats (company_id, id, situation, created_at, row_hash, fetched_at)"
        " SELECT 1, range, 'auto', '2026-11-09 12:00:00+00'::TIMESTAMPTZ, '', now() FROM range(1, 300)"
    )
    told = [
        (f"{flow}-{chat}", flow, chat, json.dumps({"flowToken": FLOWS[flow], "context": {"nota": str(score)}}))
        for flow, scores in (answers or {}).items()
        for chat, score in scores.items()
    ]
    if told:
        connection.execute(
            "INSERT INTO events (company_id, event, occurred_at, row_hash, event_id, flow_id, chat_id, item)"
            " SELECT 1, 'finishedAutomationFlow', '2026-11-09 12:01:00+00'::TIMESTAMPTZ, '',"
            " unnest($1), unnest($2), unnest($3), unnest($4)::JSON",
            [*map(list, zip(*told, strict=True))],
        )
    refresh_marts(connection, BusinessCalendar())
    found = connection.execute(
        "SELECT company_id, chat_id, basis, rating, scale, is_satisfied FROM marts.satisfaction"
    ).fetchall()
    return {(company, chat): (basis, rating, scale, ok) for company, chat, basis, rating, scale, ok in found}


def test_a_chat_counts_once_by_its_rating_or_else_by_an_answer_on_a_scale_of_satisfaction(
    desk: duckdb.DuckDBPyConnection,
) -> None:
    random = Random(5)
    ratings = {chat: random.randint(1, 5) for chat in range(1, 120)} | {120: 99}
    satisfied = {chat: random.randint(1, 5) for chat in range(100, 160)}
    recommends = {chat: random.randint(0, 10) for chat in range(150, 200)}
    found = fill(desk, {1: ratings}, {3210: satisfied, 3211: recommends})
    assert scale_of([*ratings.values()]) == scale_of([*satisfied.values()]) == "1-5"
    assert scale_of([*recommends.values()]) == "0-10"
    wanted = {(1, chat): ("flow", float(score), "1-5", score >= 4) for chat, score in satisfied.items()}
    wanted |= {(1, chat): ("feedback", float(rating), "1-5", rating >= 4) for chat, rating in ratings.items()}
    assert found.pop((1, 120)) == ("feedback", 99.0, "1-5", None)
    del wanted[1, 120]
    assert found == wanted


SCALES: list[tuple[list[int], str | None]] = [
    ([5] * 9, None),
    ([5] * 10, "1-5"),
    ([4] * 200, None),
    ([0, 1] * 5, "0-1"),
    ([1] * 10, None),
    ([5, 0] * 5, None),
    ([0, 10] * 5, "0-10"),
    ([5] * 99 + [0], "1-5"),
    ([5] * 98 + [0, 7], None),
    ([9, 0, 5] * 4, "0-10"),
    ([99] * 20, None),
]


def test_a_scale_is_known_by_the_answers_of_the_company_or_not_at_all(desk: duckdb.DuckDBPyConnection) -> None:
    companies = {number: dict(enumerate(ratings, start=1)) for number, (ratings, _) in enumerate(SCALES)}
    found = fill(desk, companies)
    scales = {company: {told[2] for (of, _), told in found.items() if of == company} for company in companies}
    assert scales == {number: {scale} for number, (_, scale) in enumerate(SCALES)}
    assert [scale_of(ratings) for ratings, _ in SCALES] == [scale for _, scale in SCALES]
