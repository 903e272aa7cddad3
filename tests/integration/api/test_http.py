"""One request is sent as it is, and one whole answer comes back, or one of our errors."""

from __future__ import annotations

import gzip
import json
import os
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from huggy_connector import errors
from huggy_connector.api.http import HttpTransport
from huggy_connector.api.http_messages import Request
from huggy_connector.api.response_limits import BodyReader
from huggy_connector.api.writes.types import WriteMethod, WriteRequest
from tests.integration.api.hostile import LONGEST, Act, Hostile, Wire, answer
from tests.recorder import Recorder

PAGE = Request.get("chats", "page 7 of chats", (("page", "7"),))
GARBLED = (errors.MangledAnswer, "The answer for page 7 of chats is cut off or garbled: try later.")
LOST = (errors.Unreachable, "The connection to 127.0.0.1 broke while asking for page 7 of chats: try later.")
SLOW = (errors.Unreachable, "127.0.0.1 does not answer in time for page 7 of chats: try later.")
LARGE = (errors.AnswerTooLarge, "page 7 of chats")
NO_URL = "is no address that a server can have: correct it."


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def server() -> Iterator[Hostile]:
    with Hostile("http://127.0.0.1:1") as server:
        yield server


def transport(origin: str, **others: Any) -> HttpTransport:
    return HttpTransport(f"{origin}/v3", language="pt-br", **others)


def sends(raw: bytes) -> Act:
    return lambda wire: wire.send(raw)


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_request_carries_its_query_its_token_and_who_asks() -> None:
    with Recorder() as api, transport(api.origin) as http:
        http.send(Request.get("chats", "x", (("page", "7"), ("situation", "in chat"))), token="a.b.c")
        http.send(PAGE, token=None)
    first, second = (asked.lower() for asked in api.asked)
    assert first.startswith("get /v3/chats?page=7&situation=in+chat http/1.1\n")
    assert "\nauthorization: bearer a.b.c\n" in first
    assert "\naccept-language: pt-br\n" in first
    assert "\nuser-agent: huggy-connector/" in first
    assert "authorization" not in second


def test_a_body_is_sent_as_json_to_the_address_that_the_request_names() -> None:
    with Recorder() as api, Recorder() as auth, transport(api.origin) as http:
        http.send(Request.post(f"{auth.origin}/oauth/x", "x", {"code": "ção"}), token=None)
    assert (len(auth.asked), api.asked) == (1, [])
    assert auth.asked[0].startswith("POST /oauth/x ")
    assert auth.asked[0].endswith('\n{"code":"ção"}')


@pytest.mark.parametrize("status", [200, 204, 302, 404, 429, 500, 599])
@pytest.mark.parametrize("location", ["{stranger}/v3", "http://host:port/", "\u00ff"])
def test_any_status_is_an_answer_and_a_redirect_is_not_followed(status: int, location: str) -> None:
    with Recorder() as stranger:
        headers = {"Location": location.format(stranger=stranger.origin), "Retry-After": "7"}
        with Recorder(status, headers, {"id": 1}) as api, transport(api.origin) as http:
            response = http.send(PAGE, token="a.b.c")
        assert stranger.asked == []
    assert (response.status, response.headers["retry-after"]) == (status, "7")
    assert response.body == (b"" if status == 204 else b'{"id": 1}')
    assert len(api.asked) == 1


@pytest.mark.parametrize("method", list(WriteMethod))
@pytest.mark.parametrize(
    ("body", "written"),
    [({}, "{}"), ({"hsm": {"template_id": 77, "params": {"1": "ção"}}, "list": [1, None]}, None)],
)
def test_a_write_is_sent_with_its_method_and_its_body_as_json(
    method: WriteMethod, body: dict[str, Any], written: str | None
) -> None:
    request = WriteRequest(method=method, path="chats/7/x", what="x", body=body, query=(("a", "b c"),))
    with Recorder() as api, transport(api.origin) as http:
        http.send(request, token="a.b.c")
    (asked,) = api.asked
    assert asked.startswith(f"{method.value} /v3/chats/7/x?a=b+c HTTP/1.1\n")
    assert "\ncontent-type: application/json\n" in asked.lower()
    last = asked.rpartition("\n")[2]
    assert (last == written, json.loads(last)) == (written is not None, body)


def test_the_token_goes_in_the_header_that_the_version_wants_and_in_no_other() -> None:
    with Recorder() as api, transport(api.origin, token_header="X-Authorization") as http:
        http.send(PAGE, token="0123456789abcdef")
    asked = api.asked[0].lower()
    assert "\nx-authorization: bearer 0123456789abcdef\n" in asked
    assert "\nauthorization:" not in asked


def test_the_address_of_a_new_record_is_kept() -> None:
    with Recorder(201, {"Location": "/clients/800009"}) as api, transport(api.origin) as http:
        assert http.send(PAGE, token=None).headers["location"] == "/clients/800009"


def test_cookies_are_not_sent_back() -> None:
    with Recorder(200, {"Set-Cookie": "session=1; Path=/"}) as api, transport(api.origin) as http:
        for _ in range(2):
            http.send(PAGE, token=None)
    assert [asked for asked in api.asked if "cookie" in asked.lower()] == []


