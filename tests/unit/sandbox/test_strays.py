"""What comes besides the envelopes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from huggy_connector.sandbox.webhook.record import Record
from huggy_connector.sandbox.webhook.requests import Request
from huggy_connector.sandbox.webhook.strays import STRAYS, StrayWriter

TOKEN = "0123456789abcdef" * 2


def write(kind: str) -> tuple[Request, Record]:
    record = Record()
    return StrayWriter(record, company=4242).write(kind, time=9, moment=0, token=TOKEN), record


@pytest.mark.parametrize(
    ("kind", "token", "company"), [("wrong", "f" * 32, 4242), ("foreign", TOKEN, 4243), ("token", None, 4242)]
)
def test_a_forged_envelope_is_wrong_in_one_thing_and_its_item_is_nobodys(
    kind: str, token: str | None, company: int
) -> None:
    request, record = write(kind)
    body = json.loads(request.body)
    assert body.get("token") == token
    assert body["messages"]["updatedCustomer"][0]["company"] == {"id": company}
    assert [(each.is_genuine, each.under_way) for each in record.told] == [(False, 1)]
    assert request.told == tuple(record.told)


def test_a_large_envelope_has_three_hundred_kilobytes_and_is_right() -> None:
    request, record = write("big")
    body = json.loads(request.body)
    assert 300_000 < len(request.body) < 301_000
    assert (body["token"], list(body["messages"])) == (TOKEN, ["importedCatalogue"])
    assert [each.is_genuine for each in record.told] == [True]


@pytest.mark.parametrize("kind", ["json", "empty"])
def test_a_body_that_is_no_json_tells_nothing(kind: str) -> None:
    request, record = write(kind)
    assert (record.told, request.told) == ([], ())
    with pytest.raises(ValueError, match=r"Expecting"):
        json.loads(request.body)


def test_no_two_of_them_are_alike() -> None:
    writer = StrayWriter(Record(), company=4242)
    requests = [writer.write(kind, time=9, moment=0, token=TOKEN) for kind in STRAYS * 2]
    items: list[Any] = [told.item for request in requests for told in request.told]
    assert len(items) == len(set(items)) == 8
    assert [request.kind for request in requests] == [*STRAYS, *STRAYS]
