"""A run is killed at any step: what was durable is there, what was published is whole, and the next run resumes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from huggy_connector.landing import Landing, Manifest
from huggy_connector.landing.work.lease import ProcessIdentity
from huggy_connector.storage import ObjectStorage, Storage
from tests.integration.landing.conftest import Killed, Mortal, make_request

if TYPE_CHECKING:
    from obstore.store import ObjectStore

    from tests.integration.landing.conftest import Desk

IdsIn = Callable[[Landing, Manifest], Sequence[int]]

STEPS = 26
"""More than the steps of a landing of six pages. A test checks that the last ones come after its end."""


class MortalObjects(ObjectStorage):
    """The same in an object store, where nobody ever sees a half-written object."""

    def __init__(self, objects: ObjectStore, *, at: int) -> None:
        super().__init__(objects, "memory://")
        self.left = at

    def _live(self) -> None:
        if self.left == 0:
            raise Killed
        self.left -= 1

    def write(self, name: str, data: bytes) -> None:
        self._live()
        super().write(name, data)

    def create(self, name: str, data: bytes) -> bool:
        self._live()
        return super().create(name, data)

    def exchange(self, name: str, old: bytes, new: bytes) -> bool:
        self._live()
        return super().exchange(name, old, new)

    @contextmanager
    def write_file(self, name: str) -> Iterator[Path]:
        self._live()
        with super().write_file(name) as path:
            yield path
            self._live()

    def delete(self, name: str) -> None:
        self._live()
        super().delete(name)


def mortal(desk: Desk, *, at: int) -> Storage:
    return Mortal(desk.root, at=at) if desk.objects is None else MortalObjects(desk.objects, at=at)


def land_mortally(desk: Desk, *, at: int, process: ProcessIdentity) -> bool:
    """Land, and return whether the process lived to the end."""
    storage = mortal(desk, at=at)
    try:
        with desk.begin(storage=storage, process=process) as work:
            desk.walk(work)
            desk.publish(work)
    except Killed:
        return False
    return True


@pytest.mark.parametrize("at", range(STEPS))
def test_after_a_kill_at_any_change_the_next_run_lands_every_row_and_leaves_no_litter(
    any_desk: Desk, dead_process: ProcessIdentity, ids_in: IdsIn, at: int
) -> None:
    has_finished = land_mortally(any_desk, at=at, process=dead_process)
    published = any_desk.landing.snapshots(42, "chats")
    for manifest in published:
        assert ids_in(any_desk.landing, manifest) == list(range(18))
    assert len(published) == 1 if has_finished else len(published) <= 1

    any_desk.later(seconds=10)
    manifest = (
        any_desk.landing.find_snapshot(make_request("huggy land chats"), "chats", company_id=42) or any_desk.land()
    )

    assert ids_in(any_desk.landing, manifest) == list(range(18))
    assert any_desk.landing.snapshots(42, "chats") == (manifest,)
    any_desk.later(seconds=10)
    second = any_desk.land()
    assert any_desk.files() == sorted(
        name
        for each in (manifest, second)
        for name in [each.address, *(f"{each.folder}/{file.name}" for file in each.files)]
    )


def test_the_steps_reach_beyond_the_end(any_desk: Desk, dead_process: ProcessIdentity) -> None:
    assert land_mortally(any_desk, at=STEPS - 1, process=dead_process)


@pytest.mark.parametrize("at", range(STEPS))
def test_after_a_kill_at_any_change_at_most_one_group_of_pages_is_fetched_again(
    any_desk: Desk, dead_process: ProcessIdentity, at: int
) -> None:
    fetched: list[int] = []
    storage = mortal(any_desk, at=at)
    with pytest.raises(Killed), any_desk.begin(storage=storage, process=dead_process) as work:  # noqa: PT012
        for page in range(0, 100, 2):
            fetched.append(page)
            work.append([{"id": page}], fetched_at=any_desk.now())
            work.commit({"page": page + 2}, pages=page + 2, requests=page + 2, retries=0)

    state = any_desk.begin().state

    assert (state["page"] if state else 0) in {fetched[-1], fetched[-1] + 2} if fetched else state is None


PROGRAM = """
import os, signal, sys
from datetime import UTC, datetime
from zoneinfo import ZoneInfo
from huggy_connector.catalogue import get_resource
from huggy_connector.landing import Landing, LandingRequest
from huggy_connector.privacy import KEEP_ALL
from huggy_connector.storage import LocalStorage
from huggy_connector.model import Certificate

left = int(sys.argv[2])

class Mortal(LocalStorage):
    def create(self, name, data):
        die()
        return super().create(name, data)

    def write_file(self, name):
        die()
        return super().write_file(name)

def die():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

with Landing(Mortal(sys.argv[1])).begin(
    resource=get_resource("chats"), company_id=42, mode="full",
    request=LandingRequest("huggy land chats", "full", timezone="America/Sao_Paulo"),
    zone=ZoneInfo("America/Sao_Paulo"), policy=KEEP_ALL, now=lambda: datetime(2026, 11, 22, 7, tzinfo=UTC),
) as work:
    for page in range(6):
        work.append([{"id": page * 3 + row} for row in range(3)], fetched_at=datetime.now(UTC))
        work.commit({"page": page + 1}, pages=page + 1, requests=page + 1, retries=0)
    work.publish(certificate=Certificate(exact=True))
"""


@pytest.mark.parametrize(("at", "page"), [(5, 1), (12, 4), (15, 6), (16, 6)])
def test_after_a_real_kill_the_next_run_resumes_at_once(desk: Desk, ids_in: IdsIn, at: int, page: int) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(desk.root), str(at)], env={"PYTHONPATH": ":".join(sys.path)}, check=False
    )

    assert killed.returncode == -9
    assert desk.landing.snapshots(42, "chats") == ()
    with desk.begin() as work:
        assert work.state == {"page": page}
        desk.walk(work)
        assert ids_in(desk.landing, desk.publish(work)) == list(range(18))
