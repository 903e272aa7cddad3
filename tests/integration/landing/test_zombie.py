"""A worker stands still, its retry takes over, and it wakes up. Wherever that happens, the result is whole."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from huggy_connector.errors import LandingBusy
from huggy_connector.landing import Landing, Manifest
from huggy_connector.landing.work.lease import Lease, ProcessIdentity, remove_work_folder
from huggy_connector.storage import LocalStorage, ObjectStorage, Storage
from tests.integration.landing.conftest import make_request
from tests.sizes import FULL

if TYPE_CHECKING:
    from pathlib import Path

    from obstore.store import ObjectStore

    from tests.integration.landing.conftest import Desk

IdsIn = Callable[[Landing, Manifest], Sequence[int]]


def test_a_zombie_stops_at_its_next_commit(any_desk: Desk, ids_in: IdsIn) -> None:
    zombie = any_desk.begin()
    any_desk.walk(zombie, stop=2)
    any_desk.later(seconds=61)
    retry = any_desk.begin()
    zombie.append([{"id": 999}], fetched_at=any_desk.now())

    with pytest.raises(LandingBusy):
        zombie.commit({"page": 6}, pages=6, requests=6, retries=0)
    with pytest.raises(LandingBusy):
        zombie.heartbeat()
    any_desk.walk(retry)
    with pytest.raises(LandingBusy):
        any_desk.publish(zombie)

    assert ids_in(any_desk.landing, any_desk.publish(retry)) == list(range(18))


def test_a_zombie_that_wakes_up_after_its_retry_has_published_returns_that_snapshot(any_desk: Desk) -> None:
    zombie = any_desk.begin()
    any_desk.walk(zombie)
    any_desk.later(seconds=61)
    published = any_desk.land()
    files = any_desk.files()

    assert any_desk.publish(zombie) == published
    assert any_desk.files() == files


def test_a_zombie_taken_over_a_moment_ago_neither_commits_nor_publishes(
    any_desk: Desk, dead_process: ProcessIdentity
) -> None:
    zombie = any_desk.begin(process=dead_process)
    any_desk.walk(zombie)
    retry = any_desk.begin()

    with pytest.raises(LandingBusy):
        zombie.commit({"page": 7}, pages=7, requests=7, retries=0)
    with pytest.raises(LandingBusy):
        any_desk.publish(zombie)

    assert any_desk.landing.snapshots(42, "chats") == ()
    assert [name for name in any_desk.files() if ".work" not in name] == []
    assert any_desk.publish(retry).rows == 18


class Outrun(LocalStorage):
    """A folder in which another process writes the manifest first."""

    def create(self, name: str, data: bytes) -> bool:
        if name.endswith("manifest.json"):
            super().create(name, data.replace(b'"part-', b'"part-other-'))
        return super().create(name, data)


def test_a_writer_overtaken_at_the_last_step_returns_the_winners_manifest_and_removes_its_own_files(desk: Desk) -> None:
    with desk.begin(storage=Outrun(desk.root)) as work:
        desk.walk(work)
        manifest = desk.publish(work)

    assert [file.name[:11] for file in manifest.files] == ["part-other-"]
    assert desk.files() == [manifest.address]


class Watched(LocalStorage):
    """A folder that calls `before` ahead of each step."""

    def __init__(self, root: Path, before: Callable[[], None]) -> None:
        super().__init__(root)
        self.before = before

    def list_names(self, folder: str) -> Sequence[str]:
        self.before()
        return super().list_names(folder)

    def read(self, name: str) -> bytes:
        self.before()
        return super().read(name)

    def fetch(self, name: str) -> Path:
        self.before()
        return super().fetch(name)

    def create(self, name: str, data: bytes) -> bool:
        self.before()
        return super().create(name, data)

    @contextmanager
    def write_file(self, name: str) -> Iterator[Path]:
        self.before()
        with super().write_file(name) as path:
            yield path
            self.before()

    def delete(self, name: str) -> None:
        self.before()
        super().delete(name)


class WatchedObjects(ObjectStorage):
    """The same in an object store."""

    def __init__(self, objects: ObjectStore, before: Callable[[], None]) -> None:
        super().__init__(objects, "memory://")
        self.before = before

    def list_names(self, folder: str) -> Sequence[str]:
        self.before()
        return super().list_names(folder)

    def read(self, name: str) -> bytes:
        self.before()
        return super().read(name)

    def fetch_all(self, names: Iterable[str]) -> Iterator[Path]:
        for path in super().fetch_all(names):
            self.before()
            yield path

    def write(self, name: str, data: bytes) -> None:
        self.before()
        super().write(name, data)

    def create(self, name: str, data: bytes) -> bool:
        self.before()
        return super().create(name, data)

    def exchange(self, name: str, old: bytes, new: bytes) -> bool:
        self.before()
        return super().exchange(name, old, new)

    @contextmanager
    def write_file(self, name: str) -> Iterator[Path]:
        self.before()
        with super().write_file(name) as path:
            yield path
            self.before()

    def delete(self, name: str) -> None:
        self.before()
        super().delete(name)


def watched(desk: Desk, before: Callable[[], None]) -> Storage:
    return Watched(desk.root, before) if desk.objects is None else WatchedObjects(desk.objects, before)


STEPS = 52


@pytest.mark.parametrize("at", range(STEPS))
def test_if_a_worker_stands_still_at_any_step_while_its_retry_publishes_there_is_one_manifest(
    any_desk: Desk, ids_in: IdsIn, at: int
) -> None:
    steps = iter(range(10_000))
    by_retry: list[Manifest] = []

    def before() -> None:
        if next(steps) == at:
            any_desk.later(seconds=61)
            if any_desk.landing.find_snapshot(make_request("huggy land chats"), "chats", company_id=42) is None:
                by_retry.append(any_desk.land(once=True))

    by_zombie = None
    with suppress(LandingBusy), any_desk.begin(storage=watched(any_desk, before), once=True) as zombie:
        any_desk.walk(zombie)
        by_zombie = any_desk.publish(zombie)

    (manifest,) = any_desk.landing.snapshots(42, "chats")
    assert ids_in(any_desk.landing, manifest) == list(range(18))
    assert by_zombie in (manifest, None)
    assert by_retry in ([manifest], [])


def test_the_steps_reach_beyond_the_end(any_desk: Desk) -> None:
    steps: list[None] = []
    with any_desk.begin(storage=watched(any_desk, lambda: steps.append(None))) as work:
        any_desk.walk(work)
        any_desk.publish(work)

    assert len(steps) < STEPS


def test_a_late_renewal_does_not_touch_the_next_holders_lease(any_desk: Desk) -> None:
    taken: list[Lease | None] = []
    steps = iter(range(100))

    def before() -> None:
        if armed and next(steps) == 2:  # it has read its own file and the succession
            remove_work_folder(any_desk.storage, "work")
            taken.append(
                Lease.take(any_desk.storage, "work", after=0, process=ProcessIdentity.current(), now=any_desk.now)
            )

    armed = False
    zombie = Lease.take(watched(any_desk, before), "work", after=0, process=ProcessIdentity.current(), now=any_desk.now)
    assert zombie is not None
    armed = True
    any_desk.later(seconds=6)
    with pytest.raises(LandingBusy):
        zombie.renew()

    (follower,) = taken
    assert follower is not None
    assert follower.is_held()
    assert not zombie.is_held()


class Stage:
    """Lets several workers take one step at a time, in the order of a script."""

    def __init__(self, workers: int) -> None:
        self._may_go = [threading.Semaphore(0) for _ in range(workers)]
        self._stands = [threading.Semaphore(0) for _ in range(workers)]
        self._done = [False] * workers

    def step(self, worker: int) -> None:
        self._stands[worker].release()
        self._may_go[worker].acquire()

    def play(self, parts: Sequence[Callable[[], None]], script: Sequence[int]) -> None:
        threads = [threading.Thread(target=self._perform, args=(each,)) for each in enumerate(parts)]
        for thread in threads:
            thread.start()
        for stands in self._stands:
            stands.acquire()
        for worker in script:
            self._go(worker % len(parts))
        while not all(self._done):
            self._go(self._done.index(False))
        for thread in threads:
            thread.join()

    def _perform(self, numbered: tuple[int, Callable[[], None]]) -> None:
        number, part = numbered
        self.step(number)
        try:
            part()
        finally:
            self._done[number] = True
            self._stands[number].release()

    def _go(self, worker: int) -> None:
        if not self._done[worker]:
            self._may_go[worker].release()
            self._stands[worker].acquire()


@pytest.mark.proof
@settings(max_examples=40 if FULL else 12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(st.integers(0, 2), min_size=20, max_size=200))
@example(script=[0] * 30 + [1] * 200 + [0] * 200)
@example(script=[0, 1, 2] * 60)
def test_in_any_interleaving_of_workers_that_take_over_from_each_other_every_snapshot_is_whole(
    any_desk: Desk,
    dead_process: ProcessIdentity,
    ids_in: IdsIn,
    tmp_path_factory: pytest.TempPathFactory,
    script: list[int],
) -> None:
    any_desk.root = tmp_path_factory.mktemp("landing")
    if any_desk.objects is not None:
        from obstore.store import MemoryStore

        any_desk.objects = MemoryStore()
    stage = Stage(3)
    returned: list[Manifest] = []

    def part(worker: int) -> Callable[[], None]:
        storage = watched(any_desk, lambda: stage.step(worker))

        def land() -> None:
            with suppress(LandingBusy):
                work = any_desk.begin(storage=storage, process=dead_process)
                any_desk.walk(work)
                returned.append(any_desk.publish(work))

        return land

    stage.play([part(worker) for worker in range(3)], script)

    published = any_desk.landing.snapshots(42, "chats")
    assert {each.run_key for each in returned} <= {each.run_key for each in published}
    for manifest in published:
        assert ids_in(any_desk.landing, manifest) == list(range(18))
        assert manifest in returned
    last = any_desk.land()
    assert ids_in(any_desk.landing, last) == list(range(18))
    assert [name for name in any_desk.files() if ".work" in name] == []
