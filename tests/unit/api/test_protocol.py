"""Requests are built, and answers become rows or errors."""

import json
from datetime import UTC, datetime
from math import inf

import pytest

from huggy_connector import errors
from huggy_connector.api.http_messages import Request, Response
from huggy_connector.api.protocol import (
    Profile,
    build_list_request,
    build_row_request,
    decode_error,
    decode_profile,
    decode_rows,
    describe_response,
    parse_retry_after,
)

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def answer(body: object, status: int = 200) -> Response:
    return Response(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode())


def test_pages_count_from_zero_and_filters_follow() -> None:
    assert build_list_request("chats", company_id=None, page=0, filters=(("situation", "auto"),)) == Request.get(
        "chats", "page 0 of chats", (("page", "0"), ("situation", "auto"))
    )


def test_the_path_names_the_company() -> None:
    assert build_row_request("chats", 7, company_id=4242) == Request.get("companies/4242/chats/7", "chats 7")


def test_a_list_in_one_answer_has_no_page() -> None:
    assert build_list_request("departments/parents", company_id=None, page=None).query == ()


def test_a_list_is_its_rows_and_past_the_end_it_is_empty() -> None:
    assert decode_rows(answer([{"id": 1}, {"id": "2"}]), "page 0 of chats") == [{"id": 1}, {"id": "2"}]
    assert decode_rows(answer([]), "page 9 of chats") == []


@pytest.mark.parametrize(
    ("body", "kind", "sentence"),
    [
        (b"", errors.MangledAnswer, "The answer for page 0 of chats is empty"),
        (b" \n", errors.MangledAnswer, "The answer for page 0 of chats is empty"),
        (b"<html>maintenance</html>", errors.MangledAnswer, "The answer for page 0 of chats is a web page, not JSON"),
        (b'[{"id": 1}, {"i', errors.MangledAnswer, "The answer for page 0 of chats is cut off or not JSON"),
        (b"\xff\xfe", errors.MangledAnswer, "The answer for page 0 of chats is cut off or not JSON"),
        ({"data": []}, errors.UnexpectedShape, "The answer for page 0 of chats is an object where a list is due"),
        (None, errors.UnexpectedShape, "The answer for page 0 of chats is null where a list is due"),
        ([1], errors.UnexpectedShape, "The answer for page 0 of chats holds a number where a record is due"),
    ],
)
def test_an_answer_that_is_no_list_of_records_is_refused(
    body: object, kind: type[errors.ApiError], sentence: str
) -> None:
    with pytest.raises(kind) as raised:
        decode_rows(answer(body), "page 0 of chats")
    assert type(raised.value) is kind
    assert str(raised.value).startswith(sentence)


@pytest.mark.parametrize(
    ("status", "kind", "transient"),
    [
        (400, errors.Refused, False),
        (401, errors.Unauthorized, False),
        (403, errors.Forbidden, False),
        (404, errors.NotFound, False),
        (418, errors.Refused, False),
        (429, errors.RateLimited, True),
        (408, errors.ServerFailed, True),
        (500, errors.ServerFailed, True),
        (503, errors.ServerFailed, True),
        (301, errors.Refused, False),
    ],
)
def test_each_status_is_one_kind_of_error(status: int, kind: type[errors.ApiError], transient: bool) -> None:
    error = decode_error(answer({"reason": "segredo 5500900000001"}, status), "page 0 of chats", now=NOW)
    assert (type(error), error is not None and error.transient) == (kind, transient)
    assert "segredo" not in str(error)


