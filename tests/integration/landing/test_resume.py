"""Unfinished work: whose it was, and who resumes it."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from pyroaring import BitMap64

from huggy_connector.errors import LandingBusy, SnapshotDamaged
from huggy_connector.landing import Landing, Manifest, WorkCounters
from huggy_connector.landing.id_set import read_ids
from huggy_connector.landing.work.lease import Lease, LeaseKeeper, ProcessIdentity, read_leases, remove_work_folder
from huggy_connector.model import Certificate, Mode
from huggy_connector.privacy import PrivacyPolicy
from huggy_connector.privacy.rules import read_rules
from huggy_connector.storage import LocalStorage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.landing.conftest import Desk

IdsIn = Callable[[Landing, Manifest], Sequence[int]]

GIVEN_UP = "chats: the unfinished work begun at 2026-11-22 07:00:00 UTC is given up"


def test_work_left_by_an_error_is_resumed_at_its_last_commit(desk: Desk, ids_in: IdsIn) -> None:
    with pytest.raises(ZeroDivisionError), desk.begin() as work:  # noqa: PT012
        desk.walk(work, stop=5)
        raise ZeroDivisionError
    desk.later(minutes=5)

    with desk.begin() as work:
        assert (work.state, work.rows, work.counters) == ({"page": 4}, 12, WorkCounters(4, 4, 0))
        desk.walk(work)
        manifest = desk.publish(work)

    assert ids_in(desk.landing, manifest) == list(range(18))
    assert (manifest.started_at, manifest.run_key[:16]) == (datetime(2026, 11, 22, 7, tzinfo=UTC), "20261122T070000Z")
    assert desk.notes == ["chats: resumes the work begun at 2026-11-22 07:00:00 UTC, with 4 pages and 12 rows."]


def test_work_begun_under_other_privacy_rules_is_given_up(
    desk: Desk, dead_process: ProcessIdentity, ids_in: IdsIn
) -> None:
    rules = PrivacyPolicy(read_rules(""))
    desk.walk(desk.begin(process=dead_process), stop=4)

    with desk.begin(policy=rules) as work:
        assert (work.state, work.rows) == (None, 0)
        desk.walk(work)
        manifest = desk.publish(work)

    assert desk.notes == [
        f"{GIVEN_UP}: it was begun under other privacy rules, for another zone, or before a person was forgotten."
    ]
    assert (manifest.privacy, len(manifest.privacy)) == (rules.fingerprint, 16)
    assert ids_in(desk.landing, manifest) == list(range(18))


def test_personal_values_are_counted_once_over_all_attempts(desk: Desk, dead_process: ProcessIdentity) -> None:
    rules = PrivacyPolicy(read_rules(""))
    row = {"id": 1, "situation": "ana@cliente.example"}
    work = desk.begin(process=dead_process, policy=rules)
    work.append([row], fetched_at=desk.time)
    work.commit({"page": 1}, pages=1, requests=1, retries=0)
    work.append([row, row], fetched_at=desk.time)  # never made durable

    with desk.begin(policy=rules) as work:
        work.append([row | {"new": "529.982.247-25"}], fetched_at=desk.time)
        manifest = desk.publish(work)

    assert (manifest.rows, manifest.personal) == (2, {"situation": {"email": 2}, "new": {"cpf": 1}})
    assert desk.landing.read_manifest(manifest.address) == manifest


def test_work_left_before_its_first_commit_keeps_its_first_start(desk: Desk, dead_process: ProcessIdentity) -> None:
    key = desk.begin(process=dead_process).run_key
    desk.later(minutes=5)

    work = desk.begin()

    assert (work.run_key, work.state, work.rows) == (key, None, 0)


def test_the_work_of_a_dead_process_is_free_at_once(desk: Desk, dead_process: ProcessIdentity) -> None:
    desk.walk(desk.begin(process=dead_process), stop=2)

    assert desk.begin().state == {"page": 2}


def test_work_that_another_process_is_doing_is_refused(desk: Desk) -> None:
    desk.begin(process=ProcessIdentity("elsewhere", "worker-7", 123, "1"))
    desk.later(seconds=30)

    with pytest.raises(LandingBusy) as raised:
        desk.begin()

    assert str(raised.value) == (
        "The same landing of chats has been going on since 2026-11-22 07:00:00 UTC in process 123 on worker-7: "
        "wait until it is done, or stop it."
    )


def test_the_work_of_another_host_is_free_a_minute_after_its_last_heartbeat(desk: Desk) -> None:
    work = desk.begin(process=ProcessIdentity("elsewhere", "worker-7", 123, "1"))
    desk.later(seconds=50)
    work.heartbeat()
    desk.later(seconds=50)
    with pytest.raises(LandingBusy):
        desk.begin()
    desk.later(seconds=11)

    assert desk.begin().run_key == work.run_key


def test_another_request_is_other_work(desk: Desk) -> None:
    work = desk.begin(idempotency_key="schedule")

    assert desk.begin(idempotency_key="by hand").run_key != work.run_key
    assert desk.begin(idempotency_key="schedule", mode=Mode.WINDOW).run_key != work.run_key


def test_work_older_than_a_day_is_given_up_with_a_note(desk: Desk, dead_process: ProcessIdentity) -> None:
    old = desk.begin(process=dead_process)
    desk.walk(old, stop=2)
    desk.later(hours=24, seconds=1)

    work = desk.begin()

    assert (work.state, work.rows, work.started_at) == (None, 0, desk.time)
    assert desk.notes == [f"{GIVEN_UP}: it is too old."]
    assert [name for name in desk.files() if name.endswith(".parquet")] == []


def test_old_work_of_requests_that_never_came_again_is_removed(desk: Desk, dead_process: ProcessIdentity) -> None:
    desk.walk(desk.begin(idempotency_key="once upon a time", process=dead_process), stop=2)
    desk.later(hours=25)
    today = desk.begin(idempotency_key="of today", process=dead_process)

    desk.land(idempotency_key="another")

    assert [path.name for path in (desk.root / "42/chats/.work").iterdir()] == [today.run_key[17:]]
    assert [note.partition(" begun ")[2] for note in desk.notes] == [
        "at 2026-11-22 07:00:00 UTC is given up: it is too old."
    ]


def test_leftovers_of_an_interrupted_removal_are_removed(desk: Desk) -> None:
    orphan = desk.root / "42/chats/.work/full-00000000/part-a-000000.parquet"
    orphan.parent.mkdir(parents=True)
    orphan.touch()

    manifest = desk.land()

    assert [name for name in desk.files() if not name.startswith(manifest.folder)] == []


def test_work_of_a_release_with_other_columns_is_given_up(desk: Desk, dead_process: ProcessIdentity) -> None:
    desk.walk(desk.begin(process=dead_process), stop=2)
    (path,) = (desk.root / "42/chats/.work").glob("*/state-*.json")
    text = path.read_text()
    path.write_text(text.replace('"schema_fingerprint":"', '"schema_fingerprint":"0'))

    assert desk.begin().state is None
    assert desk.notes == [f"{GIVEN_UP}: a release with other columns began it."]


def test_work_of_an_old_release_without_a_request_is_given_up_by_any_run(
    desk: Desk, dead_process: ProcessIdentity
) -> None:
    """The old request would look for it under another name."""
    desk.walk(desk.begin(idempotency_key="of a former release", process=dead_process), stop=2)
    (path,) = (desk.root / "42/chats/.work").glob("*/state-*.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "asked": None}))

    manifest = desk.land(idempotency_key="another")

    assert [name for name in desk.files() if not name.startswith(manifest.folder)] == []
    assert desk.notes == [f"{GIVEN_UP}: a former release began it, which did not keep what was asked for."]


def test_the_work_of_another_request_is_left_alone(desk: Desk, dead_process: ProcessIdentity) -> None:
    desk.walk(desk.begin(idempotency_key="it", process=dead_process), stop=2)

    desk.land(idempotency_key="another")

    assert desk.begin(idempotency_key="it").state == {"page": 2}


def test_work_that_another_process_is_doing_is_left_alone_however_old_it_is(desk: Desk) -> None:
    work = desk.begin(idempotency_key="long", process=ProcessIdentity("elsewhere", "worker-7", 123, "1"))
    desk.walk(work, stop=2)
    desk.later(hours=25)
    work.heartbeat()

    desk.land(idempotency_key="another")

    desk.walk(work)
    assert desk.publish(work).rows == 18
    assert desk.notes == []


def test_work_that_this_release_cannot_read_is_given_up_with_a_note(desk: Desk, dead_process: ProcessIdentity) -> None:
    desk.walk(desk.begin(process=dead_process), stop=2)
    (path,) = (desk.root / "42/chats/.work").glob("*/state-*.json")
    path.write_text("{}")

    assert desk.begin().state is None
    assert desk.notes == [f"{GIVEN_UP}: another release began it."]


def test_work_of_the_same_key_but_another_request_is_given_up(desk: Desk, dead_process: ProcessIdentity) -> None:
    desk.walk(desk.begin(process=dead_process), stop=2)
    (path,) = (desk.root / "42/chats/.work").glob("*/state-*.json")
    checkpoint = json.loads(path.read_text())
    path.write_text(json.dumps({**checkpoint, "asked": {**checkpoint["asked"], "by": "someone else"}}))

    assert desk.begin().state is None
    assert desk.notes == [f"{GIVEN_UP}: it was begun for something else."]


def test_work_with_a_missing_part_is_given_up(desk: Desk, dead_process: ProcessIdentity) -> None:
    desk.walk(desk.begin(process=dead_process), stop=2)
    next(desk.root.rglob("*.parquet")).unlink()

    assert desk.begin().state is None
    assert desk.notes == [f"{GIVEN_UP}: a part of it is missing."]


def cut(path: Path) -> None:
    path.write_bytes(b"PAR1")


def shorten(path: Path) -> None:
    pq.write_table(pq.read_table(path).slice(1), path)


@pytest.mark.parametrize("damage", [cut, shorten, lambda path: path.unlink()])
def test_work_with_a_damaged_part_is_not_published(desk: Desk, damage: Callable[[Path], None]) -> None:
    work = desk.begin()
    desk.walk(work)
    damage(min(desk.root.rglob("*.parquet")))

    with pytest.raises(SnapshotDamaged, match=r"The unfinished work 42/chats/\.work/.* cannot be published"):
        desk.publish(work)

    assert desk.landing.snapshots(42, "chats") == ()
    assert [name for name in desk.files() if ".work" not in name] == []


def test_files_that_a_killed_process_did_not_commit_are_removed(desk: Desk, dead_process: ProcessIdentity) -> None:
    desk.walk(desk.begin(process=dead_process), stop=2)
    folder = next(desk.root.rglob("*.parquet")).parent
    for name in ("part-a-000001.parquet", ".part-a-000002.parquet.1f.tmp"):
        (folder / name).write_bytes(b"")

    work = desk.begin()

    assert sorted(path.name.split("-")[0] for path in folder.iterdir()) == ["lease", "lease", "part", "state"]
    desk.walk(work)
    assert desk.publish(work).rows == 18


def test_work_left_beside_its_published_snapshot_is_removed_and_the_snapshot_stays(desk: Desk, tmp_path: Path) -> None:
    work = desk.begin()
    desk.walk(work)
    left = next(desk.root.rglob("lease-*")).parent
    shutil.copytree(left, tmp_path / "left")
    with work:
        manifest = work.publish(certificate=Certificate(exact=True), ids=BitMap64(range(18)))
    shutil.copytree(tmp_path / "left", left)

    desk.later(minutes=5)
    desk.land()

    assert {path.name for path in (desk.root / manifest.folder).iterdir()} == {*manifest.file_names}
    assert manifest.ids is not None
    assert read_ids(desk.storage, manifest) == BitMap64(range(18))


def test_a_keeper_renews_the_lease_of_a_waiting_process(tmp_path: Path, desk: Desk) -> None:
    storage = LocalStorage(tmp_path)
    lease = Lease.take(storage, "work", after=0, process=ProcessIdentity.current(), now=desk.now)
    assert lease is not None
    desk.later(seconds=6)
    keeper = LeaseKeeper(lease, interval=0.001)
    keeper.start()
    while read_leases(storage, "work")[0].content.renewed != desk.time:
        threading.Event().wait(0.001)
    keeper.stop()


def test_a_lease_of_the_same_number_in_a_new_folder_is_another_lease(tmp_path: Path, desk: Desk) -> None:
    storage = LocalStorage(tmp_path)
    first = Lease.take(storage, "work", after=0, process=ProcessIdentity.current(), now=desk.now)
    remove_work_folder(storage, "work")
    second = Lease.take(storage, "work", after=0, process=ProcessIdentity.current(), now=desk.now)
    assert first is not None
    assert second is not None

    assert (first.is_held(), second.is_held()) == (False, True)


def test_a_work_folder_is_removed_from_its_parts_to_its_latest_lease(tmp_path: Path) -> None:
    deleted: list[str] = []

    class Recorded(LocalStorage):
        def delete(self, name: str) -> None:
            deleted.append(name)
            super().delete(name)

    storage = Recorded(tmp_path)
    for name in ("lease-000002.json", "state-000001-a.json", "lease-000001.json", "part-a-000000.parquet"):
        storage.write(f"work/{name}", b"")
    remove_work_folder(storage, "work")

    assert deleted == [
        "work/part-a-000000.parquet",
        "work/state-000001-a.json",
        "work/lease-000001.json",
        "work/lease-000002.json",
    ]
    assert list(tmp_path.iterdir()) == []


def test_discarded_work_leaves_no_file(desk: Desk) -> None:
    work = desk.begin()
    desk.walk(work)
    work.discard()

    assert desk.files() == []


def test_only_one_of_many_threads_creates_a_file(tmp_path: Path) -> None:
    together = threading.Barrier(8)
    created: list[bool] = []

    def create(number: int) -> None:
        together.wait()
        created.append(LocalStorage(tmp_path).create("a/manifest.json", str(number).encode() * 1000))

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(created) == [False] * 7 + [True]
    assert len(set((tmp_path / "a/manifest.json").read_text())) == 1
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["manifest.json"]
