"""The envelope: nothing that anybody sends is lost, and nothing makes it fail but with a reason."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector.webhook.protocol.envelope import (
    Envelope,
    ReceivedItem,
    RefusedItem,
    UnreadableBody,
    is_empty,
    parse_envelope,
)
from tests.unit.webhook.corpus import (
    ACCEPTED,
    CLOSED,
    CUSTOMER,
    EMPTY,
    REFUSED,
    TOKEN,
    body,
    envelope,
    handshake,
    nested,
)

KEYS = st.sampled_from(["messages", "token", "time", "validToken", "id", "company", "receivedAllMessage"]) | st.text()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def reason_against(sent: bytes) -> str | None:
    try:
        parse_envelope(sent)
    except UnreadableBody as error:
        return str(error)
    return None


def test_an_envelope_is_read_with_its_time_its_token_and_its_items_in_order() -> None:
    read = parse_envelope(body(envelope(closedChat=[CLOSED, CLOSED | {"id": 2}], updatedCustomer=[CUSTOMER])))
    items = (
        ReceivedItem("closedChat", CLOSED),
        ReceivedItem("closedChat", CLOSED | {"id": 2}),
        ReceivedItem("updatedCustomer", CUSTOMER),
    )
    at = datetime(2025, 3, 10, 14, 2, 7, tzinfo=UTC)
    assert read == Envelope(TOKEN, at, is_handshake=False, has_messages=True, items=items)


@pytest.mark.parametrize(("sent", "items"), ACCEPTED)
def test_every_item_of_whatever_form_is_there(sent: bytes, items: int) -> None:
    read = parse_envelope(sent)
    assert (len(read.items), read.token, read.refused) == (items, TOKEN, ())


@pytest.mark.parametrize(("sent", "reason"), REFUSED)
def test_what_is_no_envelope_has_a_reason_that_quotes_nothing(sent: bytes, reason: str) -> None:
    with pytest.raises(UnreadableBody, match=f"^{reason}$"):
        parse_envelope(sent)


@pytest.mark.parametrize("sent", EMPTY)
def test_a_body_of_blanks_is_empty(sent: bytes) -> None:
    assert is_empty(sent)


@pytest.mark.parametrize("form", [handshake(), f"token={TOKEN}&validToken=true".encode()])
def test_a_handshake_is_a_token_and_nothing_else(form: bytes) -> None:
    assert parse_envelope(form) == Envelope(TOKEN, None, is_handshake=True, has_messages=False)


def test_an_item_that_is_no_object_or_nested_too_deep_is_refused_beside_the_others() -> None:
    deep = json.loads(nested(150))
    read = parse_envelope(body(envelope(closedChat=[CLOSED, 3, None, "x", {"a": deep}])))
    assert read.items == (ReceivedItem("closedChat", CLOSED),)
    reasons = ["item is no object"] * 3 + ["item is nested too deep"]
    assert [each.reason for each in read.refused] == reasons
    assert read.refused[0] == RefusedItem("item is no object", "4e07408562bedb8b60ce05c1decfe3ad", 1)


DEEP = json.dumps({"closedChat": [{"a": json.loads(nested(150))}]})


@pytest.mark.parametrize(
    "sent",
    [
        f"token={TOKEN}&messages={quote_plus(DEEP)}".encode(),
        quote_plus(f'{{"token":"{TOKEN}","messages":{DEEP}}}').encode() + b"=",
        f'{{"token":"{TOKEN}","messages":{DEEP}}}'.encode("utf-16"),
        b'{"messages":"%s"}' % "".join(f"\\u{ord(sign):04x}" for sign in DEEP).encode(),
    ],
)
def test_what_is_nested_too_deep_is_refused_in_whatever_form_it_comes(sent: bytes) -> None:
    read = parse_envelope(sent)
    assert (read.items, [each.reason for each in read.refused]) == ((), ["item is nested too deep"])


@pytest.mark.parametrize(
    ("time", "instant"),
    [
        (1741615327, datetime(2025, 3, 10, 14, 2, 7, tzinfo=UTC)),
        ("1741615327", datetime(2025, 3, 10, 14, 2, 7, tzinfo=UTC)),
        (1741615327.5, datetime(2025, 3, 10, 14, 2, 7, 500_000, tzinfo=UTC)),
        (1741615327000, datetime(2025, 3, 10, 14, 2, 7, tzinfo=UTC)),
        (10**400, None),
        (-(10**12), datetime(1938, 4, 24, 22, 13, 20, tzinfo=UTC)),
        ("ontem", None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_a_time_is_seconds_or_milliseconds_or_nothing(time: Any, instant: datetime | None) -> None:
    assert parse_envelope(body(envelope(time=time, closedChat=[CLOSED]))).at == instant


@pytest.mark.parametrize(("token", "read"), [(None, None), (12, "12"), (True, None), ([], None), ("", "")])
def test_a_token_is_a_text_or_a_number(token: Any, read: str | None) -> None:
    assert parse_envelope(body({"token": token, "messages": {}})).token == read


@given(st.binary(max_size=200))
@example(b"\xff\xfe{")
@example(b"%7B=%7B")
def test_any_bytes_are_an_envelope_or_a_reason(sent: bytes) -> None:
    assert reason_against(sent) in {None, "invalid JSON", "no JSON object", "nested too deep"}


@given(JSON)
@example({"messages": {"closedChat": [CLOSED]}})
def test_any_json_is_an_envelope_or_a_reason(value: Any) -> None:
    expected = None if isinstance(value, dict) else "no JSON object"
    assert reason_against(json.dumps(value).encode()) == expected


@given(st.dictionaries(st.text(max_size=8), st.lists(st.dictionaries(KEYS, JSON, max_size=3), max_size=4), max_size=4))
@example({"a": [{"id": 1}], "b": []})
def test_every_object_of_every_event_becomes_an_item(messages: dict[str, list[dict[str, Any]]]) -> None:
    read = parse_envelope(json.dumps({"token": TOKEN, "messages": messages}).encode())
    sent = [event for event, items in messages.items() for _ in items]
    assert [each.event for each in read.items] == sent
