"""A landing with invented chats, in a folder or in an object store, with a clock that a test can move."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from huggy_connector.catalogue import get_resource
from huggy_connector.landing import Landing, LandingRequest, Manifest, SnapshotWriter
from huggy_connector.landing.work.lease import ProcessIdentity
from huggy_connector.model import Certificate, Mode
from huggy_connector.privacy import KEEP_ALL, PrivacyPolicy
from huggy_connector.storage import LocalStorage, ObjectStorage, Storage

if TYPE_CHECKING:
    from obstore.store import ObjectStore

DEAD_PROCESS = replace(ProcessIdentity.current(), born="another birth")
"""A process of this machine that no longer runs: its number now belongs to another process."""


@dataclass
class Desk:
    """A landing, in the folder `root` or in `objects`. Each `begin` acts as a process of its own."""

    root: Path
    objects: "ObjectStore | None" = None
    time: datetime = datetime(2026, 11, 22, 7, tzinfo=UTC)
    notes: list[str] = field(default_factory=list)

    def now(self) -> datetime:
        return self.time

    def later(self, **span: float) -> None:
        self.time += timedelta(**span)

    @property
    def storage(self) -> Storage:
        return LocalStorage(self.root) if self.objects is None else ObjectStorage(self.objects, "memory://")

    @property
    def landing(self) -> Landing:
        return Landing(self.storage)

    def begin(
        self,
        *,
        idempotency_key: str = "huggy land chats",
        resource: str = "chats",
        storage: Storage | None = None,
        process: ProcessIdentity | None = None,
        mode: Mode = Mode.FULL,
        once: bool = False,
        policy: PrivacyPolicy = KEEP_ALL,
        account: str = "",
        company_id: int = 42,
    ) -> SnapshotWriter:
        return Landing(storage or self.storage, process=process).begin(
            resource=get_resource(resource),
            company_id=company_id,
            mode=mode,
            request=make_request(idempotency_key, policy=policy),
            zone=ZoneInfo("America/Sao_Paulo"),
            policy=policy,
            now=self.now,
            once=once,
            account=account,
            note=self.notes.append,
        )

    def walk(self, work: SnapshotWriter, *, to: int = 6, stop: int | None = None) -> None:
        """Land pages of three chats, from where the work stands. Two pages are made durable together."""
        start = work.state["page"] if work.state else 0
        for page in range(start, min(to, stop or to)):
            work.append(chats(page), fetched_at=self.time)
            if page % 2 or page == to - 1:
                work.commit({"page": page + 1}, pages=page + 1, requests=page + 1, retries=0)

    def publish(self, work: SnapshotWriter) -> Manifest:
        return work.publish(certificate=Certificate(exact=True), state={"watermark": 1})

    def land(self, **begin: Any) -> Manifest:
        with self.begin(**begin) as work:
            self.walk(work)
            return self.publish(work)

    def files(self) -> list[str]:
        """Return the paths of all files of the landing."""
        if self.objects is not None:
            return sorted(each["path"] for batch in self.objects.list() for each in batch)
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file())


class Killed(BaseException):
    pass


class Mortal(LocalStorage):
    """A folder whose user dies before a certain change, and changes nothing after that."""

    def __init__(self, root: Path, *, at: int) -> None:
        super().__init__(root)
        self.left = at

    def _live(self) -> None:
        if self.left == 0:
            raise Killed
        self.left -= 1

    def create(self, name: str, data: bytes) -> bool:
        self._live()
        return super().create(name, data)

    @contextmanager
    def write_file(self, name: str) -> Iterator[Path]:
        self._live()
        with super().write_file(name) as path:
            yield path
            if self.left == 0:
                (self.root / name).with_name(f".{Path(name).name}.0123.tmp").write_bytes(path.read_bytes()[:100])
            self._live()

    def delete(self, name: str) -> None:
        self._live()
        super().delete(name)


def make_request(idempotency_key: str, *, policy: PrivacyPolicy = KEEP_ALL) -> LandingRequest:
    """Return a request for all rows."""
    return LandingRequest(idempotency_key, "full", timezone="America/Sao_Paulo", privacy=policy.fingerprint)


def chats(page: int) -> list[dict[str, Any]]:
    return [{"id": page * 3 + row, "situation": "finishing", "channel": "widget"} for row in range(3)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "landing")


@pytest.fixture(params=["folder", "objects"])
def any_desk(request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
    """A desk in each kind of storage."""
    from obstore.store import MemoryStore

    return Desk(tmp_path / "landing", MemoryStore() if request.param == "objects" else None)


@pytest.fixture
def dead_process() -> ProcessIdentity:
    return DEAD_PROCESS


@pytest.fixture
def ids_in() -> Callable[[Landing, Manifest], Sequence[int]]:
    def read(landing: Landing, manifest: Manifest) -> Sequence[int]:
        import pyarrow.parquet as pq

        landing.verify(manifest)
        return sorted(id_ for part in landing.parts(manifest) for id_ in pq.read_table(part.path)["id"].to_pylist())

    return read
