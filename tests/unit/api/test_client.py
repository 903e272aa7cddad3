"""The client repeats what may succeed later, and nothing else; each request takes its turn in the budget."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from huggy_connector import errors
from huggy_connector.api.auth.credentials import Credentials, FixedToken
from huggy_connector.api.auth.token_grant import TokenGrant
from huggy_connector.api.client import FIRST_RETRY_TIMEOUT, RETRY_TIMEOUT, Client
from huggy_connector.api.http_messages import Method, Request, Response, Send, Sendable
from huggy_connector.api.protocol import decode_row
from huggy_connector.budget import Lane
from huggy_connector.catalogue import get_resource
from huggy_connector.clock import Clock

CHATS = get_resource("chats")
START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@dataclass
class World:
    """A server that says what it is told to, and time that passes only by sleeping."""

    answers: list[Response | errors.ApiError]
    asked: list[Sendable] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    turns: list[tuple[Lane, bool, float | None]] = field(default_factory=list)
    seconds: float = 0.0
    rate: float = 20.0

    def send(self, request: Sendable, *, token: str | None) -> Response:
        self.asked.append(request)
        self.tokens.append(token)
        said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(said, errors.ApiError):
            raise said
        return said

    def close(self) -> None:
        self.asked.clear()

    @contextmanager
    def take_turn(self, lane: Lane = Lane.NORMAL) -> Iterator["World"]:
        self.turns.append((lane, False, None))
        yield self

    def record_answer(
        self, *, connecting: float = 0.0, is_refused: bool = False, retry_after: float | None = None
    ) -> None:
        self.turns[-1] = (self.turns[-1][0], is_refused, retry_after)

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def wait(self, closed: threading.Event, seconds: float) -> bool:
        self.seconds += max(seconds, 0.1)
        return closed.is_set()

    def client(
        self,
        *,
        token: str = "a.b.c",
        api_version: str = "v3",
        credentials: Credentials | None = None,
        note: Callable[[str], None] = lambda _: None,
    ) -> Client:
        return Client(
            transport=self,
            budget=self,
            credentials=credentials or FixedToken(TokenGrant(token)),
            clock=Clock(now=self.now, wait=self.wait, monotonic=lambda: self.seconds),
            api_version=api_version,
            note=note,
        )


def ok(value: object) -> Response:
    return Response(200, {}, json.dumps(value).encode())


def status(code: int, **headers: str) -> Response:
    return Response(code, {name.replace("_", "-"): value for name, value in headers.items()}, b"{}")


def test_a_read_is_repeated_after_transient_failures() -> None:
    world = World(
        [
            ok([]),
            status(500),
            errors.Unreachable("reset"),
            status(429, retry_after="0.5"),
            Response(200, {}, b"[{"),
            Response(200, {}, b""),
            Response(200, {}, b"<html>"),
            ok([{"id": 1}]),
        ]
    )
    client = world.client()
    client.fetch_page(CHATS, 2)
    fetched = client.fetch_page(CHATS, 3)
    assert (fetched.rows, client.requests, client.retries) == ([{"id": 1}], 8, 6)
    assert {request.query for request in world.asked[1:]} == {(("page", "3"),)}


@pytest.mark.parametrize(
    ("wish", "pause"),
    [
        ("7200", "2.0 hours"),
        ("864000", "10 days"),
        ("1e12", "many years"),
        ("Fri, 31 Dec 9999 23:59:59 GMT", "many years"),
    ],
)
def test_too_long_a_pause_fails_at_once_and_says_what_the_server_asked_for(wish: str, pause: str) -> None:
    world = World([status(429, retry_after=wish)])
    with pytest.raises(errors.Overlong) as caught:
        world.client().fetch_page(CHATS, 0)
    assert len(world.asked) == 1
    assert str(caught.value) == (
        f"The API asks (429) for a pause of {pause}, longer than HUGGY_LONGEST_PAUSE allows (3,600 seconds): "
        "try later, or ask Huggy what is wrong."
    )


def test_every_request_takes_a_turn_and_records_its_answer() -> None:
    world = World([status(429, retry_after="0.5"), ok([])])
    world.client().fetch_page(CHATS, 0)
    assert world.turns == [(Lane.NORMAL, True, 0.5), (Lane.NORMAL, False, None)]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (status(401), errors.Unauthorized),
        (status(403), errors.Forbidden),
        (status(404), errors.NotFound),
        (status(400), errors.Refused),
        (ok({"data": []}), errors.UnexpectedShape),
        (errors.Untrusted("certificate"), errors.Untrusted),
    ],
)
def test_a_permanent_failure_is_not_repeated(answer: Response | errors.ApiError, kind: type[errors.ApiError]) -> None:
    world = World([answer])
    with pytest.raises(kind):
        world.client().fetch_page(CHATS, 0)
    assert len(world.asked) == 1


def test_after_a_first_list_an_object_in_its_place_is_repeated_for_a_short_time() -> None:
    world = World([ok([]), ok({"data": []}), ok([{"id": 1}]), ok({"data": []})])
    client = world.client()
    assert [len(client.fetch_page(CHATS, page).rows) for page in (0, 1)] == [0, 1]
    begun = world.seconds
    with pytest.raises(errors.UnexpectedShape):
        client.fetch_page(CHATS, 2)
    assert FIRST_RETRY_TIMEOUT <= world.seconds - begun < FIRST_RETRY_TIMEOUT + 21


def test_a_lasting_failure_is_raised_after_the_retry_timeout() -> None:
    world = World([ok([]), status(503)])
    client = world.client()
    client.fetch_page(CHATS, 0)
    with pytest.raises(errors.ServerFailed, match="status 503 for page 1 of chats"):
        client.fetch_page(CHATS, 1)
    assert RETRY_TIMEOUT <= world.seconds < RETRY_TIMEOUT + 21


@pytest.mark.parametrize("answer", [errors.Unreachable("No connection to api.example."), Response(200, {}, b"<html>")])
def test_a_wrong_address_fails_soon(answer: Response | errors.ApiError) -> None:
    world = World([answer])
    with pytest.raises(errors.ApiError):
        world.client().fetch_page(CHATS, 0)
    assert FIRST_RETRY_TIMEOUT <= world.seconds < FIRST_RETRY_TIMEOUT + 21


def test_a_closed_client_repeats_nothing() -> None:
    world = World([status(503)])
    client = world.client()
    client.close()
    with pytest.raises(errors.Interrupted):
        client.fetch_page(CHATS, 0)
    assert client.requests == 1


def test_a_429_is_waited_out_even_before_the_first_answer() -> None:
    world = World([*[status(429)] * 20, ok([{"id": 1}])])
    assert world.client().fetch_page(CHATS, 0).rows == [{"id": 1}]
    assert world.seconds > FIRST_RETRY_TIMEOUT


@pytest.mark.parametrize(
    ("token", "version", "sentence"),
    [
        ("0123456789abcdef0123456789abcdef", "v3", "This is no v3 token"),
        ("0123456789abcdef0123456789abcdef", "v2", "The API does not accept the v2 token: an administrator renews it"),
        ("a.b.c", "v3", "The API does not accept the token (revoked, or of another account)"),
        # {"alg":"HS256"} . {"exp":1700000000} . x
        ("eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3MDAwMDAwMDB9.eA", "v3", "The token expired on 2023-11-14 22:13 UTC"),
    ],
)
def test_a_refused_token_is_explained_and_never_quoted(token: str, version: str, sentence: str) -> None:
    world = World([status(401)])
    with pytest.raises(errors.Unauthorized) as raised:
        world.client(token=token, api_version=version).fetch_page(CHATS, 0)
    assert str(raised.value).startswith(sentence)
    assert token not in str(raised.value)


def test_the_profile_is_read_without_the_company_if_it_is_missing_below_it() -> None:
    world = World([status(404), ok({"id": 9001, "name": "Ana", "companyID": 4242})])
    client = world.client()
    client.company_id = 4242
    assert client.fetch_profile().company_id == 4242
    assert [request.path for request in world.asked] == ["companies/4242/agents/profile", "agents/profile"]


TOKEN_REQUEST = Request.post("https://auth.example/access_token", "a token", {}, is_repeatable=True)


@dataclass
class Renewing:
    """Credentials that ask for a token before the first request, and for another one a refusal."""

    grant: TokenGrant = field(default_factory=lambda: TokenGrant(""))
    location: str = "a test"
    can_refresh: bool = True
    tokens: list[str] = field(default_factory=lambda: ["second", "third"])
    asked_again: list[tuple[str, bool]] = field(default_factory=list)
    request: Request = TOKEN_REQUEST

    def get_token(self, send: Send) -> str:
        if not self.grant.access_token:
            if (answer := send(self.request)).status != 200:
                raise errors.ServerFailed(f"Status {answer.status}.")
            self.grant = TokenGrant("first", expires_at=START)
        return self.grant.access_token

    def replace_token(self, rejected: str, send: Send, *, is_replacement: bool) -> str | None:
        self.asked_again.append((rejected, is_replacement))
        return self.tokens.pop(0) if self.tokens else None


def test_a_token_request_uses_the_budget_carries_no_token_and_is_repeated_after_transient_failures() -> None:
    world = World([status(503), errors.Unreachable("reset"), ok({}), ok([])])
    client = world.client(credentials=Renewing())
    client.fetch_page(CHATS, 0)
    assert (world.tokens, len(world.turns), client.requests, client.retries) == ([None, None, None, "first"], 4, 4, 2)
    assert client.token_expires_at == START


def test_authenticate_requests_only_a_token() -> None:
    world = World([ok({})])
    world.client(credentials=Renewing()).authenticate()
    assert [request.what for request in world.asked] == ["a token"]


def test_after_a_401_another_token_is_tried_and_after_a_second_401_one_more() -> None:
    world, credentials = World([ok({}), status(401), status(401), ok([{"id": 1}])]), Renewing()
    assert world.client(credentials=credentials).fetch_page(CHATS, 0).rows == [{"id": 1}]
    assert (world.tokens, credentials.asked_again) == (
        [None, "first", "second", "third"],
        [("first", False), ("second", True)],
    )


@pytest.mark.parametrize(("others", "requests"), [([], 1), (["second"], 2), (["second", "third", "fourth"], 3)])
def test_the_last_refusal_is_explained(others: list[str], requests: int) -> None:
    world, credentials = World([status(401)]), Renewing(TokenGrant("a.b.c"), tokens=others)
    with pytest.raises(errors.Unauthorized):
        world.client(credentials=credentials).fetch_page(CHATS, 0)
    assert len(world.asked) == requests


LOST = errors.Unreachable("The connection broke.")
WRITE = Request.post("chats/7/messages", "a message", {"text": "Bom dia"})


@pytest.mark.parametrize(
    "answer",
    [LOST, errors.MangledAnswer("cut off"), status(503), status(429, retry_after="0.5"), Response(200, {}, b"[{")],
    ids=["lost", "mangled", "503", "429", "cut off"],
)
def test_a_post_is_sent_once_when_its_answer_is_lost(answer: Response | errors.ApiError) -> None:
    world = World([ok([]), answer, ok({"id": 1})])
    client = world.client()
    client.fetch_page(CHATS, 0)
    with pytest.raises(errors.ApiError):
        client._fetch(WRITE, lambda answer: decode_row(answer, WRITE.what))
    assert (world.asked[1:], client.retries) == ([WRITE], 0)


def test_a_post_that_is_repeatable_is_sent_again_when_its_answer_is_lost() -> None:
    world = World([LOST, ok({"id": 1})])
    request = replace(WRITE, is_repeatable=True)
    client = world.client()
    assert client._fetch(request, lambda answer: decode_row(answer, request.what))[0] == {"id": 1}
    assert (world.asked, client.retries) == ([request] * 2, 1)


def test_a_lost_token_request_before_a_post_is_sent_again_and_the_post_once() -> None:
    world = World([LOST, ok({}), LOST, ok({"id": 1})])
    client = world.client(credentials=Renewing())
    with pytest.raises(errors.Unreachable):
        client._fetch(WRITE, lambda answer: decode_row(answer, WRITE.what))
    assert world.asked == [TOKEN_REQUEST, TOKEN_REQUEST, WRITE]


def test_a_token_request_that_is_not_repeatable_is_sent_once() -> None:
    world = World([LOST, ok({})])
    once = replace(TOKEN_REQUEST, is_repeatable=False)
    with pytest.raises(errors.Unreachable):
        world.client(credentials=Renewing(request=once)).authenticate()
    assert world.asked == [once]


def test_a_post_is_sent_again_after_a_401_because_the_api_did_nothing() -> None:
    world = World([ok({}), status(401), ok({"id": 1})])
    client = world.client(credentials=Renewing())
    assert client._fetch(WRITE, lambda answer: decode_row(answer, WRITE.what))[0] == {"id": 1}
    assert (world.asked, world.tokens) == ([TOKEN_REQUEST, WRITE, WRITE], [None, "first", "second"])


def test_only_a_request_that_reads_is_repeatable_by_default() -> None:
    raw = Request(method=Method.POST, path="chats", what="a chat", body={})
    requests = (Request.get("chats", "page 0 of chats"), Request.post("chats", "a chat", {}), raw)
    assert [(request.method, request.is_repeatable) for request in requests] == [
        ("GET", True),
        ("POST", False),
        ("POST", False),
    ]


def test_a_note_about_a_retry_says_what_came_and_until_when_it_goes_on() -> None:
    told: list[str] = []
    page = Response(200, {"content-type": "text/html"}, b"<html>secret")
    world = World([ok([]), page, status(500), ok([])])
    client = world.client(note=told.append)
    client.fetch_page(CHATS, 0)
    world.seconds += 60
    client.fetch_page(CHATS, 7)
    (sentence,) = told
    assert re.sub(r"in \d+ s", "in N s", sentence) == (
        "The answer for page 7 of chats is a web page, not JSON (status 200, text/html, 12 bytes). "
        "Asked again in N s, until 10:06 UTC at the longest."
    )
    assert client.retries == 2


def test_notes_about_retries_are_few() -> None:
    told: list[str] = []
    world = World([ok([]), status(503)])
    client = world.client(note=told.append)
    client.fetch_page(CHATS, 0)
    with pytest.raises(errors.ServerFailed):
        client.fetch_page(CHATS, 1)
    assert len(told) <= client.retries
    assert len(told) <= 300 / 5 + 1


def test_a_page_with_a_null_among_its_records_is_read_again_and_then_accepted() -> None:
    told: list[str] = []
    world = World([ok([{"id": 1}, None]), ok([{"id": 1}, {"id": 2}]), ok([{"id": 1}, None])])
    client = world.client(note=told.append)
    assert [client.fetch_page(CHATS, page).rows for page in (3, 4)] == [
        [{"id": 1}, {"id": 2}],
        [{"id": 1}, {}],
    ]
    assert client.requests == 2 + 6
    assert told == ["page 4 of chats: 1 elements are no records each time it is asked for."]


def test_a_page_with_nulls_is_noted_once() -> None:
    told: list[str] = []
    client = World([ok([{"id": 1}, None])]).client(note=told.append)
    for page in (3, 4, 3):
        client.fetch_page(CHATS, page)
    assert [sentence.partition(":")[0] for sentence in told] == ["page 3 of chats", "page 4 of chats"]


def test_bytes_that_are_no_text_are_noted_once_a_run() -> None:
    told: list[str] = []
    names = ("Jo\u00e3o".encode(), b"Jo\xe3o", b"Zo\xeb")
    world = World([Response(200, {}, b'[{"id": 1, "name": "%b"}]' % name) for name in names])
    client = world.client(note=told.append)
    rows = [client.fetch_page(CHATS, page).rows[0]["name"] for page in range(3)]
    assert rows == ["Jo\u00e3o", "Jo\ufffdo", "Zo\ufffd"]
    assert told == ["The answer for page 1 of chats holds bytes that are no UTF-8: they were replaced."]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_text_in_any_encoding_of_json_gives_no_note(encoding: str) -> None:
    told: list[str] = []
    world = World([Response(200, {}, '[{"id": 1, "name": "Jo\u00e3o"}]'.encode(encoding))])
    assert world.client(note=told.append).fetch_page(CHATS, 0).rows == [{"id": 1, "name": "Jo\u00e3o"}]
    assert told == []
