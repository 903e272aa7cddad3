"""A lease on a real disk: its keeper renews it, and the removal of a work folder takes the latest one last."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from huggy_connector.landing.work.lease import Lease, LeaseKeeper, ProcessIdentity, read_leases, remove_work_folder
from huggy_connector.storage import LocalStorage

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.landing.conftest import Desk


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
