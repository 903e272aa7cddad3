"""Sends one request within the budget, and with another token if the first one is refused. It repeats nothing else.

The client of reads and the writer of actions both stand on it. Retries are the client's, for reads alone.
"""

import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Protocol, TypeVar

from huggy_connector.api import protocol
from huggy_connector.api.auth.credentials import Credentials, explain_refusal
from huggy_connector.api.http import Transport
from huggy_connector.api.http_messages import Request, Response, Sendable
from huggy_connector.api.run_clock import RunClock
from huggy_connector.budget import Budget, Lane
from huggy_connector.clock import Clock
from huggy_connector.errors import HuggyError

T_contra = TypeVar("T_contra", bound=Sendable, contravariant=True)


class SendOnce(Protocol[T_contra]):
    """Sends a request once, within the budget. A `Send` that takes a token too."""

    def __call__(self, request: T_contra, token: str | None = None) -> Response: ...


class Sender:
    """One account's way to the API: each request waits for its turn in the budget. Threads share it.

    `requests` counts what was sent since the start.
    """

    def __init__(
        self,
        *,
        transport: Transport,
        budget: Budget,
        credentials: Credentials,
        clock: Clock,
        api_version: str = "v3",
        lane: Lane = Lane.NORMAL,
        uses_api_clock: bool = True,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.budget = budget
        self.credentials = credentials
        self.clock = clock
        self._transport = transport
        self._api_version = api_version
        self._lane = lane
        self.run_clock = RunClock(clock.now, clock.monotonic, uses_api_clock=uses_api_clock, note=note)
        """The clock of everything that is landed."""
        self._count_lock = threading.Lock()
        self.closed = threading.Event()
        self.requests = 0
        self.round_trip: float | None = None
        """Seconds that the last answer took, without the time for connecting."""
        self.server_clock_skew: float | None = None
        """Seconds by which the server's clock is ahead of ours, by the last answer that names a time."""

    def send(
        self, request: Sendable, token: str | None = None, *, before: Callable[[], None] = lambda: None
    ) -> Response:
        """Send a request once and return its answer, whatever its status.

        `before` is called when it is the request's turn, and the request leaves right after it; if it raises, nothing
        leaves.

        An answer that came is returned even if the budget cannot record it. So what the budget raises (Interrupted,
        ConfigurationError) says that nothing was sent. Else raises what `Transport.send` raises.
        """
        answer: Response | None = None
        try:
            with self.budget.take_turn(self._lane) as turn:
                before()
                with self._count_lock:
                    self.requests += 1
                sent = self.clock.monotonic()
                answer = self._transport.send(request, token=token)
                self.round_trip = self.clock.monotonic() - sent - answer.connecting
                turn.record_answer(
                    connecting=answer.connecting,
                    is_refused=answer.status == HTTPStatus.TOO_MANY_REQUESTS,
                    retry_after=protocol.parse_retry_after(answer.headers, now=self.clock.now()),
                )
        except HuggyError:
            if answer is None:
                raise
        if (server_time := protocol.parse_server_time(answer.headers)) is not None:
            self.server_clock_skew = (server_time - self.clock.now()).total_seconds()
            self.run_clock.observe(server_time)
        return answer

    def send_with_token(
        self, request: T_contra, send: SendOnce[T_contra], *, send_token_request: SendOnce[Request]
    ) -> Response:
        """Send a request with the account's token, with another one if that is refused, and return the answer.

        A 401 says that the API did nothing: so even a write may be sent again with another token. `send` sends the
        request, `send_token_request` what the credentials ask for. Raises Unauthorized after the last 401.
        """
        token = self.credentials.get_token(send_token_request)
        answer = send(request, token)
        for is_replacement in (False, True):
            if answer.status != HTTPStatus.UNAUTHORIZED:
                break
            other = self.credentials.replace_token(token, send_token_request, is_replacement=is_replacement)
            if other is None:
                break
            token = other
            answer = send(request, token)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise explain_refusal(token, api_version=self._api_version, now=self.clock.now())
        return answer

    def close(self) -> None:
        """Close the budget and the connections. Whoever waits for a turn gets Interrupted."""
        self.closed.set()
        self.budget.close()
        self._transport.close()
