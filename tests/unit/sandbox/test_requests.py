"""The body of an envelope, as Huggy writes it."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

from huggy_connector.sandbox.webhook.record import Record
from huggy_connector.sandbox.webhook.requests import JSON_TYPE, Request, create_request, write_envelope, write_form


def test_an_envelope_has_time_token_and_the_items_by_event_in_their_order() -> None:
    record = Record()
    told = [record.add(event, {"id": n}, moment=0) for n, event in enumerate(("closedChat", "sentAllMessage") * 2)]
    body = write_envelope(told, time=1741615327, token="a" * 32)
    assert json.loads(body) == {
        "time": 1741615327,
        "token": "a" * 32,
        "messages": {"closedChat": [{"id": 0}, {"id": 2}], "sentAllMessage": [{"id": 1}, {"id": 3}]},
    }


def test_without_a_token_the_key_is_absent() -> None:
    told = [Record().add("closedChat", {"name": 'Zé "D"'}, moment=0)]
    assert json.loads(write_envelope(told, time=1, token="")) == {
        "time": 1,
        "messages": {"closedChat": [{"name": 'Zé "D"'}]},
    }


def test_the_items_of_a_request_know_that_it_is_under_way() -> None:
    told = Record().add("closedChat", {}, moment=0)
    requests = [create_request(kind, [told], b"{}", delay=2.0) for kind in ("envelope", "twice")]
    assert requests == [Request(kind, b"{}", JSON_TYPE, 2.0, (told,)) for kind in ("envelope", "twice")]
    assert told.under_way == 2


def test_a_form_has_the_fields_of_an_envelope() -> None:
    told = [Record().add("closedChat", {"name": "Zé & Cia"}, moment=0)]
    assert dict(parse_qsl(write_form(told, time=1, token="b" * 32).decode())) == {
        "time": "1",
        "token": "b" * 32,
        "messages": '{"closedChat":[{"name":"Zé & Cia"}]}',
    }
