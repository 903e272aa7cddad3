"""The client of the API: it sends each request within the budget, and is the only place with retries."""

import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Self, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, wait_random_exponential

from huggy_connector import errors
from huggy_connector.api import protocol
from huggy_connector.api.auth.credentials import Credentials
from huggy_connector.api.auth.token_claims import compute_account
from huggy_connector.api.http import Transport
from huggy_connector.api.http_messages import Request, Response
from huggy_connector.api.protocol import Profile
from huggy_connector.api.response_limits import LARGE_BODY
from huggy_connector.api.retry_notes import RetryNotes, format_pause
from huggy_connector.api.sender import Sender, SendOnce
from huggy_connector.api.single_record import decode_single_record
from huggy_connector.api.versions import gather_pages, get_version
from huggy_connector.budget import LONGEST_PAUSE, Budget, Lane
from huggy_connector.catalogue import RESOURCES, Resource
from huggy_connector.clock import Clock
from huggy_connector.errors import HuggyError
from huggy_connector.model import Row

T = TypeVar("T")


RETRY_TIMEOUT = 300.0
"""Seconds for which one request is repeated before the run fails."""
FIRST_RETRY_TIMEOUT = 6.0
"""The same until the API has answered once, and for an answer that is no list: a wrong address should fail soon."""

MAX_PAGE_READS = 6
"""How often a page is read while one of its elements is no record: such an element may hide a record."""
NOT_UTF8 = "bytes that are no UTF-8"


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """The rows of one page in the API's order, and the instant (UTC) at which the answer was complete."""

    rows: Sequence[Row]
    at: datetime


