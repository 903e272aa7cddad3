"""A write is sent once. It goes out again only where nothing can have been done; reads' retries cannot be reached."""

import ast
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import huggy_connector.api.writes as room
from huggy_connector import errors
from huggy_connector.api.auth.credentials import Credentials, FixedToken
from huggy_connector.api.auth.token_grant import TokenGrant
from huggy_connector.api.client import Client
from huggy_connector.api.http_messages import Request, Response, Send, Sendable
from huggy_connector.api.protocol import decode_row
from huggy_connector.api.sender import Sender
from huggy_connector.api.writes import Outcome, OutcomeKind, Writer, build_write
from huggy_connector.api.writes.writer import FIRST_RETRY_TIMEOUT, RETRY_TIMEOUT
from huggy_connector.budget import Lane
from huggy_connector.catalogue.actions import ACTIONS, get_action
from huggy_connector.clock import Clock

START = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
SEND = get_action("send_message")
WRITE = build_write(SEND, 7, {"text": "Bom dia"}, api_version="v3", company_id=None)
TOKEN_REQUEST = Request.post("https://auth.example/access_token", "a token", {}, is_repeatable=True)
SENT = Outcome(OutcomeKind.DONE, ids={"message": 5})


@dataclass
class World:
    """A server that says what it is told to, and time that passes only by sleeping. An error is raised."""

    answers: list[Response | errors.HuggyError]
    asked: list[Sendable] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    lanes: list[Lane] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    rate: float = 20.0
    is_budget_closed: bool = False

    def send(self, request: Sendable, *, token: str | None) -> Response:
        self.asked.append(request)
        self.tokens.append(token)
        said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(said, errors.HuggyError):
            raise said
        return said

    def close(self) -> None:
        self.is_budget_closed = True

    @contextmanager
    def take_turn(self, lane: Lane = Lane.NORMAL) -> Iterator["World"]:
        if self.is_budget_closed:
            raise errors.Interrupted("Stopped while a request waited for its turn.")
        self.lanes.append(lane)
        yield self

    def record_answer(
        self, *, connecting: float = 0.0, is_refused: bool = False, retry_after: float | None = None
    ) -> None:
        pass

    def wait(self, closed: threading.Event, seconds: float) -> bool:
        self.seconds += max(seconds, 0.1)
        return closed.is_set()

    @property
    def clock(self) -> Clock:
        return Clock(
            now=lambda: START + timedelta(seconds=self.seconds), wait=self.wait, monotonic=lambda: self.seconds
        )

    def sender(self, credentials: Credentials | None = None) -> Sender:
        return Sender(
            transport=self,
            budget=self,
            credentials=credentials or FixedToken(TokenGrant("a.b.c")),
            clock=self.clock,
            lane=Lane.ACTIONS,
        )

    def writer(self, credentials: Credentials | None = None) -> Writer:
        return Writer(self.sender(credentials), note=self.notes.append)


def ok(value: object) -> Response:
    return Response(200, {}, json.dumps(value).encode())


def status(code: int, **headers: str) -> Response:
    return Response(code, {name.replace("_", "-"): value for name, value in headers.items()}, b"{}")


def test_a_write_goes_out_once_in_the_lane_of_actions_with_the_token() -> None:
    world = World([ok({"id": 5, "text": "Bom dia"})])
    assert world.writer().send(WRITE, SEND) == SENT
    assert (world.asked, world.tokens, world.lanes) == ([WRITE], ["a.b.c"], [Lane.ACTIONS])


MAYBE_DONE = [
    errors.Unreachable("The connection broke."),
    errors.MangledAnswer("The answer is cut off."),
    errors.AnswerTooLarge("The answer is too large."),
    errors.ServerFailed("Failed."),
    errors.Refused("Refused."),
    *map(status, (408, 500, 502, 503, 504)),
    Response(200, {}, b""),
    Response(200, {}, b"<html>"),
    Response(200, {}, b'{"id": '),
]


@pytest.mark.parametrize("answer", MAYBE_DONE, ids=lambda each: getattr(each, "status", type(each).__name__))
@pytest.mark.parametrize("is_first", [True, False])
def test_a_write_that_may_be_done_is_never_sent_again(answer: Response | errors.HuggyError, is_first: bool) -> None:
    world = World([answer] if is_first else [ok({"id": 4}), answer])
    writer = world.writer()
    if not is_first:
        writer.send(WRITE, SEND)
    before = len(world.asked)
    assert writer.send(WRITE, SEND).kind is OutcomeKind.UNKNOWN
    assert (len(world.asked) - before, world.seconds) == (1, 0.0)


