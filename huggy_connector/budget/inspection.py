"""Reads the state of a budget without taking part in it: nothing is written, and no lock is taken."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from huggy_connector.budget.file import is_empty, parse_state, read_boot_clock, read_clock_name, unusable_error
from huggy_connector.budget.redis import REDIS_TIMEOUT, away_error, state_key
from huggy_connector.budget.shared_state import BudgetState
from huggy_connector.budget.spec import BudgetSpec
from huggy_connector.budget.window import RateLimit, RequestWindow
from huggy_connector.storage import check_private_file, make_private_folder, open_shared_file, redis_store

READS = 5
"""How often a file is read whose checksum is wrong: a writer may be in the middle."""


@dataclass(frozen=True, slots=True)
class BudgetReading:
    """The state of a budget at one instant.

    `rate` is the full rate of all who share it, and `share` the part of it that is left while others use the account.
    `sent` requests were answered, lost or refused in the last second; more are `in_flight`, and others are `waiting`.
    `pause` are the seconds that a 429 still asks for. `damage` says why a state could not be read.
    """

    place: str
    rate: float
    sent: int = 0
    in_flight: int = 0
    waiting: int = 0
    share: float = 1.0
    pause: float = 0.0
    damage: str = ""


def inspect_budget(
    spec: str,
    *,
    scope: str,
    rate: float,
    state_folder: Path,
    longest_pause: float,
    clock: Callable[[], float] = read_boot_clock,
    clock_name: Callable[[], bytes] = read_clock_name,
) -> BudgetReading:
    """Return the state of the budget that `open_budget` would open. Raises ConfigurationError if it is not usable."""
    parsed = BudgetSpec.parse(spec)
    limit = parsed.limit(rate, longest_pause=longest_pause)
    if parsed.kind == "file":
        return _read_file(parsed.file(scope, state_folder=state_folder), limit, clock=clock, clock_name=clock_name())
    if parsed.is_redis:
        return _read_redis(parsed.url, state_key(parsed.name(scope)), limit)
    return BudgetReading("the memory of each process", limit.rate)


def _read_file(path: Path, limit: RateLimit, *, clock: Callable[[], float], clock_name: bytes) -> BudgetReading:
    place, damage = f"the file {path}", ""
    for _ in range(READS):
        text = _read_bytes(path)
        if is_empty(text):
            return BudgetReading(place, limit.rate)
        try:
            written_by, state = parse_state(text)
        except ValueError as error:
            damage = str(error)
            continue
        # What was written before the last boot says nothing about this second.
        return (
            _describe(state, place, limit, now=clock())
            if written_by == clock_name
            else BudgetReading(place, limit.rate)
        )
    return BudgetReading(place, limit.rate, damage=damage)


def _read_bytes(path: Path) -> bytes:
    """Return what is in the file; nothing if there is none. Raises ConfigurationError for a file of somebody else."""
    try:
        if path.parent.is_dir():
            make_private_folder(path.parent)  # it is there: this only checks it
        check_private_file(path)
        with os.fdopen(open_shared_file(path), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise unusable_error(path, error.strerror or type(error).__name__) from error


def _read_redis(url: str, key: str, limit: RateLimit) -> BudgetReading:
    from redis.exceptions import RedisError

    client: Any = redis_store.connect(url, setting="HUGGY_BUDGET", timeout=REDIS_TIMEOUT)
    server = redis_store.server_name(url)
    place = f"the Redis at {server}"
    try:
        seconds, microseconds = client.time()
        text = client.get(key)
    except RedisError as error:
        raise away_error(server, error) from error
    finally:
        client.close()
    if not text:
        return BudgetReading(place, limit.rate)
    try:
        state = BudgetState.from_json(text)
    except ValueError as error:
        return BudgetReading(place, limit.rate, damage=str(error))
    return _describe(state, place, limit, now=seconds + microseconds / 1e6)


def _describe(state: BudgetState, place: str, limit: RateLimit, *, now: float) -> BudgetReading:
    RequestWindow(limit, state, now=now)  # it drops what is over, in this copy
    return BudgetReading(
        place,
        limit.rate,
        sent=len(state.answered) + len(state.lost),
        in_flight=len(state.out),
        waiting=len(state.waiting),
        share=state.pace.share(now=state.latest),
        pause=max(0.0, state.paused_until - state.latest),
    )
