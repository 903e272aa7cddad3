"""Tokens renew themselves once for all who share them, and what was given is kept before it is used."""

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
from huggy_connector.api.kept import Kept, fingerprint
from huggy_connector.api.oauth import App
from huggy_connector.api.protocol import Request, Response
from huggy_connector.api.renewal import DEAD, PAUSE_AFTER_FAULT, PAUSE_AFTER_REFUSAL, RenewedToken
from huggy_connector.api.tokens import Grant

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
    kept: Kept | None = None
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
    place: str = "the store"

    def __post_init__(self) -> None:
        self.ends["access-0"] = self.now + LIFE

    @property
    def first(self) -> Grant:
        return Grant("access-0", "refresh-0", START, START + LIFE)

    def process(self, given: Grant | None = None) -> RenewedToken:
        note = self.notes.append
        return RenewedToken(APP, self, given=given, kept=self.kept, now=lambda: self.now, note=note)

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

    def read(self) -> Kept | None:
        return self.kept

    @contextmanager
    def alone(self) -> Iterator["World"]:
        with self._alone:
            self.holds += 1
            yield self

    def swap(self, before: Kept | None, after: Kept) -> bool:
        if self.kill == "before keeping":
            raise Killed
        if self.refuses_to_keep is not None:
            raise self.refuses_to_keep
        if self.kept != before:
            return False
        self.kept = after
        if self.kill == "after keeping":
            raise Killed
        return True

    def put(self, kept: Kept) -> None:
        self.kept = kept


def request(process: RenewedToken, world: World) -> bool:
    """What a client does with the tokens. Whether the request was accepted in the end."""
    token: str | None = process.token(world.send)
    for again in (False, True):
        if token is not None and not world.accepts(token):
            token = process.replacement(token, world.send, again=again)
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


def test_a_token_that_lasts_is_used_as_it_is() -> None:
    world = World()
    assert (world.process(world.first).token(world.send), world.asked, world.kept) == ("access-0", 0, None)


@pytest.mark.parametrize("ahead", [MARGIN, timedelta(seconds=1), timedelta(0), -timedelta(days=400)])
def test_a_token_near_or_past_its_end_is_renewed_before_it_is_used(ahead: timedelta) -> None:
    world = World()
    process = world.process(world.first)
    world.now += LIFE - ahead
    assert [process.token(world.send) for _ in range(3)] == ["access-1"] * 3
    new = Grant("access-1", "refresh-1", world.now, world.now + LIFE)
    assert (world.asked, world.kept) == (1, Kept("APP-1", new, (fingerprint(world.first),)))


def test_only_a_refresh_token_is_enough() -> None:
    world = World()
    assert world.process(Grant("", "refresh-0")).token(world.send) == "access-1"


def test_a_refused_token_is_renewed_once_for_all_who_were_refused() -> None:
    world = World(revoked={"access-0"})
    process = world.process(world.first)
    assert [process.replacement("access-0", world.send, again=False) for _ in range(3)] == ["access-1"] * 3
    assert world.asked == 1


@pytest.mark.parametrize("rotation", ["rotate", "same", "absent"])
def test_an_answer_without_a_refresh_token_keeps_the_old_one(rotation: Rotation) -> None:
    world = World(rotation)
    process = world.process(world.first)
    for _ in range(3):
        world.now += LIFE
        assert world.accepts(process.token(world.send))
    assert (process.grant.refresh_token, world.asked) == ("refresh-3" if rotation == "rotate" else "refresh-0", 3)


@pytest.mark.parametrize("processes", [1, 4])
@pytest.mark.parametrize("how", ["ended", "revoked"])
def test_threads_and_processes_ask_once_between_them_and_each_process_looks_once_into_the_store(
    processes: int, how: str
) -> None:
    world = World()
    all_of_them = [world.process(world.first) for _ in range(processes)]
    if how == "ended":
        world.now += LIFE
    else:
        world.revoked.add("access-0")
    accepted = at_once(32, lambda number: request(all_of_them[number % processes], world))
    assert (accepted, world.asked, world.holds) == ([True] * 32, 1, processes)


def test_another_process_takes_the_successor_from_the_store_and_asks_for_nothing() -> None:
    world = World()
    one, other = world.process(world.first), world.process(world.first)
    world.now += LIFE
    assert [one.token(world.send), other.token(world.send), world.process(world.first).token(world.send)] == (
        ["access-1"] * 3
    )
    assert world.asked == 1