def test_a_connection_is_kept_and_its_opening_is_measured_once() -> None:
    with Recorder() as api, transport(api.origin) as http:
        first, second = (http.send(PAGE, token=None).connecting for _ in range(2))
    assert first > 0.0
    assert second == 0.0


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (sends(answer(b"[]", b"Content-Length: 3")), GARBLED),
        (sends(answer(b"[]", b"Content-Encoding: gzip")), GARBLED),
        (sends(answer(gzip.compress(b"[]" * 99)[:-1], b"Content-Encoding: gzip")), GARBLED),
        (sends(answer(b"[]", b"Content-Encoding: br")), GARBLED),
        (sends(answer(b"zz\r\n[]", b"Transfer-Encoding: chunked")), GARBLED),
        (sends(b""), GARBLED),
        (sends(b"\x00\xff\r\n\r\n"), GARBLED),
        (sends(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000), GARBLED),
        (sends(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), GARBLED),
        (Wire.reset, LOST),
        (Wire.be_silent, SLOW),
        (lambda wire: wire.flood(b"HTTP/1.1 100 Continue\r\n\r\n", every=0.01), SLOW),
        (sends(answer(b"[" + b" " * 2_000 + b"]")), LARGE),
        (sends(answer(gzip.compress(b" " * 10**6), b"Content-Encoding: gzip")), LARGE),
    ],
)
def test_an_answer_that_is_none_is_one_of_our_errors_and_the_next_one_is_read(
    server: Hostile, act: Act, expected: tuple[type[errors.HuggyError], str]
) -> None:
    kind, sentence = expected
    server.misbehave(act, at="page 7", once=True)
    seconds = 0.3 if expected == SLOW else LONGEST
    origin = f"http://127.0.0.1:{server.port}"
    limits = {"max_seconds": seconds, "timeouts": httpx.Timeout(None), "reader": BodyReader(max_bytes=1_000)}
    with transport(origin, **limits) as http:
        with pytest.raises(errors.HuggyError) as raised:
            http.send(PAGE, token="hidden")
        http._max_seconds = LONGEST
        server.misbehave(sends(answer(gzip.compress(b"[1]"), b"Content-Encoding: gzip")), at="page 7", once=True)
        assert http.send(PAGE, token="hidden").body == b"[1]"
    assert type(raised.value) is kind
    assert sentence in str(raised.value)
    assert "hidden" not in f"{raised.value} {raised.value!r} {raised.value.__cause__!r}"


@pytest.mark.parametrize("setting", ["HUGGY_BASE_URL", "HUGGY_AUTH_URL"])
def test_where_nobody_listens_the_setting_of_the_address_is_named(setting: str) -> None:
    origin = f"http://127.0.0.1:{closed_port()}"
    request = Request.post(f"{origin}/x", "a token", {}, setting=setting)
    with transport(origin) as http, pytest.raises(errors.Unreachable) as raised:
        http.send(request, token=None)
    assert str(raised.value) == (f"No connection to 127.0.0.1: check {setting}, the network and the proxy settings.")


def never_sent(origin: str) -> str:
    """The sentence of the error of a request that never left."""
    with transport(origin) as http, pytest.raises(errors.NeverSent) as raised:
        http.send(PAGE, token=None)
    assert type(raised.value) is errors.NeverSent
    return str(raised.value)


def test_a_request_without_a_connection_never_left() -> None:
    check = "the network and the proxy settings."
    assert never_sent(f"http://127.0.0.1:{closed_port()}") == (
        f"No connection to 127.0.0.1: check HUGGY_BASE_URL, {check}"
    )
    assert never_sent("http://nowhere.invalid") == f"No connection to nowhere.invalid: check HUGGY_BASE_URL, {check}"


def test_a_request_never_left_where_the_server_speaks_no_tls() -> None:
    with Recorder() as api:
        never_sent(api.origin.replace("http://", "https://"))
    assert api.asked == []


def test_a_request_never_left_where_the_handshake_takes_too_long() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        origin = f"https://127.0.0.1:{silent.getsockname()[1]}"
        with transport(origin, max_seconds=0.3) as http, pytest.raises(errors.NeverSent):
            http.send(PAGE, token=None)


def test_a_request_never_left_where_the_client_is_closed() -> None:
    with Recorder() as api:
        with transport(api.origin) as http:
            http.send(PAGE, token=None)
        with pytest.raises(errors.NeverSent):
            http.send(PAGE, token=None)
    assert len(api.asked) == 1


@pytest.mark.parametrize("address", ["http://[::1", "http://host:port", "https://\u0378.example", "http://a\x00b"])
def test_an_address_that_no_server_can_have_is_refused_by_the_name_of_its_setting(address: str) -> None:
    with pytest.raises(errors.ConfigurationError) as base:
        transport(address)
    with transport("http://127.0.0.1:1") as http, pytest.raises(errors.ConfigurationError) as auth:
        http.send(Request.post(address, "a token", {}, setting="HUGGY_AUTH_URL"), token=None)
    assert [str(each.value) for each in (base, auth)] == [f"HUGGY_BASE_URL {NO_URL}", f"HUGGY_AUTH_URL {NO_URL}"]
