"""What became of each item: answered, refused, lost on purpose, or still under way."""

from __future__ import annotations

import pytest

from huggy_connector.sandbox.webhook.record import Record, Told


@pytest.mark.parametrize(
    ("answers", "under_way", "lost", "fate"),
    [
        ([], 0, "", "pending"),
        ([], 1, "", "pending"),
        (["200"], 0, "", "answered"),
        (["timeout", "200"], 0, "", "answered"),
        (["200", "503"], 0, "", "answered"),
        (["200"], 1, "", "answered"),
        (["503"], 1, "", "pending"),
        (["503", "unreachable"], 0, "", "refused"),
        ([], 0, "silence", "lost"),
        ([], 1, "silence", "pending"),
        (["503"], 0, "silence", "refused"),
        (["200"], 0, "silence", "answered"),
    ],
)
def test_the_fate_of_an_item_is_the_best_that_happened(
    answers: list[str], under_way: int, lost: str, fate: str
) -> None:
    assert Told("startedChat", "{}", 0, under_way=under_way, lost=lost, answers=answers).fate == fate


def test_the_truth_counts_by_fate_and_shows_the_items_where_they_are_wanted() -> None:
    record = Record()
    answered = record.add("startedChat", {"id": 1, "name": "Júlia"}, moment=0)
    record.add("closedChat", {"id": 1}, moment=60).lost = "never"
    forged = record.add("updatedCustomer", {"id": 2}, moment=61, is_genuine=False)
    answered.answers.append("200")
    forged.answers.append("401")
    record.count("envelope", "200")
    record.count("wrong", "401")
    record.count("envelope", "200")
    counts = {
        "resource": "events",
        "count": 3,
        "answered": 1,
        "refused": 1,
        "lost": 1,
        "pending": 0,
        "under_way": 0,
        "lost_by": {"never": 1},
        "requests": {"envelope": {"200": 2}, "wrong": {"401": 1}},
    }
    assert record.truth(rows=False) == counts
    rows = record.truth(rows=True)["rows"]
    assert rows[0] == {
        "event": "startedChat",
        "item": {"id": 1, "name": "Júlia"},
        "at": "1970-01-01 00:00:00",
        "genuine": True,
        "fate": "answered",
        "lost": "",
        "answers": ["200"],
    }
    assert [(row["genuine"], row["fate"], row["lost"]) for row in rows[1:]] == [
        (True, "lost", "never"),
        (False, "refused", ""),
    ]


def test_what_is_settled_can_be_forgotten() -> None:
    record = Record()
    record.add("startedChat", {}, moment=0).answers.append("200")
    under_way = record.add("closedChat", {}, moment=0)
    under_way.under_way = 1
    again = record.add("closedChat", {}, moment=0)
    again.answers, again.under_way = ["200"], 1
    record.count("envelope", "200")
    record.forget()
    assert (record.told, record.requests) == ([under_way, again], {})
