"""Tokens are refreshed once for all who share them, and stored before they are used."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from huggy_connector import errors
from huggy_connector.api.auth.oauth import App
from huggy_connector.api.auth.stored_token import StoredToken, fingerprint
from huggy_connector.api.auth.token_grant import TokenGrant
from huggy_connector.api.auth.token_refresh import (
    DEAD_REFRESH_TOKEN,
    PAUSE_AFTER_FAILURE,
    PAUSE_AFTER_REFUSAL,
    RefreshingToken,
)
from huggy_connector.api.http_messages import Request, Response

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
LIFE = timedelta(days=180)
MARGIN = timedelta(days=7)
APP = App("https://auth.example/oauth", "APP-1", "hidden-secret")

Rotation = Literal["rotate", "same", "absent"]


class Killed(BaseException):
    """The process is no more."""


@dataclass
class World:
    """An OAuth server, its clock, and a store that the processes share."""

    rotation: Rotation = "rotate"
    now: datetime = START
    stored: StoredToken | None = None
    failures: list[Response | errors.ApiError | str] = field(default_factory=list)
    """What the next requests meet: an answer, a lost connection, or "lost": done, but the answer does not arrive."""
    kill: Literal["before keeping", "after keeping"] | None = None
    refuses_to_keep: errors.HuggyError | None = None
    asked: int = 0
    holds: int = 0
    """How often the store was held."""
    needless: int = 0
    """Renewals of a token that would have lasted."""
    notes: list[str] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)
    ends: dict[str, datetime] = field(default_factory=dict)
    refresh: str = "refresh-0"
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _alone: threading.Lock = field(default_factory=threading.Lock)
    location: str = "the store"

    def __post_init__(self) -> None:
        self.ends["access-0"] = self.now + LIFE

    @property
    def first(self) -> TokenGrant:
        return TokenGrant("access-0", "refresh-0", START, START + LIFE)

    def process(self, given: TokenGrant | None = None) -> RefreshingToken:
        note = self.notes.append
        return RefreshingToken(APP, self, configured=given, stored=self.stored, now=lambda: self.now, note=note)

    def accepts(self, access: str) -> bool:
        return access in self.ends and access not in self.revoked and self.now < self.ends[access]

    # The OAuth server

    def send(self, request: Request) -> Response:
        assert request.body is not None
        self.asked += 1
        failure = self.failures.pop(0) if self.failures else None
        if isinstance(failure, errors.ApiError):
            raise failure
        if isinstance(failure, Response):
            return failure
        answer = self._refreshed(request.body["refresh_token"])
        if failure == "lost":
            raise errors.Unreachable("The connection broke.")
        return answer

    def _refreshed(self, refresh: str) -> Response:
        if refresh != self.refresh:
            return Response(401, {}, b'{"error": "invalid_grant"}')
        newest = list(self.ends)[-1]
        self.needless += self.accepts(newest) and self.ends[newest] - self.now > MARGIN
        number = next(self._numbers)
        access = f"access-{number}"
        self.ends[access] = self.now + LIFE
        if self.rotation == "rotate":
            self.revoked.update(set(self.ends) - {access})
            self.refresh = f"refresh-{number}"
        told = f'"expires_in": {LIFE.total_seconds()}, "access_token": "{access}"'
        given = "" if self.rotation == "absent" else f', "refresh_token": "{self.refresh}"'
        return Response(200, {}, f"{{{told}{given}}}".encode())

    # The store

    def read(self) -> StoredToken | None:
        return self.stored

    @contextmanager
    def lock(self) -> Iterator["World"]:
        with self._alone:
            self.holds += 1
            yield self

    def swap(self, before: StoredToken | None, after: StoredToken) -> bool:
        if self.kill == "before keeping":
            raise Killed
        if self.refuses_to_keep is not None:
            raise self.refuses_to_keep
        if self.stored != before:
            return False
        self.stored = after
        if self.kill == "after keeping":
            raise Killed
        return True

    def put(self, kept: StoredToken) -> None:
        self.stored = kept


def request(process: RefreshingToken, world: World) -> bool:
    """What a client does with the tokens. Whether the request was accepted in the end."""
    token: str | None = process.get_token(world.send)
    for again in (False, True):
        if token is not None and not world.accepts(token):
            token = process.replace_token(token, world.send, is_replacement=again)
    return token is not None and world.accepts(token)


def at_once(threads: int, act: Callable[[int], object]) -> list[object]:
    """What `act` returned or raised in each of so many threads that begin together."""
    together = threading.Barrier(threads)

    def begin(number: int) -> object:
        together.wait()
        try:
            return act(number)
        except errors.HuggyError as error:
            return error

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(begin, range(threads)))


# One renewal ----------------------------------------------------------------------------------------------------------


def test_a_valid_token_is_used_without_a_refresh() -> None:
    world = World()
    assert (world.process(world.first).get_token(world.send), world.asked, world.stored) == ("access-0", 0, None)


@pytest.mark.parametrize("ahead", [MARGIN, timedelta(seconds=1), timedelta(0), -timedelta(days=400)])
def test_a_token_near_or_past_its_end_is_refreshed_before_use(ahead: timedelta) -> None:
    world = World()
    process = world.process(world.first)
    world.now += LIFE - ahead
    assert [process.get_token(world.send) for _ in range(3)] == ["access-1"] * 3
    new = TokenGrant("access-1", "refresh-1", world.now, world.now + LIFE)
    assert (world.asked, world.stored) == (1, StoredToken("APP-1", new, (fingerprint(world.first),)))


def test_a_refresh_token_alone_is_enough() -> None:
    world = World()
    assert world.process(TokenGrant("", "refresh-0")).get_token(world.send) == "access-1"


def test_a_refused_token_is_refreshed_once_for_all_callers() -> None:
    world = World(revoked={"access-0"})
    process = world.process(world.first)
    assert [process.replace_token("access-0", world.send, is_replacement=False) for _ in range(3)] == ["access-1"] * 3
    assert world.asked == 1


@pytest.mark.parametrize("rotation", ["rotate", "same", "absent"])
def test_an_answer_without_a_refresh_token_keeps_the_old_one(rotation: Rotation) -> None:
    world = World(rotation)
    process = world.process(world.first)
    for _ in range(3):
        world.now += LIFE
        assert world.accepts(process.get_token(world.send))
    assert (process.grant.refresh_token, world.asked) == ("refresh-3" if rotation == "rotate" else "refresh-0", 3)


@pytest.mark.parametrize("processes", [1, 4])
@pytest.mark.parametrize("how", ["ended", "revoked"])
def test_threads_and_processes_refresh_once_and_each_process_reads_the_store_once(processes: int, how: str) -> None:
    world = World()
    all_of_them = [world.process(world.first) for _ in range(processes)]
    if how == "ended":
        world.now += LIFE
    else:
        world.revoked.add("access-0")
    accepted = at_once(32, lambda number: request(all_of_them[number % processes], world))
    assert (accepted, world.asked, world.holds) == ([True] * 32, 1, processes)


def test_another_process_takes_the_new_token_from_the_store_without_a_request() -> None:
    world = World()
    one, other = world.process(world.first), world.process(world.first)
    world.now += LIFE
    assert [
        one.get_token(world.send),
        other.get_token(world.send),
        world.process(world.first).get_token(world.send),
    ] == (["access-1"] * 3)
    assert world.asked == 1


def test_the_loser_of_a_swap_uses_the_token_of_the_winner() -> None:
    world = World("same")
    process = world.process(world.first)
    world.now += LIFE
    theirs = StoredToken(
        "APP-1", TokenGrant("access-9", "refresh-0", world.now, world.now + LIFE), (fingerprint(world.first),)
    )

    def meanwhile(request: Request) -> Response:
        answer = world.send(request)
        world.stored = theirs
        return answer

    assert (process.get_token(meanwhile), world.stored) == ("access-9", theirs)


def test_an_api_that_refuses_every_token_costs_one_refresh_a_request_and_not_one_a_thread() -> None:
    world = World()
    process = world.process(world.first)

    def refused_always(_: int) -> list[str | None]:
        first = process.replace_token("access-0", world.send, is_replacement=False)
        return [first, process.replace_token(str(first), world.send, is_replacement=True)]

    assert (at_once(32, refused_always), world.asked) == ([["access-1", None]] * 32, 1)


# Failures -------------------------------------------------------------------------------------------------------------


def test_a_dead_refresh_token_is_tried_once_for_all_and_names_the_login() -> None:
    world = World(refresh="another", revoked={"access-0"})
    process = world.process(world.first)
    raised = at_once(32, lambda _: request(process, world))
    assert ({(type(error), str(error)) for error in raised}, world.asked) == (
        {(errors.Unauthorized, DEAD_REFRESH_TOKEN)},
        1,
    )
    assert "huggy auth login" in DEAD_REFRESH_TOKEN
    world.now += timedelta(seconds=PAUSE_AFTER_REFUSAL)
    with pytest.raises(errors.Unauthorized):
        request(process, world)
    assert world.asked == 2


def test_after_a_transient_failure_a_refresh_is_tried_once_a_second_for_all_callers() -> None:
    world = World(revoked={"access-0"}, failures=[Response(500, {}, b"")] * 5)
    process = world.process(world.first)
    for tenth in range(50):
        world.now = START + timedelta(seconds=tenth / 10)
        raised = at_once(8, lambda _: request(process, world))
        assert {type(error) for error in raised} == {errors.ServerFailed}
    assert world.asked == 5
    world.now = START + timedelta(seconds=5)
    assert request(process, world)


def test_a_clock_that_was_set_back_does_not_delay_the_next_refresh() -> None:
    world = World(revoked={"access-0"}, failures=[Response(503, {}, b"")])
    process = world.process(world.first)
    with pytest.raises(errors.ServerFailed):
        request(process, world)
    world.now -= timedelta(days=1)
    assert request(process, world)


@pytest.mark.parametrize(
    "failure",
    [Response(500, {}, b""), Response(401, {}, b'{"error": "invalid_grant"}'), errors.Unreachable("Away.")],
)
def test_a_failed_early_refresh_stops_nobody_and_is_noted_once(failure: Response | errors.ApiError) -> None:
    world = World(failures=[failure])
    process = world.process(world.first)
    world.now += LIFE - MARGIN
    assert at_once(8, lambda _: process.get_token(world.send)) == ["access-0"] * 8
    assert (world.asked, len(world.notes)) == (1, 1)
    assert world.notes[0].startswith("The access token could not be renewed ahead of its end, 2027-05-21. ")
    world.now += MARGIN / 10
    assert (process.get_token(world.send), world.asked) == ("access-1", 2)


def test_a_closed_client_does_not_count_as_a_failed_refresh() -> None:
    world = World()
    process = world.process(world.first)
    world.now += LIFE - MARGIN

    def interrupted(_: Request) -> Response:
        raise errors.Interrupted("Stopped.")

    with pytest.raises(errors.Interrupted):
        process.get_token(interrupted)
    assert (process.get_token(world.send), world.notes) == ("access-1", [])


def test_a_token_that_cannot_be_stored_is_neither_used_nor_lost() -> None:
    world = World(refuses_to_keep=errors.Unreachable("No Redis."))
    process = world.process(world.first)
    world.now += LIFE
    with pytest.raises(errors.Unreachable, match=r"No Redis\."):
        process.get_token(world.send)
    world.refuses_to_keep = None
    world.now += timedelta(seconds=PAUSE_AFTER_FAILURE)
    assert (process.get_token(world.send), world.asked) == ("access-1", 1)
    assert world.stored is not None
    assert world.stored.grant.refresh_token == "refresh-1"


def test_without_a_refresh_token_the_error_names_the_login() -> None:
    world = World(stored=StoredToken("APP-1", replace(World().first, refresh_token=None)))
    world.now += LIFE
    with pytest.raises(errors.Unauthorized, match="run `huggy auth login`"):
        world.process().get_token(world.send)
    assert world.asked == 0


# Killed ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rotation", ["rotate", "same", "absent"])
def test_a_process_killed_after_storing_loses_nothing(rotation: Rotation) -> None:
    world = World(rotation, kill="after keeping")
    process = world.process(world.first)
    world.now += LIFE
    with pytest.raises(Killed):
        process.get_token(world.send)
    world.kill = None
    assert (world.process(world.first).get_token(world.send), world.asked) == ("access-1", 1)


def test_after_a_kill_before_storing_the_old_refresh_token_is_tried_once() -> None:
    world = World("same", kill="before keeping")
    world.now += LIFE
    with pytest.raises(Killed):
        world.process(world.first).get_token(world.send)
    world.kill = None
    assert (world.process(world.first).get_token(world.send), world.asked) == ("access-2", 2)


def test_after_a_kill_before_storing_under_rotation_one_sentence_names_the_login() -> None:
    world = World(kill="before keeping")
    world.now += LIFE
    with pytest.raises(Killed):
        world.process(world.first).get_token(world.send)
    world.kill = None
    with pytest.raises(errors.Unauthorized) as raised:
        world.process(world.first).get_token(world.send)
    assert (str(raised.value), world.asked) == (DEAD_REFRESH_TOKEN, 2)


# Which tokens hold ----------------------------------------------------------------------------------------------------


def test_the_store_wins_over_the_settings_it_came_from() -> None:
    world = World(stored=StoredToken("APP-1", TokenGrant("access-5", "refresh-5"), (fingerprint(World().first),)))
    assert (world.process(world.first).grant, world.process(world.first).location) == (
        TokenGrant("access-5", "refresh-5"),
        "the store",
    )


def test_the_store_wins_if_the_settings_hold_no_token() -> None:
    world = World(stored=StoredToken("APP-1", TokenGrant("access-5", "refresh-5"), ("another",)))
    assert world.process().grant.access_token == "access-5"


def test_a_newly_configured_token_wins_and_takes_over_the_store() -> None:
    world = World(stored=StoredToken("APP-1", TokenGrant("access-5", "refresh-5"), ("older",)))
    process = world.process(world.first)
    assert (process.get_token(world.send), process.location) == ("access-0", "the settings")
    world.now += LIFE
    assert process.get_token(world.send) == "access-1"
    assert world.stored is not None
    assert (world.stored.grant.access_token, world.stored.seeds) == ("access-1", ("older", fingerprint(world.first)))


def test_settings_that_were_replaced_do_not_win_again() -> None:
    world = World()
    older = TokenGrant("access-old", "refresh-old")
    world.stored = StoredToken("APP-1", TokenGrant("access-5", "refresh-5"), (fingerprint(older), "newer"))
    assert world.process(older).grant.access_token == "access-5"


@pytest.mark.parametrize("stale", [TokenGrant("access-old", "refresh-old"), TokenGrant("access-old", None)])
def test_the_store_is_used_if_the_configured_tokens_are_worth_nothing(stale: TokenGrant) -> None:
    world = World(ends={"access-0": START + LIFE})
    world.stored = StoredToken("APP-1", world.first, ("other",))
    process = world.process(stale)
    assert (process.get_token(world.send), process.replace_token("access-old", world.send, is_replacement=False)) == (
        "access-old",
        "access-0",
    )
    assert world.stored == StoredToken("APP-1", world.first, ("other", fingerprint(stale)))
    assert world.process(stale).grant == world.first


def test_if_settings_and_store_have_expired_the_valid_refresh_token_is_used() -> None:
    world = World()
    world.stored = StoredToken("APP-1", world.first, ("other",))
    world.now += LIFE
    assert world.process(TokenGrant("", "refresh-old")).get_token(world.send) == "access-1"


# Any order ------------------------------------------------------------------------------------------------------------

ACTS = st.sampled_from(["request", "request", "request", "a day", "months", "revoke", "restart", "die late", "fail"])


@given(rotation=st.sampled_from(["rotate", "same", "absent"]), acts=st.lists(st.tuples(ACTS, st.integers(0, 2))))
@example(rotation="rotate", acts=[("months", 0), ("die late", 0), ("request", 0), ("request", 1)])
@example(rotation="rotate", acts=[("revoke", 0), ("request", 0), ("revoke", 0), ("request", 1)])
@example(rotation="rotate", acts=[("request", 0), ("request", 1), ("revoke", 0), ("request", 1), ("request", 0)])
def test_in_any_order_every_request_is_accepted_and_no_refresh_is_needless(
    rotation: Rotation, acts: list[tuple[str, int]]
) -> None:
    """Three processes; "die late" is killed after the new token was kept and before it was used."""
    world = World(rotation)
    given = world.first
    processes = [world.process(given) for _ in range(3)]
    for act, number in acts:
        match act:
            case "a day" | "months":
                world.now += timedelta(days=1 if act == "a day" else 170)
                world.failures = []
            case "revoke":
                world.revoked.update(world.ends)
            case "restart":
                processes[number] = world.process(given)
            case "fail":
                world.failures = [Response(503, {}, b"")]
                with_the_pause_over = world.now + timedelta(seconds=PAUSE_AFTER_FAILURE)
                try:
                    request(processes[number], world)
                except errors.ServerFailed:
                    world.now = with_the_pause_over
                world.failures = []
            case "die late":
                world.kill = "after keeping"
                try:
                    request(processes[number], world)
                except Killed:
                    processes[number] = world.process(given)
                world.kill = None
            case _:
                assert request(processes[number], world)
    if world.stored is not None:
        assert (world.stored.grant.refresh_token, world.stored.seeds) == (world.refresh, (fingerprint(given),))
    assert request(world.process(given), world)
    assert world.needless == 0