class Client:
    """The API of one account. Threads share it. Every request waits for its turn in the budget, retries included.

    After a transient failure (429, 5xx, a lost connection, a mangled answer) a repeatable request is sent again, with
    full jitter, for `retry_timeout` seconds; then the last error is raised. `requests` and `retries` count what was
    sent since the start. `close` ends the threads that wait in it: they get Interrupted.
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
        retry_timeout: float = RETRY_TIMEOUT,
        longest_pause: float = LONGEST_PAUSE,
        uses_api_clock: bool = True,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.sender = Sender(
            transport=transport,
            budget=budget,
            credentials=credentials,
            clock=clock,
            api_version=api_version,
            lane=lane,
            uses_api_clock=uses_api_clock,
            note=note,
        )
        """Sends one request within the budget, and repeats nothing."""
        self.company_id = company_id
        self.budget = budget
        self.run_clock = self.sender.run_clock
        """The clock of everything that is landed."""
        self._credentials = credentials
        self._clock = clock
        self.version = get_version(api_version)
        self._retry_timeout = retry_timeout
        self._longest_pause = longest_pause
        self._note = note
        self._retry_notes = RetryNotes(clock, note)
        self._noted: set[str] = set()
        """Subjects of notes that are given only once."""
        self._note_lock = threading.Lock()
        self._large_decode_lock = threading.Lock()
        self._has_answered = False

    @property
    def requests(self) -> int:
        """How many requests were sent since the start."""
        return self.sender.requests

    @property
    def round_trip(self) -> float | None:
        """Seconds that the last answer took, without the time for connecting."""
        return self.sender.round_trip

    @property
    def server_clock_skew(self) -> float | None:
        """Seconds by which the server's clock is ahead of ours, by the last answer that names a time."""
        return self.sender.server_clock_skew

    @property
    def retries(self) -> int:
        """How many requests were sent again since the start."""
        return self._retry_notes.retries

    def fetch_page(
        self,
        resource: Resource,
        page: int,
        *,
        parent: int | None = None,
        filters: tuple[tuple[str, str], ...] = (),
    ) -> FetchedPage:
        """Return one whole page of a resource's list, or of the list of one `parent`, or the one record of a parent.

        `page` is ignored if the list comes in one answer. An element that is no record in any of the reads becomes an
        empty row. Raises ApiError.
        """
        if resource.name in self.version.gathered:
            return FetchedPage(*gather_pages(lambda number: self._fetch_page(resource, number, None, ())))
        return FetchedPage(*self._fetch_page(resource, page, parent, filters))

    def _fetch_page(
        self, resource: Resource, page: int, parent: int | None, filters: tuple[tuple[str, str], ...]
    ) -> tuple[Sequence[Row], datetime]:
        own = self.company_id
        request = self.version.list_request(resource, page, company_id=own, parent=parent, filters=filters)
        decode = decode_single_record if resource.is_single else protocol.decode_rows
        for _ in range(MAX_PAGE_READS):
            rows, at = self._fetch(request, lambda answer: decode(answer, request.what))
            if all(rows):
                return self.version.respell(resource, rows), at
        invalid = sum(not row for row in rows)
        self._note_once(request.what, f"{request.what}: {invalid:,} elements are no records each time it is asked for.")
        return self.version.respell(resource, rows), at

    def fetch_row(self, resource: Resource, row_id: int) -> FetchedPage:
        """Return one record by its id, as a page of one row. Raises NotFound if it is gone, or another ApiError."""
        request = self.version.row_request(resource, row_id, company_id=self.company_id)
        row, at = self._fetch(request, lambda answer: protocol.decode_row(answer, request.what))
        return FetchedPage(self.version.respell(resource, (row,)), at)

    def probe(self) -> None:
        """Send the cheapest request that any token may send: it tells the API's time. Raises ApiError."""
        if self.version.has_profile:
            self.fetch_profile()
        else:
            self._fetch_page(RESOURCES["agents"], 0, None, ())

    def fetch_profile(self) -> Profile:
        """Return the token's owner. This is the cheapest test of a connection. Raises ApiError.

        Some accounts have no profile below `companies/{id}`: then it is read without the company. API v2 has none.
        """
        if not self.version.has_profile:
            raise ValueError(f"API {self.version.name} has no profile: the caller asks for none.")
        try:
            return self._fetch_profile(self.company_id)
        except (errors.NotFound, errors.Refused):
            if self.company_id is None:
                raise
            return self._fetch_profile(None)

    def _fetch_profile(self, company_id: int | None) -> Profile:
        request = protocol.build_profile_request(company_id=company_id)
        return self._fetch(request, lambda answer: protocol.decode_profile(answer, company_id=self.company_id))[0]

    def authenticate(self) -> None:
        """Make sure that there is a valid access token: get one if necessary. Raises ApiError, ConfigurationError."""
        self._retry(self._credentials.get_token)

    @property
    def account(self) -> str:
        """A digest of the token's owner: a refresh does not change it."""
        return compute_account(self._credentials.grant.access_token)

    @property
    def token_expires_at(self) -> datetime | None:
        """When the current token expires (UTC); None if it does not say."""
        return self._credentials.grant.expires_at

    def _fetch(self, request: Request, decode: Callable[[Response], T]) -> tuple[T, datetime]:
        return self._retry(lambda send: self._fetch_once(request, decode, send))

    def _retry(self, act: Callable[[SendOnce[Request]], T]) -> T:
        """Run `act` until it succeeds, fails for good, or its time for retries is over. Return its result.

        Once `act` has sent a request that is not repeatable, nothing is retried: the request may have had its effect.
        """
        start = self._clock.monotonic()
        is_final = threading.Event()

        def send(request: Request, token: str | None = None) -> Response:
            if not request.is_repeatable:
                is_final.set()
            return self.sender.send(request, token)

        attempts = Retrying(
            retry=retry_if_exception(lambda error: not is_final.is_set() and self._is_transient(error)),
            stop=lambda state: self._clock.monotonic() - start >= self._retry_timeout_of(state),
            wait=wait_random_exponential(multiplier=0.5, max=20),
            sleep=self._sleep,
            before_sleep=lambda state: self._note_retry(state, start + self._retry_timeout_of(state)),
            reraise=True,
        )
        return attempts(lambda: act(send))

    def _fetch_once(
        self, request: Request, decode: Callable[[Response], T], send: SendOnce[Request]
    ) -> tuple[T, datetime]:
        """Send a request, with another token if the first one is refused. Return the decoded answer and its instant."""
        answer = self.sender.send_with_token(request, send, send_token_request=send)
        if (error := protocol.decode_error(answer, request.what, now=self._clock.now())) is not None:
            raise self._limit_pause(error)
        try:
            with self._large_decode_lock if len(answer.body) > LARGE_BODY else nullcontext():
                decoded = decode(answer), self.run_clock.now()
        except errors.ApiError as mangled:
            mangled.add_note(protocol.describe_response(answer))
            raise
        self._has_answered = True
        if NOT_UTF8 not in self._noted and not protocol.is_unicode(answer):
            self._note_once(NOT_UTF8, f"The answer for {request.what} holds {NOT_UTF8}: they were replaced.")
        return decoded

    def _note_once(self, about: str, sentence: str) -> None:
        with self._note_lock:
            is_new = about not in self._noted
            self._noted.add(about)
        if is_new:
            self._note(sentence)

    def _limit_pause(self, error: errors.ApiError) -> errors.ApiError:
        """Return the error, or Overlong if it asks for a longer pause than `longest_pause`: nobody waits for days."""
        pause = error.retry_after if isinstance(error, errors.RateLimited) else None
        if pause is None or pause <= self._longest_pause:
            return error
        return errors.Overlong(
            f"The API asks (429) for a pause of {format_pause(pause)}, longer than HUGGY_LONGEST_PAUSE allows "
            f"({self._longest_pause:,.0f} seconds): try later, or ask Huggy what is wrong."
        )

    def _is_transient(self, error: BaseException) -> bool:
        """Say whether the same request may succeed later.

        An answer of the wrong shape means a wrong address, unless the API has answered before: then it is a fault.
        """
        if isinstance(error, errors.UnexpectedShape):
            return self._has_answered
        return isinstance(error, HuggyError) and error.transient

    def _retry_timeout_of(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        has_reached_api = self._has_answered or isinstance(error, errors.RateLimited)
        if not has_reached_api or isinstance(error, errors.UnexpectedShape):
            return min(self._retry_timeout, FIRST_RETRY_TIMEOUT)
        return self._retry_timeout

    def _note_retry(self, state: RetryCallState, until: float) -> None:
        if not self.sender.closed.is_set():  # closed: there is no retry, the connection broke for that reason
            self._retry_notes.add(state, until=until)

    def _sleep(self, seconds: float) -> None:
        if self._clock.wait(self.sender.closed, seconds):
            raise errors.Interrupted("The client was closed while a request waited to be sent again.")

    def close(self) -> None:
        self.sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
