"""What somebody asks for: one source of rows, a name, and a digest that tells one question from another."""

from __future__ import annotations

from typing import Any

import pytest

from huggy_connector.errors import ConfigurationError
from huggy_connector.pipeline.campaigns import CampaignRequest, parse_shared


def ask(**changes: Any) -> CampaignRequest:
    given = {"action": "close_chat", "campaign": " idle ", "query": "SELECT id FROM chats"} | changes
    return CampaignRequest(**given)


def test_a_name_is_taken_without_the_blanks_around_it() -> None:
    assert (ask().name, ask().check().campaign) == ("idle", "idle")


@pytest.mark.parametrize(
    ("changes", "is_the_same"),
    [
        ({"query": "SELECT id\n  FROM chats"}, True),
        ({"campaign": "other", "most_rows": 7, "asked_by": "ana"}, True),
        ({"query": "SELECT id FROM chats LIMIT 1"}, False),
        ({"shared": {"comment": "a"}}, False),
        ({"action": "mark_read"}, False),
        ({"query": None, "row_id": 7}, False),
    ],
)
def test_the_digest_is_of_action_query_and_shared_values(changes: dict[str, Any], is_the_same: bool) -> None:
    assert (ask(**changes).asked == ask().asked) is is_the_same


def test_ids_and_given_rows_may_differ_from_call_to_call() -> None:
    digests = {
        ask(query=None, row_id=7).asked,
        ask(query=None, row_id=8).asked,
        ask(query=None, rows=[{"id": 9}]).asked,
    }
    assert len(digests) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"query": None},
        {"row_id": 7},
        {"rows": []},
        {"campaign": ""},
        {"action": "close_chats"},
        {"most_rows": 0},
        {"action": "create_contact", "query": None, "row_id": 7},
    ],
)
def test_a_call_that_cannot_be_meant_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        ask(**changes).check()


def test_shared_values_are_parsed_at_the_first_sign_of_equality() -> None:
    assert parse_shared(["text=a=b", " step_id =", "custom_Plano X=1"]) == {
        "text": "a=b",
        "step_id": "",
        "custom_Plano X": "1",
    }


@pytest.mark.parametrize("texts", [["secret"], ["=secret"], ["a=secret", "a=2"], ["a;b=secret"]])
def test_shared_values_that_cannot_be_meant_are_refused_without_their_values(texts: list[str]) -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_shared(texts)
    assert "secret" not in str(raised.value)
