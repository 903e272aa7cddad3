"""The answer about the one record of a parent, in every form that it may have."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huggy_connector.api.http_messages import Response
from huggy_connector.api.single_record import decode_single_record, read_single_record
from huggy_connector.errors import MangledAnswer, NotFound
from huggy_connector.model import Row

RATED = {"chatID": 1, "rate": 5, "comment": "Bom", "created_at": "2026-11-09 10:00:00"}
LATER = RATED | {"rate": 1, "created_at": "2026-11-11 10:00:00"}


def decode(body: bytes, status: int = 200) -> list[Row]:
    return decode_single_record(Response(status, {}, body), "chats/1/feedback")


@pytest.mark.parametrize("value", [None, [], {}, "", False, [[]], [{}, None], {"feedback": []}, {"data": {}}])
def test_an_answer_that_says_nothing_is_no_record(value: Any) -> None:
    assert read_single_record(value) == {}


@pytest.mark.parametrize(
    ("value", "record"),
    [
        (RATED, RATED),
        ([RATED], RATED),
        ([[RATED], {}], RATED),
        ({"feedback": RATED}, RATED),
        ({"data": [RATED]}, RATED),
        ({"data": {"feedback": RATED}}, RATED),
        ({"id": 9, "feedback": {"rate": 5}}, {"id": 9, "rate": 5}),
        ({"rate": 5, "data": []}, {"rate": 5}),
        ([RATED, LATER], LATER | {"others": [RATED]}),
        ([LATER, RATED], LATER | {"others": [RATED]}),
        ([{"rate": 1}, {"rate": 2}], {"rate": 2, "others": [{"rate": 1}]}),
        (5, {"rate": 5}),
        (0, {"rate": 0}),
        ("5", {"rate": "5"}),
        ("4,5", {"rate": "4,5"}),
        ("Muito bom", {"comment": "Muito bom"}),
        (True, {"rate": True}),
    ],
)
def test_the_record_is_found_whatever_is_around_it(value: Any, record: Row) -> None:
    assert read_single_record(value) == record


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["feedback", "data", "rate", "created_at"]), inner, max_size=3)
    ),
)


@given(VALUES)
def test_whatever_comes_gives_one_object_and_never_an_error(value: Any) -> None:
    assert isinstance(json.loads(json.dumps(read_single_record(value))), dict)


def test_an_answer_without_a_body_is_no_record_and_a_web_page_is_a_path_that_is_not_there() -> None:
    assert decode(b"", status=204) == decode(b" \n") == decode(b"null") == []
    assert decode(json.dumps(RATED).encode()) == [RATED]
    assert read_single_record(json.loads("[" * 400 + "]" * 400)) != RATED
    with pytest.raises(NotFound, match="web page"):
        decode(b"<!DOCTYPE html><title>Entrar</title>")
    with pytest.raises(MangledAnswer):
        decode(b'{"rate": 5')
