"""Asks the API within the budget. Retries live here and nowhere else."""

import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Self, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, wait_random_exponential

from huggy_connector import errors
from huggy_connector.api import protocol
from huggy_connector.api.agreed import AgreedClock
from huggy_connector.api.auth import Credentials, explained
from huggy_connector.api.bounded import LARGE
from huggy_connector.api.http import Transport
from huggy_connector.api.protocol import Profile, Request, Response, Row
from huggy_connector.api.tokens import account
from huggy_connector.budget import LONGEST_PAUSE, Budget, Lane
from huggy_connector.catalogue import Resource
from huggy_connector.errors import HuggyError

T = TypeVar("T")

PATIENCE = 300.0
"""Seconds for which one page is asked again before the run fails."""
FIRST_PATIENCE = 6.0
"""The same until the API has answered for the first time, and for answers that are no list: a wrong address should be
told soon."""

MANY_DAYS = 3_650
TIMES_DOUBTED = 6
"""Times that a page with an element that is no record is asked for: a record may be hidden behind it."""
TOLD_EVERY = 5.0
"""Seconds between two lines about retries."""
NO_TEXT = "bytes that are no UTF-8"


@dataclass(frozen=True, slots=True)
class Fetched:
    """The rows of one page in the API's order, and the instant (UTC) at which the answer was complete."""

    rows: Sequence[Row]
    at: datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """The outside world's time, passed in."""

    now: Callable[[], datetime]
    """An aware UTC instant."""
    wait: Callable[[threading.Event, float], bool]
    """Waits so many seconds, or until the event is set: then True."""
    monotonic: Callable[[], float]
    """Seconds that never go back, for measuring how long something took."""


