"""The row of the one record that a parent has, whatever the API said of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from huggy_connector.catalogue import RESOURCES
from huggy_connector.landing.schema import convert
from huggy_connector.model import Row
from huggy_connector.pipeline.jobs.single_rows import to_single_row
from huggy_connector.privacy import PrivacyPolicy
from huggy_connector.settings import Settings
from huggy_connector.sweep import PageAnswer, PageRequest

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def row_of(*records: Row, **said: bool) -> Row:
    return to_single_row(PageAnswer(PageRequest(0, id=7), records, NOW, **said))


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        (row_of(), {"chat": {"id": 7}, "answerKind": "read"}),
        (row_of({"rate": 5}), {"rate": 5, "chat": {"id": 7}, "answerKind": "read"}),
        (row_of({"chat": {"id": 9, "situation": "x"}})["chat"], {"id": 7, "situation": "x"}),
        (row_of({"chat": 9})["chat"], {"id": 7}),
        (row_of(is_refused=True)["answerKind"], "refused"),
        (row_of(is_refused=True, is_gone=True)["answerKind"], "not_found"),
    ],
)
def test_a_row_is_of_the_chat_that_was_asked_for_and_says_what_the_api_said(row: Any, wanted: Any) -> None:
    assert row == wanted


def landed(*records: Row) -> dict[str, Any]:
    settings = Settings.resolve(environ={})
    policy = PrivacyPolicy.from_settings(settings)
    batch = convert(RESOURCES["feedbacks"], [row_of(*records)], fetched_at=NOW, zone=settings.zone, policy=policy)
    return dict(batch.to_pylist()[0])


def test_what_does_not_fit_is_null_and_a_reject_and_what_nobody_knows_is_in_extra() -> None:
    row = landed({"rate": "ótimo", "id": 5, "created_at": "ontem"})
    assert (row["chat_id"], row["rating"], row["rated_at"], row["extra"]) == (7, None, None, '{"id":5}')
    assert [(each["column"], each["reason"]) for each in row["rejects"]] == [
        ("rating", "not a whole number"),
        ("rated_at", "not a time"),
    ]


def test_what_the_customer_wrote_is_dropped_by_default_wherever_it_stands() -> None:
    row = landed({"rate": 1, "comment": "Maria foi rude", "others": [{"rate": 2, "comment": "Maria de novo"}]})
    assert (row["rating"], row["comment"]) == (1, None)
    assert "Maria" not in repr(row)
