"""One budgeted send: what the budget or the token says never hides an answer that came."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from huggy_connector import errors
from huggy_connector.api.auth.credentials import FixedToken
from huggy_connector.api.auth.token_grant import TokenGrant
from huggy_connector.api.http_messages import Request, Response, Sendable
from huggy_connector.api.sender import Sender
from huggy_connector.budget import Lane
from huggy_connector.clock import Clock

PAGE = Request.get("chats", "page 0 of chats")
FAILURES = [errors.ConfigurationError("The budget's file is full."), errors.Interrupted("Closed.")]


@dataclass
class Desk:
    """A server, and a budget that may fail before a request leaves, when its answer is recorded, or at the end."""

    answer: Response = field(default_factory=lambda: Response(200, {"date": "Mon, 30 Nov 2026 12:00:07 GMT"}, b"{}"))
    fails_at: str = ""
    failure: errors.HuggyError = FAILURES[0]
    rate: float = 20.0
    sent: list[tuple[str, str | None]] = field(default_factory=list)
    turns: list[tuple[Lane, bool, float | None]] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)

    def send(self, request: Sendable, *, token: str | None) -> Response:
        self.sent.append((request.path, token))
        self._fail("transport")
        return self.answer

    @contextmanager
    def take_turn(self, lane: Lane = Lane.NORMAL) -> Iterator["Desk"]:
        self._fail("turn")
        self.turns.append((lane, False, None))
        yield self
        self._fail("end")

    def record_answer(
        self, *, connecting: float = 0.0, is_refused: bool = False, retry_after: float | None = None
    ) -> None:
        self._fail("record")
        self.turns[-1] = (self.turns[-1][0], is_refused, retry_after)

    def close(self) -> None:
        self.closed.append("closed")

    def _fail(self, at: str) -> None:
        if self.fails_at == at:
            raise self.failure

    def sender(self) -> Sender:
        return Sender(
            transport=self,
            budget=self,
            credentials=FixedToken(TokenGrant("a.b.c")),
            clock=Clock(
                now=lambda: datetime(2026, 11, 30, 12, tzinfo=UTC), wait=lambda *_: True, monotonic=lambda: 5.0
            ),
            lane=Lane.ACTIONS,
        )


def test_each_send_takes_a_turn_in_its_lane_and_records_the_answer() -> None:
    desk = Desk(answer=Response(429, {"retry-after": "2"}, b""))
    sender = desk.sender()
    assert sender.send(PAGE, "a.b.c") == desk.answer
    assert (desk.sent, desk.turns, sender.requests) == ([("chats", "a.b.c")], [(Lane.ACTIONS, True, 2.0)], 1)


@pytest.mark.parametrize("failure", FAILURES, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("at", ["record", "end"])
def test_an_answer_that_came_is_returned_although_the_budget_cannot_record_it(
    at: str, failure: errors.HuggyError
) -> None:
    desk = Desk(fails_at=at, failure=failure)
    assert desk.sender().send(PAGE) == desk.answer


@pytest.mark.parametrize("failure", FAILURES, ids=lambda each: type(each).__name__)
def test_what_the_budget_raises_says_that_nothing_was_sent(failure: errors.HuggyError) -> None:
    desk = Desk(fails_at="turn", failure=failure)
    with pytest.raises(type(failure)):
        desk.sender().send(PAGE)
    assert desk.sent == []


def test_what_the_transport_raises_is_raised() -> None:
    desk = Desk(fails_at="transport", failure=errors.Unreachable("Lost."))
    with pytest.raises(errors.Unreachable):
        desk.sender().send(PAGE)


def test_the_last_answer_tells_the_servers_clock() -> None:
    sender = Desk().sender()
    sender.send(PAGE)
    assert (sender.server_clock_skew, sender.round_trip) == (7.0, 0.0)


def test_a_closed_sender_says_so_and_closes_budget_and_connections() -> None:
    desk = Desk()
    sender = desk.sender()
    sender.close()
    assert (sender.closed.is_set(), desk.closed) == (True, ["closed", "closed"])


def test_threads_count_each_request_once() -> None:
    desk = Desk()
    sender = desk.sender()
    threads = [threading.Thread(target=lambda: [sender.send(PAGE) for _ in range(50)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sender.requests, len(desk.sent)) == (400, 400)