def test_the_loser_of_a_swap_uses_what_the_winner_kept() -> None:
    world = World("same")
    process = world.process(world.first)
    world.now += LIFE
    theirs = Kept("APP-1", Grant("access-9", "refresh-0", world.now, world.now + LIFE), (fingerprint(world.first),))

    def meanwhile(request: Request) -> Response:
        answer = world.send(request)
        world.kept = theirs
        return answer

    assert (process.token(meanwhile), world.kept) == ("access-9", theirs)


def test_an_api_that_refuses_every_token_costs_one_renewal_a_request_and_not_one_a_thread() -> None:
    world = World()
    process = world.process(world.first)

    def refused_always(_: int) -> list[str | None]:
        first = process.replacement("access-0", world.send, again=False)
        return [first, process.replacement(str(first), world.send, again=True)]

    assert (at_once(32, refused_always), world.asked) == ([["access-1", None]] * 32, 1)


# Failures -------------------------------------------------------------------------------------------------------------


def test_a_dead_refresh_token_is_tried_once_for_all_and_names_the_login() -> None:
    world = World(refresh="another", revoked={"access-0"})
    process = world.process(world.first)
    raised = at_once(32, lambda _: request(process, world))
    assert ({(type(error), str(error)) for error in raised}, world.asked) == ({(errors.Unauthorized, DEAD)}, 1)
    assert "huggy auth login" in DEAD
    world.now += timedelta(seconds=PAUSE_AFTER_REFUSAL)
    with pytest.raises(errors.Unauthorized):
        request(process, world)
    assert world.asked == 2


def test_a_renewal_that_may_succeed_later_is_tried_again_once_a_second_however_many_ask() -> None:
    world = World(revoked={"access-0"}, failures=[Response(500, {}, b"")] * 5)
    process = world.process(world.first)
    for tenth in range(50):
        world.now = START + timedelta(seconds=tenth / 10)
        raised = at_once(8, lambda _: request(process, world))
        assert {type(error) for error in raised} == {errors.ServerFailed}
    assert world.asked == 5
    world.now = START + timedelta(seconds=5)
    assert request(process, world)


def test_a_clock_that_was_set_back_does_not_put_the_next_try_off() -> None:
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
def test_a_failure_ahead_of_the_end_stops_nobody_and_is_told_once(failure: Response | errors.ApiError) -> None:
    world = World(failures=[failure])
    process = world.process(world.first)
    world.now += LIFE - MARGIN
    assert at_once(8, lambda _: process.token(world.send)) == ["access-0"] * 8
    assert (world.asked, len(world.notes)) == (1, 1)
    assert world.notes[0].startswith("The access token could not be renewed ahead of its end, 2027-05-21. ")
    world.now += MARGIN / 10
    assert (process.token(world.send), world.asked) == ("access-1", 2)


def test_a_closed_client_is_not_a_failed_renewal() -> None:
    world = World()
    process = world.process(world.first)
    world.now += LIFE - MARGIN

    def interrupted(_: Request) -> Response:
        raise errors.Interrupted("Stopped.")

    with pytest.raises(errors.Interrupted):
        process.token(interrupted)
    assert (process.token(world.send), world.notes) == ("access-1", [])


def test_what_cannot_be_kept_is_not_used_and_not_lost() -> None:
    world = World(refuses_to_keep=errors.Unreachable("No Redis."))
    process = world.process(world.first)
    world.now += LIFE
    with pytest.raises(errors.Unreachable, match=r"No Redis\."):
        process.token(world.send)
    world.refuses_to_keep = None
    world.now += timedelta(seconds=PAUSE_AFTER_FAULT)
    assert (process.token(world.send), world.asked) == ("access-1", 1)
    assert world.kept is not None
    assert world.kept.grant.refresh_token == "refresh-1"


def test_without_any_refresh_token_the_login_is_named() -> None:
    world = World(kept=Kept("APP-1", replace(World().first, refresh_token=None)))
    world.now += LIFE
    with pytest.raises(errors.Unauthorized, match="run `huggy auth login`"):
        world.process().token(world.send)
    assert world.asked == 0


# Killed ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rotation", ["rotate", "same", "absent"])
def test_killed_after_keeping_nothing_is_lost(rotation: Rotation) -> None:
    world = World(rotation, kill="after keeping")
    process = world.process(world.first)
    world.now += LIFE
    with pytest.raises(Killed):
        process.token(world.send)
    world.kill = None
    assert (world.process(world.first).token(world.send), world.asked) == ("access-1", 1)


