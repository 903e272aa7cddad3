"""A server that fails in every way there is: the land is complete and says so, or one sentence says what to do, nothing
is lost, and a later run goes on. HUGGY_PROOF=full makes the account larger and the waits as long as they may be."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from huggy_connector.clock import SYSTEM_CLOCK, Clock
from huggy_connector.errors import ServerFailed
from huggy_connector.pipeline import Pipeline
from huggy_connector.sandbox.fault_kinds import KINDS
from huggy_connector.settings import Settings
from tests.sizes import FULL

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.conftest import Open

LAND = ("land", "chats", "--json")
WHOLE: tuple[bool, list[int]] = (True, [])
"""A land that is exact and lacks nothing."""
CHATS = 4_000 if FULL else 1_200
FAST = {"HUGGY_REQUESTS_PER_SECOND": "1000"}
DESK: dict[str, float] = {"chats": CHATS, "limit": 0, "latency_ms": 10}

ALL_AT_ONCE = {kind: 0.1 / len(KINDS) for kind in KINDS}
STORMS = {"all at once": ALL_AT_ONCE, "null": {"null": 0.1}} | ({kind: {kind: 0.1} for kind in KINDS} if FULL else {})


@pytest.mark.proof
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", STORMS)
def test_with_faults_at_1_in_10_requests_every_row_is_landed_and_the_certificate_says_so(
    account: Open, tmp_path: Path, name: str
) -> None:
    faults = ",".join(f"{kind}={share:.6f}" for kind, share in STORMS[name].items())
    with account(tmp_path, **DESK, faults=faults, stall_seconds=0.3, storm_seconds=0.3) as desk:
        assert desk.having(**FAST).land_of_now() == WHOLE
        told = desk.tell("stats")["faults"]
    assert sum(told.values()) > CHATS // 20 // 20


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_a_storm_of_429_without_a_header_is_sat_out(account: Open, tmp_path: Path) -> None:
    """Of 30 seconds at full size."""
    with account(tmp_path, **DESK, storm_seconds=30 if FULL else 2) as opened:
        desk = opened.having(**FAST)
        landing = desk.start(*LAND)
        desk.tell("wait?requests=20")
        desk.control(next_faults=["storm"])
        run = desk.said(landing)
        missing, stats = desk.missing(desk.ids(run.snapshot)), desk.tell("stats")
    assert (run.snapshot["certificate"]["exact"], missing) == (True, [])
    assert stats["faults"]["storm"] > 1


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_a_stall_on_every_stream_is_sat_out(account: Open, tmp_path: Path) -> None:
    """At full size for longer than an answer is waited for."""
    with account(tmp_path, **DESK, stall_seconds=35 if FULL else 1) as opened:
        desk = opened.having(**FAST)
        landing = desk.start(*LAND)
        desk.tell("wait?requests=20")
        desk.control(next_faults=["stall"] * 12)
        run = desk.said(landing)
        missing, stats = desk.missing(desk.ids(run.snapshot)), desk.tell("stats")
    assert (run.snapshot["certificate"]["exact"], missing, stats["faults"]) == (True, [], {"stall": 12})


def hurried(factor: float) -> Clock:
    """A clock on which more time goes by than does."""
    return Clock(
        now=SYSTEM_CLOCK.now,
        wait=lambda closed, seconds: closed.wait(seconds / factor),
        monotonic=lambda: time.monotonic() * factor,
    )


@pytest.mark.proof
@pytest.mark.timeout(1800)
def test_a_page_that_always_fails_is_named_and_once_it_heals_the_land_goes_on(account: Open, tmp_path: Path) -> None:
    """It is asked for during five minutes, on a clock that hurries but at full size."""
    with account(tmp_path, **DESK, fail_page="chats:29") as opened:
        desk = opened.having(**FAST)
        settings = Settings.resolve(environ=desk.environ)
        with pytest.raises(ServerFailed) as told:
            Pipeline(settings, clock=hurried(1 if FULL else 100)).land("chats", idempotency_key="huggy land")
        assert str(told.value) == ("The API failed with status 500 for page 29 of chats, again and again: try later.")
        assert desk.landed() == {}
        desk.control(fail_page="", reset_stats=True)
        run = desk.huggy(*LAND)
        missing, stats = desk.missing(desk.ids(run.snapshot)), desk.tell("stats")
    assert (run.snapshot["certificate"]["exact"], missing) == (True, [])
    assert "resumes the work begun at" in run.err
    assert stats["requests"] < CHATS // 20


def test_a_list_emptied_in_mid_sweep_is_not_called_exact_and_the_next_land_is(account: Open, tmp_path: Path) -> None:
    with account(tmp_path, **DESK) as opened:
        desk = opened.having(**FAST)
        landing = desk.start(*LAND)
        desk.tell("wait?requests=45")
        desk.control(empty="chats")
        snapshot = desk.said(landing).snapshot
        hidden = len(desk.missing(desk.ids(snapshot)))
        desk.control(empty="")
        assert desk.land_of_now() == WHOLE
    certificate = snapshot["certificate"]
    assert (
        certificate["exact"],
        certificate["missing_at_most"] is None or hidden <= certificate["missing_at_most"],
    ) == (
        False,
        True,
    )
    assert certificate["why"].startswith("The list was empty all of a sudden, after ")


def test_a_list_that_is_empty_for_a_moment_costs_no_row(account: Open, tmp_path: Path) -> None:
    with account(tmp_path, **DESK | {"latency_ms": 40}) as opened:
        desk = opened.having(**FAST)
        landing = desk.start(*LAND)
        for requests in (30, 50):
            desk.tell(f"wait?requests={requests}")
            desk.control(empty="chats")
            time.sleep(0.05)
            desk.control(empty="")
        snapshot = desk.said(landing).snapshot
        missing = desk.missing(desk.ids(snapshot))
    assert (snapshot["certificate"]["exact"], missing) == (True, [])


def test_a_list_that_never_ends_is_one_sentence_and_the_next_land_is_whole(account: Open, tmp_path: Path) -> None:
    with account(tmp_path, **DESK, faults="endless=1") as opened:
        desk = opened.having(**FAST)
        run = desk.huggy(*LAND)
        assert (run.code, run.out, desk.landed()) == (1, "", {})
        assert "hold the same rows, so the list has no end: is the base URL right" in run.sentence
        desk.control(faults={})
        assert desk.land_of_now() == WHOLE


@pytest.mark.parametrize("size", [19, 21])
def test_pages_of_another_size_than_documented_lose_no_row(account: Open, tmp_path: Path, size: int) -> None:
    with account(tmp_path, **DESK, page_size=size) as desk:
        assert desk.having(**FAST).land_of_now() == WHOLE
