"""A landing in an object store: S3 and what speaks its language, Google Cloud Storage, Azure.

Such a store lists at once what was written, replaces an object whole, and knows "create unless it is there" and
"replace if it still is what I have read". On these four the promises of `Storage` rest: see docs/object-storage.md.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random_exponential

from huggy_connector.errors import LandingError, LandingUnwritable, StoreAway
from huggy_connector.landing.copies import Copies
from huggy_connector.landing.storage import Folder, Storage
from huggy_connector.landing.stores import PATIENCE, RETRIES, explained, is_of_store, open_store, unchanged
from huggy_connector.settings import is_url

if TYPE_CHECKING:
    from obstore.store import ObjectStore

T = TypeVar("T")

_CHUNK = 8 << 20
_UPLOADS = 4
_WRITER = "huggywriter"
"""Who created an object, in its metadata: an answer may be lost, and the request be repeated by the library."""


class ObjectStorage:
    """A bucket, or what lies below a prefix of one. Local copies of its files are there for as long as this is in use.

    `store` is any store of obstore's; `called` and `place` are what people know it by.
    """

    lanes = 16

    def __init__(
        self, store: ObjectStore, place: str, *, called: str = "landing", patience: timedelta = PATIENCE
    ) -> None:
        """`patience`: how long a reading that is cut off is begun again."""
        self._patience = patience
        self._called = f"The {called} {place}"
        self._store = store
        self._copies = Copies()

    @classmethod
    def at(
        cls, url: str, *, access: Mapping[str, str] | None = None, retries: int = RETRIES, called: str = "landing"
    ) -> ObjectStorage:
        """The place of a URL such as s3://bucket/folder; see `open_store`. Without `retries` nothing is asked again."""
        store = open_store(url, access=access or {}, retries=retries)
        return cls(store, url, called=called, patience=PATIENCE if retries else timedelta(0))

    def children(self, folder: str) -> Sequence[str]:
        listed = self._reading(lambda: self._store.list_with_delimiter(folder or None))
        files = [PurePosixPath(each["path"]).name for each in listed["objects"]]
        return sorted({*files, *(PurePosixPath(each).name for each in listed["common_prefixes"])})

    def read(self, name: str) -> bytes:
        return self._reading(lambda: bytes(self._store.get(name).bytes()))

    def write(self, name: str, data: bytes) -> None:
        self._writing(lambda: self._store.put(name, data))

    def create(self, name: str, data: bytes) -> bool:
        writer = secrets.token_hex(8)

        def put() -> bool:
            try:
                self._store.put(name, data, mode="create", attributes={_WRITER: writer})
            except Exception as error:
                if not is_of_store(error):
                    raise
                # It may be ours all the same: an answer was lost, and it was asked for once more, or was not.
                first = self._writer_of(name)
                if first is None and not is_of_store(error, "AlreadyExistsError"):
                    raise
                return first == writer
            return True

        return self._writing(put)

    def exchange(self, name: str, old: bytes, new: bytes) -> bool:
        tried = False

        def put() -> bool:
            nonlocal tried
            try:
                found = self._store.get(name)
                there = bytes(found.bytes())
                if there != old:
                    return tried and there == new  # of a put of ours whose answer was lost
                tried = True
                self._store.put(name, new, mode=unchanged(found.meta))
            except FileNotFoundError:
                return False
            except Exception as error:
                if not is_of_store(error, "PreconditionError", "AlreadyExistsError"):
                    raise
                # Where an answer was lost, the library's second request meets what the first has written.
                with suppress(FileNotFoundError):
                    return bytes(self._store.get(name).bytes()) == new
                return False
            return True

        return self._writing(put)

    @contextmanager
    def writing(self, name: str) -> Iterator[Path]:
        with self._copies.aside() as aside:
            yield aside
            self._writing(lambda: self._store.put(name, aside, chunk_size=_CHUNK, max_concurrency=_UPLOADS))
        self._copies.drop(name)

    def local(self, name: str) -> Path:
        path = self._copies.path(name)
        if path.exists():
            return path
        with self._copies.aside() as aside:
            self._reading(lambda: self._copy(name, aside))
            return self._copies.keep(aside, name)

    def locals(self, names: Iterable[str]) -> Iterator[Path]:
        waiting = deque(names)
        with ThreadPoolExecutor(self.lanes, thread_name_prefix="landing") as pool:
            coming = deque(
                (name, pool.submit(self.local, name))
                for name in (waiting.popleft() for _ in range(min(self.lanes, len(waiting))))
            )
            try:
                while coming:
                    name, copy = coming.popleft()
                    yield copy.result()
                    self._copies.drop(name)
                    if waiting:
                        coming.append((waiting[0], pool.submit(self.local, waiting.popleft())))
            finally:
                pool.shutdown(cancel_futures=True)

    def delete(self, name: str) -> None:
        with suppress(FileNotFoundError):
            self._writing(lambda: self._store.delete(name))
        self._copies.drop(name)

    def _writer_of(self, name: str) -> str | None:
        """Who created an object; empty for something else's, None where there is no such object."""
        try:
            return str(self._store.get(name, options={"head": True}).attributes.get(_WRITER, ""))
        except FileNotFoundError:
            return None

    def _copy(self, name: str, aside: Path) -> None:
        with aside.open("wb") as file:
            for chunk in self._store.get(name).stream(min_chunk_size=_CHUNK):
                file.write(chunk)

    def _reading(self, act: Callable[[], T]) -> T:
        return self._patiently(act, f"{self._called} cannot be read", LandingError)

    def _writing(self, act: Callable[[], T]) -> T:
        return self._patiently(act, f"{self._called} cannot be written to", LandingUnwritable)

    def _patiently(self, act: Callable[[], T], sentence: str, kind: type[LandingError]) -> T:
        """The library asks again for an answer that did not begin. One that was cut off, and a write of which nobody
        knows whether it came, are begun again here.
        """

        def once() -> T:
            with explained(sentence, kind):
                return act()

        attempts = Retrying(
            retry=retry_if_exception_type(StoreAway),
            stop=stop_after_delay(self._patience),
            wait=wait_random_exponential(multiplier=0.25, max=10),
            reraise=True,
        )
        return attempts(once)


def storage_at(place: str, *, called: str, setting: str) -> Storage:
    """The storage in a folder, or at a URL of an object store, as people know it: by a noun and by its setting."""
    return ObjectStorage.at(place, called=called) if is_url(place) else Folder(place, called=called, setting=setting)