def test_killed_before_keeping_the_old_refresh_token_is_tried_once() -> None:
    world = World("same", kill="before keeping")
    world.now += LIFE
    with pytest.raises(Killed):
        world.process(world.first).token(world.send)
    world.kill = None
    assert (world.process(world.first).token(world.send), world.asked) == ("access-2", 2)


def test_killed_before_keeping_under_rotation_one_sentence_names_the_login() -> None:
    world = World(kill="before keeping")
    world.now += LIFE
    with pytest.raises(Killed):
        world.process(world.first).token(world.send)
    world.kill = None
    with pytest.raises(errors.Unauthorized) as raised:
        world.process(world.first).token(world.send)
    assert (str(raised.value), world.asked) == (DEAD, 2)


# Which tokens hold ----------------------------------------------------------------------------------------------------


def test_the_store_wins_over_the_settings_it_came_from() -> None:
    world = World(kept=Kept("APP-1", Grant("access-5", "refresh-5"), (fingerprint(World().first),)))
    assert (world.process(world.first).grant, world.process(world.first).place) == (
        Grant("access-5", "refresh-5"),
        "the store",
    )


def test_the_store_wins_where_the_settings_hold_no_token() -> None:
    world = World(kept=Kept("APP-1", Grant("access-5", "refresh-5"), ("another",)))
    assert world.process().grant.access_token == "access-5"


def test_a_token_that_a_person_set_anew_wins_and_takes_the_store_over() -> None:
    world = World(kept=Kept("APP-1", Grant("access-5", "refresh-5"), ("older",)))
    process = world.process(world.first)
    assert (process.token(world.send), process.place) == ("access-0", "the settings")
    world.now += LIFE
    assert process.token(world.send) == "access-1"
    assert world.kept is not None
    assert (world.kept.grant.access_token, world.kept.seeds) == ("access-1", ("older", fingerprint(world.first)))


def test_settings_that_were_superseded_do_not_win_again() -> None:
    world = World()
    older = Grant("access-old", "refresh-old")
    world.kept = Kept("APP-1", Grant("access-5", "refresh-5"), (fingerprint(older), "newer"))
    assert world.process(older).grant.access_token == "access-5"


@pytest.mark.parametrize("stale", [Grant("access-old", "refresh-old"), Grant("access-old", None)])
def test_settings_that_are_worth_nothing_yield_to_the_store(stale: Grant) -> None:
    world = World(ends={"access-0": START + LIFE})
    world.kept = Kept("APP-1", world.first, ("other",))
    process = world.process(stale)
    assert (process.token(world.send), process.replacement("access-old", world.send, again=False)) == (
        "access-old",
        "access-0",
    )
    assert world.kept == Kept("APP-1", world.first, ("other", fingerprint(stale)))
    assert world.process(stale).grant == world.first


def test_settings_and_store_that_both_ended_are_renewed_with_the_refresh_token_that_does() -> None:
    world = World()
    world.kept = Kept("APP-1", world.first, ("other",))
    world.now += LIFE
    assert world.process(Grant("", "refresh-old")).token(world.send) == "access-1"


# Any order ------------------------------------------------------------------------------------------------------------

ACTS = st.sampled_from(["request", "request", "request", "a day", "months", "revoke", "restart", "die late", "fail"])


@given(rotation=st.sampled_from(["rotate", "same", "absent"]), acts=st.lists(st.tuples(ACTS, st.integers(0, 2))))
@example(rotation="rotate", acts=[("months", 0), ("die late", 0), ("request", 0), ("request", 1)])
@example(rotation="rotate", acts=[("revoke", 0), ("request", 0), ("revoke", 0), ("request", 1)])
@example(rotation="rotate", acts=[("request", 0), ("request", 1), ("revoke", 0), ("request", 1), ("request", 0)])
def test_in_any_order_every_request_is_accepted_and_no_renewal_is_needless(
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
                with_the_pause_over = world.now + timedelta(seconds=PAUSE_AFTER_FAULT)
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
    if world.kept is not None:
        assert (world.kept.grant.refresh_token, world.kept.seeds) == (world.refresh, (fingerprint(given),))
    assert request(world.process(given), world)
    assert world.needless == 0