def test_a_success_is_no_error() -> None:
    assert decode_error(answer([]), "page 0 of chats", now=NOW) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3", 3.0),
        ("0.5", 0.5),
        ("900", 900.0),
        ("-1", 0.0),
        ("Sun, 22 Nov 2026 10:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 09:00:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("", None),
        ("1e12", 1e12),
        (str(int(NOW.timestamp()) + 45), 45.0),
        (str(int(NOW.timestamp()) - 45), 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - NOW).total_seconds()),
        ("Fri, 31 Dec 9999 23:59:59 -9999", None),
        ("Fri, 31 Dec 99999999999 23:59:59 GMT", None),
        ("Mon, 01 Jan 0001 00:00:00 GMT", None),
        ("1" * 5000, None),
    ],
)
def test_retry_after_is_read_in_every_form_and_without_a_limit(text: str, seconds: float | None) -> None:
    assert parse_retry_after({"retry-after": text}, now=NOW) == seconds


@pytest.mark.parametrize("key", ["companyID", "companyId"])
def test_the_profile_names_the_company_in_either_spelling(key: str) -> None:
    assert decode_profile(answer({"id": "9001", "name": "Ana", key: "4242"})) == Profile(9001, "Ana", 4242)


def test_a_profile_without_company_asks_for_the_setting() -> None:
    with pytest.raises(errors.UnexpectedShape, match="set HUGGY_COMPANY_ID"):
        decode_profile(answer({"id": 9001, "name": "Ana"}))


@pytest.mark.parametrize("told", [{}, {"companyID": None}, {"companyID": "none"}, {"companyID": -1}])
def test_a_profile_without_company_gets_the_configured_one(told: dict[str, object]) -> None:
    assert decode_profile(answer({"id": 9001, "name": "Ana", **told}), company_id=4242) == Profile(9001, "Ana", 4242)


@pytest.mark.parametrize("told", [{}, {"id": None}, {"id": "none"}, {"id": 0}, {"id": True}])
def test_a_profile_without_an_id_is_refused(told: dict[str, object]) -> None:
    with pytest.raises(errors.UnexpectedShape, match="profile has no id: check that HUGGY_BASE_URL"):
        decode_profile(answer({"companyID": 4242, **told}))


def test_a_429_carries_its_retry_after() -> None:
    error = decode_error(Response(429, {"retry-after": "900"}, b"{}"), "page 0 of chats", now=NOW)
    assert isinstance(error, errors.RateLimited)
    assert error.retry_after == 900


@pytest.mark.parametrize("odd", [None, "a text", 7, [], True])
def test_an_element_that_is_no_record_keeps_its_position_and_costs_no_other_row(odd: object) -> None:
    assert decode_rows(answer([{"id": 1}, odd, {"id": 2}]), "page 0 of chats") == [{"id": 1}, {}, {"id": 2}]


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        (b'[{"id": 1, "name": "Jo\xe3o"}]', [{"id": 1, "name": "Jo\ufffdo"}]),
        (b'[{"id": 1, "n": ' + b"9" * 5_000 + b"}]", [{"id": 1, "n": inf}]),
        (b'[{"id": 1, "n": ' + b"9" * 30 + b"}]", [{"id": 1, "n": 10**30 - 1}]),
        (b'[{"id": 1, "n": 1e999}]', [{"id": 1, "n": inf}]),
        ("\ufeff[]".encode(), []),
    ],
    ids=["latin-1", "5,000 digits", "30 digits", "1e999", "a byte order mark"],
)
def test_odd_values_cost_no_row(body: bytes, rows: list[object]) -> None:
    assert decode_rows(Response(200, {}, body), "page 0 of chats") == rows


def test_json_that_is_nested_too_deep_is_a_mangled_answer() -> None:
    with pytest.raises(errors.MangledAnswer, match="nested too deep"):
        decode_rows(Response(200, {}, b"[" * 200_000), "page 0 of chats")


def test_an_answer_is_described_without_its_contents() -> None:
    told = [
        describe_response(Response(status, {"content-type": kind}, b"secret"))
        for status, kind in ((200, "text/html; charset=utf-8"), (502, "\x1b[2J"), (204, ""))
    ]
    assert told == [
        "status 200, text/html, 6 bytes",
        "status 502, no content type, 6 bytes",
        "status 204, no content type, 6 bytes",
    ]