class Client:
    """One account's API. Shared by threads. Every request takes its turn in the budget, retries included.
    Closed, it lets go the threads that wait in it: they get Interrupted.

    What may pass (429, 5xx, a lost connection, a mangled answer) is asked again with full jitter until `patience`
    seconds have gone by; then the last error is raised. `requests` and `retries` count what was sent since the start.
    """

    def __init__(
        self,
        *,
        transport: Transport,
        budget: Budget,
        credentials: Credentials,
        clock: Clock,
        company_id: int | None = None,
        api_version: str = "v3",
        lane: Lane = Lane.NORMAL,
        patience: float = PATIENCE,
        longest_pause: float = LONGEST_PAUSE,
        heeds_api_clock: bool = True,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.company_id = company_id
        self.budget = budget
        self._transport = transport
        self._credentials = credentials
        self._clock = clock
        self._api_version = api_version
        self._lane = lane
        self._patience = patience
        self._longest_pause = longest_pause
        self._note = note
        self.time = AgreedClock(clock.now, clock.monotonic, heeds_api=heeds_api_clock, note=note)
        """The time that what is landed goes by."""
        self._told: tuple[float, int] | None = None
        """When a retry was last told, and how many were not since."""
        self._noted: set[str] = set()
        """What a note was given about, where one is enough."""
        self._counting = threading.Lock()
        self._decodes_large = threading.Lock()
        self._closed = threading.Event()
        self._has_answered = False
        self.requests = 0
        self.retries = 0
        self.round_trip: float | None = None
        """Seconds that the last answer took, without those of connecting."""
        self.server_clock_skew: float | None = None
        """Seconds by which the server's clock is ahead of ours, as of the last answer that told."""

    def fetch_page(
        self,
        resource: Resource,
        page: int,
        *,
        parent: int | None = None,
        filters: tuple[tuple[str, str], ...] = (),
    ) -> Fetched:
        """One page of a list, whole; of the list of one `parent` where the resource has one. `page` is ignored where
        the list comes in one answer. What is no record, each time the page is asked for, is an empty one.
        """
        request = protocol.list_request(
            resource.path.format(id=parent),
            company_id=self.company_id,
            page=page if resource.paged else None,
            filters=filters,
        )
        for _ in range(TIMES_DOUBTED):
            rows, at = self._fetch(request, lambda answer: protocol.rows_in(answer, request.what))
            if all(rows):
                return Fetched(rows, at)
        odd = sum(not row for row in rows)
        self._note_once(request.what, f"{request.what}: {odd:,} elements are no records each time it is asked for.")
        return Fetched(rows, at)

    def fetch_row(self, resource: Resource, row_id: int) -> Fetched:
        """One record by its id, as a page of one row. Raises NotFound where it is gone."""
        request = protocol.row_request(resource.path, row_id, company_id=self.company_id)
        row, at = self._fetch(request, lambda answer: protocol.row_in(answer, request.what))
        return Fetched((row,), at)

    def fetch_profile(self) -> Profile:
        """Who the token is: the cheapest test of a connection.

        The profile has been seen missing below `companies/{id}`: then it is asked for without the company.
        """
        try:
            return self._profile(self.company_id)
        except (errors.NotFound, errors.Refused):
            if self.company_id is None:
                raise
            return self._profile(None)

    def _profile(self, company_id: int | None) -> Profile:
        request = protocol.profile_request(company_id=company_id)
        return self._fetch(request, lambda answer: protocol.profile_in(answer, company_id=self.company_id))[0]

    def authenticate(self) -> None:
        """Makes sure that there is an access token that has not ended: it may have to be asked for."""
        self._patiently(lambda: self._credentials.token(self._send))

    @property
    def account(self) -> str:
        """A digest of whose the token at hand is, the same for every token that a refresh brings."""
        return account(self._credentials.grant.access_token)

    @property
    def token_expires_at(self) -> datetime | None:
        """When the token at hand ends (UTC); None for one that does not say."""
        return self._credentials.grant.expires_at

    def _fetch(self, request: Request, decode: Callable[[Response], T]) -> tuple[T, datetime]:
        return self._patiently(lambda: self._fetch_once(request, decode))

    def _patiently(self, act: Callable[[], T]) -> T:
        start = self._clock.monotonic()
        attempts = Retrying(
            retry=retry_if_exception(self._may_pass),
            stop=lambda state: self._clock.monotonic() - start >= self._patience_with(state),
            wait=wait_random_exponential(multiplier=0.5, max=20),
            sleep=self._sleep,
            before_sleep=lambda state: self._tell_retry(state, until=start + self._patience_with(state)),
            reraise=True,
        )
        return attempts(act)

    def _fetch_once(self, request: Request, decode: Callable[[Response], T]) -> tuple[T, datetime]:
        token = self._credentials.token(self._send)
        answer = self._send(request, token)
        for again in (False, True):
            if answer.status != HTTPStatus.UNAUTHORIZED:
                break
            other = self._credentials.replacement(token, self._send, again=again)
            if other is None:
                break
            token = other
            answer = self._send(request, token)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise explained(token, api_version=self._api_version, now=self._clock.now())
        if (error := protocol.error_in(answer, request.what, now=self._clock.now())) is not None:
            raise self._believed(error)
        try:
            with self._decodes_large if len(answer.body) > LARGE else nullcontext():
                taken = decode(answer), self.time.now()
        except errors.ApiError as mangled:
            mangled.add_note(protocol.described(answer))
            raise
        self._has_answered = True
        if NO_TEXT not in self._noted and not protocol.is_text(answer):
            self._note_once(NO_TEXT, f"The answer for {request.what} holds {NO_TEXT}: they were replaced.")
        return taken

    def _note_once(self, about: str, sentence: str) -> None:
        with self._counting:
            is_new = about not in self._noted
            self._noted.add(about)
        if is_new:
            self._note(sentence)

    def _believed(self, error: errors.ApiError) -> errors.ApiError:
        """Nobody waits for days because a server says so: it is told instead."""
        pause = error.retry_after if isinstance(error, errors.RateLimited) else None
        if pause is None or pause <= self._longest_pause:
            return error
        return errors.Overlong(
            f"The API asks (429) for a pause of {_in_words(pause)}, longer than HUGGY_LONGEST_PAUSE allows "
            f"({self._longest_pause:,.0f} seconds): try later, or ask Huggy what is wrong."
        )

    def _send(self, request: Request, token: str | None = None) -> Response:
        with self.budget.turn(self._lane) as turn:
            with self._counting:
                self.requests += 1
            sent = self._clock.monotonic()
            answer = self._transport.send(request, token=token)
            self.round_trip = self._clock.monotonic() - sent - answer.connecting
            turn.answered(
                refused=answer.status == HTTPStatus.TOO_MANY_REQUESTS,
                retry_after=protocol.retry_after(answer.headers, now=self._clock.now()),
            )
        if (theirs := protocol.server_time(answer.headers)) is not None:
            self.server_clock_skew = (theirs - self._clock.now()).total_seconds()
            self.time.hear(theirs)
        return answer

    def _may_pass(self, error: BaseException) -> bool:
        """What is no list is a wrong address where nothing else ever came, and else a server that is out of step."""
        if isinstance(error, errors.UnexpectedShape):
            return self._has_answered
        return isinstance(error, HuggyError) and error.transient

    def _patience_with(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        is_an_api = self._has_answered or isinstance(error, errors.RateLimited)
        if not is_an_api or isinstance(error, errors.UnexpectedShape):
            return min(self._patience, FIRST_PATIENCE)
        return self._patience

    def _tell_retry(self, state: RetryCallState, *, until: float) -> None:
        """One sentence every few seconds, whatever number of threads ask again."""
        if self._closed.is_set():
            return  # nothing is asked again: what broke is the connection that was closed
        now = self._clock.monotonic()
        with self._counting:
            self.retries += 1
            last, untold = self._told or (-TOLD_EVERY, 0)
            if now - last < TOLD_EVERY:
                self._told = last, untold + 1
                return
            self._told = now, 0
        error = state.outcome.exception() if state.outcome else None
        what = str(error).partition(": ")[0].removesuffix(".")
        seen = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
        wait = state.next_action.sleep if state.next_action else 0.0
        end = self._clock.now() + timedelta(seconds=max(until - now, wait))
        more = f"; {untold:,} more retries since the last such line" if untold else ""
        self._note(f"{what}{seen}. Asked again in {wait:.0f} s, until {end:%H:%M} UTC at the longest{more}.")

    def _sleep(self, seconds: float) -> None:
        if self._clock.wait(self._closed, seconds):
            raise errors.Interrupted("The client was closed while a request waited to be sent again.")

    def close(self) -> None:
        self._closed.set()
        self.budget.close()
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _in_words(seconds: float) -> str:
    days = seconds / 86_400
    if days < 1:
        return f"{seconds / 3600:,.1f} hours"
    return f"{days:,.0f} days" if days < MANY_DAYS else "many years"
