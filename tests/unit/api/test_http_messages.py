"""A request says whether it may be sent twice, and neither a request nor an answer shows what it holds."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from huggy_connector.api.http_messages import Method, Request, Response

READ = Request.get("chats", "page 7 of chats", (("page", "7"),))
WRITE = Request.post("/contacts", "a contact", {"name": "hidden"})


def test_a_request_that_reads_may_be_repeated_and_has_no_body() -> None:
    whole = Request(
        method=Method.GET,
        path="chats",
        what="page 7 of chats",
        query=(("page", "7"),),
        body=None,
        setting="HUGGY_BASE_URL",
        is_repeatable=True,
    )
    assert whole == READ


def test_a_request_that_sends_a_body_is_not_repeated_unless_it_says_so() -> None:
    assert (WRITE.method, WRITE.body, WRITE.is_repeatable) == ("POST", {"name": "hidden"}, False)
    assert Request.post("/x", "x", {}, is_repeatable=True).is_repeatable


def test_a_request_names_the_setting_that_its_address_comes_from() -> None:
    assert (READ.setting, WRITE.setting) == ("HUGGY_BASE_URL", "HUGGY_BASE_URL")
    assert Request.post("https://auth.example/x", "x", {}, setting="HUGGY_AUTH_URL").setting == "HUGGY_AUTH_URL"


@pytest.mark.parametrize("message", [WRITE, Response(200, {"date": "now"}, b"hidden")])
def test_no_body_is_in_the_repr(message: Request | Response) -> None:
    assert "hidden" not in f"{message!r} {message}"


@pytest.mark.parametrize(("message", "name"), [(READ, "path"), (Response(200, {}, b""), "status")])
def test_a_message_cannot_be_changed(message: Request | Response, name: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(message, name, "elsewhere")