@pytest.mark.parametrize("code", [301, 400, 403, 404, 405, 422])
def test_a_refusal_is_final(code: int) -> None:
    world = World([status(code)])
    assert world.writer().send(WRITE, SEND).kind is OutcomeKind.REFUSED
    assert len(world.asked) == 1


def test_without_a_connection_a_write_is_sent_again_until_there_is_one() -> None:
    away = errors.NeverSent("No connection to api.example: check it.")
    world = World([ok({"id": 4}), *[away] * 5, ok({"id": 5})])
    writer = world.writer()
    writer.send(WRITE, SEND)
    assert writer.send(WRITE, SEND) == SENT
    assert (len(world.asked), world.seconds > 0) == (7, True)
    assert world.notes[0].startswith("No connection to api.example. Asked again in ")


@pytest.mark.parametrize(("has_answered", "timeout"), [(False, FIRST_RETRY_TIMEOUT), (True, RETRY_TIMEOUT)])
def test_a_connection_that_stays_away_ends_as_not_sent(has_answered: bool, timeout: float) -> None:
    away = errors.NeverSent("No connection to api.example: check it.")
    world = World([ok({"id": 4}), away] if has_answered else [away])
    writer = world.writer()
    if has_answered:
        writer.send(WRITE, SEND)
    assert writer.send(WRITE, SEND) == Outcome(
        OutcomeKind.NOT_SENT, "never_sent: No connection to api.example: check it."
    )
    assert timeout <= world.seconds < timeout + 21


def test_an_untrusted_certificate_is_not_tried_again() -> None:
    world = World([errors.Untrusted("The certificate is not trusted.")])
    assert world.writer().send(WRITE, SEND).kind is OutcomeKind.NOT_SENT
    assert len(world.asked) == 1


def test_a_429_is_waited_out_and_sent_again() -> None:
    world = World([*[status(429, retry_after="0.5")] * 3, ok({"id": 5})])
    assert world.writer().send(WRITE, SEND) == SENT
    assert len(world.asked) == 4


def test_a_429_that_lasts_ends_as_not_sent_with_its_pause() -> None:
    world = World([status(429, retry_after="30")])
    outcome = world.writer().send(WRITE, SEND)
    assert (outcome.kind, outcome.retry_after) == (OutcomeKind.NOT_SENT, 30.0)
    assert world.seconds >= RETRY_TIMEOUT


def test_a_pause_of_hours_stops_at_once() -> None:
    world = World([status(429, retry_after="7200")])
    assert world.writer().send(WRITE, SEND) == Outcome(
        OutcomeKind.STOPPED,
        "stopped: The API asks (429) for a pause of 2.0 hours, longer than HUGGY_LONGEST_PAUSE allows (3,600 seconds): "
        "try later, or ask Huggy what is wrong.",
    )
    assert len(world.asked) == 1


def test_after_an_answer_that_was_lost_a_connection_that_is_refused_before_changes_nothing() -> None:
    """The first attempt never left, the second one may have: from then on nothing is sent."""
    world = World([errors.NeverSent("Away."), status(429), errors.Unreachable("Broke."), ok({"id": 5})])
    assert world.writer().send(WRITE, SEND).kind is OutcomeKind.UNKNOWN
    assert len(world.asked) == 3


@dataclass
class Renewing:
    """Credentials that ask for a token before the first request, and for another one after a refusal."""

    grant: TokenGrant = field(default_factory=lambda: TokenGrant(""))
    location: str = "a test"
    can_refresh: bool = True

    def get_token(self, send: Send) -> str:
        if not self.grant.access_token:
            self.grant = TokenGrant(self._ask(send), expires_at=START)
        return self.grant.access_token

    def replace_token(self, rejected: str, send: Send, *, is_replacement: bool) -> str | None:
        return None if is_replacement else self._ask(send)

    def _ask(self, send: Send) -> str:
        answer = send(TOKEN_REQUEST)
        if answer.status >= 500:
            raise errors.ServerFailed(f"Status {answer.status}.")
        if answer.status >= 400:
            raise errors.Refused("The OAuth server refuses.")
        return str(json.loads(answer.body)["token"])


def test_after_a_401_another_token_is_used_because_the_api_did_nothing() -> None:
    world = World([ok({"token": "first"}), status(401), ok({"token": "second"}), ok({"id": 5})])
    assert world.writer(Renewing()).send(WRITE, SEND) == SENT
    assert world.tokens == [None, "first", None, "second"]


def test_a_dead_token_stops_with_its_sentence() -> None:
    world = World([status(401)])
    outcome = world.writer().send(WRITE, SEND)
    assert (outcome.kind, outcome.reason.partition(" (")[0]) == (
        OutcomeKind.STOPPED,
        "stopped: The API does not accept the token",
    )
    assert len(world.asked) == 1


