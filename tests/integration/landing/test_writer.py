"""What a writer makes durable, and what it publishes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from pyroaring import BitMap64

from huggy_connector.catalogue import get_resource
from huggy_connector.errors import LandingUnwritable, SnapshotDamaged
from huggy_connector.landing import Landing, Manifest, WorkCounters, arrow_schema, make_run_key, schema_fingerprint
from huggy_connector.landing.id_set import read_ids
from huggy_connector.landing.manifest import ManifestFile
from huggy_connector.landing.work.lease import ProcessIdentity
from huggy_connector.model import Certificate, Mode
from huggy_connector.privacy import PrivacyPolicy, SuppressionList
from huggy_connector.privacy.rules import read_rules
from huggy_connector.storage import LocalStorage
from tests.integration.landing.conftest import make_request

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.landing.conftest import Desk

IdsIn = Callable[[Landing, Manifest], Sequence[int]]


def test_the_manifest_describes_the_snapshot(desk: Desk) -> None:
    with desk.begin(idempotency_key="a call") as work:
        work.append([{"id": 1}, {"id": "1"}, {"id": None}, {"id": -1}], fetched_at=desk.now())
        work.commit({"page": 1}, pages=1, requests=3, retries=2)
        desk.later(seconds=90)
        manifest = work.publish(
            certificate=Certificate(exact=False, missing_at_most=3, why="Rows left."), state={"open": [1]}
        )

    (file,) = manifest.files
    assert manifest == Manifest(
        resource="chats",
        company_id=42,
        run_key=make_run_key(datetime(2026, 11, 22, 7, tzinfo=UTC), Mode.FULL, make_request("a call")),
        mode=Mode.FULL,
        window=None,
        started_at=datetime(2026, 11, 22, 7, tzinfo=UTC),
        finished_at=datetime(2026, 11, 22, 7, 1, 30, tzinfo=UTC),
        rows=4,
        unique_ids=2,
        keyless=1,
        pages=1,
        requests=3,
        retries=2,
        certificate=Certificate(exact=False, missing_at_most=3, why="Rows left."),
        schema_fingerprint=schema_fingerprint(get_resource("chats")),
        files=(ManifestFile(file.name, 4, file.bytes, file.sha256),),
        timezone="America/Sao_Paulo",
        asked=make_request("a call"),
        state={"open": [1]},
        versions=manifest.versions,
    )
    assert sorted(manifest.versions) == ["huggy_connector", "pyarrow", "python"]


def test_a_snapshot_without_rows_is_one_file_without_rows(desk: Desk) -> None:
    with desk.begin() as work:
        manifest = desk.publish(work)

    (path,) = (part.path for part in desk.landing.parts(manifest))
    assert (manifest.rows, pq.read_table(path).num_rows) == (0, 0)
    assert pq.read_schema(path) == arrow_schema(get_resource("chats"))


def test_rows_not_yet_committed_are_published_as_well(desk: Desk, ids_in: IdsIn) -> None:
    with desk.begin() as work:
        work.append([{"id": 8}], fetched_at=desk.now())
        manifest = desk.publish(work)

    assert ids_in(desk.landing, manifest) == [8]


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


def test_discarded_work_leaves_no_file(desk: Desk) -> None:
    work = desk.begin()
    desk.walk(work)
    work.discard()

    assert desk.files() == []


def test_rows_are_lost_before_a_commit_and_kept_after_it(desk: Desk, dead_process: ProcessIdentity) -> None:
    work = desk.begin(process=dead_process)
    work.append([{"id": 1}], fetched_at=desk.time)
    work.commit({"page": 1}, pages=1, requests=2, retries=1)
    work.append([{"id": 2}, {"id": 3}], fetched_at=desk.time)
    assert (work.rows, work.pending_bytes > 0) == (3, True)

    resumed = desk.begin()

    assert (resumed.rows, resumed.pending_bytes, resumed.state) == (1, 0, {"page": 1})
    assert resumed.counters == WorkCounters(pages=1, requests=2, retries=1)


def test_a_commit_without_rows_keeps_the_state_and_writes_no_part(desk: Desk, dead_process: ProcessIdentity) -> None:
    work = desk.begin(process=dead_process)
    work.append([], fetched_at=desk.time)
    work.commit({"page": 1}, pages=1, requests=1, retries=0)

    assert [name for name in desk.files() if name.endswith(".parquet")] == []
    assert desk.begin().state == {"page": 1}


class FullOnce(LocalStorage):
    """A folder that has no room for one file of a kind."""

    def __init__(self, root: Path, kind: str) -> None:
        super().__init__(root)
        self.kind = kind

    def write(self, name: str, data: bytes) -> None:
        if self.kind and self.kind in name:
            self.kind = ""
            raise LandingUnwritable("full")
        super().write(name, data)


def test_rows_of_a_failed_commit_are_in_the_next_one_once(desk: Desk, ids_in: IdsIn) -> None:
    storage = FullOnce(desk.root, "")
    with desk.begin(storage=storage) as work:
        work.append([{"id": 1}], fetched_at=desk.time)
        storage.kind = "/state-"
        with pytest.raises(LandingUnwritable):
            work.commit({"page": 1}, pages=1, requests=1, retries=0)
        assert (work.state, work.rows) == (None, 1)
        work.commit({"page": 1}, pages=1, requests=1, retries=0)
        manifest = desk.publish(work)

    assert ids_in(desk.landing, manifest) == [1]


def test_a_failed_publication_leaves_no_file_beside_the_work_which_the_next_run_publishes(
    desk: Desk, ids_in: IdsIn
) -> None:
    ids = BitMap64(range(18))
    storage = FullOnce(desk.root, "/ids-")
    with pytest.raises(LandingUnwritable), desk.begin(storage=storage) as work:  # noqa: PT012
        desk.walk(work)
        work.publish(certificate=Certificate(exact=True), ids=ids)
    assert [name for name in desk.files() if ".work" not in name] == []

    with desk.begin() as work:
        manifest = work.publish(certificate=Certificate(exact=True), ids=ids)

    assert ids_in(desk.landing, manifest) == list(range(18))
    assert read_ids(desk.storage, manifest) == ids
    assert desk.files() == sorted(f"{manifest.folder}/{name}" for name in manifest.file_names)


def test_rows_that_are_all_of_forgotten_people_are_committed_as_no_rows(desk: Desk) -> None:
    policy = PrivacyPolicy(read_rules(""), b"k" * 32)
    SuppressionList(42, b"k" * 32).add(desk.storage, 800001, [])
    with desk.begin(policy=policy, resource="contacts", mode=Mode.INCREMENTAL) as work:
        work.append([{"id": 800001}], fetched_at=desk.time)
        work.commit({"page": 1}, pages=1, requests=1, retries=0)
        assert work.publish(certificate=Certificate(exact=True)).rows == 0
