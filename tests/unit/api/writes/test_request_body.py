"""Bodies are plain JSON, texts of templates are texts, and no path of a request leaves the API."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from huggy_connector.api.writes.request_body import clean_body, clean_path, read_object, write_text, write_texts
from huggy_connector.errors import ConfigurationError


def test_what_a_database_gives_becomes_json() -> None:
    given = {
        "n": Decimal(12),
        "d": Decimal("12.50"),
        "f": 1.5,
        "on": date(2026, 3, 1),
        "at": datetime(2026, 3, 1, 12, tzinfo=UTC),
        "list": (1, [None, True, {"a": "é"}]),
    }
    assert json.loads(json.dumps(clean_body(given, "a test"))) == {
        "n": 12,
        "d": "12.50",
        "f": 1.5,
        "on": "2026-03-01",
        "at": "2026-03-01T12:00:00+00:00",
        "list": [1, [None, True, {"a": "é"}]],
    }


def nest(levels: int) -> Any:
    value: Any = "deep"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), Decimal("NaN"), b"bytes", {1, 2}, nest(60)],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_json_is_refused_with_a_sentence(value: Any) -> None:
    with pytest.raises(ConfigurationError) as raised:
        clean_body({"a": value}, "the message to chat 7")
    assert str(raised.value) == (
        "A value of the message to chat 7 cannot be sent as JSON: give texts, numbers, lists or objects."
    )


@pytest.mark.parametrize("body", [{"text": "a\ud800"}, {"a": [{"\udfff": 1}]}])
def test_half_a_character_is_refused_before_anything_is_sent(body: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=r"^A text of a test holds half of a character: correct the query\.$"):
        clean_body(body, "a test")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (True, "true"), (False, "false"), (7, "7"), ("a b", "a b"), (date(2026, 3, 1), "2026-03-01")],
)
def test_a_value_becomes_a_text(value: Any, text: str) -> None:
    assert write_text(value) == text


def test_a_list_of_texts_is_an_object_by_position() -> None:
    assert [write_texts(each, "x") for each in (["a", 2], ("a",), {2: "b", "x": None}, [], {})] == [
        {"1": "a", "2": "2"},
        {"1": "a"},
        {"2": "b", "x": ""},
        {},
        {},
    ]


@pytest.mark.parametrize("values", ["text", 7, None, [["a"]], {"a": {}}])
def test_what_is_no_list_of_texts_is_refused(values: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^x has to be a list of texts, or an object of them\.$"):
        write_texts(values, "x")


def test_an_object_may_be_missing() -> None:
    assert (read_object(None, "x"), read_object({"a": 1}, "x")) == ({}, {"a": 1})


@pytest.mark.parametrize(
    ("path", "clean"),
    [("chats/7/reopen", "chats/7/reopen"), (" //chats/7/ ", "chats/7"), ("a:b", None), ("x/a:b", "x/a:b")],
)
def test_a_path_is_one_below_the_api(path: str, clean: str | None) -> None:
    if clean is None:
        with pytest.raises(ConfigurationError):
            clean_path(path)
    else:
        assert clean_path(path) == clean


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "https://elsewhere.example/x",
        "chats//x",
        "chats/../../oauth",
        "./chats",
        "chats/7?a=b",
        "chats/7#a",
        "chats/%2e%2e/x",
        "chats\\7",
        "chats/7\nHost: x",
        "chats/é",
        "chats 7",
    ],
)
def test_a_path_that_could_lead_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        clean_path(path)
    assert str(raised.value) == (
        "The path of a request is one below the API's address, such as chats/700001/reopen; its query is `query`."
    )