@pytest.mark.parametrize("before", [[], [ok({"token": "first"}), status(401)]], ids=["at first", "after a 401"])
@pytest.mark.parametrize("lost", [status(503), errors.Unreachable("Broke."), errors.MangledAnswer("Cut.")])
def test_a_token_request_that_fails_leaves_the_write_unsent_and_is_repeated(
    before: list[Response], lost: Response | errors.HuggyError
) -> None:
    world = World([*before, lost, *before[1:], ok({"token": "second"}), ok({"id": 5})])
    assert world.writer(Renewing()).send(WRITE, SEND) == SENT
    assert [request for request in world.asked if request is WRITE] == [WRITE] * (3 if before else 1)


def test_a_token_that_is_refused_stops_the_campaign_and_not_the_row() -> None:
    world = World([status(400)])
    assert world.writer(Renewing()).send(WRITE, SEND) == Outcome(
        OutcomeKind.STOPPED, "no_token: The OAuth server refuses."
    )
    assert [request for request in world.asked if request is WRITE] == []


def test_a_closed_client_sends_nothing() -> None:
    world = World([ok({"id": 5})])
    writer = world.writer()
    world.close()
    assert writer.send(WRITE, SEND).kind is OutcomeKind.NOT_SENT
    assert world.asked == []


def test_a_client_that_is_closed_while_a_write_waits_ends_the_waiting() -> None:
    world = World([errors.NeverSent("Away.")])
    sender = world.sender()
    sender.closed.set()
    assert Writer(sender).send(WRITE, SEND).kind is OutcomeKind.NOT_SENT
    assert len(world.asked) == 1


def test_a_setting_that_is_wrong_stops() -> None:
    world = World([errors.ConfigurationError("HUGGY_BASE_URL is no address that a server can have: correct it.")])
    assert world.writer().send(WRITE, SEND).kind is OutcomeKind.STOPPED


def may_be_done(said: Response | errors.HuggyError) -> bool:
    """Say whether a write that is answered so may have been done: written anew, not with the code under test."""
    if isinstance(said, errors.HuggyError):
        return not isinstance(said, errors.NeverSent)
    return said.status != 429


AWAY = errors.NeverSent("No connection to api.example: check it.")
SAID = st.sampled_from([AWAY, status(429), status(429, retry_after="1"), *MAYBE_DONE, status(400), ok({"id": 5})])


@given(said=st.lists(SAID, min_size=1, max_size=8))
@example(said=[AWAY, status(429), status(503), ok({"id": 5})])
def test_nothing_is_sent_after_the_first_answer_that_may_mean_done(said: list[Response | errors.HuggyError]) -> None:
    world = World([*said, ok({"id": 5})])
    outcome = world.writer().send(WRITE, SEND)
    sent = [*said, ok({"id": 5})][: len(world.asked)]
    assert [may_be_done(each) for each in sent[:-1]] == [False] * (len(sent) - 1)
    assert may_be_done(sent[-1]) or outcome.kind is OutcomeKind.NOT_SENT


def test_each_action_is_sent_once_when_its_answer_is_lost() -> None:
    for action in ACTIONS.values():
        world = World([errors.Unreachable("Broke."), ok({"id": 5})])
        assert world.writer().send(WRITE, action).kind is OutcomeKind.UNKNOWN
        assert len(world.asked) == 1


# By type: if one of these lines became legal, mypy would complain of its `type: ignore` -------------------------------


def test_the_client_of_reads_sends_no_write_not_even_once() -> None:
    world = World([ok({"id": 5})])
    client = Client(
        transport=world, budget=world, credentials=FixedToken(TokenGrant("a.b.c")), clock=world.clock, lane=Lane.ACTIONS
    )
    with pytest.raises(AttributeError):
        client._fetch(WRITE, lambda answer: decode_row(answer, WRITE.what))  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        client._retry(lambda send: send(WRITE))  # type: ignore[arg-type]
    assert world.asked == []


def test_a_write_is_no_request_and_has_no_mark_that_it_may_be_repeated() -> None:
    assert (isinstance(WRITE, Request), hasattr(WRITE, "is_repeatable")) == (False, False)


def imports_of(module: str) -> set[str]:
    tree = ast.parse((Path(room.__path__[0]) / f"{module}.py").read_text(encoding="utf-8"))
    return {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


def test_the_versions_share_no_spelling() -> None:
    assert [name for name in ("v2", "v3") for module in imports_of(name) if module.endswith((".v2", ".v3"))] == []


@pytest.mark.slow
def test_a_read_imports_neither_the_writes_nor_the_actions() -> None:
    script = "import sys, huggy_connector.api as a; print([m for m in sys.modules if 'writes' in m or '.actions' in m])"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
