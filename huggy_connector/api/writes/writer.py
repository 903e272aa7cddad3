"""Sends a write once, and says what became of it. It knows nothing of the retries of reads."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from tenacity import RetryCallState, Retrying, retry_if_exception, wait_random_exponential

from huggy_connector import errors
from huggy_connector.api.http_messages import Request, Response
from huggy_connector.api.retry_notes import RetryNotes, format_pause
from huggy_connector.api.sender import Sender
from huggy_connector.api.writes.outcome import read_answer, read_failure
from huggy_connector.api.writes.types import Outcome, OutcomeKind, WriteRequest
from huggy_connector.budget import LONGEST_PAUSE
from huggy_connector.catalogue.actions.types import Action

RETRY_TIMEOUT = 300.0
"""Seconds for which a write that never left is sent again."""
FIRST_RETRY_TIMEOUT = 6.0
"""The same until the API has answered once: a wrong address should fail soon."""


class Writer:
    """Writes to one account, each within the budget. Threads share it.

    A write goes out again only where it is certain that nothing was done: there was no connection, a 429, or a 401 for
    which there is another token. Whatever else happens, it was sent once.
    """

    def __init__(
        self,
        sender: Sender,
        *,
        retry_timeout: float = RETRY_TIMEOUT,
        longest_pause: float = LONGEST_PAUSE,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._sender = sender
        self._clock = sender.clock
        self._retry_timeout = retry_timeout
        self._longest_pause = longest_pause
        self._retry_notes = RetryNotes(sender.clock, note)

    def send(self, request: WriteRequest, action: Action, *, before: Callable[[], None] = lambda: None) -> Outcome:
        """Send a write and return its outcome. Every error of ours is an outcome: it raises none of them.

        `before` is called when it is the write's turn, right before it leaves: there it is claimed, so that a killed
        process leaves few claims behind. What it raises (no error of ours) is raised, and nothing leaves.
        NOT_SENT comes back only when `retry_timeout` is over, or the client was closed.
        """
        start = self._clock.monotonic()
        attempts = Retrying(
            retry=retry_if_exception(_never_left),
            stop=lambda state: self._clock.monotonic() - start >= self._timeout_of(state),
            wait=wait_random_exponential(multiplier=0.5, max=20),
            sleep=self._sleep,
            before_sleep=lambda state: self._retry_notes.add(state, until=start + self._timeout_of(state)),
            reraise=True,
        )
        try:
            return attempts(self._send_once, request, action, before)
        except errors.HuggyError as error:
            return read_failure(error, request)

    def _send_once(self, request: WriteRequest, action: Action, before: Callable[[], None]) -> Outcome:
        """Send a write once and return its outcome. Raises NeverSent, RateLimited, or an error of `_UNDONE`."""
        may_be_done = False

        def send(request: WriteRequest, token: str | None = None) -> Response:
            nonlocal may_be_done
            may_be_done = True
            answer = self._sender.send(request, token, before=before)
            may_be_done = answer.status != HTTPStatus.UNAUTHORIZED
            return answer

        try:
            answer = self._sender.send_with_token(request, send, send_token_request=self._send_token_request)
        except _UNDONE:
            raise
        except errors.HuggyError as error:
            if may_be_done:
                return read_failure(error, request)
            if error.transient:  # there was no token: nothing was sent yet, or a 401 said that nothing was done
                raise errors.NeverSent(str(error)) from error
            return Outcome(OutcomeKind.STOPPED, f"no_token: {error}")
        outcome = read_answer(answer, request, action, now=self._clock.now())
        if outcome.kind is OutcomeKind.NOT_SENT:
            raise self._limit_pause(outcome)
        return outcome

    def _send_token_request(self, request: Request, token: str | None = None) -> Response:
        return self._sender.send(request, token)

    def _limit_pause(self, outcome: Outcome) -> errors.ApiError:
        """Return the error of a 429: Overlong if it asks for a longer pause than `longest_pause`."""
        pause = outcome.retry_after
        if pause is None or pause <= self._longest_pause:
            return errors.RateLimited(
                "The account's request limit is used up by others too: lower HUGGY_REQUESTS_PER_SECOND while they run.",
                pause,
            )
        return errors.Overlong(
            f"The API asks (429) for a pause of {format_pause(pause)}, longer than HUGGY_LONGEST_PAUSE allows "
            f"({self._longest_pause:,.0f} seconds): try later, or ask Huggy what is wrong."
        )

    def _timeout_of(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        has_answered = self._sender.round_trip is not None
        has_reached_api = has_answered or isinstance(error, errors.RateLimited)
        return self._retry_timeout if has_reached_api else min(self._retry_timeout, FIRST_RETRY_TIMEOUT)

    def _sleep(self, seconds: float) -> None:
        if self._clock.wait(self._sender.closed, seconds):
            raise errors.Interrupted("The client was closed while a write waited to be sent.")


_UNDONE = (errors.NeverSent, errors.Interrupted, errors.ConfigurationError, errors.Unauthorized)
"""Errors that say that a write was not done, whenever they come."""


def _never_left(error: BaseException) -> bool:
    return isinstance(error, errors.NeverSent | errors.RateLimited) and error.transient
